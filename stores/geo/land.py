"""Whether a point can be on land: the world's outline at 1:110m, with a tolerance, and the known
places that the outline is too coarse for."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from stores.geo.regions import regions
from stores.geo.world_cities import cities

FILE = Path(__file__).parents[1] / "data" / "land_110m.geojson.gz"
COAST = FILE.with_name("land_50m.geojson.gz")  # finer, for the eye: maps draw it
TOLERANCE_M = 20_000.0
_EARTH_M = 6_371_000.0
_DEGREE_M = 110_574.0  # the shortest a degree of latitude is
_ICE_SOUTH_OF = -80.0  # the outline leaves the pole open
_LOCK = threading.Lock()  # shared polygons are asked by one thread at a time
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Outline:
    tree: shapely.STRtree
    places: cKDTree


def at_sea(latitudes: npt.ArrayLike, longitudes: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which points (WGS-84) lie more than TOLERANCE_M from the outline and from every known
    place."""
    lats, lngs = np.asarray(latitudes, dtype=float), np.asarray(longitudes, dtype=float)
    off = lats > _ICE_SOUTH_OF
    if not len(lats):
        return off
    known = _outline()
    with _LOCK:
        off[np.unique(known.tree.query(shapely.points(lngs, lats), predicate="intersects")[0])] = (
            False
        )
        for at in np.flatnonzero(off):
            off[at] = not _near_outline(known.tree, float(lats[at]), float(lngs[at]))
    left = np.flatnonzero(off)
    if left.size:
        off[left] = known.places.query(on_sphere(lats[left], lngs[left]))[0] > TOLERANCE_M
    return off


def on_sphere(latitudes: Floats, longitudes: Floats) -> Floats:
    """Metres from the centre of a sphere of the earth's size: near points are as far apart there as
    on the ground, to within a per cent."""
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    return _EARTH_M * np.column_stack(
        (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    )


@cache
def _outline() -> _Outline:
    with gzip.open(FILE, "rt", encoding="utf-8") as source:
        land = shapely.make_valid(
            shapely.from_geojson(source.read())
        )  # at this scale some shores cross themselves
    places = [(each.latitude, each.longitude) for each in cities()] + [
        each.centre for each in regions().values() if each.centre is not None
    ]
    points = np.array(places)
    return _Outline(
        shapely.STRtree(shapely.get_parts(land)), cKDTree(on_sphere(points[:, 0], points[:, 1]))
    )


def _near_outline(tree: shapely.STRtree, lat: float, lng: float) -> bool:
    """Whether land lies within the tolerance: measured on a plane around the point, on which a
    degree of longitude is as long as it is there."""
    high, squeeze = TOLERANCE_M / _DEGREE_M, max(np.cos(np.radians(lat)), 0.01)
    wide = high / squeeze
    box = shapely.box(lng - wide, lat - high, lng + wide, lat + high)
    for part in tree.geometries[tree.query(box)]:
        near = shapely.intersection(part, box)
        if (
            not near.is_empty
            and shapely.distance(
                shapely.transform(near, lambda xy: (xy - (lng, lat)) * (squeeze, 1.0)),
                shapely.Point(0, 0),
            )
            <= high
        ):
            return True
    return False
