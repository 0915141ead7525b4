"""Stores that visitors do not reach: not eligible for a reason somebody can mend, on another
dealer's ground, or beside another dealer's door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from stores.geo.coordinates import geodesic_m
from stores.geo.land import on_sphere
from stores.geo.regions import region_and_above
from stores.network.records import AreaRecord
from stores.network.snapshot import Snapshot
from stores.network_check.findings import Finding
from stores.network_check.rows import Shop

SAME_DOOR_M = 20.0
MENDED = (
    "cloud_shop_off",
    "no_contract",
    "coordinates_withdrawn",
)  # not by the passing of time, as an opening day is


def unreachable(shops: Sequence[Shop]) -> list[Finding]:
    """Not closed, and yet nobody can be led there (A2); a pause counts when it has no end."""
    return [
        Finding(
            "store_unreachable",
            "store",
            each.record.code,
            each.record.name,
            each.dealer,
            numbers={"reason": each.why_not},
        )
        for each in shops
        if each.why_not in MENDED or each.why_not == "paused" and each.record.paused_until is None
    ]


def shadowed(shops: Sequence[Shop], snapshot: Snapshot, day: dt.date) -> list[Finding]:
    """Whoever stands at the store is led to another dealer, whose exclusive ground it is (rung
    8)."""
    open_shops = [each for each in shops if not each.why_not]
    covering = snapshot.area_keys_covering(
        [each.record.latitude for each in open_shops],
        [each.record.longitude for each in open_shops],
    )
    serves: dict[int, bool] = {}

    def served(area: AreaRecord) -> bool:
        dealer = area.dealer_id
        if dealer is None:
            return False
        if dealer not in serves:
            serves[dealer] = any(
                (c := s.contract_on(day)) is not None
                and c.dealer_id == dealer
                and not s.why_not(day)
                for s in snapshot.by_dealer.get(dealer, ())
            )
        return serves[dealer]

    found = []
    for each, keys in zip(open_shops, covering, strict=True):
        areas = [snapshot.areas[key] for key in keys]
        for code in region_and_above(each.record.region_code) if each.record.region_code else ():
            areas += snapshot.by_region.get(code, ())
        here = sorted(
            (a for a in areas if a.kind == "territory" and a.holds(day) and served(a)),
            key=lambda area: area.code,
        )
        contract = each.record.contract_on(day)
        if (
            here
            and contract is not None
            and all(area.dealer_id != contract.dealer_id for area in here)
        ):
            found.append(
                Finding(
                    "store_shadowed",
                    "store",
                    each.record.code,
                    each.record.name,
                    each.dealer,
                    here[0].code,
                    "area",
                )
            )
    return found


def colocated(shops: Sequence[Shop]) -> list[Finding]:
    """Each eligible store with the nearest one of another dealer, if they share a door; each pair
    once."""
    here = [each for each in shops if not each.why_not]
    if len(here) < 2:
        return []
    points = on_sphere(
        np.array([each.record.latitude for each in here]),
        np.array([each.record.longitude for each in here]),
    )
    tree, found = cKDTree(points), dict[tuple[str, str], Finding]()
    for n, near in enumerate(tree.query_ball_point(points, 1.01 * SAME_DOOR_M)):
        one = here[n]
        others = [
            (
                geodesic_m(
                    one.record.latitude,
                    one.record.longitude,
                    here[m].record.latitude,
                    here[m].record.longitude,
                ),
                here[m],
            )
            for m in near
            if here[m].dealer != one.dealer
        ]
        if not others:
            continue
        metres, other = min(others, key=lambda pair: (pair[0], pair[1].record.code))
        first, second = sorted((one, other), key=lambda each: each.record.code)
        if metres < SAME_DOOR_M:
            found.setdefault(
                (first.record.code, second.record.code),
                Finding(
                    "stores_colocated",
                    "store",
                    first.record.code,
                    first.record.name,
                    first.dealer,
                    second.record.code,
                    "store",
                    {"metres": round(metres, 1)},
                ),
            )
    return list(found.values())
