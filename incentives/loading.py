"""The facts of many guides' months, set-based, up to a seal (M4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from incentives.facts import GuideFacts, Order, Person, Place, Referral
from incentives.judging.reward_lines import PlanVersion
from incentives.plan_form import parse
from incentives.plans import plan_version
from incentives.sealed.people import SealedFacts
from stores.network.branches import branch
from stores.network.snapshot import Snapshot


def month_days(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of `YYYY-MM`."""
    first = dt.date.fromisoformat(period + "-01")
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def plan_versions(connection: Connection) -> list[PlanVersion]:
    """All published versions, parsed."""
    p = plan_version.c
    return [
        PlanVersion(r.id, r.version, parse(r.body))
        for r in connection.execute(select(p.id, p.version, p.body).order_by(p.id))
    ]


def load(
    connection: Connection,
    guides: Collection[int],
    period: str,
    snapshot: Snapshot,
    *,
    seal_no: int | None = None,
    merged_by: dt.datetime | None = None,
    cumulative: bool = False,
) -> list[GuideFacts]:
    """The facts of these guides in one month; `seal_no` leaves out what is sealed later or not at
    all, `merged_by` later merges of customers. `cumulative` loads earlier orders too."""
    return load_months(
        connection,
        guides,
        [period],
        snapshot,
        seal_no=seal_no,
        merged_by=merged_by,
        cumulative=cumulative,
    )[period]


def load_months(
    connection: Connection,
    guides: Collection[int],
    periods: Collection[str],
    snapshot: Snapshot,
    *,
    seal_no: int | None = None,
    merged_by: dt.datetime | None = None,
    cumulative: bool = False,
) -> dict[str, list[GuideFacts]]:
    """The same for several months, in as many statements as for one; best for months close to each
    other."""
    loader = SealedFacts(connection, seal_no, merged_by)
    first, last = month_days(min(periods))[0], month_days(max(periods))[1]
    orders = loader.orders_of(guides, None if cumulative else first, last)
    people = loader.people_met(guides, first, last)
    referrals = loader.referrals_of(guides)
    branches = branch_codes(connection)
    known = [g for g in sorted(guides) if g in snapshot.guides]
    return {
        period: [
            _facts(
                g,
                period,
                people.get(g, ()),
                orders.get(g, ()),
                tuple(referrals.get(g, ())),
                cumulative,
                snapshot,
                branches,
            )
            for g in known
        ]
        for period in periods
    }


def _facts(
    guide_id: int,
    period: str,
    people: Iterable[Person],
    orders: Iterable[Order],
    referrals: tuple[Referral, ...],
    cumulative: bool,
    snapshot: Snapshot,
    branches: dict[int, frozenset[str]],
) -> GuideFacts:
    """One month's part of what was loaded for a guide."""
    first, last = month_days(period)
    own = tuple(o for o in orders if first <= o.day <= last)
    earlier = tuple(o for o in orders if o.day < first) if cumulative else ()
    met = tuple(
        p
        for p in people
        if any(
            c.kind == "confirmed" and c.guide_id == guide_id and first <= c.day <= last
            for c in p.contacts
        )
    )
    days = {o.day for o in (*own, *earlier)}
    days |= {
        c.day for p in met for c in p.contacts if c.guide_id == guide_id and first <= c.day <= last
    }
    days |= {r.first_order.day if r.first_order else r.day for r in referrals}
    return GuideFacts(
        guide_id,
        snapshot.guides[guide_id].code,
        period,
        met,
        own,
        referrals,
        earlier,
        places_of(guide_id, days, snapshot, branches),
    )


def places_of(
    guide_id: int, days: Iterable[dt.date], snapshot: Snapshot, branches: dict[int, frozenset[str]]
) -> dict[dt.date, Place]:
    """Where the guide works on these days; days without employment are left out."""
    found = {}
    for day in days:
        place = place_at(snapshot.guides[guide_id].store_on(day), day, snapshot, branches)
        if place is not None:
            found[day] = place
    return found


def place_at(
    store_id: int | None, day: dt.date, snapshot: Snapshot, branches: dict[int, frozenset[str]]
) -> Place | None:
    """What a store is on a day for those who work there; None without one."""
    store = snapshot.by_id.get(store_id) if store_id is not None else None
    if store is None:
        return None
    contract = store.contract_on(day)
    return Place(
        store.id,
        store.code,
        contract.dealer_id if contract else None,
        contract.dealer_code if contract else None,
        branches.get(store.branch_id or -1, frozenset()),
    )


def branch_codes(connection: Connection) -> dict[int, frozenset[str]]:
    """Own and all higher branches' codes, by branch id: a plan for a branch holds for its
    subtree."""
    rows = connection.execute(select(branch.c.id, branch.c.branch_code, branch.c.path)).all()
    codes = {r.id: r.branch_code for r in rows}
    return {
        r.id: frozenset(
            codes[int(part)] for part in r.path.strip("/").split("/") if part and int(part) in codes
        )
        for r in rows
    }
