"""The network check: each kind is found where it is and nowhere else (A2, A3, A12), and with a few
statements."""

from __future__ import annotations

import datetime as dt

import numpy as np

import db
from stores import network_check
from stores.geo.regions import region_centre, regions
from tests.app.pages.conftest import statements
from tests.stores.network_check.findings import behind_the_rules, brief, findings, place
from tests.stores.registers.test_areas import save, square, territory


def test_a_sound_network_has_no_findings(network):
    assert findings(network) == []
    network.open_store("S1", "D1", **place(30.05, 120.05, region_code="330100"))
    network.open_store("S2", "D2", **place(30.05, 120.15))
    save(
        network,
        territory("T1", "D1", square(120.0)),
        territory("T2", "D2", square(120.1)),
        territory("T0", "D1", square(120.02, side=0.02)),
    )  # one dealer over himself
    network.load(
        "stores",
        {
            "store_code": "S9",
            "name": "S9",
            "dealer_code": "D2",
            **place(0.5, 0.5),
            "status": "closed",
            "closed_on": "2025-01-01",
        },
    )
    assert findings(network) == []


def test_a12_territories_of_two_dealers_that_overlap_are_found_however_they_came(network):
    network.open_store("S1", "D1", **place(30.02, 120.02))
    network.open_store("S2", "D2", **place(30.08, 120.14))
    save(network, territory("T1", "D1", square(120.0)))
    behind_the_rules(network, "T2", "D2", square(120.05))
    behind_the_rules(network, "T3", "D2", square(120.1))  # shares an edge with T1
    behind_the_rules(
        network,
        "T4",
        "D2",
        square(120.0),
        valid_from=dt.date(2020, 1, 1),
        valid_to=dt.date(2021, 1, 1),
    )
    (found,) = findings(network, "territory_overlap")
    assert (found.code, found.other, found.grave) == ("T1", "T2", True) and 40e6 < found.numbers[
        "square_m"
    ] < 60e6


def test_a12_codes_that_two_dealers_hold_and_drawings_over_listed_divisions_are_found(network):
    network.open_store("S1", "D1", **place(30.02, 120.02))
    network.open_store("S2", "D2", **place(31.5, 120.02))
    behind_the_rules(network, "T1", "D1", region_codes=["310000"], postal_codes=["200000"])
    behind_the_rules(network, "T2", "D2", region_codes=["310106"])
    behind_the_rules(network, "T3", "D2", postal_codes=["200000"])
    latitude, longitude = region_centre("310115")
    behind_the_rules(network, "T4", "D2", square(longitude - 0.01, latitude - 0.01, 0.02))
    found = {
        (each.code, each.other): each.numbers for each in findings(network, "territory_overlap")
    }
    assert found == {
        ("T1", "T2"): {"region": "310106"},
        ("T1", "T3"): {"postal": "200000"},
        ("T1", "T4"): {"region": "310115"},
    }


def test_a12_a_territory_whose_dealer_serves_nobody_is_empty(network):
    network.open_store("S1", "D1", **place(30.02, 120.02))
    network.open_store("S2", "D2", **place(40.02, 116.02, cloud_shop="off"))
    save(
        network,
        territory("T1", "D1", square(120.0)),
        territory("T2", "D2", square(116.0, 40.0)),
        territory("T3", "D2", square(110.0), valid_from="2030-01-01"),
    )
    assert brief(findings(network, "territory_empty")) == [("territory_empty", "T2", "")]


def test_a2_stores_that_nobody_can_be_led_to_and_their_service_areas(network):
    for code, more in (
        ("S1", {}),
        ("S2", {"cloud_shop": "off"}),
        ("S3", {"status": "paused"}),
        ("S4", {"status": "paused", "paused_until": "2025-06-20"}),
        ("S5", {"opened_on": "2026-01-01"}),
        ("S6", {"status": "closed"}),
    ):
        network.open_store(code, **place(31.2 + int(code[1]) / 100, 121.4), **more)
    areas = [
        {
            "type": "Feature",
            "properties": {"area_code": f"A{n}", "kind": "service_area", "store_code": f"S{n}"},
            "geometry": square(120 + n / 5),
        }
        for n in (1, 2, 4)
    ]
    save(network, *areas)
    assert [
        (each.code, each.numbers["reason"]) for each in findings(network, "store_unreachable")
    ] == [("S2", "cloud_shop_off"), ("S3", "paused")]
    assert [
        (each.code, each.other, each.numbers["reason"])
        for each in findings(network, "area_unreachable")
    ] == [("A2", "S2", "cloud_shop_off"), ("A4", "S4", "paused")]


def test_a12_a_store_on_the_ground_of_another_dealer_is_shadowed(network):
    network.open_store("S1", "D1", **place(30.02, 120.02))
    network.open_store("S2", "D2", **place(30.03, 120.03))
    network.open_store("S3", "D2", **place(30.5, 120.5))
    save(network, territory("T1", "D1", square(120.0)))
    assert brief(findings(network, "store_shadowed")) == [("store_shadowed", "S2", "T1")]
    network.load(
        "stores", {"store_code": "S1", "cloud_shop": "off"}
    )  # now nobody of D1 serves there
    assert (
        findings(network, "store_shadowed") == []
        and brief(findings(network, "territory_empty"))[0][1] == "T1"
    )
    network.load("stores", {"store_code": "S1", "cloud_shop": "on"})
    behind_the_rules(
        network, "T2", "D2", square(120.02, 30.02, 0.02)
    )  # his own ground as well: the nearer of both serves
    assert findings(network, "store_shadowed") == []


