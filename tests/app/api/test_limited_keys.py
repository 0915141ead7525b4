"""Scope x limit x every call of the API, among real foreign objects (P4, P6): what a call does not
serve is refused alike for all, what it serves holds nothing that names another branch, dealer,
store, guide or their orders, in body and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from app.api.calls import APIS
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api, Call
from app.web.permissions import SCOPES
from app.web.problems import PREFIX
from tests.app.conftest import on_both_engines
from tests.app.two_dealers import FOREIGN, LIMITS, MONTH, TwoDealers, two_dealers

CALLS = [call for api in APIS for call in api.calls]
CODES = {
    "branches": ("BR-N", "BR-S"),
    "dealers": LIMITS["dealer"],
    "stores": ("NORTHGATE", "SOUTHSEA", "NORDHAVN"),
    "guides": ("GD-NORA", "GD-SALVO", "GD-HANNE"),
    "areas": ("AREA-N", "AREA-S"),
}
ORDERS = ("ORD-NORTH", "ORD-SOUTH", "ORD-S-IN-N", "ORD-N-IN-S", "ORD-SISTER")
OBJECTS = {
    "order_no": lambda world: ORDERS,
    "entry_id": lambda world: world.entries.values(),
    "simulation_id": lambda world: (str(world.simulation),),
    "customer_id": lambda world: world.numbers,
}
QUERIES = {
    "list_places": ("?q=Lantern+Lane", "?q=Cinnamon+Quay", "?q=o"),
    "list_nearby": ("?region_code=310106",),
    "get_rewards": (f"?period={MONTH}",),
    "get_kpis": (f"?period={MONTH}",),
    "dealer_revenue": (f"?from={MONTH}-01&to={MONTH}-18&by=store",),
    "store_revenue": (f"?from={MONTH}-01&to={MONTH}-18",),
}
BODIES = {
    "create_refund": lambda n: [
        {
            "refund_no": f"REF-K{n}",
            "refunded_at": "2026-03-17T10:00:00Z",
            "lines": [{"line_no": 1, "amount_minor": 1}],
        }
    ],
    "create_state": lambda n: [{"state": "received", "at": "2026-03-17T10:00:00Z"}],
    "replay_entry": lambda n: [None],
    "create_entry_param": lambda n: (
        [{"store_code": code} for code in CODES["stores"]]
        + [{"guide_code": code} for code in CODES["guides"]]
    ),
}
EVERY = [(kind, code) for kind, codes in LIMITS.items() for code in codes]


@pytest.fixture
def world(house: Any) -> Iterator[TwoDealers]:
    with two_dealers(house) as made:
        yield made


def addresses(world: TwoDealers, call: Call) -> Iterator[str]:
    """Every address of a call with the objects of both sides, and one that is nobody's."""
    kind = call.rule.split("/")[1]
    paths = [call.rule]
    for name in call.path_names:
        values = [*(OBJECTS[name](world) if name != "code" else CODES[kind]), "NOBODY"]
        paths = [
            re.sub(rf"<(?:\w+:)?{name}>", quote(value, safe=""), path)
            for path in paths
            for value in values
        ]
    for path in paths:
        for query in QUERIES.get(call.name, ("",)):
            yield PREFIX + path + query


def ask(world: TwoDealers, key: str, call: Call, path: str, body: Any) -> Any:
    return world.house.stranger().open(
        path,
        method=call.method,
        headers={"Authorization": f"Bearer {key}"},
        json=body if call.method != "GET" else None,
    )


def told(answer: Any, sent: str, foreign: tuple[str, ...]) -> list[str]:
    """Foreign words in an answer that the caller did not send himself; in JSON no letter is
    escaped."""
    said = answer.get_data(as_text=True) + str(answer.headers)
    return [word for word in foreign if word in said and word not in sent]


@pytest.mark.parametrize("scope", SCOPES)
@on_both_engines
def test_no_call_tells_a_limited_key_of_others(world, scope):
    faults, served = [], set()
    for number, limit in enumerate(EVERY):
        key = world.key(scope, *limit)
        for call in CALLS:
            for path in addresses(world, call):
                for body in BODIES.get(call.name, lambda n: [{}])(f"{scope}{number}"):
                    answer = ask(world, key, call, path, body)
                    if call.permission not in SCOPES[scope] or limit[0] not in call.serves:
                        assert answer.status_code == 403, (limit, call.method, path)
                    else:
                        assert answer.status_code in (200, 201, 404, 409, 422), (
                            limit,
                            call.method,
                            path,
                            answer.status_code,
                            answer.text,
                        )
                        served |= {(call.name, limit)} if answer.status_code < 300 else set()
                    faults += [
                        (limit, call.method, path, word, answer.status_code)
                        for word in told(answer, path + json.dumps(body), FOREIGN[limit])
                    ]
    assert faults == [], "\n".join(map(str, faults))
    expected = {
        call.name for call in CALLS if call.serves == OWN_ROWS and call.permission in SCOPES[scope]
    }
    assert {
        name for name, _ in served
    } == expected  # each was really answered, or nothing was searched


@on_both_engines
def test_a_key_without_a_limit_is_refused_for_its_scope_alone(world):
    for scope, permissions in SCOPES.items():
        key = world.key(scope)
        for call in CALLS:
            answer = ask(world, key, call, next(addresses(world, call)), {})
            assert (answer.status_code == 403) == (call.permission not in permissions), (
                scope,
                call.name,
                answer.status_code,
            )


@on_both_engines
def test_the_rules_and_simulations_of_the_chain_are_not_for_limited_keys(world):
    """By name, so that a declaration changed by mistake is told."""
    whole = {call.name for call in CALLS if call.serves == WHOLE_CHAIN}
    assert {
        "get_policy",
        "put_policy",
        "get_plans",
        "create_plan",
        "get_simulations",
        "get_simulation",
        "create_simulation",
        "create_order",
        "create_entry",
        "create_events",
        "create_deed",
        "delete_customer",
        "check_delivery",
        "list_nearby",
        "create_route",
        "put_store",
        "put_offers",
    } <= whole
    for limit in EVERY:
        for path in ("/policy", "/plans", "/simulations", f"/simulations/{world.simulation}"):
            answer = world.house.stranger().get(
                PREFIX + path, headers={"Authorization": f"Bearer {world.key('admin', *limit)}"}
            )
            assert (answer.status_code, answer.json["code"]) == (403, "limited_key")
            assert "key without a limit" in answer.json["detail"]


def test_openapi_says_for_each_call_which_limited_keys_it_serves(house):
    document = house.stranger().get("/openapi.json").json
    said = {
        operation["operationId"]: operation["x-limited-keys"]
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    assert said == {call.name: [kind for kind in LIMITS if kind in call.serves] for call in CALLS}
    page = house.stranger().get("/docs").text
    assert page.count("get their own rows") == sum(call.serves == OWN_ROWS for call in CALLS)
    assert page.count("Answers keys without a limit alone") == sum(
        call.serves == WHOLE_CHAIN for call in CALLS
    )


def test_a_call_that_does_not_say_whom_it_serves_stops_the_start():
    with pytest.raises(TypeError, match="serves"):
        Api("Wrong").call("GET", "/wrong", permission="x", answers={200: None}, summary="Wrong.")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="serves"):

        @Api("Wrong").call(
            "GET",
            "/wrong",
            permission="x",
            serves=frozenset({"moon"}),
            answers={200: None},
            summary="Wrong.",
        )
        def wrong(actor):
            raise NotImplementedError
