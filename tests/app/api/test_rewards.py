"""Guides' balances, rewards and KPIs, and plans, over HTTP (CONTRACT 3): own rows only, whole
pages, plans published once (P6)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, func, select

import db
from app.accounts import api_keys
from incentives.plans import plan_version
from stores.base.actors import COMMAND_LINE
from stores.customers.event_intake import EventIn, record_events
from stores.network.scope import find_scope
from tests.app.conftest import on_both_engines
from tests.incentives.world import World, at, rate_plan
from tests.network import Network


@pytest.fixture
def world(house):
    network = Network()
    network.begin()
    return World(network)


@pytest.fixture
def call(house):
    """`call("GET", path, key)`: the answer; `key` names a scope such as `dealer:D1`."""
    keys: dict[str, str] = {}

    def key_of(name: str) -> str:
        if name not in keys:
            kind, _, code = name.partition(":")
            with db.read() as connection:
                limit = (
                    {"limit_kind": kind, "limit_id": find_scope(connection, kind, code)}
                    if code
                    else {}
                )
            keys[name] = api_keys.create_key(
                name, "read" if limit else "admin", by=COMMAND_LINE, **limit
            )
        return keys[name]

    def ask(method: str, path: str, key: str = "hq", **more):
        return house.stranger().open(
            f"/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {key_of(key)}", **more.pop("headers", {})},
            **more,
        )

    return ask


@on_both_engines
def test_a_guides_figures_are_shown_to_whom_they_belong_p6(world, call):
    world.sells("A", "06-01", 10_000)
    for path in (
        "/guides/G1/balance",
        "/guides/G1/rewards?period=2025-06",
        "/guides/G1/kpis?period=2025-06",
    ):
        answers = {
            key: call("GET", path, key).status_code
            for key in (
                "hq",
                "dealer:D1",
                "store:S1",
                "guide:G1",
                "dealer:D2",
                "store:S2",
                "guide:G2",
                "guide:G4",
            )
        }
        assert answers == {
            "hq": 200,
            "dealer:D1": 200,
            "store:S1": 200,
            "guide:G1": 200,
            "dealer:D2": 404,
            "store:S2": 404,
            "guide:G2": 404,
            "guide:G4": 404,
        }, path
        assert call("GET", path.replace("G1", "NOPE")).status_code == 404
    assert call("GET", "/guides/G1/balance").json == {
        "currency": "CNY",
        "pending_minor": 0,
        "vested_minor": 300,
        "payable_minor": 300,
        "paid_minor": 0,
        "receivable_minor": 0,
    }


@on_both_engines
def test_all_pages_together_give_each_line_once(world, call):
    moments = [
        at("06-01"),
        at("06-01"),
        at("06-01") + dt.timedelta(milliseconds=500),
        at("06-01") + dt.timedelta(seconds=1),
        at("06-01") + dt.timedelta(microseconds=1),
    ]
    record_events(
        [
            EventIn(f"é-{n}" + "长" * 120, "contact.confirmed", moment, "G1", f"c{n}", source="qr")
            for n, moment in enumerate(moments)
        ],
        actor="test",
        now=at("06-02"),
    )
    world.sells("A", "06-01", *[100] * 6)
    found, cursor = [], ""
    while cursor is not None:
        answer = call(
            "GET",
            "/guides/G1/rewards",
            query_string={
                "period": "2025-06",
                "limit": 2,
                **({"cursor": cursor} if cursor else {}),
            },
        )
        assert answer.status_code == 200, answer.text
        assert answer.json["period"] == "2025-06" and answer.json["currency"] == "CNY"
        found += answer.json["lines"]
        cursor = answer.json["next"]
    whole = call("GET", "/guides/G1/rewards?period=2025-06").json
    assert found == whole["lines"] and whole["next"] is None
    assert len({line["line_id"] for line in found}) == len(found) == 11


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?period=",
        "?period=2025-13",
        "?period=2025-6",
        "?period=2025-06-01",
        "?period=2025-06&limit=0",
        "?period=2025-06&cursor=x",
        "?period=2025-06&x=1",
    ],
)
def test_a_bad_query_is_malformed(world, call, query):
    assert call("GET", f"/guides/G1/rewards{query}").status_code == 400


@on_both_engines
def test_a_plan_is_published_once_under_one_key(world, call):
    body, key = {"plan": rate_plan([(None, 400)]), "note": "more"}, {"Idempotency-Key": "p1"}
    first, again = (
        call("POST", "/plans", json=body, headers=key),
        call("POST", "/plans", json=body, headers=key),
    )
    assert (first.status_code, first.json, again.json) == (
        201,
        {"plan_code": "default", "version": 2},
        first.json,
    )
    assert (
        call("POST", "/plans", json={"plan": rate_plan([(None, 500)])}, headers=key).status_code
        == 409
    )
    assert (
        call("POST", "/plans", json=body).json["version"] == 2
    )  # the same content as the newest version
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(plan_version)).scalar() == 2
    assert call("GET", "/plans").json["plans"] == [body["plan"]]
    assert call("POST", "/plans", "dealer:D1", json=body).status_code == 403


def test_a_wrong_plan_is_refused_with_its_paths(world, call):
    answer = call("POST", "/plans", json={"plan": rate_plan([(None, 10_001)])})
    assert (answer.status_code, [e["field"] for e in answer.json["errors"]]) == (
        422,
        ["components.0.tiers.bands.0.rate_bp"],
    )
    unknown = call("POST", "/plans", json={"plan": rate_plan(assigned={"stores": ["S1", "NOPE"]})})
    assert (unknown.status_code, [e["field"] for e in unknown.json["errors"]]) == (
        422,
        ["assigned_to.stores"],
    )


def test_a_balance_costs_few_statements_when_nothing_is_due(world, call):
    world.sells("A", "06-01", 10_000)
    call("GET", "/guides/G1/balance")
    statements = []
    listener = lambda *a: statements.append(a[2])  # noqa: E731
    event.listen(db.database().engine, "before_cursor_execute", listener)
    call("GET", "/guides/G1/balance")
    event.remove(db.database().engine, "before_cursor_execute", listener)
    assert len([s for s in statements if not s.startswith("BEGIN")]) <= 8, statements


def test_the_command_line_says_what_changed(house, world, tmp_path):
    import json

    run = house.app.test_cli_runner().invoke
    world.sells("A", "06-01", 10_000)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(rate_plan([(None, 400)])))
    assert run(args=["plan", "publish", str(file)]).stdout.splitlines()[-1] == "2"
    assert json.loads(run(args=["plan", "show"]).stdout) == rate_plan([(None, 400)])
    told = [
        run(args=["incentives", step, "2025-06"])
        for step in ("close", "calculate", "calculate", "approve", "approve", "close", "close")
    ]
    assert [(t.exit_code, t.stdout.strip().splitlines()[-1:]) for t in told] == [
        (1, []),
        (0, ["1 guides' months computed, 1 journals booked"]),
        (0, ["nothing changed"]),
        (0, ["2025-06 approved"]),
        (0, ["nothing changed, 2025-06 is approved"]),
        (0, ["2025-06 closed"]),
        (0, ["nothing changed, 2025-06 is closed"]),
    ]
    assert "approve it first" in told[0].stderr
    assert [
        run(args=["incentives", "calculate", month]).exit_code
        for month in ("2025-13", "june", "2099-01")
    ] == [1, 1, 1]
    file.write_text(json.dumps({**rate_plan(), "budget_minor": 5}))
    refused = run(args=["plan", "publish", str(file)])
    assert (refused.exit_code, "budget_minor" in refused.stderr) == (1, True)
