"""`flask user` and `flask api-key` (CONTRACT 2): the secret on the last line, faults in words."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

import db
from app.accounts import api_keys, second_step, sign_ins, two_factor, users
from tests.app.conftest import PASSWORD


def run(house, *arguments, given=None):
    return house.app.test_cli_runner().invoke(args=list(arguments), input=given)


def last(result):
    return result.stdout.splitlines()[-1]


def test_a_user_gets_a_one_time_password_on_the_last_line(house):
    result = run(house, "user", "create", "owner-D1", "--role", "dealer", "--dealer", "D1")
    assert result.exit_code == 0, result.output
    user = sign_ins.sign_in("owner-D1", last(result), now=dt.datetime.now(dt.UTC))
    assert (user.scope_kind, user.scope_id, user.must_change_password) == ("dealer", 1, True)


def test_a_password_from_standard_input_is_the_users_own(house):
    result = run(
        house,
        "user",
        "create",
        "petra",
        "--role",
        "hq_admin",
        "--password-stdin",
        given="a door ajar 2026\n",
    )
    assert result.exit_code == 0
    assert "ajar" not in result.output
    assert (
        sign_ins.sign_in(
            "petra", "a door ajar 2026", now=dt.datetime.now(dt.UTC)
        ).must_change_password
        is False
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("user", "create", "lost", "--role", "dealer", "--dealer", "NOPE"), "no dealer 'NOPE'"),
        (("user", "create", "lost", "--role", "dealer"), "needs --dealer CODE"),
        (("user", "create", "lost", "--role", "dealer", "--store", "S1"), "needs --dealer CODE"),
        (("user", "create", "lost", "--role", "hq_admin", "--dealer", "D1"), "leave out --dealer"),
        (
            ("user", "create", "lost", "--role", "guide", "--dealer", "D1", "--guide", "G1"),
            "not several",
        ),
        (("user", "create", "lost", "--role", "emperor"), "emperor"),
        (("user", "create", "two words", "--role", "hq_admin"), "no spaces"),
        (("user", "create", "lost", "--role", "hq_admin", "--password-stdin"), "no password"),
        (("user", "disable", "nobody"), "no active user"),
        (("api-key", "create", "x", "--scope", "emperor"), "emperor"),
        (("api-key", "create", "x", "--scope", "read", "--store", "NOPE"), "no store 'NOPE'"),
        (
            ("api-key", "create", "x", "--scope", "read", "--store", "S1", "--dealer", "D1"),
            "not several",
        ),
        (("api-key", "revoke", "dk_nothing"), "0 active keys"),
    ],
)
def test_a_mistake_is_told_in_words(house, arguments, words):
    result = run(house, *arguments)
    assert result.exit_code in (1, 2)
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_a_taken_name_is_told_in_words(house):
    run(house, "user", "create", "petra", "--role", "hq_admin")
    result = run(house, "user", "create", "petra", "--role", "hq_admin")
    assert result.exit_code == 1
    assert "taken" in result.stderr


def test_a_key_is_printed_once_and_can_be_revoked(house):
    key = last(run(house, "api-key", "create", "only-dealer", "--scope", "read", "--dealer", "D2"))
    assert (api_keys.actor_of(key).scope_kind, api_keys.actor_of(key).scope_id) == ("dealer", 2)
    assert run(house, "api-key", "revoke", key).exit_code == 0
    assert api_keys.actor_of(key) is None


def test_an_operator_lets_the_last_administrator_in_again(house):
    house.user("petra", "hq_admin")
    now = dt.datetime.now(dt.UTC)
    assert run(house, "user", "disable", "petra").exit_code == 0
    assert run(house, "user", "enable", "petra").exit_code == 0
    with db.read() as connection:
        petra = users.load(connection, 1)
    second_step.begin(petra, now)
    second_step.turn_on(petra, PASSWORD, pyotp.TOTP(_secret(1)).at(now), now)
    assert run(house, "user", "reset-two-factor", "petra").exit_code == 0
    once = last(run(house, "user", "reset-password", "petra"))
    user = sign_ins.sign_in("petra", once, now=now)
    assert (user.has_two_factor, user.must_change_password) == (False, True)
    for command in ("enable", "reset-password", "reset-two-factor"):
        assert "no user 'nobody'" in run(house, "user", command, "nobody").output


def _secret(user_id):
    with db.read() as connection:
        return two_factor.state(connection, user_id).secret
