"""What the list shows where no rung matched: never nothing while a store is in service (A4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from stores.facts.decision import Candidate, Question
from stores.network.records import StoreRecord
from stores.routing.rungs.here import isolated_stores, measured

PICKER_STORES = 20


def picks(q: Question) -> tuple[Candidate, ...]:
    """Up to 20 stores, the same region first, then by distance when a point is known, else priority
    and code; inside an isolated area its own."""
    within = isolated_stores(q)
    shown = _isolated_picks(q, within) if within else []
    return tuple(shown or (_near_picks(q) if q.visit.point is not None else _listed_picks(q)))


def _isolated_picks(q: Question, within: frozenset[int]) -> list[Candidate]:
    """A10: inside an isolated area only its stores may be chosen; none of them in service,
    everything is listed."""
    day, stores = (
        q.visit.day,
        [each for number in within if (each := q.snapshot.by_id.get(number)) is not None],
    )
    picked = [
        Candidate(s.id, q.distance_to(s), "isolated_area") for s in stores if not s.why_not(day)
    ]
    return sorted(
        picked,
        key=lambda c: (
            c.distance_m or 0.0,
            -q.snapshot.by_id[c.store_id].priority,
            q.snapshot.by_id[c.store_id].code,
        ),
    )[:PICKER_STORES]


def _near_picks(q: Question) -> list[Candidate]:
    snapshot, day, point = q.snapshot, q.visit.day, q.visit.point
    assert point is not None
    shown: list[Candidate] = []
    for own in _by_region(q):
        shown += [Candidate(s.id, d, "same_region") for s, d in measured(q, own)]
        if len(shown) >= PICKER_STORES:
            return shown[:PICKER_STORES]
    taken = {each.store_id for each in shown}
    near = [
        (snapshot.stores[i], d)
        for i, d in snapshot.index_on(day).k_nearest(
            point.latitude, point.longitude, PICKER_STORES + len(taken)
        )
    ]
    return (shown + [Candidate(s.id, d, "nearby") for s, d in near if s.id not in taken])[
        :PICKER_STORES
    ]


def _listed_picks(q: Question) -> list[Candidate]:
    shown = [
        Candidate(s.id, None, "same_region") for own in _by_region(q) for s in own[:PICKER_STORES]
    ][:PICKER_STORES]
    taken = {each.store_id for each in shown}
    others = (s for s in q.snapshot.listed_on(q.visit.day).get((0, ""), ()) if s.id not in taken)
    return shown + [
        Candidate(s.id, None, "listed") for s in islice(others, PICKER_STORES - len(shown))
    ]


def _by_region(q: Question) -> Iterator[list[StoreRecord]]:
    """Stores of the visitor's region: those of the very district (or the very code, such as US-TX),
    then of its city, then of its province or country, each once, by priority and code."""
    listed, region, seen = q.snapshot.listed_on(q.visit.day), q.visit.region_code or "", set[int]()
    for n in (6, 4, 2):
        found = (
            [s for s in listed.get((n, region[:n]), ()) if s.id not in seen]
            if region and (n == 6 or len(region) >= n)
            else []
        )
        seen.update(s.id for s in found)
        yield found