def test_two_dealers_at_one_door_are_found_once(network):
    network.open_store("S1", "D1", **place(31.23, 121.47))
    network.open_store("S2", "D2", **place(31.23, 121.4701))
    network.open_store("S3", "D1", **place(31.23, 121.47))
    network.open_store("S4", "D2", **place(31.23, 121.4703))
    found = findings(network, "stores_colocated")
    assert brief(found) == [("stores_colocated", "S1", "S2"), ("stores_colocated", "S2", "S3")]
    assert all(each.numbers["metres"] < 20 for each in found)


def test_a12_an_area_far_from_everybody_who_serves_it_is_found(network):
    network.open_store("S1", "D1", **place(48.85, 2.35))
    network.open_store("S2", "D2", **place(30.02, 120.02))
    turned = {
        "type": "Polygon",
        "coordinates": [[[48.8, 2.2], [48.8, 2.4], [48.9, 2.4], [48.9, 2.2], [48.8, 2.2]]],
    }
    service = {
        "type": "Feature",
        "properties": {"area_code": "A9", "kind": "service_area", "store_code": "S2"},
        "geometry": square(100.0),
    }
    save(network, territory("T1", "D1", turned), territory("T2", "D2", square(120.5)), service)
    found = {
        each.code: (
            each.other,
            each.numbers["here"],
            each.numbers["turned"],
            each.numbers["metres"] > 200_000,
        )
        for each in findings(network, "area_far")
    }
    assert found == {"T1": ("S1", None, True, True), "A9": ("S2", "CN", False, True)}


def test_divisions_that_nobody_knows_are_found(network):
    network.open_store("S1", "D1", **place(31.2, 121.4, region_code="999999"))
    network.open_store("S2", "D2", **place(41.9, -87.6, region_code="IL-7", country="US"))
    save(network, territory("T1", "D1", None, region_codes=["310000", "shanghai", "US-TX", "FR"]))
    assert {
        (each.thing, each.code): each.numbers["codes"]
        for each in findings(network, "region_unknown")
    } == {("store", "S1"): ["999999"], ("area", "T1"): ["shanghai"]}


def test_a12_postal_codes_that_nobody_there_has_are_found(network):
    network.open_store("S1", "D1", **place(31.2, 121.4))
    network.open_store("S2", "D2", **place(51.5, -0.12, country="GB"))
    behind_the_rules(network, "T1", "D1", postal_codes=["200000", "SW1A 1AA", "75001", "2000*"])
    behind_the_rules(network, "T2", "D2", postal_codes=["SW1A 1AA", "NG1*", "any place"])
    found = {
        each.code: (each.numbers["codes"], each.numbers["countries"])
        for each in findings(network, "postal_useless")
    }
    assert found == {"T1": (["SW1A 1AA", "75001"], ["CN"]), "T2": (["any place"], ["GB"])}


def test_radii_and_fees_out_of_all_proportion_are_found(network):
    for code, radius in (("S1", "5"), ("S2", "3000"), ("S3", "300000"), ("S4", "0")):
        network.open_store(code, **place(30.0 + int(code[1]) / 10, 120.0, service_radius_m=radius))
    network.load(
        "dealers",
        {"dealer_code": "D1", "name": "Omar", "platform_fee_bp": "5", "channel_fee_bp": "60"},
        {"dealer_code": "D2", "name": "Olga", "platform_fee_bp": "5500", "channel_fee_bp": "0"},
    )
    assert {each.code: each.numbers["metres"] for each in findings(network, "radius_odd")} == {
        "S1": 5,
        "S3": 300_000,
    }
    assert [(each.thing, each.code, each.numbers) for each in findings(network, "fee_odd")] == [
        ("dealer", "D1", {"column": "platform_fee_bp", "points": 5}),
        ("dealer", "D2", {"column": "platform_fee_bp", "points": 5500}),
    ]


def test_3000_stores_are_looked_at_with_three_statements_and_once(network):
    rng = np.random.default_rng(4)
    counties = [each for each in regions().values() if each.level == "county" and each.centre]
    rows = []
    for n in range(3_000):
        region = counties[n % len(counties)]
        latitude, longitude = np.array(region.centre) + rng.normal(0, 0.01, 2)
        rows.append(
            {
                "store_code": f"S{n}",
                "name": f"S{n}",
                "dealer_code": f"D{1 + n % 2}",
                "region_code": region.code,
                **place(latitude, longitude),
            }
        )
    network.load("stores", *rows)
    save(
        network,
        *(
            territory(f"T{n}", f"D{1 + n % 2}", square(100 + n % 40 / 10, 25 + n // 40 / 10))
            for n in range(800)
        ),
    )
    findings(network)  # the snapshot and the tables are there
    network_check.forget()
    with statements() as found, db.read() as connection:
        network_check.check(connection, network.today)
    assert len([each for each in found if "SELECT" in each]) <= 4
    with statements() as again, db.read() as connection:
        network_check.check(connection, network.today)
    assert len([each for each in again if "SELECT" in each]) <= 1


def test_a_change_of_the_network_is_looked_at_anew(network):
    network.open_store("S1", **place(31.2, 123.9))
    assert [each.kind for each in findings(network)] == ["point_at_sea"]
    network.open_store("S1", **place(31.2, 121.4))
    assert findings(network) == []
