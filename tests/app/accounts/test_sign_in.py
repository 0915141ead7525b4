"""Sign-in: passwords, lock-out, sessions, forms, and where it leads."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, select

import db
from app.accounts import passwords, sign_ins, users
from ledger.audit import audit_log
from ledger.faults import Conflict, InvalidInput, NotAllowed
from stores.base.actors import COMMAND_LINE, Actor
from tests.app.conftest import PASSWORD, on_both_engines, token_of

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def test_a_right_password_leads_to_the_home_of_the_role(house):
    house.user("petra", "hq_admin")
    answer = house.sign_in(house.stranger(), "petra")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hq/")


@pytest.mark.parametrize(
    ("role", "scope_id", "home"),
    [
        ("hq_finance", None, "/hq/"),
        ("branch_coordinator", 1, "/hq/help-stores"),
        ("dealer", 1, "/dealer/"),
        ("store_manager", 1, "/guide/"),
        ("guide", 1, "/guide/"),
    ],
)
def test_the_front_door_leads_everybody_home(house, role, scope_id, home):
    house.user("somebody", role, scope_id)
    client = house.signed_in("somebody")
    assert client.get("/").headers["Location"] == home
    assert client.get(home).status_code == 200


@on_both_engines
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("petra", "wrong password"),
        ("nobody", PASSWORD),
        ("PETRA", PASSWORD),
        ("petra", PASSWORD + " "),
        ("' OR 1=1 --", "x"),
        ("门店", "密码"),
    ],
)
def test_wrong_names_and_passwords_get_the_same_words(house, name, password):
    house.user("petra", "hq_admin")
    client = house.stranger()
    answer = house.sign_in(client, name, password)
    assert answer.status_code == 422
    assert "锁定" in answer.text
    assert client.get("/hq/").status_code == 302


def test_a_disabled_user_cannot_sign_in_and_his_session_ends(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    users.disable("petra", by=COMMAND_LINE)
    assert client.get("/hq/").status_code == 302
    assert house.sign_in(house.stranger(), "petra").status_code == 422


def test_an_unknown_name_takes_as_long_as_a_wrong_password(house, monkeypatch):
    """What takes long is one verification of a hash of full cost; it is done for either."""
    full = PasswordHasher()
    verified = []

    class Counted(PasswordHasher):
        def verify(self, hash, password):
            verified.append(extract_parameters(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "hasher", Counted())
    monkeypatch.setattr(passwords, "dummy_hash", lambda: full.hash("nobody"))
    house.user("petra", "hq_admin")
    for name in ("petra", "nobody"):
        assert sign_ins.sign_in(name, "wrong password", now=NOW) is None
    assert verified == [extract_parameters(full.hash("x"))] * 2


@on_both_engines
def test_ten_failures_lock_for_fifteen_minutes(house):
    house.user("petra", "hq_admin")
    for _ in range(10):
        assert sign_ins.sign_in("petra", "wrong password", now=NOW) is None
    assert (
        sign_ins.sign_in("petra", PASSWORD, now=NOW + dt.timedelta(minutes=14, seconds=59)) is None
    )
    assert sign_ins.sign_in("petra", PASSWORD, now=NOW + dt.timedelta(minutes=15)) is not None


@on_both_engines
def test_nine_failures_do_not_lock_and_success_starts_the_count_again(house):
    house.user("petra", "hq_admin")
    for _ in range(2):
        for _ in range(9):
            sign_ins.sign_in("petra", "wrong password", now=NOW)
        assert sign_ins.sign_in("petra", PASSWORD, now=NOW) is not None


@on_both_engines
def test_simultaneous_guesses_cannot_pass_the_limit(house):
    house.user("petra", "hq_admin")
    gate, tried = threading.Barrier(20), []
    original = passwords.matches

    def counting(password_hash, password):
        if password_hash != passwords.dummy_hash():
            tried.append(1)
        return original(password_hash, password)

    def guess():
        gate.wait()
        sign_ins.sign_in("petra", "wrong password", now=NOW)

    passwords.matches = counting
    try:
        threads = [threading.Thread(target=guess) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        passwords.matches = original
    assert len(tried) == 10


def test_sign_in_is_limited_by_address(house):
    client = house.stranger()
    token = token_of(client.get("/sign-in"))
    for _ in range(30):
        client.post("/sign-in", data={"csrf_token": token, "name": "", "password": ""})
    answer = client.post("/sign-in", data={"csrf_token": token, "name": "", "password": ""})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    assert client.get("/sign-in").status_code == 200


@pytest.mark.parametrize(
    "data", [{}, {"csrf_token": ""}, {"csrf_token": "forged"}, {"csrf_token": "\x00\ud7ff"}]
)
def test_a_form_without_its_token_is_refused_with_a_page(house, data):
    house.user("petra", "hq_admin")
    answer = house.stranger().post("/sign-in", data={"name": "petra", "password": PASSWORD, **data})
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_a_token_of_another_session_is_refused(house):
    house.user("petra", "hq_admin")
    token = token_of(house.stranger().get("/sign-in"))
    assert (
        house.stranger()
        .post("/sign-in", data={"csrf_token": token, "name": "petra", "password": PASSWORD})
        .status_code
        == 400
    )


def test_signing_in_begins_a_new_session(house):
    house.user("petra", "hq_admin")
    client = house.stranger()
    with client.session_transaction() as session:
        session["planted"] = "by a stranger"
    before = token_of(client.get("/sign-in"))
    house.sign_in(client, "petra")
    with client.session_transaction() as session:
        assert "planted" not in session
        assert len(session["_user_id"]) == 43
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_sign_out_is_a_post_and_ends_the_session(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    assert client.get("/sign-out").status_code == 405
    assert (
        client.post("/sign-out", data={"csrf_token": token_of(client.get("/hq/"))}).headers[
            "Location"
        ]
        == "/sign-in"
    )
    assert client.get("/hq/").status_code == 302


def test_a_changed_password_ends_the_other_sessions(house):
    house.user("petra", "hq_admin")
    here, there = house.signed_in("petra"), house.signed_in("petra")
    form = here.get("/account/password")
    answer = here.post(
        "/account/password",
        data={
            "csrf_token": token_of(form),
            "current": PASSWORD,
            "new": "another door 77",
            "again": "another door 77",
        },
    )
    assert answer.status_code == 303
    assert here.get("/hq/").status_code == 200
    assert there.get("/hq/").status_code == 302


@on_both_engines
def test_a_one_time_password_opens_only_the_page_that_changes_it(house):
    _, once = users.create("omar", "dealer", 1, by=COMMAND_LINE)
    client = house.stranger()
    assert house.sign_in(client, "omar", once).headers["Location"] == "/account/password"
    assert client.get("/dealer/").headers["Location"] == "/account/password"
    form = client.get("/account/password")
    client.post(
        "/account/password",
        data={
            "csrf_token": token_of(form),
            "current": once,
            "new": "another door 77",
            "again": "another door 77",
        },
    )
    assert client.get("/dealer/").status_code == 200
    assert sign_ins.sign_in("omar", once, now=NOW) is None


@pytest.mark.parametrize(
    ("current", "new", "again"),
    [
        ("wrong", "another door 77", "another door 77"),
        (PASSWORD, "short", "short"),
        (PASSWORD, "another door 77", "another door 78"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa"),
        (PASSWORD, "xx-petra-1234", "xx-petra-1234"),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, "x" * 129, "x" * 129),
        ("", "", ""),
    ],
)
def test_a_bad_new_password_changes_nothing(house, current, new, again):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    form = client.get("/account/password")
    answer = client.post(
        "/account/password",
        data={"csrf_token": token_of(form), "current": current, "new": new, "again": again},
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert sign_ins.sign_in("petra", PASSWORD, now=NOW) is not None


@pytest.mark.parametrize("target", ["/\n/evil.example", "/\x00"])
def test_a_control_character_is_refused_before_anything_is_looked_at(house, target):
    assert house.stranger().get("/sign-in", query_string={"next": target}).status_code == 400


def test_a_forged_forwarding_header_does_not_pass_the_limit(house):
    client = house.stranger()
    token = token_of(client.get("/sign-in"))
    answers = [
        client.post(
            "/sign-in", data={"csrf_token": token}, headers={"X-Forwarded-For": f"203.0.113.{n}"}
        ).status_code
        for n in range(31)
    ]
    assert answers[-1] == 429


@on_both_engines
def test_names_are_unique_and_roles_need_their_limit(house):
    house.user("petra", "hq_admin")
    for fault, arguments in (
        (Conflict, ("petra", "hq_admin", None)),
        (InvalidInput, ("omar", "dealer", None)),
        (InvalidInput, ("omar", "hq_admin", 1)),
        (InvalidInput, ("two words", "hq_admin", None)),
        (InvalidInput, ("omar", "emperor", None)),
        (InvalidInput, ("", "hq_admin", None)),
    ):
        with pytest.raises(fault):
            users.create(*arguments, by=COMMAND_LINE)
    with pytest.raises(NotAllowed):
        users.create("omar", "hq_admin", None, by=Actor("user:9", frozenset({"hq:read"})))


@on_both_engines
def test_every_deed_leaves_its_audit_line_without_a_name_or_password(house):
    house.user("petra", "hq_admin")
    house.signed_in("petra")
    house.sign_in(house.stranger(), "petra", "wrong password")
    with db.read() as connection:
        counted = dict(
            connection.execute(
                select(audit_log.c.action, func.count()).group_by(audit_log.c.action)
            ).all()
        )
        everything = str(connection.execute(select(audit_log)).all())
    assert counted == {"create_user": 1, "sign_in": 1, "sign_in_failed": 1}
    assert "petra" not in everything
    assert PASSWORD not in everything
    assert "argon2" not in everything
