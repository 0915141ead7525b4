"""The network in the portal of headquarters (issue of the four faces, H3, H4, C2): lists, maps,
pages, changing and closing."""

from __future__ import annotations

import gzip
import html
import json
import re
from typing import Any

import pytest
import shapely

import db
from app.ui import map_ground
from ledger.audit import audit_log
from stores.base.versions import network_change
from stores.network.stores import store
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import statements
from tests.network import Network


def text(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.text)).split())


def send(client: Any, path: str, **form: str) -> Any:
    """Fill in a form of a page and send it: its fields as they stand, changed by `form`."""
    page = client.get(path)
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text))
    for name, options in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', page.text, re.S):
        fields[name] = (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
    return client.post(
        path,
        data={
            **{name: html.unescape(value) for name, value in fields.items()},
            "csrf_token": token_of(page),
            **form,
        },
    )


def again(client: Any, path: str, review: Any, step: str = "save") -> Any:
    """The review's form, sent."""
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', review.text))
    return client.post(
        path,
        data={
            **{name: html.unescape(value) for name, value in fields.items()},
            "csrf_token": token_of(review),
            "step": step,
        },
    )


def stored(code: str) -> Any:
    with db.read() as connection:
        return connection.execute(store.select().where(store.c.store_code == code)).one()


# -- maps ------------------------------------------------------------------------------------------


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


# -- lists -----------------------------------------------------------------------------------------


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


# -- changing --------------------------------------------------------------------------------------


@on_both_engines
def test_a_change_is_reviewed_with_what_follows_and_then_saved(chain):
    client, path = chain.client("petra"), "/hq/stores/S1/edit?lang=en"
    review = send(client, path, name="Bund 2", dealer_code="D2", latitude="31.2404")
    said = text(review)
    assert review.status_code == 200 and stored("S1").name == "S1"
    assert "Name S1 Bund 2" in said and "Dealer code D1 D2" in said
    assert "A contract with Olga begins on" in said and "The store moves by 1.1 km." in said
    saved = again(client, path, review)
    assert saved.status_code == 303 and saved.headers["Location"] == "/hq/stores/S1"
    assert (stored("S1").name, round(stored("S1").latitude, 4)) == ("Bund 2", 31.2404)
    history = text(client.get("/hq/stores/S1?lang=en"))
    assert "Name S1 → Bund 2" in history and "Dealer code D1 → D2" in history


def test_a_pause_says_who_is_concerned_a11(chain):
    review = text(
        send(
            chain.client("petra"),
            "/hq/stores/S1/edit?lang=en",
            status="paused",
            paused_until="2027-01-05",
            successor_store_code="S3",
        )
    )
    assert "Paused until 2027-01-05: 3 customers at home here keep this store" in review
    assert (
        "go to S3 where a code" in review
        and "2 visitors were led here in the last 7 days." in review
    )


def test_faults_stand_at_their_fields(chain):
    refused = send(
        chain.client("petra"), "/hq/stores/S1/edit?lang=en", latitude="95", dealer_code="D9"
    )
    assert refused.status_code == 422 and 'id="f-latitude-fault"' in refused.text
    refused = send(chain.client("petra"), "/hq/stores/S1/edit?lang=en", dealer_code="D9")
    assert refused.status_code == 422 and 'id="f-dealer_code-fault"' in refused.text
    assert 'value="D9"' in refused.text


def test_a_position_that_looks_swapped_or_far_is_warned_of_a3(chain):
    review = send(
        chain.client("petra"),
        "/hq/stores/S1/edit?lang=en",
        latitude="39.9",
        longitude="116.4",
        region_code="310101",
        country="CN",
    )
    assert review.status_code == 200 and "more than 50 km" in text(review)


def test_who_was_slower_is_told_and_keeps_his_values(chain):
    client = chain.client("petra")
    path = "/hq/stores/S1/edit?lang=en"
    review = send(client, path, name="Mine")
    Network().open_store("S1", "D1", name="Theirs", branch_code="B2")
    late = again(client, path, review)
    assert late.status_code == 409 and stored("S1").name == "Theirs"
    assert "Somebody changed this meanwhile" in text(late) and 'value="Mine"' in late.text


def test_nothing_changed_is_said(chain):
    assert "Nothing differs" in text(send(chain.client("petra"), "/hq/stores/S1/edit?lang=en"))


def test_a_new_store_is_opened_and_its_code_is_taken_once(chain):
    client, path = chain.client("petra"), "/hq/new/store?lang=en"
    facts = {
        "store_code": "S7",
        "name": "Seven",
        "dealer_code": "D2",
        "latitude": "30.25",
        "longitude": "120.16",
    }
    review = send(client, path, **facts)
    assert "Seven is new" in text(review)
    assert again(client, path, review).status_code == 303
    assert stored("S7").crs == "gcj02"
    refused = send(client, path, **facts)
    assert refused.status_code == 422 and "exists already" in text(refused)
    assert send(client, path, store_code="S8").status_code == 422


def test_a_dealer_and_a_guide_are_changed_with_what_follows(chain):
    client = chain.client("petra")
    review = send(client, "/hq/dealers/D1/edit?lang=en", platform_fee_bp="600")
    assert "in 2 stores whose contract states none" in text(review)
    assert again(client, "/hq/dealers/D1/edit", review).status_code == 303
    review = send(client, "/hq/guides/G1/edit?lang=en", store_code="S2")
    assert "Another dealer: 2 customers stay with the store" in text(review)
    assert again(client, "/hq/guides/G1/edit", review).status_code == 303
    assert "S1" in text(client.get("/hq/guides/G1?lang=en"))
    review = send(client, "/hq/guides/G2/edit?lang=en", left_on="2027-02-01")
    assert "Last day 2027-02-01: from now on nobody new is bound to this guide" in text(review)
    assert "is no known customer" in text(
        send(client, "/hq/guides/G2/edit?lang=en", own_customer_id="nobody")
    )
    review = send(client, "/hq/guides/G2/edit?lang=en", own_customer_id="wx-gus-004")
    assert "The customer wx-gus-004 is this guide and is bound to this guide no more" in text(
        review
    ) and "is not marked as an employee" in text(review)
    assert again(client, "/hq/guides/G2/edit", review).status_code == 303
    assert re.search(
        r'name="own_customer_id"[^>]*value="wx-gus-004"',
        client.get("/hq/guides/G2/edit").get_data(as_text=True),
    )


# -- closing ---------------------------------------------------------------------------------------


@on_both_engines
def test_a_store_is_closed_on_one_screen_both_sides_are_told_and_it_is_undone_h4(chain):
    client = chain.client("petra")
    found = text(client.get("/hq/stores/S1/close?lang=en"))
    assert "3 customers at home here move to the successor" in found
    page = client.get("/hq/stores/S1/close?lang=en&successor_store_code=S2")
    assert "3 customers at home here, 3 of them protected, are at home at S2" in text(
        page
    ) and "2 guides work here" in text(page)
    done = send(client, "/hq/stores/S1/close?successor_store_code=S2", lang="en")
    assert done.status_code == 303
    assert stored("S1").status == "closed"
    portals = {"omar": "dealer", "olga": "dealer", "mei": "guide", "max": "guide", "gus": "guide"}
    told = [text(chain.client(name).get(f"/{portal}?lang=en")) for name, portal in portals.items()]
    assert all("S1 was closed; its 3 customers are at home at S2 now." in each for each in told)
    page = client.get("/hq/stores/S1?lang=en")
    assert "The closing can be undone until" in text(page)
    assert (
        client.post("/hq/stores/S1/undo-closing", data={"csrf_token": token_of(page)}).status_code
        == 303
    )
    assert stored("S1").status == "active"
    with db.read() as connection:
        actions = [
            row.action for row in connection.execute(audit_log.select().order_by(audit_log.c.id))
        ]
        assert connection.execute(network_change.select()).all()
    assert actions.index("close_store") < actions.index("undo_closing")


def test_a_notice_leaves_the_page_once_it_is_read(chain):
    send(chain.client("petra"), "/hq/stores/S1/close?successor_store_code=S2")
    client = chain.client("omar")
    page = client.get("/dealer?lang=en")
    action = re.search(r'action="(/notices/\d+/read)"', page.text)[1]
    assert (
        client.post(action, data={"csrf_token": token_of(page), "back": "/dealer"}).headers[
            "Location"
        ]
        == "/dealer"
    )
    assert "was closed" not in text(client.get("/dealer?lang=en"))
    assert chain.client("olga").post(
        action, data={"csrf_token": token_of(chain.client("olga").get("/dealer"))}
    ).status_code in (400, 404)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("NOPE", "No store has this code or name."),
        ("S", "Several stores are called so"),
        ("S1", "This is the store itself"),
    ],
)
def test_a_successor_is_looked_for_by_code_or_name(chain, words, said):
    client = chain.client("petra")
    page = client.get(f"/hq/stores/S1/close?lang=en&successor_store_code={words}")
    answer = client.post(
        "/hq/stores/S1/close?lang=en",
        data={"csrf_token": token_of(page), "successor_store_code": words},
    )
    assert answer.status_code == 422 and said in text(answer)
    assert stored("S1").status == "active"


def test_forms_need_their_token(chain):
    client = chain.client("petra")
    for path in (
        "/hq/stores/S1/close",
        "/hq/stores/S1/edit",
        "/hq/stores/S1/undo-closing",
        "/hq/new/store",
        "/notices/1/read",
    ):
        assert client.post(path, data={"alone": "yes"}).status_code == 400
