"""Role x page x foreign object (P6): what is outside somebody's rows is 404 in pages, files and
parts of pages alike; every form needs its token.

The addresses come from the application itself: a new route without a foreign object here makes the
first test fail."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.app.pages.conftest import Chain

READERS = ("petra", "finn", "bea", "omar", "olga", "max", "mei", "gus")
# endpoint's part after the dot: (argument values that are nobody's, {reader: values that are
# another's})
OBJECTS = {
    "store": (
        {"code": "NOPE"},
        {
            "bea": {"code": "S2"},
            "omar": {"code": "S2"},
            "olga": {"code": "S1"},
            "max": {"code": "S2"},
            "mei": {"code": "S2"},
        },
    ),
    "edit_store": ({"code": "NOPE"}, {}),
    "store_offers": ({"code": "NOPE"}, {}),
    "close_store": ({"code": "NOPE"}, {}),
    "undo_closing": ({"code": "NOPE"}, {}),
    "dealer": ({"code": "NOPE"}, {"bea": {"code": "D2"}}),
    "edit_dealer": ({"code": "NOPE"}, {}),
    "branch": ({"code": "NOPE"}, {"bea": {"code": "B1"}}),
    "edit_branch": ({"code": "NOPE"}, {}),
    "area": ({"code": "NOPE"}, {}),
    "edit_area": ({"code": "NOPE"}, {}),
    "edit_terms": ({"code": "NOPE"}, {}),
    "guide": (
        {"code": "NOPE"},
        {"bea": {"code": "G2"}, "omar": {"code": "G2"}, "olga": {"code": "G1"}},
    ),
    "edit_guide": ({"code": "NOPE"}, {}),
    "member": (
        {"code": "NOPE"},
        {"max": {"code": "G2"}, "mei": {"code": "M1"}, "gus": {"code": "G1"}},
    ),
    "order": (
        {"order_no": "NOPE"},
        {
            "bea": {"order_no": "O-2"},
            "omar": {"order_no": "O-2"},
            "olga": {"order_no": "O-1"},
            "max": {"order_no": "O-2"},
            "mei": {"order_no": "O-2"},
            "gus": {"order_no": "O-1"},
        },
    ),
    "add": (
        {"event_id": "NOPE"},
        {
            "max": {"event_id": "contact.confirmed-G2-wx-gus-004"},
            "mei": {"event_id": "contact.confirmed-G2-wx-gus-004"},
            "gus": {"event_id": "contact.confirmed-G1-wx-mei-001"},
        },
    ),
    "entry": ({"entry_id": "NOPE"}, {"bea": {"entry_id": "wx-gus-004"}}),
    "entry_map": ({"entry_id": "NOPE"}, {"bea": {"entry_id": "wx-gus-004"}}),
    "customer": (
        {"number": 10**9, "customer_id": 10**9},
        {
            "bea": "wx-gus-004",
            "omar": "wx-gus-004",
            "olga": "wx-mei-001",
            "max": "wx-gus-004",
            "mei": "wx-gus-004",
            "gus": "wx-mei-001",
        },
    ),
    "reveal": ({"number": 10**9}, {}),
    "customer_deed": ({"number": 10**9}, {}),
    "give_customer": ({"number": 10**9}, {"max": "wx-gus-004"}),
    "answer_proposal": ({"number": 10**9}, {"max": "wx-gus-004"}),
    "decide_move": ({"code": "NOPE"}, {"max": {"code": "G2"}}),
    "movements": ({"figure": "mood"}, {}),
    "reward_lines": ({"figure": "mood"}, {}),
    "import_run": ({"upload_id": 10**9}, {}),
    "import_deed": ({"upload_id": 10**9, "deed": "save"}, {}),
    "import_findings": ({"upload_id": 10**9, "findings": "errors"}, {}),
    "import_progress": ({"upload_id": 10**9}, {}),
    "match_import_columns": ({"upload_id": 10**9}, {}),
    "own_form": ({"kind": "moods", "form": "csv"}, {}),
    "import_template": ({"kind": "moods", "form": "csv"}, {}),
    "reassignment": ({"number": 10**9}, {}),
    "reassignment_progress": ({"number": 10**9}, {}),
    "reassign_deed": ({"number": 10**9, "deed": "start"}, {}),
    "simulation": ({"simulation_id": 10**9}, {}),
    "simulation_progress": ({"simulation_id": 10**9}, {}),
    "simulation_map": ({"simulation_id": 10**9}, {}),
    "repeat_simulation": ({"simulation_id": 10**9}, {}),
    "job_deed": ({"run_id": 10**9, "deed": "retry"}, {}),
    "key": ({"key_id": 10**9}, {}),
    "revoke_key": ({"key_id": 10**9}, {}),
    "user": ({"user_id": 10**9}, {}),
    "disable_user": ({"user_id": 10**9}, {}),
    "enable_user": ({"user_id": 10**9}, {}),
    "reset_password": ({"user_id": 10**9}, {}),
    "reset_two_factor": ({"user_id": 10**9}, {}),
    "change_role": ({"user_id": 10**9}, {}),
    "end_session": ({"session_id": 10**9}, {}),
    "suggest": ({"kind": "mood"}, {}),
    "read": ({"notice_id": 10**9}, {}),
    "drop": ({"view_id": 10**9}, {}),
}
NO_OBJECT = {
    "static",
    "landing.arrive",
    "hq.reward_month_step",
    "maps.towns",
}  # a file, a signed parameter that is then ignored, a month, a language


def rules(chain: Chain, method: str) -> list[Any]:
    return [
        rule
        for rule in chain.house.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0]
        in ("hq", "dealer", "guide", "maps", "sign_in", "notices", "saved_views")
        and method in rule.methods
    ]


def test_every_route_that_names_an_object_takes_part(chain):
    named = {
        rule.endpoint
        for rule in chain.house.app.url_map.iter_rules()
        if rule.arguments and not rule.rule.startswith("/api/") and rule.endpoint not in NO_OBJECT
    }
    assert {endpoint for endpoint in named if endpoint.split(".")[-1] not in OBJECTS} == set()


def addresses(chain: Chain, rule: Any, values: dict[str, Any]) -> str:
    with chain.house.app.test_request_context():
        return str(rule.build({name: values[name] for name in rule.arguments})[1])


@pytest.mark.parametrize("name", READERS)
def test_what_is_nobodys_or_anothers_is_not_there(chain, name):
    client, open_doors = chain.client(name), []
    for rule in (
        rule for rule in rules(chain, "GET") if rule.arguments and rule.endpoint not in NO_OBJECT
    ):
        nobodys, anothers = OBJECTS[rule.endpoint.split(".")[-1]]
        for values in (nobodys, anothers.get(name)):
            if values is None:
                continue
            if isinstance(values, str):
                values = dict.fromkeys(("number", "customer_id"), chain.number(values))
            values = {key: chain.entries.get(value, value) for key, value in values.items()}
            path = addresses(chain, rule, values)
            for query, headers in (("", {}), ("?export=csv", {}), ("", {"HX-Request": "true"})):
                status = client.get(path + query, headers=headers).status_code
                if status not in (403, 404):
                    open_doors.append((path + query, status))
    assert open_doors == []


def test_no_form_is_taken_without_its_token(chain):
    """Whoever may do the deed: without the token of his own session nothing is done."""
    client, taken = chain.client("petra"), []
    for rule in rules(chain, "POST"):
        nobodys = OBJECTS.get(rule.endpoint.split(".")[-1], ({}, {}))[0]
        path = addresses(chain, rule, {**nobodys, "period": "2026-01", "step": "approve"})
        status = client.post(path, data={"name": "x"}).status_code
        if status != 400:
            taken.append((path, status))
    assert taken == []


@pytest.mark.parametrize("name", READERS)
def test_deeds_on_what_is_nobodys_are_refused(chain, name):
    client, done = chain.client(name), []
    page = client.get("/account").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    for rule in (
        rule
        for rule in rules(chain, "POST")
        if rule.arguments and rule.endpoint != "hq.reward_month_step"
    ):
        path = addresses(chain, rule, OBJECTS[rule.endpoint.split(".")[-1]][0])
        status = client.post(
            path, data={"csrf_token": token[1], "reason": "x", "role": "guide"}
        ).status_code
        if status not in (403, 404):
            done.append((path, status))
    assert done == []
