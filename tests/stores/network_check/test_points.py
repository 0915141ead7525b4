"""Points that cannot be right: at sea, in another country, at one spot, at a centre (A3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

import db
from stores.base import versions
from stores.geo.coordinates import Coordinates, from_wgs84
from stores.geo.land import at_sea
from stores.geo.regions import region_centre, regions
from stores.geo.world_cities import cities
from stores.network.stores import store
from tests.stores.network_check.findings import findings, place


def test_a3_points_that_cannot_be_right(network):
    shanghai = region_centre("310106")
    network.open_store("S1", **place(31.2, 122.9))  # a hundred kilometres off the coast
    network.open_store(
        "S2", **place(30.0, 122.2)
    )  # Zhoushan, an island that the outline does not draw
    network.open_store("S3", **place(*shanghai, region_code="310106"))
    network.open_store("S4", **place(39.9, 116.4, region_code="310106"))
    network.open_store(
        "S5", **place(50.24, 120.18, region_code="150700")
    )  # Hulunbuir, wider than 50 km
    with (
        db.transaction() as connection
    ):  # as an importer of another system may leave it; a file would warn
        connection.execute(
            update(store)
            .where(store.c.store_code == "S3")
            .values(source_latitude=shanghai[1], source_longitude=shanghai[0], region_code="310106")
        )
        versions.next_network_version(connection)
    found = {each.code: each.kind for each in findings(network)}
    assert found == {"S1": "point_at_sea", "S3": "point_swapped", "S4": "point_far"}


def test_a3_a_centre_of_a_map_service_tells_its_system(network):
    centre = Coordinates(*region_centre("310106"))
    in_gcj = from_wgs84(centre, "gcj02")
    network.open_store("S1", **place(*in_gcj, "wgs84", region_code="310106"))
    network.open_store("S2", **place(*in_gcj, "gcj02", region_code="310106"))
    network.open_store(
        "S3", **place(centre.latitude + 0.003, centre.longitude, region_code="310106")
    )
    network.open_store("S4", **place(48.85, 2.35, "gcj02", country="FR"))
    network.open_store("S5", **place(48.85, 2.36, "bd09"))
    found = {each.code: each.numbers for each in findings(network, "crs_doubt")}
    assert sorted(found) == ["S1", "S4", "S5"]
    assert (
        found["S1"]["better"] == "gcj02"
        and found["S1"]["fits_metres"] <= 1
        and found["S1"]["metres"] > 400
    )
    assert found["S4"] == {"crs": "gcj02", "outside": True}


def test_a3_withdrawn_coordinates_are_not_doubted_again(network):
    network.open_store("S1", **place(31.2, 123.9))
    with db.transaction() as connection:
        from stores.network.stores import store_revision

        for table in (store, store_revision):
            connection.execute(update(table).values(coordinates_withdrawn=True))
        versions.next_network_version(connection)
    assert [(each.kind, each.numbers) for each in findings(network)] == [
        ("store_unreachable", {"reason": "coordinates_withdrawn"})
    ]


def test_a3_no_known_place_is_at_sea():
    places = [(each.latitude, each.longitude) for each in cities()] + [
        each.centre for each in regions().values() if each.centre
    ]
    lats, lngs = np.array(places).T
    assert not at_sea(lats, lngs).any()


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a3_one_point_and_many_say_the_same_of_the_sea(latitude, longitude):
    assert (
        at_sea([latitude], [longitude])[0]
        == at_sea([0.0, latitude, 45.0], [-30.0, longitude, 90.0])[1]
    )


@pytest.mark.parametrize(
    ("latitude", "longitude", "sea"),
    [
        (0, -30, True),
        (45, 90, False),
        (-85, 0, False),
        (40.0, -70.5, True),
        (31.2, 122.1, False),
        (0, 180, True),
        (0, -180, True),
        (90, 0, True),
    ],
)
def test_a3_the_sea_begins_twenty_kilometres_out(latitude, longitude, sea):
    assert bool(at_sea([latitude], [longitude])[0]) is sea


def test_a3_a_point_outside_the_country_of_its_store_is_found_with_the_way_it_lies_there(network):
    for code, latitude, longitude, country in (
        ("S1", 29.6, 95.4, "US"),
        ("S2", 41.9, -87.6, "US"),
        ("S3", -41.9, -87.6, "US"),
        ("S4", 47.6, 7.6, "DE"),
        ("S5", 25.03, 121.56, "CN"),
    ):
        network.open_store(code, **place(latitude, longitude, country=country))
    found = {
        each.code: (each.numbers["here"], each.numbers["way"], each.grave)
        for each in findings(network, "point_elsewhere")
    }
    assert found == {"S1": ("CN", "longitude_sign", True), "S3": (None, "latitude_sign", True)}
    assert [each.kind for each in findings(network) if each.code == "S3"] == [
        "point_elsewhere"
    ]  # at sea as well: one finding a store


def test_several_stores_of_one_dealer_at_one_point_are_found_once(network):
    for code, dealer_code, latitude in (
        ("S1", "D1", 30.0),
        ("S2", "D1", 30.0),
        ("S3", "D1", 30.0),
        ("S4", "D2", 30.0),
        ("S5", "D1", 30.1),
    ):
        network.open_store(code, dealer_code, **place(latitude, 120.0))
    (found,) = findings(network, "stores_one_point")
    assert (found.code, found.other, found.numbers) == (
        "S1",
        "S2",
        {"stores": 3, "codes": ["S2", "S3"]},
    )
