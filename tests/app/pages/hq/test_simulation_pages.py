"""H1: headquarters changes the ladder and sees the effect before publishing; what if a store opened
or closed."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import db
from app.hq.routing.policy import kept_in_order
from app.jobs.runner import Runner
from app.services import simulation_runs
from ledger.faults import Conflict, NotAllowed
from stores.base import versions
from stores.base.actors import COMMAND_LINE, Actor
from stores.facts.entries import entry
from stores.network import network, policies
from stores.network.policy import RUNGS, parse
from stores.simulation import simulations
from tests.app.pages.conftest import BUND, statements
from tests.app.pages.hq.simulating import RULES, ask, token

pytestmark = pytest.mark.hour


def test_h1_rules_are_changed_simulated_and_published_with_a_note(chain):
    chain.arrives("wx-far-007", 2, BUND)  # whose point is forgotten by now, whatever the hour
    client = chain.client("petra")
    before = client.get("/hq/policy?lang=en").text
    form = {
        "csrf_token": token(client.get("/hq/policy/edit?lang=en").text),
        "preset": "franchise",
        "switching": "yes",
        "rung": list(policies.parse({}).rungs[:-1]),
        "on": [r for r in policies.parse({}).rungs[:-1] if r != "LAST_VISIT"],
        "nearest_limit_m": "100",
    }
    form |= {
        name: str(value)
        for name, value in policies.parse({}).body().items()
        if isinstance(value, int | str) and name not in form and name != "note"
    }
    looked = client.post("/hq/policy/edit", data={**form, "deed": "look"}).text
    assert "Simulate these rules" in looked and "Publish these rules" not in looked
    asked = client.post("/hq/policy/edit", data={**form, "deed": "simulate"})
    assert asked.status_code == 303
    address = asked.headers["Location"]
    assert "Deciding every visit twice" in client.get(address + "/progress").text
    Runner("test", simulation_runs.HANDLERS).drain()
    assert client.get(address + "/progress").headers["HX-Refresh"] == "true"
    page = client.get(address).text
    assert "of 5 visits" in page and "Publish these rules" in page and "How sure this is" in page
    number = address.rsplit("/", 1)[1]
    review = client.get(f"/hq/policy/review?simulation={number}").text
    assert "rule 7" in review and "off" in review and "rule 8" not in review, (
        "rungs that only moved up by one are no change"
    )
    silent = client.post(
        "/hq/policy/publish", data={"csrf_token": token(review), "simulation": number, "note": " "}
    )
    assert silent.status_code == 422 and "Say in a note" in silent.text
    assert (
        client.post(
            "/hq/policy/publish",
            data={"csrf_token": token(review), "simulation": number, "note": "nearer only"},
        ).status_code
        == 303
    )
    page = client.get("/hq/policy").text
    assert (
        "Version 2 is in force." in page
        and "nearer only" in page
        and "petra" in page
        and "Version 1 is in force." in before
    )
    with db.read() as connection:
        held = set(connection.execute(select(entry.c.policy_version)).scalars())
    assert held == {1}, "decisions made before keep their version"
    back = client.get("/hq/policy/review?version=1").text
    assert "Back to version 1" in back
    client.post(
        "/hq/policy/publish",
        data={"csrf_token": token(back), "version": "1", "note": "Back to version 1"},
    )
    assert "Version 3 is in force." in client.get("/hq/policy").text
    with db.read() as connection:
        assert parse(policies.in_force(connection).body).rungs == policies.parse({}).rungs


@given(st.permutations(RUNGS), st.permutations(RUNGS), st.integers(0, len(RUNGS)))
def test_what_is_kept_in_order_is_in_both_in_one_order_and_as_much_as_can_be(before, after, many):
    before = before[:many]
    kept = kept_in_order(before, after)
    assert [code for code in before if code in kept] == [code for code in after if code in kept]
    assert len(kept_in_order(before, before)) == len(before) and len(kept) >= min(1, len(before))
    others = [code for code in before if code not in kept]
    assert not any(
        [c for c in before if c in kept or c == code]
        == [c for c in after if c in kept or c == code]
        for code in others
    )


def test_h1_rules_that_nobody_simulated_or_that_are_outdated_are_not_published(chain):
    now = dt.datetime.now(dt.UTC)
    with pytest.raises(Conflict, match="not been simulated"):
        policies.publish(
            RULES, actor=COMMAND_LINE, now=now, note="x", require=simulations.require_trial
        )
    number = ask(chain, {"policy": RULES})
    with db.transaction() as connection:
        versions.next_network_version(connection)
    network.forget()
    with pytest.raises(Conflict, match="simulate them again"):
        policies.publish(
            RULES, actor=COMMAND_LINE, now=now, note="x", require=simulations.require_trial
        )
    client = chain.client("petra")
    page = client.get(f"/hq/simulations/{number}").text
    again = client.post(f"/hq/simulations/{number}/again", data={"csrf_token": token(page)})
    Runner("test", simulation_runs.HANDLERS).drain()
    assert "Publish these rules" in client.get(again.headers["Location"] + "?lang=en").text
    assert (
        policies.publish(
            RULES, actor=COMMAND_LINE, now=now, note="x", require=simulations.require_trial
        )
        == 2
    )


def test_m7_rules_of_a_later_moment_come_into_force_then(chain):
    now = dt.datetime.now(dt.UTC)
    later = now + dt.timedelta(hours=2)
    assert (
        policies.publish(RULES, actor=COMMAND_LINE, now=now, note="tomorrow", effective_at=later)
        == 2
    )
    with db.read() as connection:
        assert (
            policies.in_force(connection).version == 1 and policies.waiting(connection).version == 2
        )
    assert "comes into force" in chain.client("petra").get("/hq/policy?lang=en").text
    assert policies.take_effect(later - dt.timedelta(seconds=1)) == 0
    assert policies.take_effect(later) == 1 and policies.take_effect(later) == 0
    with db.read() as connection:
        assert policies.in_force(connection).version == 2 and policies.waiting(connection) is None
        assert network.snapshot(versions.current(connection)).policy.nearest_limit_m == 100


def test_rules_that_wait_are_pushed_out_by_newer_ones(chain):
    now = dt.datetime.now(dt.UTC)
    policies.publish(
        RULES, actor=COMMAND_LINE, now=now, note="later", effective_at=now + dt.timedelta(hours=1)
    )
    assert policies.publish({}, actor=COMMAND_LINE, now=now, note="no, as it was") == 3
    assert policies.take_effect(now + dt.timedelta(hours=2)) == 0


def test_the_api_asks_and_answers(chain):
    client, headers = chain.house.app.test_client(), {"Authorization": f"Bearer {_key('admin')}"}
    body = {
        "name": "close",
        "changes": [{"close": {"store_code": "S2"}}],
        "on": {"entries": {"from": chain.day(6), "to": chain.day(0)}},
    }
    asked = client.post("/api/v1/simulations", json=body, headers=headers)
    assert asked.status_code == 202 and asked.get_json()["state"] == "queued"
    address = f"/api/v1/simulations/{asked.get_json()['id']}"
    assert client.get(address, headers=headers).get_json()["summary"] is None
    Runner("test", simulation_runs.HANDLERS).drain()
    found = client.get(address, headers=headers).get_json()
    assert (
        found["state"] == "done"
        and found["summary"]["moved"]["visits"] == 1
        and found["rows"]["dealer"][0]["code"] in ("D1", "D2", "")
    )
    assert [
        each["id"]
        for each in client.get("/api/v1/simulations?limit=1", headers=headers).get_json()[
            "simulations"
        ]
    ] == [found["id"]]
    refused = client.post(
        "/api/v1/simulations",
        json={**body, "changes": [{"close": {"store_code": "S7"}}]},
        headers=headers,
    )
    assert (
        refused.status_code == 422
        and refused.get_json()["errors"][0]["field"] == "changes[0].close.store_code"
    )
    read_only = {"Authorization": f"Bearer {_key('read')}"}
    assert (
        client.post("/api/v1/simulations", json=body, headers=read_only).status_code == 403
        and client.get(address, headers=read_only).status_code == 200
    )
    assert client.get("/api/v1/simulations/999", headers=headers).status_code == 404


def _key(scope: str) -> str:
    from app.accounts import api_keys

    return api_keys.create_key(f"simulations {scope}", scope, by=COMMAND_LINE)


def test_p6_nobody_but_headquarters_sees_who_gains_and_loses(chain):
    number = ask(chain, {})
    for name in ("bea", "omar", "max", "mei"):
        client = chain.client(name)
        for path in (
            "",
            f"/{number}",
            f"/{number}/progress",
            f"/{number}/map.json",
            f"/compare?a={number}&b=2",
        ):
            assert client.get("/hq/simulations" + path).status_code == 403
    finn = chain.client("finn")
    assert (
        finn.get(f"/hq/simulations/{number}").status_code == 200
        and finn.get("/hq/simulations/new").status_code == 403
    )
    with pytest.raises(NotAllowed):
        simulation_runs.ask(
            {"name": "x", "on": {"population": {"points": 1}}},
            actor=Actor("user:1", "hq_finance", "all", None, frozenset({"simulation:read"})),
            user_id=None,
            now=dt.datetime.now(dt.UTC),
        )


def test_the_pages_cost_a_few_statements_however_many_there_are(chain):
    numbers = [ask(chain, {}) for _ in range(3)]
    client = chain.client("petra")
    client.get("/hq/simulations")
    for path, most in (("/hq/simulations", 8), (f"/hq/simulations/{numbers[0]}?kind=store", 14)):
        with statements() as ran:
            assert client.get(path).status_code == 200
        assert len(ran) <= most, ran


def test_flask_simulate_prints_a_table_and_writes_files(chain, tmp_path):
    import json

    file, other = tmp_path / "a.json", tmp_path / "b.json"
    on = {"entries": {"from": chain.day(6), "to": chain.day(0)}}
    file.write_text(
        json.dumps({"name": "close it", "on": on, "changes": [{"close": {"store_code": "S2"}}]})
    )
    other.write_text(json.dumps({"name": "nothing", "on": on}))
    runner = chain.house.app.test_cli_runner()
    result = runner.invoke(
        args=["simulate", str(file), "--compare", str(other), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    assert (
        "close it: 1 of 4 visits are led elsewhere" in result.output
        and "nothing: 0 of 4 visits" in result.output
    )
    assert (
        (tmp_path / "out" / "1" / "stores.csv")
        .read_text()
        .startswith("store_code,name,visits_before")
    )
    other.write_text(json.dumps({"name": "nothing", "on": {"population": {"points": 5}}}))
    assert runner.invoke(args=["simulate", str(file), "--compare", str(other)]).exit_code == 1
    assert io.StringIO(result.output).readline()
