"""Chains made by hand: snapshots, visits and states in a line each, for tests of the ladder. Ids
are the numbers in the codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from stores.facts.decision import Decision, EntryParam, State, Visit
from stores.geo.areas import AreaIndex, parse_geometry
from stores.geo.coordinates import Coordinates
from stores.network.hours import parse_hours
from stores.network.policy import Policy
from stores.network.records import (
    AreaRecord,
    ChannelRecord,
    Contract,
    GuideRecord,
    Job,
    StoreRecord,
)
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2025, 6, 11, 4, tzinfo=dt.UTC)  # a Wednesday, 12:00 in Shanghai
TODAY = dt.date(2025, 6, 11)
HERE = Coordinates(31.2304, 121.4737)


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def contract(
    store_id: int,
    dealer_id: int = 1,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> Contract:
    return Contract(
        store_id * 100 + dealer_id,
        dealer_id,
        f"D{dealer_id}",
        valid_from,
        valid_to,
        500,
        0,
        "store_collects",
    )


def store(
    code: str,
    latitude: float = HERE.latitude,
    longitude: float = HERE.longitude,
    *,
    dealer: int = 1,
    hours: str = "",
    **more: Any,
) -> StoreRecord:
    """An eligible store; `more` are fields of StoreRecord. Its id is the number in its code."""
    number = int("".join(c for c in code if c.isdigit()))
    given: dict[str, Any] = {
        "branch_id": None,
        "withdrawn": False,
        "region_code": None,
        "status": "active",
        "cloud_shop": True,
        "opened_on": None,
        "closed_on": None,
        "paused_until": None,
        "priority": 0,
        "service_radius_m": None,
        "hours": parse_hours(hours) if hours else None,
        "zone": SHANGHAI,
        "successor_id": None,
        "cloud_shop_url": None,
        "contracts": (contract(number, dealer),),
    }
    return StoreRecord(
        id=number,
        code=code,
        name=f"Shop {code}",
        latitude=latitude,
        longitude=longitude,
        **given | more,
    )


def north(metres: float, code: str, **more: Any) -> StoreRecord:
    """A store so far north of HERE, to within a per mille."""
    return store(code, HERE.latitude + metres / 110_870, **more)


def square(
    code: str,
    kind: str,
    *,
    dealer: int | None = None,
    shop: int | None = None,
    half_m: float | None = 1_000,
    centre: Coordinates = HERE,
    region_codes: Sequence[str] = (),
    postal_codes: Sequence[str] = (),
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> tuple[AreaRecord, Any]:
    """An area and its shape, about `half_m` to each side of `centre`; None: no shape, only
    codes."""
    number = int("".join(c for c in code if c.isdigit()))
    record = AreaRecord(
        number,
        code,
        kind,
        dealer,
        shop,
        frozenset(region_codes),
        frozenset(postal_codes),
        valid_from,
        valid_to,
    )
    if half_m is None:
        return record, None
    d, lat, lng = half_m / 111_000, centre.latitude, centre.longitude
    ring = [
        [lng - d, lat - d],
        [lng + d, lat - d],
        [lng + d, lat + d],
        [lng - d, lat + d],
        [lng - d, lat - d],
    ]
    return record, parse_geometry({"type": "Polygon", "coordinates": [ring]}, "wgs84")


def guide(
    code: str, shop: int, valid_from: dt.date | None = None, valid_to: dt.date | None = None
) -> GuideRecord:
    number = int("".join(c for c in code if c.isdigit()))
    return GuideRecord(number, code, (Job(shop, "guide", valid_from, valid_to),))


def chain(
    *stores: StoreRecord,
    policy: Policy | None = None,
    guides: Sequence[GuideRecord] = (),
    areas: Sequence[tuple[AreaRecord, Any]] = (),
    channels: Mapping[int, ChannelRecord] | None = None,
) -> Snapshot:
    drawn = [(record.id, shape) for record, shape in areas if shape is not None]
    return Snapshot(
        1,
        1,
        policy or Policy(),
        stores,
        {g.id: g for g in guides},
        [record for record, _ in areas],
        AreaIndex([shape for _, shape in drawn], [key for key, _ in drawn]),
        channels or {},
    )


def visit(point: Coordinates | None = HERE, at: dt.datetime = NOON, **more: Any) -> Visit:
    return Visit(at=at, day=at.astimezone(SHANGHAI).date(), point=point, **more)


def link(
    shop: int | None = None, guide_id: int | None = None, issued_at: dt.datetime = NOON
) -> EntryParam:
    """What is left of a signed parameter once it was read."""
    return EntryParam(shop, guide_id, None, issued_at)


def bound(shop: int, days_ago: float, *, owner: int | None = None) -> State:
    """A customer bound so many days ago: 30 days protected, 365 days valid (B3)."""
    since = NOON - days(days_ago)
    until, over = since + days(30), since + days(365)
    if owner is None:
        return State(rv=1, home_store_id=shop, home_protected_until=until, home_valid_until=over)
    return State(
        rv=1,
        home_store_id=shop,
        home_protected_until=until,
        home_valid_until=over,
        owner_guide_id=owner,
        owner_protected_until=until,
        owner_valid_until=over,
    )


def led(snapshot: Snapshot, visit_: Visit, state: State | None = None) -> tuple[str | None, str]:
    """Store code and rung."""
    decision = decide(visit_, state or State(), snapshot)
    return code_of(snapshot, decision.store_id), decision.rung


def code_of(snapshot: Snapshot, store_id: int | None) -> str | None:
    return None if store_id is None else snapshot.by_id[store_id].code


def others(snapshot: Snapshot, decision: Decision) -> list[tuple[str | None, str]]:
    """The alternatives by code, with why they are offered."""
    return [(code_of(snapshot, each.store_id), each.why) for each in decision.alternatives]


def outcome(decision: Decision, rung: str) -> str | None:
    """What the ladder says of a rung; None when it was not reached."""
    return next((step.outcome for step in decision.steps if step.rung == rung), None)
