"""From what an app sends to what the ladder reads: coordinates converted once, the entry parameter
checked, nothing believed (A3, A9, A18)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.faults import FieldFault
from stores.base.brand import business_day
from stores.facts import entry_params
from stores.facts.decision import EntryParam, Visit
from stores.geo import ip_regions
from stores.geo.coordinates import Coordinates, InvalidCoordinates, is_null_island, to_wgs84
from stores.network.snapshot import Snapshot

CLOCK_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SourcePoint:
    """A location as it was sent: decimal degrees in `crs`, accuracy in metres."""

    latitude: float
    longitude: float
    crs: str
    accuracy_m: float | None = None
    fuzzy: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """One arrival as sent. `identities` by kind (customer_id, unionid, openid, external_userid), at
    least one."""

    identities: dict[str, str]
    source: SourcePoint | None = None
    region_code: str | None = None
    postal_code: str | None = None
    entry_param: str | None = None
    touchpoint: str | None = None
    occurred_at: dt.datetime | None = None
    ip: str | None = field(default=None, repr=False)  # read for its region, stored nowhere


def visit_of(
    arrival: Arrival,
    at: dt.datetime,
    snapshot: Snapshot,
    keys: Sequence[bytes],
    loads_of: Callable[[dt.date], Mapping[int, int]] | None = None,
) -> Visit:
    """The visit at moment `at`; without a usable location or a region, the network address may name
    one (A9). `loads_of` a day: visitors given to each guide, where guides on duty are to be chosen
    (A15).

    Raises InvalidCoordinates for a location that cannot be converted; (0,0) is no usable
    location."""
    notes: list[str] = []
    day = business_day(at)
    point, source = None, arrival.source
    if source is not None:
        if is_null_island(source.latitude, source.longitude):
            notes.append("location_unusable")
            source = None
        else:
            point = _converted(source)
    region_code = arrival.region_code
    if point is None and region_code is None and arrival.ip is not None:
        region_code, note = ip_regions.region_of(arrival.ip)
        notes.append(note)
    param = None
    if arrival.entry_param is not None:
        read = entry_param_of(arrival.entry_param, at, day, snapshot, keys)
        if isinstance(read, EntryParam):
            param = read
        else:
            notes.append(f"entry_param_{read}")
    return Visit(
        at=at,
        day=day,
        point=point,
        accuracy_m=source.accuracy_m if source else None,
        fuzzy=bool(source and source.fuzzy),
        region_code=region_code,
        postal_code=arrival.postal_code,
        param=param,
        notes=tuple(notes),
        loads=loads_of(day) if loads_of is not None else None,
    )


def entry_param_of(
    text: str, at: dt.datetime, day: dt.date, snapshot: Snapshot, keys: Sequence[bytes]
) -> EntryParam | str:
    """The parameter if it holds at `at` (A18), else the word why it is ignored. Guide links live
    `guide_link_days`."""
    signed = entry_params.read(text, keys)
    if isinstance(signed, str):
        return signed
    if signed.issued_at > at + CLOCK_SKEW:
        return "not_issued_yet"
    if signed.channel_id and not snapshot.channel_holds(signed.channel_id, day):
        return "channel_over"
    if signed.guide_id:
        if at - signed.issued_at > dt.timedelta(days=snapshot.policy.guide_link_days):
            return "expired"
        if signed.guide_id not in snapshot.guides:
            return "unknown_guide"
    if signed.store_id and signed.store_id not in snapshot.by_id:
        return "unknown_store"
    if not signed.store_id and not signed.guide_id:
        return "names_nothing"
    return EntryParam(
        signed.store_id or None,
        signed.guide_id or None,
        signed.channel_id or None,
        signed.issued_at,
    )


def point_of(source: SourcePoint) -> Coordinates | None:
    """WGS-84, or None when it is no usable location."""
    return None if is_null_island(source.latitude, source.longitude) else _converted(source)


def _converted(source: SourcePoint) -> Coordinates:
    try:
        return to_wgs84(source.latitude, source.longitude, source.crs)
    except InvalidCoordinates as fault:
        raise InvalidCoordinates(
            fault.detail, errors=[FieldFault("location", fault.detail)]
        ) from None
