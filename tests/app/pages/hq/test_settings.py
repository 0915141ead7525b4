"""Settings of headquarters: users, keys of the API, the audit log (P6, P7)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import threading

import pytest
from sqlalchemy import select

import db
from app.accounts import administer, api_keys, sign_ins
from app.accounts.users import app_user
from ledger.faults import Conflict
from stores.base.actors import COMMAND_LINE, Actor
from tests.app.conftest import PASSWORD, on_both_engines
from tests.app.pages.hq.setting import ids, last_line, post

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


@on_both_engines
def test_a_user_is_made_with_role_and_limit_and_signs_in_with_the_password_shown_once(bare_chain):
    petra = bare_chain.client("petra")
    page = post(petra, "/hq/users/new", "/hq/users/new", name="nina", role="dealer", scope="D2")
    secret = re.search(r'class="secret">([^<]+)<', page.text)[1]
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    (nina,) = ids("nina")
    assert last_line() == (
        f"user:{ids('petra')[0]}",
        "create_user",
        "user",
        str(nina),
        {"role": "dealer", "limit": "D2"},
    )
    assert secret not in petra.get(f"/hq/users/{nina}").text
    assert (
        bare_chain.house.sign_in(bare_chain.house.stranger(), "nina", secret).headers["Location"]
        == "/account/password"
    )


@pytest.mark.parametrize(
    "data",
    [
        {"name": "nina", "role": "dealer", "scope": ""},
        {"name": "nina", "role": "dealer", "scope": "NOPE"},
        {"name": "nina", "role": "dealer", "scope": "S1"},
        {"name": "nina", "role": "hq_finance", "scope": "D1"},
        {"name": "petra", "role": "hq_finance", "scope": ""},
        {"name": "two words", "role": "hq_finance", "scope": ""},
        {"name": "", "role": "hq_finance", "scope": ""},
        {"name": "nina", "role": "emperor", "scope": ""},
        {},
        {"name": "x" * 65, "role": "hq_finance"},
    ],
)
def test_a_form_that_does_not_fit_is_shown_again_with_the_fault(bare_chain, data):
    page = post(bare_chain.client("petra"), "/hq/users/new", "/hq/users/new", **data)
    assert (page.status_code, page.text.count('role="alert"')) == (422, 1)


def test_the_list_finds_by_name_limit_role_and_state(bare_chain):
    petra = bare_chain.client("petra")
    administer.disable(ids("gus")[0], by=COMMAND_LINE, now=NOW)

    def found(query):
        return re.findall(r'/hq/users/\d+">([a-z]+)</a>', petra.get(f"/hq/users?{query}").text)

    assert found("sort=name") == sorted(
        ["petra", "finn", "bea", "omar", "olga", "max", "mei", "gus"]
    )
    assert found("q=D1") == ["omar"] and found("q=MEI") == ["mei"] and found("q=%25") == []
    assert (
        found("role=hq_admin") == ["petra"]
        and found("state=disabled") == ["gus"]
        and found("second=yes") == []
    )
    assert found("sort=-last_sign_in")[0] == "petra"
    page = petra.get("/hq/users?role=dealer&lang=en").text
    assert "2 users, 0 of them" in page


def test_the_file_of_the_list_equals_it_and_is_noted(bare_chain):
    petra = bare_chain.client("petra")
    rows = list(
        csv.reader(
            io.StringIO(
                petra.get("/hq/users?export=csv&role=dealer&lang=en").data.decode("utf-8-sig")
            )
        )
    )
    assert [row[:4] for row in rows[1:]] == [
        ["olga", "Dealer", "D2", "Olga"],
        ["omar", "Dealer", "D1", "Omar"],
    ]
    assert last_line()[1:4] == ("export", "list", "users")


DEEDS = [("disable", "disable_user"), ("password/reset", "reset_password"), ("role", "change_role")]


@on_both_engines
@pytest.mark.parametrize(("deed", "action"), DEEDS)
def test_deeds_on_another_account_are_done_and_noted(bare_chain, deed, action):
    petra, omar = bare_chain.client("petra"), bare_chain.client("omar")
    (him,) = ids("omar")
    answer = post(
        petra, f"/hq/users/{him}", f"/hq/users/{him}/{deed}", role="branch_coordinator", scope="B2"
    )
    assert answer.status_code == (200 if deed == "password/reset" else 303)
    assert last_line()[:4] == (f"user:{ids('petra')[0]}", action, "user", str(him))
    if deed == "role":
        assert omar.get("/hq/orders").status_code == 200, "his session goes on in the new role"
        assert last_line()[4] == {"role": "branch_coordinator", "limit": "B2", "was": "dealer"}
    else:
        assert omar.get("/dealer/").status_code == 302, "his session is ended"


def test_a_disabled_user_is_enabled_again_with_his_old_password(bare_chain):
    petra, omar = bare_chain.client("petra"), bare_chain.client("omar")
    (him,) = ids("omar")
    post(petra, f"/hq/users/{him}", f"/hq/users/{him}/disable")
    assert bare_chain.house.sign_in(bare_chain.house.stranger(), "omar").status_code == 422
    post(petra, f"/hq/users/{him}", f"/hq/users/{him}/enable")
    assert omar.get("/dealer/").status_code == 302, "what was open before stays ended"
    assert bare_chain.house.sign_in(bare_chain.house.stranger(), "omar").status_code == 303


def test_a_reset_password_is_shown_once_lifts_the_lock_and_must_be_changed(bare_chain):
    petra = bare_chain.client("petra")
    (him,) = ids("omar")
    for _ in range(10):
        sign_ins.sign_in("omar", "wrong password", now=dt.datetime.now(dt.UTC))
    page = post(petra, f"/hq/users/{him}", f"/hq/users/{him}/password/reset")
    secret = re.search(r'class="secret">([^<]+)<', page.text)[1]
    assert sign_ins.sign_in("omar", PASSWORD, now=dt.datetime.now(dt.UTC)) is None
    assert sign_ins.sign_in("omar", secret, now=dt.datetime.now(dt.UTC)).must_change_password
    assert secret not in str(last_line())


@pytest.mark.parametrize("deed", ["disable", "password/reset", "two-factor/reset", "role"])
def test_nobody_does_this_to_himself(bare_chain, deed):
    petra = bare_chain.client("petra")
    bare_chain.house.user("paul", "hq_admin")
    (herself,) = ids("petra")
    page = post(petra, "/hq/users/new", f"/hq/users/{herself}/{deed}", role="hq_finance", scope="")
    assert page.headers["Location"] == f"/hq/users/{herself}"
    assert "这是您自己的账号" in petra.get(f"/hq/users/{herself}").text
    assert petra.get("/hq/users").status_code == 200
    assert 'action="/hq/users' not in petra.get(f"/hq/users/{herself}").text


@on_both_engines
def test_the_last_administrator_stays_one(bare_chain):
    (petra,) = ids("petra")
    for deed in (
        lambda: administer.disable(petra, by=COMMAND_LINE, now=NOW),
        lambda: administer.change_role(petra, "hq_finance", None, by=COMMAND_LINE, now=NOW),
    ):
        with pytest.raises(Conflict) as refusal:
            deed()
        assert refusal.value.code == "last_administrator"
    bare_chain.house.user("paul", "hq_admin")
    administer.disable(petra, by=COMMAND_LINE, now=NOW)


@on_both_engines
def test_two_administrators_cannot_remove_each_other_at_once(bare_chain):
    bare_chain.house.user("paul", "hq_admin")
    petra, paul = ids("petra", "paul")
    gate, refused = threading.Barrier(2), []

    def remove(him, by):
        gate.wait()
        try:
            administer.disable(him, by=Actor(f"user:{by}", frozenset({"*"})), now=NOW)
        except Conflict as fault:
            refused.append(fault.code)

    threads = [
        threading.Thread(target=remove, args=pair) for pair in ((petra, paul), (paul, petra))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_administrator"]


@pytest.mark.parametrize(
    "deed", ["disable", "enable", "password/reset", "two-factor/reset", "role"]
)
def test_somebody_who_is_not_there_is_not_found(bare_chain, deed):
    assert (
        post(
            bare_chain.client("petra"),
            "/hq/users/new",
            f"/hq/users/4711/{deed}",
            role="hq_finance",
            scope="",
        ).status_code
        == 404
    )


FORMS = [
    "/hq/users/new",
    "/hq/users/4/disable",
    "/hq/users/4/enable",
    "/hq/users/4/password/reset",
    "/hq/users/4/two-factor/reset",
    "/hq/users/4/role",
    "/hq/keys/new",
    "/hq/keys/1/revoke",
    "/hq/audit/check",
]


@pytest.mark.parametrize("path", FORMS)
def test_every_form_needs_its_token_and_its_permission(bare_chain, path):
    assert bare_chain.client("petra").post(path).status_code == 400
    bea = bare_chain.client("bea")
    assert post(bea, "/account", path, role="hq_admin", scope="", name="nina").status_code == 403
    with db.read() as connection:
        assert (
            connection.execute(select(app_user.c.id).where(app_user.c.name == "nina")).first()
            is None
        )


def test_who_sees_settings_in_the_navigation(bare_chain):
    def shown(name, page):
        found = bare_chain.client(name).get(page).text
        return [
            path for path in ("/hq/users", "/hq/keys", "/hq/audit") if f'href="{path}"' in found
        ]

    assert shown("petra", "/hq/users") == ["/hq/users", "/hq/keys", "/hq/audit"]
    assert shown("finn", "/hq/audit") == ["/hq/audit"]
    assert shown("bea", "/account") == [] == shown("omar", "/account")


@on_both_engines
def test_a_key_is_made_shown_once_used_and_revoked(bare_chain):
    petra = bare_chain.client("petra")
    page = post(
        petra,
        "/hq/keys/new",
        "/hq/keys/new",
        name="till of D1",
        role="read",
        kind="dealer",
        scope="D1",
    )
    key = re.search(r'class="secret">(dk_[^<]+)<', page.text)[1]
    assert last_line()[1:] == (
        "create_api_key",
        "api_key",
        "1",
        {"scope": "read", "limit_kind": "dealer", "limit": "D1"},
    )
    call = bare_chain.house.stranger()
    assert call.get("/stores", headers={"Authorization": f"Bearer {key}"}).status_code != 401
    everything = petra.get("/hq/keys").text + petra.get("/hq/keys/1").text
    assert key not in everything and key[:11] in everything and "till of D1" in everything
    assert "D1" in petra.get("/hq/keys/1").text
    assert post(petra, "/hq/keys/1", "/hq/keys/1/revoke").status_code == 303
    assert api_keys.actor_of(key) is None
    assert post(petra, "/hq/keys/new", "/hq/keys/1/revoke").status_code == 404
    assert "till of D1" not in petra.get("/hq/keys?state=good").text
    assert last_line()[1:4] == ("revoke_api_key", "api_key", "1")


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "role": "read"},
        {"name": "till", "role": "emperor"},
        {"name": "till", "role": "read", "kind": "dealer", "scope": "NOPE"},
        {"name": "till", "role": "read", "kind": "dealer", "scope": ""},
        {"name": "till", "role": "read", "kind": "all", "scope": "D1"},
        {},
    ],
)
def test_a_key_that_does_not_fit_is_refused_in_its_form(bare_chain, data):
    page = post(bare_chain.client("petra"), "/hq/keys/new", "/hq/keys/new", **data)
    assert (page.status_code, page.text.count('role="alert"')) == (422, 1)
