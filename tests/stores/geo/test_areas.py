"""Areas: what a drawing must be, which areas cover a point, how much two overlap (A12), and threads
(M1)."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from ledger.faults import InvalidInput
from stores.geo.areas import (
    AreaIndex,
    InvalidArea,
    area_m2,
    overlap_m2,
    overlapping_pairs,
    parse_geometry,
    representative_point,
    to_geojson,
)
from stores.geo.coordinates import Coordinates, distance_m, from_wgs84

ROOT = Path(__file__).resolve().parents[3]
EARTH_M2 = 510_065_621_724_088.4  # the WGS-84 ellipsoid's surface


def polygon(*rings):
    return {
        "type": "Polygon",
        "coordinates": [[list(position) for position in ring] for ring in rings],
    }


def box(west, south, east, north):
    return polygon([(west, south), (east, south), (east, north), (west, north), (west, south)])


def area(*args):
    return parse_geometry(box(*args), "wgs84")


def star(lat, lng, points, radius, crs="wgs84"):
    angles = np.linspace(0, 2 * math.pi, points, endpoint=False)
    reach = radius * (1 + 0.2 * np.sin(9 * angles))
    ring = np.column_stack((lng + reach * np.cos(angles), lat + reach * np.sin(angles))).tolist()
    return parse_geometry(polygon([*ring, ring[0]]), crs)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "not a GeoJSON object"),
        ([1, 2], "not a GeoJSON object"),
        ({"type": "Point", "coordinates": [1, 2]}, "no area"),
        ({"type": "GeometryCollection", "geometries": []}, "no area"),
        ({"type": "Polygon"}, "no coordinates"),
        ({"type": "Polygon", "coordinates": []}, "no coordinates"),
        ({"type": "Polygon", "coordinates": {"a": 1}}, "no coordinates"),
        ({"type": "Polygon", "coordinates": [7]}, "not a list of positions"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "no ring"),
        ({"type": "MultiPolygon", "coordinates": [7]}, "no ring"),
        (polygon([(0, 0), (1, 1), (0, 0)]), "3 positions"),
        (polygon([(0, 0), (1, 0), (1, 1), (0, 1)]), "open"),
        (polygon([(0, 0), (1, 0), (math.nan, 1), (0, 0)]), "degrees"),
        (polygon([(0, 0), (1, 0), (math.inf, 1), (0, 0)]), "degrees"),
        (polygon([(0, 0), (1, 0), ("1", 1), (0, 0)]), "degrees"),
        (polygon([(0, 0), (1, 0), (True, 1), (0, 0)]), "degrees"),
        (polygon([(0, 0), (1, 0), (190, 1), (0, 0)]), "degrees"),
        (polygon([(0, 0), (1, 0), (10**400, 1), (0, 0)]), "degrees"),
        (
            polygon([(39, 116), (40, 116), (40, 117), (39, 116)]),
            "degrees",
        ),  # latitude first: 116 is no latitude
        (polygon([(0, 0), (1, 0), (1,), (0, 0)]), "not a position"),
        (polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]), "Self-intersection"),
        (polygon([(0, 0), (1, 1), (2, 2), (0, 0)]), "not valid"),
        (polygon([(0, 0)] * 5), "not valid"),
        (
            polygon([(0, 0), (2, 0), (2, 2), (0, 0)], [(5, 5), (6, 5), (6, 6), (5, 5)]),
            "Hole lies outside",
        ),
        (polygon([(0, 80), (90, 80), (180, 80), (-90, 80), (0, 80)]), "around a pole"),
    ],
)
def test_a_drawing_that_is_no_area_is_refused_with_its_reason(geometry, reason):
    with pytest.raises(InvalidArea, match=reason):
        parse_geometry(geometry, "wgs84")


def test_an_unknown_crs_is_refused():
    with pytest.raises(InvalidInput, match="crs"):
        parse_geometry(box(0, 0, 1, 1), "utm")


def test_holes_parts_and_heights_are_read():
    island = parse_geometry(
        {
            "type": "MultiPolygon",
            "coordinates": [
                [
                    [[0, 0, 5], [4, 0, 5], [4, 4, 5], [0, 4, 5], [0, 0, 5]],
                    [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]],
                ],
                [[[6, 0], [7, 0], [7, 1], [6, 1], [6, 0]]],
            ],
        },
        "wgs84",
    )
    index = AreaIndex([island], ["island"])
    inside = [
        index.covering(lat, lng) == ["island"]
        for lat, lng in ((0.5, 0.5), (1.5, 1.5), (1.0, 1.5), (0.5, 6.5), (0.5, 5.0))
    ]
    assert inside == [True, False, True, True, False]


def test_parts_that_share_an_edge_or_overlap_are_one_area():
    parts = [
        box(0, 0, 1, 1)["coordinates"],
        box(1, 0, 2, 1)["coordinates"],
        box(1.5, 0, 2.5, 1)["coordinates"],
    ]
    merged = parse_geometry({"type": "MultiPolygon", "coordinates": parts}, "wgs84")
    assert merged.is_valid
    assert area_m2(merged) == pytest.approx(area_m2(area(0, 0, 2.5, 1)), rel=1e-12)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_vertices_are_converted_from_their_crs(crs):
    corners = [(39.8, 116.3), (39.8, 116.5), (40.0, 116.5), (40.0, 116.3), (39.8, 116.3)]
    drawn = polygon([tuple(reversed(from_wgs84(Coordinates(*corner), crs))) for corner in corners])
    got = shapely.get_coordinates(parse_geometry(drawn, crs))
    assert all(
        distance_m(Coordinates(lat, lng), Coordinates(*corner)) < 1e-3
        for (lng, lat), corner in zip(got.tolist(), corners, strict=True)
    )


def test_needles_that_a_shift_bends_across_each_other_are_not_the_drawers_fault():
    random = np.random.default_rng(0)
    angles, reach = (
        np.sort(random.uniform(0, 2 * math.pi, 5_000)),
        0.8 * random.uniform(0.7, 1, 5_000),
    )
    ring = np.column_stack((110 + reach * np.cos(angles), 30 + reach * np.sin(angles))).tolist()
    needles = polygon([*ring, ring[0]])
    assert parse_geometry(needles, "gcj02").is_valid
    assert area_m2(parse_geometry(needles, "gcj02")) == pytest.approx(
        area_m2(parse_geometry(needles, "wgs84")), rel=1e-3
    )


def test_a_ring_over_the_antimeridian_is_cut_into_both_sides():
    fiji = parse_geometry(
        polygon(
            [(170, -20), (-170, -20), (-170, -10), (170, -10), (170, -20)],
            [(-179, -16), (-178, -16), (-178, -15), (-179, -15), (-179, -16)],
        ),
        "wgs84",
    )
    assert (fiji.geom_type, fiji.is_valid, fiji.bounds) == (
        "MultiPolygon",
        True,
        (-180, -20, 180, -10),
    )
    assert area_m2(fiji) == pytest.approx(
        area_m2(area(0, -20, 20, -10)) - area_m2(area(0, -16, 1, -15)), rel=1e-12
    )
    index = AreaIndex([fiji], ["fiji"])
    covered = [
        bool(index.covering(lat, lng))
        for lat, lng in ((-15, 175), (-12, -175), (-15.5, -178.5), (-15, 0), (-15, 169), (-15, 180))
    ]
    assert covered == [True, True, False, False, False, True]


@pytest.mark.parametrize("drawn", [box(-180, -90, 180, 90), box(-180, 10, 180, 20)])
def test_a_ring_around_the_world_stays_one(drawn):
    assert AreaIndex([parse_geometry(drawn, "wgs84")], ["all"]).covering(15, 0) == ["all"]


def test_the_boundary_is_inside():
    index = AreaIndex([area(116, 39, 117, 40), area(117, 39, 118, 40)], ["west", "east"])
    assert index.covering(39.5, 117) == ["west", "east"]
    assert index.covering(39, 116.3) == ["west"]
    assert index.covering(40, 118) == ["east"]
    assert index.covering(40.000001, 118) == []


def test_a_point_on_the_antimeridian_is_on_both_sides_and_a_pole_has_every_longitude():
    index = AreaIndex(
        [area(170, -10, 180, 10), area(-180, -10, -170, 10), area(20, 80, 40, 90)],
        ["east", "west", "north"],
    )
    for lng in (180.0, -180.0):
        assert index.covering(0, lng) == ["east", "west"]
    assert index.covering(90, -77) == ["north"]
    assert index.covering_batch([0, 0, 90, 0], [180, -180, 5, 0]) == [
        ["east", "west"],
        ["east", "west"],
        ["north"],
        [],
    ]


def test_an_empty_index_covers_nothing():
    assert AreaIndex([], []).covering(0, 0) == []
    assert AreaIndex([], []).covering_batch([0, 1], [0, 1]) == [[], []]
    assert AreaIndex([area(0, 0, 1, 1)], ["a"]).covering_batch([], []) == []


def test_every_area_needs_its_key():
    with pytest.raises(ValueError, match="key"):
        AreaIndex([area(0, 0, 1, 1)], [])


def test_a_column_of_points_is_answered_like_each_point():
    random = np.random.default_rng(11)
    areas = [star(30 + place % 4, 110 + place // 4, 500, 0.7, "gcj02") for place in range(12)]
    index = AreaIndex(areas, [f"T{number}" for number in range(12)])
    corners = shapely.get_coordinates(areas)[::40, ::-1]
    points = np.concatenate((random.uniform((28, 108), (35, 115), (11_000, 2)), corners))
    alone = [index.covering(lat, lng) for lat, lng in points.tolist()]
    assert index.covering_batch(points[:, 0], points[:, 1]) == alone
    assert all(alone[-len(corners) :])


@given(
    lat=st.floats(-89, 88),
    lng=st.floats(-180, 179),
    height=st.floats(1e-3, 1),
    width=st.floats(1e-3, 1),
)
def test_an_area_is_that_of_the_ellipsoid(lat, lng, height, width):
    """Against Karney's geodesic polygon with the parallels drawn finely enough to tell the two
    kinds of edge apart."""
    drawn = shapely.box(lng, lat, lng + width, lat + height)
    expected = abs(
        Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(drawn, width / 200))[0]
    )
    assert area_m2(drawn) == pytest.approx(expected, rel=1e-5, abs=1.0)


def test_the_whole_earth_has_its_surface():
    assert area_m2(area(-180, -90, 180, 90)) == pytest.approx(EARTH_M2, rel=1e-12)
    assert area_m2(area(-180, 0, 180, 90)) == pytest.approx(EARTH_M2 / 2, rel=1e-12)


def test_a_shared_edge_is_no_overlap_and_a_strip_is():
    """A12: more than 100 m2 is refused; the edge drawn twice with other vertices is none."""
    west = area(116, 39, 117, 40)
    drawn_finer = parse_geometry(
        polygon(
            [(117, 39), (118, 39), (118, 40), (117, 40), (117, 39.777), (117, 39.3), (117, 39)]
        ),
        "wgs84",
    )
    assert overlap_m2(west, drawn_finer) == 0.0
    assert overlap_m2(west, area(118, 39, 119, 40)) == 0.0
    strip = overlap_m2(west, area(116.99999, 39, 118, 40))
    assert strip == pytest.approx(
        0.00001 * 111_320 * math.cos(math.radians(39.5)) * 111_030, rel=1e-2
    )
    assert overlapping_pairs([west, drawn_finer, area(116.99999, 39, 118, 40)]) == [
        (0, 2, pytest.approx(strip)),
        (1, 2, pytest.approx(area_m2(drawn_finer))),
    ]


def test_a_slanted_edge_drawn_with_more_points_stays_below_the_limit():
    points = [(116 + step / 7, 39 + step / 7 * 0.618) for step in range(8)]
    above = parse_geometry(polygon([points[0], points[-1], (116, 41), points[0]]), "wgs84")
    below = parse_geometry(polygon([*points, (117, 38), points[0]]), "wgs84")
    assert overlap_m2(above, below) < 1.0
    assert overlapping_pairs([above, below]) == []


def test_overlaps_are_measured_over_the_antimeridian_and_at_the_pole():
    over = parse_geometry(box(179, 60, -179, 61), "wgs84")
    assert overlap_m2(over, area(-180, 60, -178, 61)) == pytest.approx(area_m2(over) / 2, rel=1e-9)
    assert overlap_m2(area(0, 80, 90, 90), area(45, 80, 135, 90)) == pytest.approx(
        area_m2(area(45, 80, 90, 90)), rel=1e-9
    )


def test_few_areas_have_no_pairs():
    assert overlapping_pairs([]) == []
    assert overlapping_pairs([area(0, 0, 1, 1)]) == []


def test_a_label_lies_inside_even_a_crescent():
    crescent = parse_geometry(
        polygon(
            [(0, 0), (4, 0), (4, 4), (0, 4), (0, 3.9), (3.9, 3.9), (3.9, 0.1), (0, 0.1), (0, 0)]
        ),
        "wgs84",
    )
    label = representative_point(crescent)
    assert AreaIndex([crescent], ["c"]).covering(label.latitude, label.longitude) == ["c"]


def test_an_area_is_written_as_it_was_read():
    fiji = parse_geometry(box(170, -20, -170, -10), "wgs84")
    assert parse_geometry(to_geojson(fiji), "wgs84").equals(fiji)


SIX_THREADS = """
import math, threading, time
import numpy as np
import shapely
from stores.geo.areas import AreaIndex, parse_geometry

