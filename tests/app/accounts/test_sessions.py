"""Sessions on the server: seen by their owner, ended by him, refused at the next request."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time

import pytest
from sqlalchemy import select, update

import db
from app.accounts import administer, sessions
from app.accounts.devices import device_of
from app.accounts.sessions import user_session
from ledger.audit import audit_log
from stores.base.actors import COMMAND_LINE
from tests.app.conftest import PASSWORD, on_both_engines, token_of
from tests.app.pages.conftest import statements

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 MicroMessenger/8.0.40"
)


def rows():
    with db.read() as connection:
        return connection.execute(select(user_session).order_by(user_session.c.id)).all()


def actions():
    with db.read() as connection:
        return [
            row.action
            for row in connection.execute(select(audit_log.c.action).order_by(audit_log.c.id))
        ]


def post(client, path, **data):
    return client.post(path, data={"csrf_token": token_of(client.get("/account")), **data})


@on_both_engines
def test_one_session_is_ended_from_another_and_refused_at_its_next_request(house):
    house.user("petra", "hq_admin")
    here, there = house.signed_in("petra"), house.signed_in("petra")
    page = here.get("/account?lang=en").text
    ends = re.findall(r"/account/sessions/(\d+)/end", page)
    assert len(ends) == 1 and "this one" in page
    assert post(here, f"/account/sessions/{ends[0]}/end").status_code == 303
    assert there.get("/hq/").status_code == 302
    assert here.get("/hq/").status_code == 200
    assert actions()[-1] == "end_session"


@on_both_engines
def test_all_others_are_ended_at_once(house):
    house.user("petra", "hq_admin")
    here, *others = [house.signed_in("petra") for _ in range(4)]
    assert post(here, "/account/sessions/end-others").status_code == 303
    assert [client.get("/hq/").status_code for client in others] == [302, 302, 302]
    assert here.get("/hq/").status_code == 200
    assert actions()[-1] == "end_other_sessions"


def _said(client):
    found = re.search(
        r'role="status">(You were signed out[^<]*)<', client.get("/sign-in?lang=en").text
    )
    return found[1] if found else None


@on_both_engines
def test_a_session_ended_elsewhere_says_so_once(house):
    house.user("petra", "hq_admin")
    here, there = house.signed_in("petra"), house.signed_in("petra")
    post(here, "/account/sessions/end-others")
    assert there.get("/hq/").headers["Location"].startswith("/sign-in")
    assert "you ended this session from another device" in _said(there)
    assert _said(there) is None


@on_both_engines
@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (
            lambda user, by, now: administer.disable(user, by=by, now=now),
            "switched off your account",
        ),
        (
            lambda user, by, now: administer.reset_password(user, by=by, now=now),
            "gave you a new password",
        ),
        (
            lambda user, by, now: (
                administer.disable(user, by=by, now=now),
                administer.enable(user, by=by, now=now),
            ),
            "off and on again",
        ),
        (lambda user, by, now: sessions_begun(now - sessions.LIFETIME), "12 hours after it began"),
    ],
)
def test_a_session_ended_by_others_or_by_time_says_by_what(house, deed, words):
    house.user("ada", "hq_admin")
    user = house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    deed(user, COMMAND_LINE, dt.datetime.now(dt.UTC))
    assert client.get("/hq/").status_code == 302
    assert words in _said(client)


def test_a_new_password_ends_the_other_sessions_and_says_so(house):
    house.user("petra", "hq_admin")
    here, there = house.signed_in("petra"), house.signed_in("petra")
    fresh = "a-wholly-new-password-7"
    fields = {
        "csrf_token": token_of(here.get("/account/password")),
        "current": PASSWORD,
        "new": fresh,
        "again": fresh,
    }
    assert here.post("/account/password", data=fields).status_code == 303
    assert there.get("/hq/").status_code == 302
    assert "your password was changed" in _said(there)


def test_a_stranger_and_one_who_signed_out_himself_are_told_nothing(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    post(client, "/sign-out")
    assert _said(client) is None and _said(house.stranger()) is None
    forged = house.stranger()
    with forged.session_transaction() as cookie:
        cookie["_user_id"] = "no-token-of-anybody"
    assert _said(forged) is None


def sessions_begun(at):
    with db.transaction() as connection:
        connection.execute(update(user_session).values(opened_at=at))


def test_the_session_of_somebody_else_is_not_there(house):
    house.user("petra", "hq_admin")
    house.user("omar", "dealer", 1)
    petra, omar = house.signed_in("petra"), house.signed_in("omar")
    assert post(omar, f"/account/sessions/{rows()[0].id}/end").status_code == 404
    assert post(omar, "/account/sessions/4711/end").status_code == 404
    assert petra.get("/hq/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/account/sessions/1/end",
        "/account/sessions/end-others",
        "/account/theme",
        "/account/two-factor/begin",
        "/account/two-factor",
        "/account/two-factor/off",
        "/account/two-factor/codes",
        "/account/password",
    ],
)
def test_every_form_of_the_account_needs_its_token(house, path):
    house.user("petra", "hq_admin")
    assert house.signed_in("petra").post(path, data={"theme": "dark"}).status_code == 400


def test_signing_out_ends_the_session_on_the_server_too(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    stolen = client.get_cookie("doorstep").value
    post(client, "/sign-out")
    other = house.stranger()
    other.set_cookie("doorstep", stolen)
    assert other.get("/hq/").status_code == 302
    assert rows()[0].ended_at is not None


@on_both_engines
def test_a_session_is_noted_as_seen_once_in_five_minutes_and_never_by_each_request(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    with statements() as sql:
        for _ in range(5):
            client.get("/account/password")
    assert [each for each in sql if each.startswith(("UPDATE", "INSERT"))] == []
    with db.transaction() as connection:
        connection.execute(
            update(user_session).values(seen_at=dt.datetime.now(dt.UTC) - sessions.SEEN_EVERY)
        )
    with statements() as sql:
        for _ in range(5):
            client.get("/account/password")
    assert len([each for each in sql if each.startswith("UPDATE")]) == 1
    assert dt.datetime.now(dt.UTC) - rows()[0].seen_at < dt.timedelta(minutes=1)


def test_a_page_does_not_wait_for_a_writer_to_note_that_it_was_opened(house):
    """An import in another process may write for a minute."""
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    with db.transaction() as connection:
        connection.execute(
            update(user_session).values(seen_at=dt.datetime.now(dt.UTC) - 2 * sessions.SEEN_EVERY)
        )
    before = rows()[0].seen_at
    writer = sqlite3.connect(db.database().url.removeprefix("sqlite:///"), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert client.get("/account/password").status_code == 200
    assert time.monotonic() - began < 5
    writer.execute("ROLLBACK")
    writer.close()
    assert rows()[0].seen_at == before
    client.get("/account/password")
    assert rows()[0].seen_at > before


def test_a_session_dies_after_twelve_hours_and_is_forgotten_a_day_later(house):
    house.user("petra", "hq_admin")
    client, now = house.signed_in("petra"), dt.datetime.now(dt.UTC)
    with db.transaction() as connection:
        connection.execute(update(user_session).values(opened_at=now - sessions.LIFETIME))
    assert client.get("/hq/").status_code == 302
    assert sessions.forget_old(now) == 0
    assert sessions.forget_old(now + dt.timedelta(days=1, seconds=1)) == 1


def test_the_token_is_kept_as_a_hash_and_the_browser_in_two_words(house):
    house.user("petra", "hq_admin")
    client = house.stranger()
    form = client.get("/sign-in")
    client.post(
        "/sign-in",
        data={"csrf_token": token_of(form), "name": "petra", "password": PASSWORD},
        headers={"User-Agent": PHONE},
    )
    with client.session_transaction() as session:
        token = session["_user_id"]
    row = rows()[0]
    assert token not in str(tuple(row)) and len(row.token_hash) == 64
    assert row.device == "WeChat · iPhone"


@pytest.mark.parametrize("token", ["", "1.1", "x" * 43, "\x00", "\ud800"])
def test_a_token_that_was_never_given_is_nobody(house, token):
    assert sessions.of_token(token, dt.datetime.now(dt.UTC)) is None


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/130.0 Safari/537.36",
            "Chrome · Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 "
            "Safari/537.36 Edg/130.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like "
            "Gecko) Version/17.0 Safari/605.1.15",
            "Safari · Mac",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox · Linux",
        ),
        (PHONE, "WeChat · iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 "
            "MicroMessenger/8.0",
            "WeChat · Android",
        ),
        ("", ""),
        ("curl/8.0", ""),
    ],
)
def test_a_device_is_told_in_two_words(said, device):
    assert device_of(said) == device


def test_light_or_dark_is_kept_with_the_user_and_for_the_sign_in_page(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    assert "data-theme" not in client.get("/account").text
    post(client, "/account/theme", theme="dark")
    assert 'data-theme="dark"' in house.signed_in("petra").get("/hq/").text
    post(client, "/sign-out")
    assert 'data-theme="dark"' in client.get("/sign-in").text
    assert house.sign_in(client, "petra").status_code == 303
    post(client, "/account/theme", theme="auto")
    client.set_cookie("theme", "dark")  # of somebody else on this device
    assert "data-theme" not in client.get("/account").text
    assert post(client, "/account/theme", theme="pink").status_code == 422
