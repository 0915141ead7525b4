"""Where the visitor is: the areas in force there (A12), the isolated ones among them (A10)."""

from __future__ import annotations

from collections.abc import Sequence

from stores.facts.decision import Question
from stores.geo.coordinates import distances_m
from stores.geo.regions import region_and_above
from stores.network.records import AreaRecord, StoreRecord


def areas_here(q: Question, kind: str) -> list[AreaRecord]:
    """Areas in force whose shape covers the point, or that list the visitor's region (or its city
    or province) or postal code (A12)."""
    if not q.here:
        q.here.append(_all_areas_here(q))
    return [area for area in q.here[0] if area.kind == kind]


def _all_areas_here(q: Question) -> list[AreaRecord]:
    point = q.visit.point
    return in_force(
        q,
        q.snapshot.areas_covering(point.latitude, point.longitude, q.visit.day)
        if point is not None
        else (),
    )


def in_force(q: Question, covering: Sequence[AreaRecord]) -> list[AreaRecord]:
    """Those that cover the point and those that list the visitor's codes, as far as they hold on
    his day."""
    found, visit = list(covering), q.visit
    for code in region_and_above(visit.region_code) if visit.region_code else ():
        found += q.snapshot.by_region.get(code, ())
    found += q.snapshot.by_postal_code.holding(visit.postal_code)
    return [area for area in found if area.holds(visit.day)]


def isolated_stores(question: Question) -> frozenset[int] | None:
    """A10: inside isolated areas the visitor may switch among their stores only, those of the
    area's dealer or the one it names. None: he is in no such area, or where he is is not known."""
    if not question.snapshot.has_isolated:
        return None
    areas = areas_here(question, "isolated")
    if not areas:
        return None
    day, found = question.visit.day, {a.store_id for a in areas if a.store_id is not None}
    for dealer_id in {a.dealer_id for a in areas if a.dealer_id is not None}:
        found |= {
            s.id
            for s in question.snapshot.by_dealer.get(dealer_id, ())
            if s.sells_for(dealer_id, day)
        }
    return frozenset(found)


def measured(q: Question, stores: Sequence[StoreRecord]) -> list[tuple[StoreRecord, float]]:
    """Stores with their distance, nearest first; none without a point."""
    point = q.visit.point
    if point is None or not stores:
        return []
    metres = distances_m(
        point.latitude, point.longitude, [s.latitude for s in stores], [s.longitude for s in stores]
    ).tolist()
    return sorted(zip(stores, metres, strict=True), key=lambda pair: (pair[1], pair[0].code))