ROUNDS, SECONDS, AREAS, POINTS = 40, 0.25, 30, 5_000
centres = [(25 + number % 6, 105 + number // 6) for number in range(AREAS)]
angles = np.linspace(0, 2 * math.pi, POINTS, endpoint=False)

def disc(lat, lng):
    ring = np.column_stack((lng + 0.9 * np.cos(angles), lat + 0.9 * np.sin(angles))).tolist()
    return parse_geometry({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, "wgs84")

def by_hand(lat, lng):
    return [number for number, (y, x) in enumerate(centres) if math.hypot(lat - y, lng - x) < 0.9]

def clear_of_every_rim(point):
    return all(abs(math.hypot(point[0] - y, point[1] - x) - 0.9) > 1e-5 for y, x in centres)

drawn = shapely.to_wkb([disc(*centre) for centre in centres])
points = [point for point in np.random.default_rng(1).uniform((24, 104), (31, 110), (3_000, 2)).tolist() if clear_of_every_rim(point)]
expected = [by_hand(*point) for point in points]
lats, lngs = np.array(points[:300]).T
wrong, asked = [], []

def ask(thread, index, barrier):
    barrier.wait()
    until, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        if count % 20 == 0 and index.covering_batch(lats, lngs) != expected[:300]:
            wrong.append("batch")
        place = (count * 6 + thread) % len(points)
        if index.covering(*points[place]) != expected[place]:
            wrong.append(place)
        count += 1
    asked.append(count)

for _ in range(ROUNDS):  # what GEOS builds at the first question is built anew, by six threads at once
    geometries = shapely.from_wkb(drawn)
    indexes = [AreaIndex(geometries, range(AREAS)) for _ in range(2)]  # an old and a new snapshot over the same geometries
    barrier = threading.Barrier(6)
    threads = [threading.Thread(target=ask, args=(number, indexes[number % 2], barrier)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert len(asked) == 6 * ROUNDS and min(asked) > 0 and not wrong, (asked, wrong[:10])
"""


@pytest.mark.slow
def test_six_threads_asking_at_once_neither_crash_nor_err():
    """M1: in a process of its own, because the fault was a crash of the process."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIX_THREADS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
