"""Two-factor sign-in (RFC 6238): codes, replay, recovery codes, who must have it, who may take it
away."""

from __future__ import annotations

import datetime as dt
import re
import threading

import pyotp
import pytest
from sqlalchemy import select, update

import db
from app import create_app
from app.accounts import administer, second_step, sessions, sign_ins, totp, two_factor, users
from app.accounts.two_factor import recovery_code
from app.accounts.users import app_user
from ledger.audit import audit_log
from ledger.faults import Conflict, NotAllowed
from stores.base.actors import COMMAND_LINE, Actor
from tests.app.conftest import PASSWORD, House, on_both_engines, settings_of, token_of

NOW = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=totp.STEP_SECONDS)
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]  # RFC 6238, appendix B, SHA-1
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(at, code):
    assert (
        totp.matching_step(RFC_SECRET, code[2:], dt.datetime.fromtimestamp(at, dt.UTC)) == at // 30
    )


@pytest.mark.parametrize(
    ("away", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(away, taken):
    code = pyotp.TOTP(RFC_SECRET).at(NOW + away * STEP)
    assert (totp.matching_step(RFC_SECRET, code, NOW) is not None) is taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 345", "-12345"])
def test_what_is_no_code_matches_nothing(code):
    assert totp.matching_step(RFC_SECRET, code, NOW) is None


def secret_of(user_id):
    with db.read() as connection:
        state = two_factor.state(connection, user_id)
    assert state
    return state.secret


def code_of(user_id, at):
    return pyotp.TOTP(secret_of(user_id)).at(at)


def enrol(house, name="petra", role="hq_admin", at=NOW - 10 * STEP):
    """A user with a confirmed second step; (id, recovery codes)."""
    user_id = house.user(name, role)
    with db.read() as connection:
        user = users.load(connection, user_id)
    second_step.begin(user, at)
    return user_id, second_step.turn_on(user, PASSWORD, code_of(user_id, at), at)


def lines(action):
    with db.read() as connection:
        return connection.execute(
            select(audit_log.c.actor, audit_log.c.object_id, audit_log.c.detail).where(
                audit_log.c.action == action
            )
        ).all()


def first_step(house, name="petra", back=None):
    client = house.stranger()
    answer = house.sign_in(client, name, next_page=back)
    assert answer.headers["Location"].startswith("/sign-in/code")
    return client, answer.headers["Location"]


def second(client, path, code):
    return client.post(path, data={"csrf_token": token_of(client.get(path)), "code": code})


# -- enrolment -------------------------------------------------------------------------------------


@on_both_engines
def test_a_person_turns_it_on_by_scanning_and_proving(house):
    house.user("petra", "hq_admin")
    client, other = house.signed_in("petra"), house.signed_in("petra")
    client.post(
        "/account/two-factor/begin",
        data={"csrf_token": token_of(client.get("/account/two-factor"))},
    )
    page = client.get("/account/two-factor").text
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert shown == secret_of(1) and "<svg" in page
    form = {
        "csrf_token": token_of(client.get("/account/two-factor")),
        "password": PASSWORD,
        "code": pyotp.TOTP(shown).now(),
    }
    assert client.post("/account/two-factor", data={**form, "code": "000000"}).status_code == 422
    assert (
        client.post("/account/two-factor", data={**form, "password": "wrong password"}).status_code
        == 422
    )
    done = client.post("/account/two-factor", data=form)
    codes = re.findall(r"<li>([a-z2-9]{5}-[a-z2-9]{5})</li>", done.text)
    assert len(set(codes)) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert other.get("/hq/").status_code == 302, "sessions opened by the password alone are ended"
    assert client.get("/hq/").status_code == 200
    assert codes[0] not in client.get("/account").text
    assert [row.detail for row in lines("two_factor_on")] == [{}]


def test_a_secret_that_was_never_proved_asks_for_nothing(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    client.post(
        "/account/two-factor/begin",
        data={"csrf_token": token_of(client.get("/account/two-factor"))},
    )
    assert house.sign_in(house.stranger(), "petra").headers["Location"] == "/hq/"


@on_both_engines
def test_secret_and_recovery_codes_are_not_readable_in_the_database(house):
    user_id, codes = enrol(house)
    with db.read() as connection:
        kept = [
            connection.execute(select(table)).all()
            for table in (two_factor.two_factor, recovery_code, audit_log)
        ]
    text = str(kept)
    assert secret_of(user_id) not in text
    assert all(code.replace("-", "") not in text and code not in text for code in codes)


@pytest.mark.parametrize(("role", "scope_id"), [("dealer", 1), ("guide", 1)])
def test_other_roles_have_no_second_step_to_turn_on(house, role, scope_id):
    house.user("somebody", role, scope_id)
    client = house.signed_in("somebody")
    assert client.get("/account/two-factor").status_code == 403
    assert (
        client.post(
            "/account/two-factor/begin", data={"csrf_token": token_of(client.get("/account"))}
        ).status_code
        == 403
    )
    assert client.get("/account/two-factor/off").status_code == 403


# -- signing in ------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(house):
    user_id, _ = enrol(house)
    client, path = first_step(house, back="/hq/orders")
    assert client.get("/hq/").status_code == 302
    with client.session_transaction() as session:
        assert "_user_id" not in session
    answer = second(client, path, code_of(user_id, dt.datetime.now(dt.UTC)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hq/orders")
    assert client.get("/hq/").status_code == 200


def test_the_second_page_without_the_first_leads_back(house):
    enrol(house)
    assert house.stranger().get("/sign-in/code").headers["Location"] == "/sign-in"


def test_the_second_page_waits_five_minutes(house, monkeypatch):
    from app.accounts import pages

    monkeypatch.setattr(pages, "HALF_FOR", -1)
    enrol(house)
    client, path = first_step(house)
    assert client.get(path).headers["Location"] == "/sign-in"


@on_both_engines
def test_a_code_is_taken_once(house):
    user_id, _ = enrol(house)
    code = code_of(user_id, NOW)
    assert second_step.sign_in(user_id, 1, code, now=NOW)
    assert second_step.sign_in(user_id, 1, code, now=NOW) is None
    assert second_step.sign_in(user_id, 1, code, now=NOW + STEP) is None
    assert second_step.sign_in(user_id, 1, code_of(user_id, NOW - STEP), now=NOW) is None, (
        "nor an older one after it"
    )
    assert second_step.sign_in(user_id, 1, code_of(user_id, NOW + STEP), now=NOW + STEP)


@on_both_engines
def test_of_two_at_once_with_one_code_one_gets_in(house):
    user_id, recovery = enrol(house)
    for code in (code_of(user_id, NOW), recovery[0]):
        gate, got_in = threading.Barrier(4), []

        def enter(code=code, gate=gate, got_in=got_in):
            gate.wait()
            got_in.append(second_step.sign_in(user_id, 1, code, now=NOW) is not None)

        threads = [threading.Thread(target=enter) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got_in) == [False, False, False, True]


@on_both_engines
def test_wrong_codes_are_counted_and_the_right_password_in_between_does_not_wipe_them_out(house):
    user_id, _ = enrol(house)
    for number in range(10):
        assert sign_ins.sign_in("petra", PASSWORD, now=NOW) is not None, number
        assert second_step.sign_in(user_id, 1, "000000", now=NOW) is None
    assert sign_ins.sign_in("petra", PASSWORD, now=NOW) is None
    assert second_step.sign_in(user_id, 1, code_of(user_id, NOW), now=NOW) is None
    later = NOW + dt.timedelta(minutes=15)
    assert sign_ins.sign_in("petra", PASSWORD, now=later) is not None
    assert second_step.sign_in(user_id, 1, code_of(user_id, later), now=later) is not None
    assert [row.detail["step"] for row in lines("sign_in_failed")] == ["code"] * 10


@on_both_engines
def test_a_recovery_code_works_once_however_it_is_typed(house):
    user_id, codes = enrol(house)
    assert second_step.sign_in(user_id, 1, f" {codes[0].upper().replace('-', ' ')} ", now=NOW)
    assert second_step.sign_in(user_id, 1, codes[0], now=NOW) is None
    assert second_step.sign_in(user_id, 1, codes[1].replace("-", ""), now=NOW)
    with db.read() as connection:
        assert two_factor.state(connection, user_id).codes_left == 8
    assert [row.detail for row in lines("sign_in")] == [{"by": "recovery_code"}] * 2


def test_a_recovery_code_of_somebody_else_is_worth_nothing(house):
    user_id, _ = enrol(house)
    _, others = enrol(house, "finn", "hq_finance")
    assert second_step.sign_in(user_id, 1, others[0], now=NOW) is None


def test_a_password_changed_in_between_ends_the_half_done_sign_in(house):
    user_id, _ = enrol(house)
    client, path = first_step(house)
    with db.transaction() as connection:
        connection.execute(update(app_user).values(session_version=2))
    assert second(client, path, code_of(user_id, dt.datetime.now(dt.UTC))).status_code == 422


def test_the_second_step_is_limited_by_address_with_the_first(house):
    enrol(house)
    client, path = first_step(house)
    token = token_of(client.get(path))
    answers = [
        client.post(path, data={"csrf_token": token, "code": ""}).status_code for _ in range(31)
    ]
    assert answers[-1] == 429


# -- changing and losing it ------------------------------------------------------------------------


@on_both_engines
def test_turning_it_off_needs_password_and_code(house):
    user_id, codes = enrol(house)
    client, path = first_step(house)
    second(client, path, codes[0])
    for password, code in ((PASSWORD, "000000"), ("wrong password", codes[1]), (PASSWORD, "")):
        form = client.get("/account/two-factor/off")
        assert (
            client.post(
                "/account/two-factor/off",
                data={"csrf_token": token_of(form), "password": password, "code": code},
            ).status_code
            == 422
        )
    answer = client.post(
        "/account/two-factor/off",
        data={"csrf_token": token_of(form), "password": PASSWORD, "code": codes[1]},
    )
    assert (answer.status_code, len(lines("two_factor_off"))) == (303, 1)
    assert house.sign_in(house.stranger(), "petra").headers["Location"] == "/hq/"
    with db.read() as connection:
        assert connection.execute(select(recovery_code)).all() == []
        assert two_factor.state(connection, user_id) is None


def test_new_recovery_codes_replace_the_old(house):
    user_id, old = enrol(house)
    client, path = first_step(house)
    second(client, path, old[0])
    form = client.get("/account/two-factor/codes")
    page = client.post(
        "/account/two-factor/codes",
        data={"csrf_token": token_of(form), "password": PASSWORD, "code": old[1]},
    ).text
    new = re.findall(r"<li>([a-z2-9]{5}-[a-z2-9]{5})</li>", page)
    assert second_step.sign_in(user_id, 1, old[2], now=NOW) is None
    assert second_step.sign_in(user_id, 1, new[0], now=NOW)


def test_an_administrator_resets_it_and_nobody_else(house):
    user_id, _ = enrol(house, "finn", "hq_finance")
    with pytest.raises(NotAllowed):
        administer.reset_two_factor(user_id, by=Actor("user:9", frozenset({"hq:read"})), now=NOW)
    administer.reset_two_factor(user_id, by=COMMAND_LINE, now=NOW)
    with pytest.raises(Conflict):
        administer.reset_two_factor(user_id, by=COMMAND_LINE, now=NOW)
    assert len(lines("reset_two_factor")) == 1
    assert sign_ins.sign_in("finn", PASSWORD, now=NOW).has_two_factor is False


# -- when the installation asks for it -------------------------------------------------------------


@pytest.fixture
def strict(house, tmp_path):
    """The same database, REQUIRE_TWO_FACTOR=yes."""
    return House(create_app(settings_of(db.database().url, tmp_path, REQUIRE_TWO_FACTOR="yes")))


def test_headquarters_enrols_before_anything_else(strict):
    strict.user("petra", "hq_admin")
    strict.user("omar", "dealer", 1)
    client = strict.signed_in("petra")
    assert client.get("/hq/").headers["Location"] == "/account/two-factor"
    assert (
        "Headquarters signs in with two factors here"
        in client.get("/account/two-factor?lang=en").text
    )
    assert client.get("/account").status_code == 200
    with db.read() as connection:
        user, now = users.load(connection, 1), dt.datetime.now(dt.UTC)
    second_step.begin(user, now)
    second_step.turn_on(user, PASSWORD, code_of(1, now), now)
    assert client.get("/hq/").status_code == 200
    assert client.get("/account/two-factor/off").status_code == 403
    assert strict.signed_in("omar").get("/dealer/").status_code == 200


def test_turning_it_on_leaves_the_session_in_use(house):
    house.user("petra", "hq_admin")
    client = house.signed_in("petra")
    with client.session_transaction() as session:
        user, _ = sessions.of_token(session["_user_id"], dt.datetime.now(dt.UTC))
    assert sessions.end_others(user, dt.datetime.now(dt.UTC)) == 0
    assert client.get("/hq/").status_code == 200
