"""The network in the portal of headquarters (issue of the four faces, H3, H4, C2): lists, maps,
pages, changing and closing."""

from __future__ import annotations

import gzip
import html
import json
import re

import pytest
import shapely

from app.ui import map_ground
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import statements
from tests.app.pages.hq.changing import text
from tests.network import Network


@on_both_engines
def test_a_map_holds_the_readers_stores_only_p6(chain):
    def codes(name: str, query: str = "") -> list[str]:
        answer = chain.client(name).get(f"/maps/stores.json{query}").json
        return sorted(each["properties"]["code"] for each in answer["features"])

    assert codes("petra") == ["S1", "S2", "S3"]
    assert codes("bea") == ["S1"]
    assert codes("omar", "?figure=sales") == ["S1", "S3"]
    assert codes("max") == codes("mei") == ["S1"]
    assert codes("petra", "?dealer=D2") == ["S2"]
    assert codes("petra", "?branch=B1") == ["S1"]


def test_stores_are_coloured_by_a_figure_that_equals_the_list(chain):
    client = chain.client("petra")
    for figure, values in {
        "entries": {"S1": 2, "S2": 1},
        "orders": {"S1": 2, "S2": 1},
        "sales": {"S1": 34900, "S2": 12000},
        "adds": {"S1": 3, "S2": 1},
        "customers": {"S1": 3, "S2": 1},
    }.items():
        answer = client.get(f"/maps/stores.json?figure={figure}").json
        found = {
            each["properties"]["code"]: each["properties"]["value"] for each in answer["features"]
        }
        assert {code: value for code, value in found.items() if value} == values, figure
        assert answer["legend"]["none"]["number"] == 3 - len(values)
        listed = text(client.get(f"/hq/stores?lang=en&col=store&col={figure}"))
        assert (
            f"Total: 3 stores {'¥469.00' if figure == 'sales' else sum(values.values())}" in listed
        )


@pytest.mark.parametrize(
    ("name", "path"),
    [("mei", "/maps/stores.json?figure=sales"), ("petra", "/maps/stores.json?figure=mood")],
)
def test_a_figure_that_a_reader_may_not_know_is_refused(chain, name, path):
    assert chain.client(name).get(path).status_code == 400


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("bea", "/maps/stores/S2.json"),
        ("omar", "/maps/stores/S2.json"),
        ("petra", "/maps/stores/NOPE.json"),
        ("bea", "/maps/areas.json?dealer=D2"),
        ("petra", "/maps/outline.json"),
        ("bea", "/hq/branches/B1"),
        ("bea", "/hq/areas/A2"),
        ("bea", "/hq/guides/G2"),
        ("petra", "/hq/areas/NOPE"),
        ("petra", "/hq/branches/NOPE"),
        ("petra", "/hq/stores/NOPE/edit"),
        ("petra", "/hq/stores/NOPE/close"),
        ("petra", "/hq/dealers/NOPE/edit"),
        ("petra", "/hq/guides/NOPE/edit"),
    ],
)
def test_what_is_not_ones_own_is_not_there(chain, name, path):
    assert chain.client(name).get(path).status_code == 404


@pytest.mark.parametrize("name", ["bea", "finn", "omar", "max", "mei"])
@pytest.mark.parametrize(
    "path",
    [
        "/hq/new/store",
        "/hq/stores/S1/edit",
        "/hq/stores/S1/close",
        "/hq/dealers/D1/edit",
        "/hq/guides/G1/edit",
    ],
)
def test_only_those_who_maintain_the_network_may_change_it(chain, name, path):
    assert chain.client(name).get(path).status_code == 403


def test_a_store_stands_among_its_neighbours_with_its_radius(bare_chain):
    Network().load(
        "stores",
        {
            "store_code": "S1",
            "name": "Bund",
            "dealer_code": "D1",
            "latitude": "31.2304",
            "longitude": "121.4737",
            "crs": "wgs84",
            "service_radius_m": "3000",
        },
    )
    answer = bare_chain.client("petra").get("/maps/stores/S1.json").json
    facts = {each["properties"]["code"]: each["properties"] for each in answer["features"]}
    assert facts["S1"]["mark"] == "focus" and facts["S1"]["radius"] == 3000
    assert set(facts) == {"S1", "S2", "S3"} and "km" in facts["S2"]["words"]


def test_an_outline_of_the_operator_is_served_to_those_signed_in(chain, tmp_path, monkeypatch):
    land = tmp_path / "land.json"
    land.write_text(
        json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})
    )
    settings = chain.house.app.extensions["doorstep"]
    object.__setattr__(settings, "map_outline", land)
    assert chain.client("petra").get("/maps/outline.json").json["type"] == "Polygon"
    assert chain.house.stranger().get("/maps/outline.json").status_code == 302
    object.__setattr__(settings, "map_outline", None)


def test_the_coast_is_served_to_those_signed_in_and_asked_for_once(chain):
    client = chain.client("petra")
    page = client.get("/hq/stores/S1?lang=en").text
    address = re.search(r'data-coast="([^"]+)"', page)[1]
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    plain = client.get(address)
    assert "immutable" in packed.headers["Cache-Control"] and "?v=" in address
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) < 250_000
    assert plain.json["type"] == "MultiPolygon"
    assert chain.house.stranger().get(address).status_code == 302


