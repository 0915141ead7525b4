"""The network by API: pages, rows, PUT with the columns of the imports, and who sees what (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

import db
from app.api import network as network_api
from app.api.declare import register
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.network.scope import find_scope
from tests.network import Network

READ, ADMIN = frozenset({"network:read"}), frozenset({"network:read", "network:write"})
ROW = {
    "store_code": "S1",
    "name": "One",
    "dealer_code": "D1",
    "latitude": 31.2304,
    "longitude": 121.4737,
    "crs": "wgs84",
    "status": "active",
    "cloud_shop": "on",
}


class Caller:
    """Calls the API as an actor."""

    def __init__(self, network: Network):
        self.network = network
        self.actors: dict[str, Actor] = {
            "admin": Actor("key:1", ADMIN),
            "reader": Actor("key:2", READ),
        }
        app = Flask("api")
        register(app, [network_api.api], self.actors.get)
        self.client = app.test_client()

    def limited(self, kind: str, code: str, permissions: frozenset[str] = READ) -> str:
        with db.read() as connection:
            self.actors[f"{kind}-{code}"] = Actor(
                f"key:{kind}-{code}", permissions, kind, find_scope(connection, kind, code)
            )
        return f"{kind}-{code}"

    def get(self, path: str, who: str = "reader"):
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {who}"})

    def put(self, path: str, body: object, who: str = "admin"):
        return self.client.put(
            f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {who}"}
        )

    def codes(self, kind: str, who: str) -> list[str]:
        answer = self.get(f"/{kind}", who).json
        return [
            next(value for name, value in row.items() if name.endswith("_code"))
            for row in answer[kind]
        ]


@pytest.fixture
def api(network: Network) -> Caller:
    """S1 in B2 of D1 with guide G1, S2 outside of branches of D2 with guide G2, an area of each
    dealer."""
    network.open_store("S1", "D1", branch_code="B2")
    network.open_store("S2", "D2")
    row = {"name": "x", "store_code": "S1"}
    network.load(
        "guides", {"guide_code": "G1", **row}, {"guide_code": "G2", **row, "store_code": "S2"}
    )
    caller = Caller(network)
    for number in (1, 2):
        west = 120.0 + number
        ring = [[west, 30], [west + 0.1, 30], [west + 0.1, 30.1], [west, 30.1], [west, 30]]
        body = {
            "kind": "territory",
            "dealer_code": f"D{number}",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        assert caller.put(f"/areas/A{number}", body).status_code == 201
    return caller


def test_pages_give_every_row_once_in_the_order_of_codes(api):
    for number in range(10, 17):
        api.network.open_store(f"S{number}")
    found, path = [], "/stores?limit=4"
    while path:
        answer = api.get(path).json
        found += [row["store_code"] for row in answer["stores"]]
        path = f"/stores?limit=4&cursor={answer['next']}" if answer["next"] else None
    assert found == sorted(found)
    assert len(found) == len(set(found)) == 9


@pytest.mark.parametrize(
    "query", ["cursor=x", "limit=0", "limit=-1", "limit=99999999999", "mood=good"]
)
def test_a_bad_query_is_malformed(api, query):
    assert api.get(f"/stores?{query}").status_code == 400


def test_put_creates_changes_and_leaves_alone(api):
    created = api.put("/stores/S9", {**ROW, "store_code": "S9"})
    again = api.put("/stores/S9", {**ROW, "store_code": "S9"})
    changed = api.put("/stores/S9", {**ROW, "store_code": "S9", "name": "Nine"})
    assert (created.status_code, again.status_code, changed.status_code) == (201, 200, 200)
    assert again.json == created.json
    assert changed.json["network_version"] == created.json["network_version"] + 1
    assert changed.json["name"] == "Nine"


def test_put_answers_what_get_shows(api):
    put = api.put(
        "/stores/S1",
        {"priority": 7, "cloud_shop": False, "latitude": "31.5", "longitude": 121, "crs": "gcj02"},
    ).json
    shown = api.get("/stores/S1").json
    assert shown == {
        name: value for name, value in put.items() if name not in ("network_version", "warnings")
    }
    assert (shown["priority"], shown["cloud_shop"], shown["latitude"], shown["crs"]) == (
        7,
        "off",
        31.5,
        "gcj02",
    )
    assert shown["latitude_wgs84"] != 31.5


def test_put_says_what_is_likely_not_meant_and_saves_it(api):
    """A11: a pause of more than thirty days; A3: a point far from its region."""
    today = business_day(dt.datetime.now(dt.UTC))
    fine, long = ((today + dt.timedelta(days=n)).isoformat() for n in (30, 31))
    assert api.put("/stores/S1", {"status": "paused", "paused_until": fine}).json["warnings"] == []
    put = api.put("/stores/S1", {"status": "paused", "paused_until": long}).json
    assert (put["paused_until"], [each["field"] for each in put["warnings"]]) == (
        long,
        ["paused_until"],
    )
    assert "close the store with a successor" in put["warnings"][0]["reason"]
    assert [
        each["field"]
        for each in api.put(
            "/stores/S9", {**ROW, "store_code": "S9", "region_code": "110000"}
        ).json["warnings"]
    ] == ["region_code"]


def test_what_get_shows_can_be_put_back_unchanged(api):
    shown = api.get("/stores/S1").json
    before = api.network.version()
    answer = api.put(
        "/stores/S1", {name: value for name, value in shown.items() if not name.endswith("_wgs84")}
    )
    assert answer.status_code == 200
    assert api.network.version() == before


def test_closing_and_opening_by_put(api):
    assert (
        api.put("/stores/S1", {**ROW, "status": "closed", "successor_store_code": "S2"}).status_code
        == 200
    )
    shown = api.get("/stores/S1").json
    assert (shown["status"], shown["successor_store_code"], shown["closed_on"] is not None) == (
        "closed",
        "S2",
        True,
    )
    assert api.put("/stores/S1", ROW).json["closed_on"] is None


@pytest.mark.parametrize(
    "body",
    [
        {**ROW, "store_code": "S2"},
        {**ROW, "latitude": 123.0},
        {**ROW, "latitude": 0, "longitude": 0},
        {**ROW, "crs": "mars"},
        {**ROW, "dealer_code": "NOPE"},
        {**ROW, "opened_on": "tomorrow"},
        {**ROW, "status": None, "name": None},
        {"latitude": 31.0},
        {**ROW, "latitude": "1e5"},
        {**ROW, "successor_store_code": "S1"},
        {**ROW, "hours": "always"},
        {**ROW, "contract_from": "2025-02-30"},
        {**ROW, "priority": 10**12},
    ],
)
def test_a_row_that_a_rule_refuses_is_422_and_changes_nothing(api, body):
    before = api.network.version()
    answer = api.put("/stores/S1", body)
    assert answer.status_code == 422, answer.json
    assert answer.content_type == "application/problem+json"
    assert answer.json["errors"]
    assert api.network.version() == before


@pytest.mark.parametrize(
    "body", [{**ROW, "colour": "red"}, {**ROW, "name": 5}, {**ROW, "latitude": True}, [], None]
)
def test_a_body_of_another_form_is_400(api, body):
    assert api.put("/stores/S1", body).status_code == 400


def test_a_new_store_needs_its_columns(api):
    answer = api.put("/stores/S9", {"name": "Nine"})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} >= {"dealer_code", "latitude"}


@pytest.mark.parametrize("kind", ["branches", "dealers", "guides", "areas"])
def test_nothing_new_comes_without_its_columns(api, kind):
    before = api.network.version()
    assert api.put(f"/{kind}/NEW", {}).status_code == 422
    assert api.get(f"/{kind}/NEW").status_code == 404
    assert api.network.version() == before


def test_every_register_can_be_put_and_read(api):
    assert api.put("/branches/B9", {"name": "Nine", "parent_code": "B1"}).status_code == 201
    assert (
        api.put(
            "/dealers/D9", {"name": "Nine", "platform_fee_bp": 300, "branch_code": "B9"}
        ).status_code
        == 201
    )
    assert (
        api.put(
            "/guides/G9", {"name": "Nine", "store_code": "S1", "role": "store_manager"}
        ).status_code
        == 201
    )
    assert api.get("/dealers/D9").json["platform_fee_bp"] == 300
    assert api.get("/branches/B9").json["parent_code"] == "B1"
    assert api.get("/guides/G9").json["role"] == "store_manager"
    assert api.get("/areas/A1").json["geometry"]["type"] == "Polygon"


def test_an_overlapping_territory_is_422(api):
    assert (
        api.put(
            "/areas/A3",
            {
                "kind": "territory",
                "dealer_code": "D2",
                "geometry": api.get("/areas/A1").json["geometry"],
            },
        ).status_code
        == 422
    )


def test_a_read_key_changes_nothing(api):
    assert api.put("/stores/S1", ROW, who="reader").status_code == 403


SEEN = {  # who -> branches, dealers, stores, guides, areas
    ("branch", "B1"): (["B1", "B2"], ["D1"], ["S1"], ["G1"], ["A1"]),
    ("branch", "B2"): (["B2"], ["D1"], ["S1"], ["G1"], ["A1"]),
    ("dealer", "D1"): ([], ["D1"], ["S1"], ["G1"], ["A1"]),
    ("dealer", "D2"): ([], ["D2"], ["S2"], ["G2"], ["A2"]),
    ("store", "S1"): ([], [], ["S1"], ["G1"], []),
    ("guide", "G2"): ([], [], ["S2"], ["G2"], []),
}


@pytest.mark.parametrize(
    ("limit", "seen"),
    SEEN.items(),
    ids=lambda each: "-".join(map(str, each)) if isinstance(each, tuple) and len(each) == 2 else "",
)
def test_each_sees_his_own_rows_and_everything_else_is_not_found(api, limit, seen):
    who = api.limited(*limit)
    for kind, codes in zip(("branches", "dealers", "stores", "guides", "areas"), seen, strict=True):
        assert api.codes(kind, who) == codes
        for code in api.codes(kind, "reader"):
            assert api.get(f"/{kind}/{code}", who).status_code == (200 if code in codes else 404)


def test_a_store_that_changed_dealer_leaves_the_list_of_the_former(api):
    api.put("/stores/S1", {"dealer_code": "D2"})
    assert api.codes("stores", api.limited("dealer", "D1")) == []
    assert api.codes("stores", api.limited("dealer", "D2")) == ["S1", "S2"]


def test_a_limited_admin_key_changes_no_row_and_is_not_told_which_exist(api):
    who = api.limited("dealer", "D1", ADMIN)
    refused = [api.put(f"/stores/{code}", ROW, who) for code in ("S1", "S2", "NEW")]
    assert [(each.status_code, each.json["code"]) for each in refused] == [(403, "limited_key")] * 3
    assert {each.json["detail"] for each in refused} == {refused[0].json["detail"]}


@contextmanager
def counted(base: db.Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(connection, cursor, statement, *rest):
        said.append(statement)

    event.listen(base.engine, "before_cursor_execute", note)
    yield said
    event.remove(base.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("kind", ["branches", "dealers", "stores", "guides", "areas"])
def test_a_page_is_one_statement_however_many_rows(api, database, kind):
    for number in range(20, 40):
        api.network.open_store(f"S{number}", branch_code="B2")
    for who in ("reader", api.limited("branch", "B1"), api.limited("dealer", "D1")):
        with counted(database) as said:
            assert api.get(f"/{kind}", who).status_code == 200
        assert len([each for each in said if each.startswith("SELECT")]) == 1


def test_one_put_takes_a_bounded_number_of_statements(api, database):
    with counted(database) as few:
        api.put("/stores/S1", {"name": "a"})
    for number in range(20, 60):
        api.network.open_store(f"S{number}")
    with counted(database) as many:
        api.put("/stores/S1", {"name": "b"})
    assert len(many) == len(few) <= 25


def test_a_put_says_whether_the_customers_of_a_mover_follow_b10(api):
    """Within the dealer as asked; to another dealer the answer says stay, whatever was asked."""
    api.network.open_store("S3", "D1")
    assert api.get("/guides/G1").json["customers"] is None
    moved = api.put("/guides/G1", {"store_code": "S3", "customers": "stay"})
    assert (moved.status_code, moved.json["store_code"], moved.json["customers"]) == (
        200,
        "S3",
        "stay",
    )
    again = api.put(
        "/guides/G1",
        {
            name: value
            for name, value in moved.json.items()
            if name not in ("network_version", "warnings")
        },
    )
    assert again.json["network_version"] == moved.json["network_version"]
    assert api.put("/guides/G1", {"customers": "follow"}).json["customers"] == "follow"
    other = api.put("/guides/G1", {"store_code": "S2", "customers": "follow"}).json
    assert (other["customers"], [w["field"] for w in other["warnings"]]) == ("stay", ["customers"])
    refused = api.put("/guides/G1", {"customers": "perhaps"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "customers")
