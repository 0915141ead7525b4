"""Where people live: places of the world without the districts that stand beside their city, to
draw visitors from and to say where somebody is."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from stores.geo.nearest import earth_centred
from stores.geo.world_cities import City, cities

DISTRICT_M = (
    12.0  # times the root of the people: within 38 km of ten million, 4 km of a hundred thousand
)


@cache
def settlements() -> tuple[City, ...]:
    """Most people first; a place inside a greater one of its country is left out, for its people
    are counted there. Half a second once."""
    ranked = sorted(cities(), key=lambda c: (-c.population, c.country, c.name, c.latitude))
    points = _points(ranked)
    near = cKDTree(points).query_ball_point(
        points, [DISTRICT_M * c.population**0.5 for c in ranked]
    )
    kept, inside = [], set()
    for n, (city, around) in enumerate(zip(ranked, near, strict=True)):
        if n not in inside:
            kept.append(city)
            inside.update(
                other for other in around if other > n and ranked[other].country == city.country
            )
    return tuple(kept)


def _points(places: list[City] | tuple[City, ...]) -> npt.NDArray[np.float64]:
    return earth_centred(
        np.array([c.latitude for c in places]), np.array([c.longitude for c in places])
    )


@cache
def _tree() -> cKDTree:
    return cKDTree(_points(settlements()))


def nearest_settlements(latitudes: npt.ArrayLike, longitudes: npt.ArrayLike) -> list[int]:
    """For each point the place in `settlements()` nearest through the earth: a name for where it
    is, not a boundary."""
    lats, lngs = np.asarray(latitudes, dtype=np.float64), np.asarray(longitudes, dtype=np.float64)
    found: list[int] = _tree().query(earth_centred(lats, lngs))[1].tolist() if lats.size else []
    return found
