"""A9: search by name or address, and the picker, by the API."""

from __future__ import annotations

from typing import Any

import pytest

import db
from app.accounts import api_keys
from stores.base.actors import COMMAND_LINE
from stores.network.scope import find_scope
from tests.app.conftest import House, on_both_engines
from tests.network import Network


@pytest.fixture
def shops(house: House) -> Any:
    network = Network()
    network.begin()
    network.open_store(
        "S1",
        latitude="31.2304",
        longitude="121.4737",
        name="Bund",
        address="上海市黄浦区中山东一路12号",
        region_code="310101",
        hours="00:00-24:00",
    )
    network.open_store(
        "S2",
        "D2",
        latitude="30.2500",
        longitude="120.1500",
        name="West Lake",
        address="杭州市西湖区",
        region_code="330106",
        priority="5",
    )
    network.open_store(
        "S3",
        latitude="22.5400",
        longitude="113.9300",
        name="Nanshan 100%",
        region_code="440305",
        cloud_shop="off",
    )
    return house


def key(scope: str = "read", dealer: str | None = None) -> dict[str, str]:
    if dealer is None:
        return {"Authorization": f"Bearer {api_keys.create_key('app', scope, by=COMMAND_LINE)}"}
    with db.read() as connection:
        found = find_scope(connection, "dealer", dealer)
    return {
        "Authorization": "Bearer "
        f"{api_keys.create_key('app', scope, by=COMMAND_LINE, limit_kind='dealer', limit_id=found)}"
    }


def ask(house: House, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
    return house.stranger().get(f"/api/v1{path}", query_string=query, headers=headers or key())


@on_both_engines
def test_a9_a_place_is_found_by_division_city_store_and_address(shops):
    def first(q: str) -> tuple[str, str, str | None]:
        found = ask(shops, "/places", q=q).json["places"][0]
        return found["kind"], found["name"], found["region_code"]

    assert first("静安区") == ("division", "静安区", "310106")
    assert first("Paris") == ("city", "Paris", "FR")
    assert first("S2") == ("store", "West Lake", "330106")
    assert first("深圳市南山区科技园8号") == ("division", "南山区", "440305")
    assert first("中山东一路") == ("store", "Bund", "310101")
    assert ask(shops, "/places", q="no such place at all").json == {"places": []}


def test_a9_a_store_that_nobody_may_be_led_to_is_no_place(shops):
    assert all(
        each["store_code"] != "S3" for each in ask(shops, "/places", q="Nanshan").json["places"]
    )


def test_a9_places_near_the_point_come_first_whatever_its_system(shops):
    towers = ask(shops, "/places", q="鼓楼区", latitude=26.08, longitude=119.3, crs="gcj02").json[
        "places"
    ]
    assert (
        towers[0]["within"] == "福建省 福州市" and towers[0]["distance_m"] < towers[1]["distance_m"]
    )


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": ""},
        {"q": "x" * 101},
        {"q": "a", "latitude": "31"},
        {"q": "a", "latitude": "91", "longitude": "1", "crs": "wgs84"},
        {"q": "a", "latitude": "1e1", "longitude": "1", "crs": "wgs84"},
        {"q": "a", "latitude": "1", "longitude": "1", "crs": "mars"},
        {"q": "a", "limit": "0"},
        {"q": "a", "far": "1"},
        {"q": "a\0"},
    ],
)
def test_a9_a_search_that_makes_no_sense_is_refused(shops, query):
    assert ask(shops, "/places", **query).status_code == 400


def test_a9_words_with_signs_of_the_database_are_plain_words(shops):
    assert (
        ask(shops, "/places", q="%").json["places"] == []
        and ask(shops, "/places", q="_").json["places"] == []
    )


def test_a9_the_picker_lists_stores_around_a_point_a_region_or_a_place(shops):
    def codes(**query: Any) -> list[tuple[str, str]]:
        return [
            (each["store_code"], each["why"])
            for each in ask(shops, "/stores/nearby", **query).json["stores"]
        ]

    assert codes(latitude="30.3", longitude="120.2", crs="wgs84") == [
        ("S2", "nearby"),
        ("S1", "nearby"),
    ]
    assert codes(region_code="310115") == [("S1", "same_region"), ("S2", "listed")]
    assert codes() == [("S2", "listed"), ("S1", "listed")]
    assert codes(latitude="0", longitude="0", crs="wgs84") == codes()
    assert codes(latitude="-80", longitude="-170", crs="wgs84") == [
        ("S2", "nearby"),
        ("S1", "nearby"),
    ]
    assert codes(q="杭州")[0] == ("S2", "nearby") and codes(q="nowhere to be found") == codes()


def test_a9_the_picker_says_what_a_list_shows(shops):
    answer = ask(shops, "/stores/nearby", q="黄浦区").json
    assert answer["place"]["region_code"] == "310101" and answer["network_version"] > 0
    first = answer["stores"][0]
    assert (first["store_code"], first["address"], first["open_now"]) == (
        "S1",
        "上海市黄浦区中山东一路12号",
        True,
    ) and first["distance_m"] > 0
    assert answer["stores"][1]["open_now"] is None


def test_a9_a_key_of_one_dealer_finds_his_stores_alone_and_has_no_picker(shops):
    mine = key(dealer="D1")
    assert [
        each["store_code"]
        for each in ask(shops, "/places", mine, q="West Lake").json["places"]
        if each["kind"] == "store"
    ] == []
    assert ask(shops, "/places", mine, q="Bund").json["places"][0]["store_code"] == "S1"
    assert ask(shops, "/stores/nearby", mine).status_code == 403


def test_a9_an_address_of_the_network_routes_by_its_country(shops):
    sent = {"customer": {"customer_id": "c1"}, "ip": "10.0.0.1"}
    answer = shops.stranger().post("/api/v1/routes", json=sent, headers=key()).json
    assert (
        answer["rung"] == "PICKER"
        and answer["notes"] == ["ip_private"]
        and len(answer["alternatives"]) == 2
    )
    answer = (
        shops.stranger().post("/api/v1/routes", json={**sent, "ip": "8.8.8.8"}, headers=key()).json
    )
    assert answer["notes"] == ["ip_region"]
