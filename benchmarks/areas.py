"""How fast the areas that cover a point are found, beside one bare STRtree query: `python -m
benchmarks.areas`."""

from __future__ import annotations

import time

import numpy as np
import shapely

from benchmarks.table import Line
from stores.geo.areas import AreaIndex

AREAS, POINTS, ROUNDS = 10_000, 4_000, 7


def run() -> list[Line]:
    """10,000 polygons of 40 corners over a country; our index also takes turns between threads and
    names the areas (M1)."""
    random = np.random.default_rng(7)
    centres, turns = (
        random.uniform((95, 20), (128, 48), (AREAS, 2)),
        np.linspace(0, 2 * np.pi, 40, endpoint=False),
    )
    shapes = [
        shapely.Polygon(np.column_stack((lng + r * np.cos(turns), lat + r * np.sin(turns))))
        for (lng, lat), r in zip(
            centres.tolist(), random.uniform(0.02, 0.2, AREAS).tolist(), strict=True
        )
    ]
    index, tree = AreaIndex(shapes, list(range(AREAS))), shapely.STRtree(shapes)
    asked = random.uniform((20, 95), (48, 128), (POINTS, 2)).tolist()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = [index.covering(lat, lng) for lat, lng in asked]
        ours.append((time.perf_counter() - began) / POINTS * 1e6)
        began = time.perf_counter()
        bare = [
            sorted(tree.query(shapely.points(lng, lat), predicate="intersects").tolist())
            for lat, lng in asked
        ]
        theirs.append((time.perf_counter() - began) / POINTS * 1e6)
        assert found == bare
    exact, once = float(np.median(ours)), float(np.median(theirs))
    return [
        Line(
            f"areas that cover a point, among {AREAS:,} / one STRtree query",
            exact,
            once,
            "us",
            once / exact,
            1 / 3,
        )
    ]


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
