"""Coordinates that cannot be right, or are hardly right (A3): at sea, exchanged, far from their
region, read in another system than they were taken in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from stores.geo.coordinates import (
    CRS_NAMES,
    REGION_REACH_M,
    Coordinates,
    InvalidCoordinates,
    distances_m,
    likely_swapped,
    to_wgs84_arrays,
)
from stores.geo.land import at_sea, on_sphere
from stores.geo.place_names import CHINA
from stores.geo.regions import region_centre, regions
from stores.network_check.findings import Finding
from stores.network_check.rows import Shop

OUTSIDE_CHINA_M = 500_000.0  # from every division: no system of China is meant there
FITS_M, APART_M = (
    50.0,
    200.0,
)  # read in another system the point is the centre of its region; as declared it is not
Floats = npt.NDArray[np.float64]


def suspicious(shops: Sequence[Shop], elsewhere: Sequence[Finding] = ()) -> list[Finding]:
    """At most one finding a store, the gravest: of coordinates that were not withdrawn already.
    `elsewhere`: points outside the country of their store."""
    given = [each for each in shops if not each.record.withdrawn]
    if not given:
        return []
    outside = {each.code: each for each in elsewhere}
    lats, lngs = (
        np.array([each.record.latitude for each in given]),
        np.array([each.record.longitude for each in given]),
    )
    found: dict[int, Finding] = {}
    for n, kind, numbers in (
        *_swapped(given),
        *_at_sea(lats, lngs),
        *_far(given, lats, lngs),
        *_misread(given, lats, lngs),
    ):
        shop = given[n]
        if kind != "point_swapped" and shop.record.code in outside:
            found.setdefault(n, outside[shop.record.code])
        found.setdefault(
            n,
            Finding(
                kind, "store", shop.record.code, shop.record.name, shop.dealer, numbers=numbers
            ),
        )
    for n, shop in enumerate(given):
        if shop.record.code in outside:
            found.setdefault(n, outside[shop.record.code])
    return list(found.values())


Doubt = tuple[int, str, dict[str, object]]


def _swapped(given: Sequence[Shop]) -> Iterator[Doubt]:
    for n, each in enumerate(given):
        centre = region_centre(each.record.region_code) if each.record.region_code else None
        if likely_swapped(
            each.source_latitude,
            each.source_longitude,
            Coordinates(*centre) if centre else None,
            each.country,
        ):
            yield (
                n,
                "point_swapped",
                {"latitude": each.source_latitude, "longitude": each.source_longitude},
            )


def _at_sea(lats: Floats, lngs: Floats) -> Iterator[Doubt]:
    for n in np.flatnonzero(at_sea(lats, lngs)).tolist():
        yield n, "point_at_sea", {}


def _far(given: Sequence[Shop], lats: Floats, lngs: Floats) -> Iterator[Doubt]:
    """More than 50 km from the centre of a county; of a city or province, only when the nearest
    division is in another one: they are wide."""
    rows = [
        (n, code, centre)
        for n, each in enumerate(given)
        if (code := each.record.region_code) and (centre := region_centre(code)) is not None
    ]
    if not rows:
        return
    places = np.array([n for n, _, _ in rows])
    metres = distances_m(
        lats[places],
        lngs[places],
        [centre[0] for _, _, centre in rows],
        [centre[1] for _, _, centre in rows],
    )
    tree, codes = _divisions()
    nearest = tree.query(on_sphere(lats[places], lngs[places]))[1]
    for (n, code, _), away, near in zip(rows, metres.tolist(), nearest.tolist(), strict=True):
        region = regions()[code]
        own = (
            code
            if region.level == "county" and region.centre is not None
            else code[:2]
            if region.level == "province"
            else code[:4]
        )
        if away > REGION_REACH_M and (len(own) == 6 or not codes[near].startswith(own)):
            yield n, "point_far", {"metres": round(away), "region": code, "nearest": codes[near]}


def _misread(given: Sequence[Shop], lats: Floats, lngs: Floats) -> Iterator[Doubt]:
    tree, _ = _divisions()
    chinese = [n for n, each in enumerate(given) if each.crs != "wgs84"]
    if chinese:
        away = tree.query(on_sphere(lats[chinese], lngs[chinese]))[0]
        for n, metres in zip(chinese, away.tolist(), strict=True):
            country = given[n].country
            if (country not in CHINA) if country else metres > OUTSIDE_CHINA_M:
                yield n, "crs_doubt", {"crs": given[n].crs, "outside": True}
    yield from _centres_of_a_map_service(given, lats, lngs)


def _centres_of_a_map_service(given: Sequence[Shop], lats: Floats, lngs: Floats) -> Iterator[Doubt]:
    """An address that a service could not find gets the centre of its region, in the service's own
    system: that tells which one it is."""
    rows = [
        (n, region.centre)
        for n, each in enumerate(given)
        if (region := regions().get(each.record.region_code or "")) is not None
        and region.centre is not None
    ]
    if not rows:
        return
    places, centres = np.array([n for n, _ in rows]), np.array([centre for _, centre in rows])
    as_declared = distances_m(lats[places], lngs[places], centres[:, 0], centres[:, 1])
    for crs in CRS_NAMES:
        tried = np.array(
            [
                k
                for k, n in enumerate(places.tolist())
                if given[n].crs != crs and APART_M < as_declared[k] < 5_000.0
            ],
            dtype=np.intp,
        )
        if not tried.size:
            continue
        try:
            read = to_wgs84_arrays(
                [given[n].source_latitude for n in places[tried]],
                [given[n].source_longitude for n in places[tried]],
                crs,
            )
        except InvalidCoordinates:
            continue
        fits = distances_m(read[0], read[1], centres[tried, 0], centres[tried, 1])
        for k in np.flatnonzero(fits < FITS_M).tolist():
            n = int(places[tried[k]])
            yield (
                n,
                "crs_doubt",
                {
                    "crs": given[n].crs,
                    "better": crs,
                    "metres": round(float(as_declared[tried[k]])),
                    "fits_metres": round(float(fits[k])),
                },
            )


def _divisions() -> tuple[cKDTree, list[str]]:
    if not _TREE:
        known = [
            (each.centre, each.code)
            for each in regions().values()
            if each.centre is not None
            and each.level != "province"
            or each.code[:2] in ("71", "81", "82")
        ]
        points = np.array([centre for centre, _ in known if centre is not None])
        _TREE.append(
            (
                cKDTree(on_sphere(points[:, 0], points[:, 1])),
                [code for centre, code in known if centre is not None],
            )
        )
    return _TREE[0]


_TREE: list[tuple[cKDTree, list[str]]] = []