def test_the_coast_has_no_borders():
    land = shapely.make_valid(shapely.from_geojson(gzip.decompress(map_ground.coast())))
    eurasia = max(shapely.get_parts(land), key=lambda part: part.area)
    assert all(
        eurasia.contains(shapely.Point(lng, lat))
        for lat, lng in ((48.86, 2.35), (28.61, 77.21), (39.9, 116.4))
    )


@pytest.mark.parametrize(("tongue", "first"), [("zh", "上海"), ("en", "Shanghai")])
def test_towns_are_named_in_the_language_of_the_page(chain, tongue, first):
    client = chain.client("petra")
    page = client.get(f"/hq/stores/S1?lang={tongue}").text
    towns = client.get(re.search(r'data-towns="([^"]+)"', page)[1]).json
    assert any(town[0].startswith(first) for town in towns[:10])
    assert [town[0] for town in towns if town[0] in ("浦东新区", "Lyon", "里昂")] == {
        "zh": ["里昂", "浦东新区"],
        "en": ["Lyon"],
    }[tongue]


@pytest.mark.parametrize(
    ("path", "shown", "hidden"),
    [
        ("/hq/stores?branch=B1", ["S1"], ["S2", "S3"]),
        ("/hq/stores?status=paused", [], ["S1", "S2"]),
        ("/hq/stores?unowned=yes", [], ["S1"]),
        ("/hq/stores?silent=yes", [], ["S1", "S2", "S3"]),
        ("/hq/stores?q=s2", ["S2"], ["S1"]),
        ("/hq/dealers?q=olga", ["D2"], ["D1"]),
        ("/hq/dealers?idle=yes", [], ["D1", "D2"]),
        ("/hq/guides?store=S1&role=guide", ["G1"], ["G2", "M1"]),
        ("/hq/guides?state=left", [], ["G1"]),
        ("/hq/guides?dealer=D2", ["G2"], ["G1"]),
        ("/hq/guides?unlinked=yes&branch=B2", ["G1", "M1"], ["G2"]),
        ("/hq/branches?q=hang", ["B2"], []),
    ],
)
def test_lists_are_filtered(chain, path, shown, hidden):
    found = re.sub(
        r"<form.*?</form>", "", chain.client("petra").get(path + "&lang=en").text, flags=re.S
    )
    rows = "".join(re.findall(r"<tbody>(.*?)</tbody>", found, re.S))
    assert [code for code in shown if f">{code}<" not in rows] == []
    assert [code for code in hidden if f">{code}<" in rows] == []


@on_both_engines
@pytest.mark.parametrize(
    "path", ["/hq/stores", "/hq/dealers", "/hq/branches", "/hq/guides", "/hq/areas", "/hq/adds"]
)
def test_every_column_that_says_so_sorts(chain, path):
    client = chain.client("petra")
    page = client.get(path).text
    sorts = set(re.findall(r"[?&;]sort=(-?[a-z_]+)", page))
    for wish in {sort.removeprefix("-") for sort in sorts}:
        assert (
            client.get(f"{path}?sort={wish}").status_code
            == client.get(f"{path}?sort=-{wish}").status_code
            == 200
        )
    assert sorts or path == "/hq/areas"


def test_stores_sorted_by_sales_come_page_by_page(bare_chain):
    network = Network()
    for number in range(60):
        network.open_store(f"T{number:02}", "D1")
    client = bare_chain.client("petra")
    first = client.get("/hq/stores?sort=-sales").text
    following = html.unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])
    codes = [
        code
        for page in (first, client.get(following).text)
        for code in re.findall(r'href="/hq/stores/(\w+)\?', page)
    ]
    assert len(codes) == len(set(codes)) == 63


def test_a_branch_counts_the_stores_of_its_subtree(chain):
    assert "East B1 – 1 1 0 Hangzhou B2 East B1 2 1 0" in text(
        chain.client("petra").get("/hq/branches?lang=en")
    )


@pytest.mark.parametrize(
    "path", ["/hq/stores", "/hq/dealers", "/hq/branches", "/hq/guides", "/hq/areas"]
)
def test_lists_are_exported_as_they_stand(chain, path):
    answer = chain.client("petra").get(f"{path}?export=csv&lang=en")
    assert answer.status_code == 200 and answer.data.decode("utf-8-sig").strip()


def test_a_list_asks_as_often_for_many_stores_as_for_few(chain):
    client = chain.client("petra")
    for path in (
        "/hq/stores?col=store&col=sales&col=entries&col=orders&col=adds&col=customers",
        "/maps/stores.json?figure=sales",
        "/hq/branches/B1",
    ):
        client.get(path)
        with statements() as few:
            client.get(path)
        place = {"branch_code": "B2", "latitude": "31.2", "longitude": "121.4", "crs": "wgs84"}
        Network().load(
            "stores",
            *[
                {"store_code": f"U{n}", "name": "U", "dealer_code": "D1", **place}
                for n in range(40)
            ],
        )
        client.get(path)
        with statements() as many:
            client.get(path)
        assert len(many) == len(few) <= 20
