"""Areas that collide or lead nowhere (A12): two dealers on one ground, territories without a store,
service areas of a store nobody is led to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import shapely

from stores.geo.areas import SHARED_EDGE_M2, overlap_m2
from stores.geo.postal_codes import readable
from stores.geo.postal_index import PostalIndex
from stores.geo.regions import region_and_above, regions
from stores.network.snapshot import Snapshot
from stores.network_check.findings import Finding
from stores.network_check.rows import Ground

_DEGREE2_M2 = 111_700.0**2  # no square degree is larger


def overlapping(grounds: Sequence[Ground]) -> list[Finding]:
    """Territories of two dealers that hold on a common day: drawn over each other, listing one
    code, or one drawn over what the other lists."""
    own = [each for each in grounds if each.kind == "territory"]
    found: dict[tuple[str, str], Finding] = {}
    for one, other, numbers in (
        *_drawn(own),
        *_listed(own),
        *_listed_postal(own),
        *_drawn_over_listed(own),
    ):
        pair = (min(one.code, other.code), max(one.code, other.code))
        first, second = (one, other) if one.code == pair[0] else (other, one)
        found.setdefault(
            pair,
            Finding(
                "territory_overlap",
                "area",
                first.code,
                first.dealer_name,
                first.dealer,
                second.code,
                "area",
                numbers,
            ),
        )
    return list(found.values())


Collision = tuple[Ground, Ground, dict[str, object]]


def _drawn(own: Sequence[Ground]) -> Iterator[Collision]:
    drawn = [each for each in own if each.outline is not None]
    if not drawn:
        return
    outlines = np.array([each.outline for each in drawn], dtype=object)
    left, right = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    pairs = [
        (i, j)
        for i, j in zip(left.tolist(), right.tolist(), strict=True)
        if i < j and drawn[i].rivals(drawn[j])
    ]
    if not pairs:
        return
    rough = (
        shapely.area(
            shapely.intersection(outlines[[i for i, _ in pairs]], outlines[[j for _, j in pairs]])
        )
        * _DEGREE2_M2
    )  # never too small
    for (i, j), at_most in zip(pairs, rough.tolist(), strict=True):
        if (
            at_most > SHARED_EDGE_M2
            and (square := overlap_m2(outlines[i], outlines[j])) > SHARED_EDGE_M2
        ):
            yield drawn[i], drawn[j], {"square_m": round(square)}


def _listed(own: Sequence[Ground]) -> Iterator[Collision]:
    """A code belongs to one dealer; a district also to whoever holds its city or province."""
    holders = _holders(own)
    for code, several in holders.items():
        for above in region_and_above(code):
            for one, other in product(several, holders.get(above, ())):
                if one is not other and one.rivals(other):
                    yield one, other, {"region": code}


def _holders(own: Sequence[Ground]) -> dict[str, list[Ground]]:
    """Who lists a region code, by code."""
    found: dict[str, list[Ground]] = {}
    for each in own:
        for code in each.region_codes:
            found.setdefault(code, []).append(each)
    return found


def _listed_postal(own: Sequence[Ground]) -> Iterator[Collision]:
    """Lists of postal codes that may hold one code: the same, or one in the other's range, district
    or beginning."""
    entries = [(entry, n) for n, each in enumerate(own) for entry in readable(each.postal_codes)]
    index = PostalIndex(entries)
    for entry, n in entries:
        for m in index.meeting(entry):
            if m != n and own[n].rivals(own[m]):
                yield own[n], own[m], {"postal": str(entry)}


def _drawn_over_listed(own: Sequence[Ground]) -> Iterator[Collision]:
    """A drawing over the centre of a division that another dealer lists, itself or in its city or
    province."""
    drawn: list[Ground] = [each for each in own if each.outline is not None]
    holders = _holders(own)
    centres = (
        [
            each
            for each in regions().values()
            if each.centre is not None
            and any(code in holders for code in region_and_above(each.code))
        ]
        if holders
        else []
    )
    if not drawn or not centres:
        return
    points = shapely.points(
        [each.centre[1] for each in centres if each.centre],
        [each.centre[0] for each in centres if each.centre],
    )
    at, which = shapely.STRtree([each.outline for each in drawn]).query(
        points, predicate="intersects"
    )
    for point, number in zip(at.tolist(), which.tolist(), strict=True):
        one, region = drawn[number], centres[point].code
        above = [other for code in region_and_above(region) for other in holders.get(code, ())]
        for other in above:
            if one.rivals(other):
                yield one, other, {"region": region}


def empty(grounds: Sequence[Ground], snapshot: Snapshot, day: dt.date) -> list[Finding]:
    """Territories in force whose dealer has no store that visitors may be led to: rung 8 passes
    there."""
    found, serves = [], dict[int, bool]()
    for each in grounds:
        if each.kind != "territory" or each.dealer_id is None or not each.holds(day):
            continue
        if each.dealer_id not in serves:
            serves[each.dealer_id] = any(
                (c := s.contract_on(day)) is not None
                and c.dealer_id == each.dealer_id
                and not s.why_not(day)
                for s in snapshot.by_dealer.get(each.dealer_id, ())
            )
        if not serves[each.dealer_id]:
            found.append(
                Finding("territory_empty", "area", each.code, each.dealer_name, each.dealer)
            )
    return found


def unreachable(grounds: Sequence[Ground], snapshot: Snapshot, day: dt.date) -> list[Finding]:
    """Service areas in force of a store that nobody is led to."""
    found = []
    for each in grounds:
        store = (
            snapshot.by_id.get(each.store_id)
            if each.kind == "service_area" and each.store_id is not None and each.holds(day)
            else None
        )
        why = store.why_not(day) if store is not None else ""
        if store is not None and why:
            found.append(
                Finding(
                    "area_unreachable",
                    "area",
                    each.code,
                    store.name,
                    "",
                    each.store,
                    "store",
                    {"reason": why},
                )
            )
    return found
