"""Rungs that look at the place (8-11): territory, service area, radius, nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stores.facts.decision import Candidate, Match, Question, Rung
from stores.network.records import StoreRecord
from stores.routing.rungs.here import areas_here, measured
from stores.routing.rungs.ties import KEPT_CANDIDATES, best, limit_m

MEASURED_STORES = 24  # so many are measured as quickly as asked of an index


def _territory(q: Question) -> Match | str:
    if q.visit.point is None:
        return "no_location"
    areas = areas_here(q, "territory")
    if not areas:
        return "outside_territories"
    found = [
        pair
        for dealer_id in sorted({a.dealer_id for a in areas if a.dealer_id is not None})
        for pair in _of_dealer(q, dealer_id)
    ]
    return (
        _roomy(q, sorted(found, key=lambda pair: (pair[1], pair[0].code)))
        if found
        else "no_open_store_of_dealer"
    )


def _of_dealer(q: Question, dealer_id: int) -> list[tuple[StoreRecord, float]]:
    """The dealer's stores that may win here and some behind them, nearest first: a dealer may have
    thousands. All of them while stores are full."""
    point, day = q.visit.point, q.visit.day
    assert point is not None
    index, stores = q.snapshot.index_of_dealer(dealer_id, day), q.snapshot.stores
    few = q.full or len(index) <= MEASURED_STORES
    equal = len(index) if few else len(index.ambiguous(point.latitude, point.longitude, limit_m(q)))
    return [
        (stores[i], d)
        for i, d in index.k_nearest(point.latitude, point.longitude, equal + KEPT_CANDIDATES)
    ]


def _service_area(q: Question) -> Match | str:
    if q.visit.point is None:
        return "no_location"
    day, ids = q.visit.day, {a.store_id for a in areas_here(q, "service_area")}
    stores = [
        s
        for i in ids
        if i is not None and (s := q.snapshot.by_id.get(i)) is not None and not s.why_not(day)
    ]
    return _roomy(q, measured(q, stores)) if stores else "outside_service_areas"


def _radius(q: Question) -> Match | str:
    point = q.visit.point
    if point is None:
        return "no_location"
    if q.snapshot.max_radius_m == 0:
        return "no_radius_set"
    stores = q.snapshot.stores
    near = (
        pair
        for index, most in q.snapshot.radii_on(q.visit.day)
        for pair in index.within(point.latitude, point.longitude, most + 0.001)
    )
    found = sorted(
        ((stores[i], d) for i, d in near if d <= (stores[i].service_radius_m or 0)),
        key=lambda pair: (pair[1], pair[0].code),
    )
    return _roomy(q, found) if found else "outside_radii"


def _nearest(q: Question) -> Match | str:
    point = q.visit.point
    if point is None:
        return "no_location"
    index, stores = q.snapshot.index_on(q.visit.day), q.snapshot.stores
    found = [
        (stores[i], d) for i, d in index.ambiguous(point.latitude, point.longitude, limit_m(q))
    ]
    if not found:
        return "no_store"
    if (
        found[0][0].id in q.full
    ):  # look on, to all that are equal with the nearest store that has room
        near = [
            (stores[i], d)
            for i, d in index.k_nearest(point.latitude, point.longitude, len(q.full) + 1)
        ]
        with_room = next((d for s, d in near if s.id not in q.full), None)
        if with_room is None:
            return "full"
        found = [
            (stores[i], d)
            for i, d in index.within(
                point.latitude, point.longitude, with_room + max(limit_m(q), 0.001)
            )
        ]
    if q.policy.nearest_limit_m is not None:
        found = [
            pair for pair in found if pair[1] <= q.policy.nearest_limit_m
        ]  # no tie-break may reach beyond the limit
    return _roomy(q, found) if found else "too_far"


def _roomy(q: Question, found: Sequence[tuple[StoreRecord, float]]) -> Match | str:
    """`best` of those that have room today; the full ones are shown behind them (M15)."""
    if not q.full:
        return best(q, found)
    room = [pair for pair in found if pair[0].id not in q.full]
    if not room:
        return "full"
    match = best(q, room)
    return replace(
        match,
        others=match.others + tuple(Candidate(s.id, d, "full") for s, d in found if s.id in q.full),
    )


PLACED: dict[str, Rung] = {
    "TERRITORY": _territory,
    "SERVICE_AREA": _service_area,
    "RADIUS": _radius,
    "NEAREST": _nearest,
}


def by_place(q: Question) -> Match | None:
    """What rungs 8-11 of this policy would answer."""
    for name in q.policy.rungs:
        if name in PLACED:
            found = PLACED[name](q)
            if isinstance(found, Match):
                return found
    return None


def local_offer(q: Question, home: StoreRecord) -> tuple[Candidate, ...]:
    local = by_place(q)
    return (
        (Candidate(local.store.id, local.distance_m, "local"),)
        if local is not None and local.store.id != home.id
        else ()
    )


def covers(q: Question, store: StoreRecord, distance: float) -> bool:
    """A8: inside the service area, or within the radius, or (neither set) within `cover_m`."""
    has_area = q.snapshot.has_service_area(store.id, q.visit.day)
    if has_area and any(a.store_id == store.id for a in areas_here(q, "service_area")):
        return True
    if store.service_radius_m is not None:
        return distance <= store.service_radius_m
    return not has_area and distance <= q.policy.cover_m
