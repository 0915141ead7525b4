"""The policy in words, its versions and its file; who may try routes (H2, A4)."""

from __future__ import annotations

import dataclasses
import json

import pytest

import db
from app.hq.routing.policy import CHOICES, PARAMETERS
from app.web.permissions import of_role
from stores.base.actors import COMMAND_LINE
from stores.network import policies
from stores.network.policy import OWNER_BASES, PRESETS, RUNGS, Policy
from stores.routing import explanations


def test_only_headquarters_try_routes_because_the_answer_may_be_anybodys_store(chain):
    assert "route:read" not in of_role("branch_coordinator")
    assert [
        chain.client(name).get("/hq/route").status_code
        for name in ("petra", "finn", "bea", "omar", "mei")
    ] == [200, 200, 403, 403, 403]
    assert "/hq/route" not in chain.client("bea").get("/hq").text


def test_the_policy_is_told_in_words_with_its_versions_and_what_changed(chain):
    with db.read() as connection:
        body = policies.show(connection)
    policies.publish(
        {**body, "preset": "nearest_first", "rungs": None, "ambiguity_m": 350}
        | {"rungs": [r for r in body["rungs"] if r != "RADIUS"]},
        actor=COMMAND_LINE,
        now=chain.noon(0),
        note="wider ties",
    )
    page = chain.client("bea").get("/hq/policy?lang=en").text
    assert "Version 2 is in force." in page
    assert "wider ties" in page
    assert "command line" in page
    assert "/hq/policy/edit" not in page  # a branch reads the rules
    assert "/hq/policy/edit" in chain.client("petra").get("/hq/policy?lang=en").text
    changed = page.split('id="diff"')[1]
    assert "200 m" in changed
    assert "350 m" in changed
    assert "Service radius" in changed
    assert "no longer in force" in chain.client("bea").get("/hq/policy?version=1&lang=en").text


def test_the_file_is_what_the_command_prints(chain):
    answer = chain.client("petra").get("/hq/policy.json")
    with db.read() as connection:
        assert json.loads(answer.text) == policies.show(connection)
    assert "policy-1.json" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "query",
    ["version=99", "version=0", "version=x", "before=99", "version=" + "9" * 30, "version=-1"],
)
def test_a_version_that_is_not_there_is_not_there(chain, query):
    assert chain.client("petra").get(f"/hq/policy?{query}").status_code == 404


def test_every_rung_and_every_number_of_a_policy_has_its_words():
    assert set(explanations.RUNG_MEANINGS) == set(explanations.RUNG_NAMES) == set(RUNGS)
    assert set(PARAMETERS) == {field.name for field in dataclasses.fields(Policy)} - {
        "preset",
        "rungs",
        "note",
    }
    assert set(CHOICES) == {*PRESETS, *OWNER_BASES, "after_protection", "never", "anytime"}
    for code in RUNGS:
        assert all(
            "{" not in part.format_map(dict.fromkeys(PARAMETERS, 1))
            for part in explanations.RUNG_MEANINGS[code]
        )
    assert set(explanations.reasons()) >= {"nearest", "nearest_by_open_now", "picker_empty_network"}
