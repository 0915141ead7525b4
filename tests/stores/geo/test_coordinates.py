"""Positions: what is accepted, the three systems, and the distance (A3, A16, E3)."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from ledger.faults import InvalidInput
from stores.geo.coordinates import (
    Coordinates,
    InvalidCoordinates,
    distance_class_m,
    distance_m,
    distances_m,
    far_from_region,
    from_wgs84,
    is_null_island,
    likely_swapped,
    to_wgs84,
    to_wgs84_arrays,
)

BEIJING = Coordinates(39.9042, 116.4074)
SHIFTED = ("gcj02", "bd09")
away_from_poles = st.floats(-89.4, 89.4)
longitudes = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (math.nan, 0.0),
        (0.0, math.nan),
        (math.inf, 0.0),
        (0.0, -math.inf),
        (90.0001, 0.0),
        (-91, 0.0),
        (0.0, 180.0001),
        (0.0, -181),
        ("39.9", 116.4),
        (None, 116.4),
        (True, 116.4),
        (10**400, 0.0),
    ],
)
def test_numbers_that_are_no_position_are_refused(latitude, longitude):
    with pytest.raises(InvalidCoordinates):
        Coordinates(latitude, longitude)
    with pytest.raises(InvalidCoordinates):
        to_wgs84(latitude, longitude, "gcj02")


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90, 180), (-90, -180), (0, 0), (90.0, -180.0)]
)
def test_the_ends_of_the_earth_are_positions(latitude, longitude):
    assert to_wgs84(latitude, longitude, "wgs84") == Coordinates(latitude, longitude)


def test_a_position_never_changes():
    with pytest.raises(FrozenInstanceError):
        BEIJING.latitude = 1.0


@pytest.mark.parametrize("crs", ["", "WGS84", "gcj-02", "epsg:4326", None])
def test_a_missing_or_unknown_crs_is_refused_and_never_guessed(crs):
    for convert in (
        lambda: to_wgs84(39.9, 116.4, crs),
        lambda: from_wgs84(BEIJING, crs),
        lambda: to_wgs84_arrays([39.9], [116.4], crs),
    ):
        with pytest.raises(InvalidInput, match="unknown"):
            convert()


def test_e3_the_same_place_in_gcj02_is_555_m_away_if_mixed():
    """E3: WGS-84 (39.90105, 116.42079) is GCJ-02 (39.90245, 116.42703)."""
    there = Coordinates(39.90105, 116.42079)
    assert from_wgs84(there, "gcj02") == (
        pytest.approx(39.90245, abs=1e-5),
        pytest.approx(116.42703, abs=1e-5),
    )
    assert distance_m(there, to_wgs84(39.90245, 116.42703, "gcj02")) < 1.0
    assert distance_m(there, Coordinates(39.90245, 116.42703)) == pytest.approx(555, abs=1)


def test_bd09_is_the_published_shift_of_gcj02():
    """A widely published pair: GCJ-02 (39.915, 116.404) is BD-09 (39.92133699351021,
    116.41036949371029)."""
    place = to_wgs84(39.915, 116.404, "gcj02")
    assert from_wgs84(place, "bd09") == (
        pytest.approx(39.92133699351021, abs=1e-9),
        pytest.approx(116.41036949371029, abs=1e-9),
    )


@pytest.mark.parametrize("place", [(37.5665, 126.9780), (21.0285, 105.8542), (13.7563, 100.5018)])
def test_wgs84_points_of_seoul_hanoi_and_bangkok_stay_where_they_are(place):
    """A3: no rectangle around China; the declared crs alone decides."""
    assert to_wgs84(*place, "wgs84") == Coordinates(*place)
    assert distance_m(to_wgs84(*place, "gcj02"), Coordinates(*place)) > 100


@pytest.mark.parametrize("crs", SHIFTED)
@given(latitude=away_from_poles, longitude=longitudes)
def test_a_round_trip_comes_back_to_the_millimetre_anywhere(crs, latitude, longitude):
    place = Coordinates(latitude, longitude)
    assert distance_m(to_wgs84(*from_wgs84(place, crs), crs), place) < 1e-3


@pytest.mark.parametrize("crs", SHIFTED)
def test_columns_convert_like_single_points(crs):
    random = np.random.default_rng(3)
    lats, lngs = random.uniform(-89, 89, 3_000), random.uniform(-180, 180, 3_000)
    lngs[:20] = np.where(np.arange(20) % 2, 180.0, -179.999)
    got_lats, got_lngs = to_wgs84_arrays(lats, lngs, crs)
    single = [
        to_wgs84(lat, lng, crs) for lat, lng in zip(lats.tolist(), lngs.tolist(), strict=True)
    ]
    apart = distances_m(
        got_lats, got_lngs, [each.latitude for each in single], [each.longitude for each in single]
    )
    assert apart.max() < 1e-5


@pytest.mark.parametrize("bad", [math.nan, math.inf, 91.0, -90.5])
def test_a_column_names_the_row_at_fault(bad):
    with pytest.raises(InvalidCoordinates, match="row 2"):
        to_wgs84_arrays([1.0, 2.0, bad, 3.0], [1.0, 2.0, 3.0, 4.0], "bd09")


def test_an_empty_column_is_no_fault():
    assert [len(column) for column in to_wgs84_arrays([], [], "gcj02")] == [0, 0]
    assert len(distances_m(0.0, 0.0, [], [])) == 0


@pytest.mark.parametrize("crs", SHIFTED)
def test_next_to_a_pole_a_shifted_system_answers_or_refuses_but_never_lies(crs):
    random = np.random.default_rng(4)
    for latitude, longitude in zip(
        random.uniform(89.5, 90, 300).tolist(), random.uniform(-180, 180, 300).tolist(), strict=True
    ):
        try:
            place = to_wgs84(latitude, longitude, crs)
        except InvalidCoordinates:
            continue
        assert (
            distance_m(Coordinates(*from_wgs84(place, crs)), Coordinates(latitude, longitude))
            < 1e-3
        )


def test_the_distance_is_the_geodesic_of_an_independent_library():
    random = np.random.default_rng(5)
    a, b = (
        random.uniform((-90, -180), (90, 180), (300, 2)),
        random.uniform((-90, -180), (90, 180), (300, 2)),
    )
    for here, there in zip(a.tolist(), b.tolist(), strict=True):
        assert distance_m(Coordinates(*here), Coordinates(*there)) == pytest.approx(
            geodesic(here, there).m, abs=2e-6
        )


def test_one_to_many_and_pairs_are_the_single_distances():
    lats, lngs = np.array([39.913, 39.9042]), np.array([116.405, 116.3885])
    assert distances_m(39.905, 116.4, lats, lngs).tolist() == [
        distance_m(Coordinates(39.905, 116.4), Coordinates(39.913, 116.405)),
        distance_m(Coordinates(39.905, 116.4), Coordinates(39.9042, 116.3885)),
    ]
    assert distances_m(lats, lngs, lats, lngs).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("there", "metres"),
    [
        ((39.9130, 116.4050), 985.8),
        ((39.9042, 116.3885), 987.4),
        ((39.8960, 116.3930), 1164.9),
        ((39.9300, 116.4400), 4404.6),
    ],
)
def test_e1_the_distances_of_the_border_example(there, metres):
    assert distance_m(Coordinates(39.9050, 116.4000), Coordinates(*there)) == pytest.approx(
        metres, abs=0.05
    )


@pytest.mark.parametrize(
    ("metres", "shown"), [(0, 0), (999.999999, 0), (1000, 1000), (1999.9, 1000), (12_345.6, 12_000)]
)
def test_after_a_day_a_distance_is_its_kilometre(metres, shown):
    """A16, M11."""
    assert distance_class_m(metres) == shown


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0, 0), True), ((-0.0, 0.0), True), ((0.0, 1e-9), False), ((51.5, 0.0), False)],
)
def test_null_island_is_no_location(point, expected):
    assert is_null_island(*point) is expected


@pytest.mark.parametrize(
    ("point", "centre", "country", "expected"),
    [
        ((116.41, 39.91), BEIJING, None, True),  # impossible as given, its swap is in town
        ((39.91, 116.41), BEIJING, None, False),
        ((31.23, 121.47), BEIJING, None, False),  # far away, and so is its swap
        ((121.47, 31.23), BEIJING, None, False),
        ((30.8, 31.0), Coordinates(31.0, 30.8), None, False),  # near either way: as given
        (
            (2.35, 48.86),
            Coordinates(48.86, 2.35),
            "FR",
            True,
        ),  # possible as given, but in another ocean
        ((87.6, 43.8), None, "CN", True),  # Urumqi
        ((43.8, 87.6), None, "CN", False),
        ((87.6, 43.8), None, "US", False),
        ((87.6, 43.8), None, None, False),
        ((math.nan, 43.8), BEIJING, "CN", False),
        ((200.0, 43.8), BEIJING, "CN", False),
        ((43.8, 170.0), BEIJING, "CN", False),
    ],
)
def test_exchanged_numbers_are_noticed_only_when_certain(point, centre, country, expected):
    assert likely_swapped(*point, centre, country) is expected


def test_a_point_beyond_50_km_of_its_region_is_far():
    assert not far_from_region(39.9042, 116.4074, BEIJING)
    assert not far_from_region(40.35, 116.4074, BEIJING)
    assert far_from_region(40.36, 116.4074, BEIJING)
    assert not far_from_region(0.0, 0.0, None)
