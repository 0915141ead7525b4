"""One table says who may (P6, CONTRACT 2), and every route takes part."""

from __future__ import annotations

import re

import pytest

from app.api.calls import APIS
from app.web import permissions
from app.web.permissions import POLICY, PUBLIC, ROLES, SCOPES, declared
from app.web.problems import PREFIX


def test_every_route_declares_its_permission(house):
    forgot = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in house.app.url_map.iter_rules()
        if declared(house.app.view_functions[rule.endpoint]) not in {*POLICY, PUBLIC}
    ]
    assert forgot == []


def test_every_route_that_is_not_public_refuses_a_stranger(house):
    stranger, open_doors = house.stranger(), []
    for rule in house.app.url_map.iter_rules():
        if declared(house.app.view_functions[rule.endpoint]) == PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
        for method in rule.methods - {"OPTIONS"}:
            answer = stranger.open(path, method=method)
            if not (
                answer.status_code in (400, 401)
                or answer.headers.get("Location", "").startswith("/sign-in")
            ):
                open_doors.append((method, path, answer.status_code))
    assert open_doors == []


def test_the_table_names_known_roles_and_every_role_has_something():
    assert set().union(*POLICY.values()) == set(ROLES)
    assert set(permissions.ROLE_SCOPE) == set(permissions.ROLE_HOME) == set(ROLES)
    assert all(permissions.of_role(role) for role in ROLES)


def test_scopes_grow_and_name_known_permissions():
    assert SCOPES["read"] < SCOPES["write"] < SCOPES["admin"] <= set(POLICY)
    assert not any(permission.endswith(":write") for permission in SCOPES["read"])


@pytest.mark.parametrize(
    ("permission", "may"),
    [
        (
            "revenue:read",
            {
                "hq_admin",
                "hq_operations",
                "hq_finance",
                "branch_coordinator",
                "dealer",
                "store_manager",
            },
        ),
        ("user:write", {"hq_admin"}),
        ("rules:write", {"hq_admin", "hq_operations"}),
        ("payout:write", {"hq_admin", "hq_finance"}),
        ("reward:read", set(ROLES)),
        ("dealer:read", {"dealer"}),
    ],
)
def test_who_may_what(permission, may):
    assert {role for role in ROLES if permission in permissions.of_role(role)} == may


def test_a_permission_that_is_not_in_the_table_cannot_be_asked_for():
    with pytest.raises(KeyError):
        permissions.needs("payout:wish")(lambda: None)


def test_an_address_of_the_api_asks_for_a_key_before_it_looks_at_what_is_named(house):
    """CONTRACT 3: 401 stands before 404, whatever stands in the place of a code or a number."""
    stranger, told = house.stranger(), []
    for api in APIS:
        for call in api.calls:
            path = PREFIX + re.sub(r"<[^>]+>", "S1", call.rule)
            told.append((call.method, path, stranger.open(path, method=call.method).status_code))
    assert [each for each in told if each[2] != 401] == []


def test_a_reading_key_may_read_route_and_replay_alone():
    """CONTRACT 2."""
    others = {
        call.rule
        for api in APIS
        for call in api.calls
        if call.method != "GET" and call.permission in SCOPES["read"]
    }
    assert others == {"/routes", "/entries/<entry_id>/replay"}
