"""Customers as headquarters and branches see them: masked, within their rows, revealed with a
reason (P3, P4, P6, P7, D1)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

import db
from ledger.audit import audit_log
from stores.base.actors import COMMAND_LINE, Actor
from stores.base.ordering import Order
from stores.facts.customers import customer_state
from stores.lists import customer_book, customer_chronicle, customer_look_up
from stores.lists.customer_book import CustomerFilter
from stores.network.scope import find_scope
from stores.privacy.erasure import erase_customer
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import Chain, statements
from tests.network import Network

PHONE = "13800138000"
BUND = ("31.2304", "121.4737")


@pytest.fixture
def known(chain: Chain) -> Chain:
    """wx-mei-001 with a telephone and a WeChat unionid."""
    Network().load(
        "customers", {"customer_id": "wx-mei-001", "unionid": "un-secret-1", "phone": PHONE}
    )
    return chain


def masks(page: str) -> list[str]:
    return re.findall(
        r'<a href="/hq/customers/\d+" class="code">(?:<span class="code">)?([^<]+)<', page
    )


def test_headquarters_list_everybody_and_a_branch_those_at_home_in_its_stores(chain):
    assert len(masks(chain.client("petra").get("/hq/customers").text)) == len(chain.customers())
    assert set(masks(chain.client("bea").get("/hq/customers").text)) == {
        "wx****01",
        "wx****03",
        "wx****05",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("store=S1", {"wx****01", "wx****03", "wx****05"}),
        ("dealer=D2", {"wx****04"}),
        ("guide=G1", {"wx****01", "wx****03"}),
        ("bound=no", {"wx****02", "wx****06", "wx****-9"}),
        ("bound=yes", {"wx****01", "wx****03", "wx****04", "wx****05"}),
        ("bound=protected&store=S1", {"wx****01", "wx****03", "wx****05"}),
        ("bound=open", set()),
        ("bound=taken", set()),
        ("bound=pinned", set()),
        ("bound=no_switch", set()),
        ("store=NOPE", set()),
        ("guide=G1&dealer=D2", set()),
    ],
)
def test_each_filter_narrows_list_and_number_alike(chain, query, found):
    page = chain.client("petra").get(f"/hq/customers?lang=en&{query}").text
    assert set(masks(page)) == found
    assert ("1 customer matches." if len(found) == 1 else f"{len(found)} customers match.") in page


def test_those_at_home_since_a_day(chain):
    client = chain.client("petra")
    assert set(masks(client.get(f"/hq/customers?since={chain.day(2)}").text)) == {
        "wx****03",
        "wx****05",
    }
    assert len(masks(client.get(f"/hq/customers?since={chain.day(30)}").text)) == 4


@on_both_engines
@pytest.mark.parametrize("by", sorted(customer_book.SORTS))
@pytest.mark.parametrize("descending", [True, False])
def test_every_sort_pages_through_all_customers_once(chain, by, descending):
    wanted, order, found = (
        CustomerFilter(chain.noon(0), chain.today),
        Order(by, descending, limit=2),
        [],
    )
    with db.read() as connection:
        while rows := customer_book.rows(connection, COMMAND_LINE, wanted, order):
            found += [row.id for row in rows]
            order = order.following(rows[-1])
        assert customer_book.total(connection, COMMAND_LINE, wanted) == len(found)
    assert sorted(found) == sorted(chain.customers())


def test_no_list_export_or_page_names_a_customer_in_full(known):
    client = known.client("petra")
    number = known.number("wx-mei-001")
    for path in (
        "/hq/customers",
        "/hq/customers?export=csv",
        f"/hq/customers/{number}",
        f"/hq/customers/{number}?show=orders",
    ):
        text = client.get(path).get_data().decode()
        assert not any(
            secret in text for secret in (*known.customers().values(), PHONE, "un-secret-1")
        ), path


def test_a_lapsed_home_is_no_home(chain):
    with db.transaction() as connection:
        connection.execute(
            customer_state.update()
            .where(customer_state.c.customer_id == chain.number("wx-mei-001"))
            .values(home_valid_until=chain.noon(1))
        )
    client = chain.client("petra")
    assert "wx****01" in masks(client.get("/hq/customers?bound=no").text)
    assert (
        "At home nowhere." in client.get(f"/hq/customers/{chain.number('wx-mei-001')}?lang=en").text
    )


@on_both_engines
def test_each_scope_sees_its_own_customers_and_their_facts_alone(chain):
    """P4, P6, by the functions that every portal may use."""
    with db.read() as connection:
        seen = {}
        for kind, code in (
            ("dealer", "D1"),
            ("dealer", "D2"),
            ("store", "S1"),
            ("guide", "G1"),
            ("branch", "B2"),
        ):
            actor = Actor(code, frozenset({"*"}), kind, find_scope(connection, kind, code))
            mine = [
                text
                for number, text in chain.customers().items()
                if customer_look_up.find(connection, actor, number, chain.noon(0), chain.today)
            ]
            seen[code] = set(mine)
            for number in chain.customers():
                moments, _older = customer_chronicle.story(
                    connection, actor, number, chain.noon(0), chain.today
                )
                stores = {each.store[0] for each in moments if each.store}
                assert stores <= ({"S2"} if code == "D2" else {"S1"}), (code, number)
    assert seen == {
        "D1": {"wx-mei-001", "wx-new-003", "wx-any-005"},
        "D2": {"wx-gus-004"},
        "S1": {"wx-mei-001", "wx-new-003", "wx-any-005"},
        "G1": {"wx-mei-001", "wx-new-003"},
        "B2": {"wx-mei-001", "wx-new-003", "wx-any-005"},
    }


def reveal(chain: Chain, name: str = "petra", customer: str = "wx-mei-001", **form: str):
    client, path = chain.client(name), f"/hq/customers/{chain.number(customer)}"
    return client, client.post(
        f"{path}/reveal?lang=en", data={"csrf_token": token_of(client.get(path)), **form}
    )


def lines() -> list[Any]:
    with db.read() as connection:
        return list(
            connection.execute(select(audit_log).where(audit_log.c.action == "reveal_customer"))
        )


def test_identifiers_are_shown_once_with_a_reason_and_noted(known):
    """P3, P7."""
    client, answer = reveal(known, reason="complaint", case="T-2026/17")
    assert answer.status_code == 200
    assert all(secret in answer.text for secret in (PHONE, "un-secret-1", "wx-mei-001"))
    assert answer.headers["Cache-Control"] == "no-store"
    (line,) = lines()
    assert line.detail == {"reason": "complaint", "case": "T-2026/17", "identifiers": 3}
    assert line.object_id == str(known.number("wx-mei-001"))
    assert PHONE not in client.get(f"/hq/customers/{known.number('wx-mei-001')}").text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"reason": ""},
        {"reason": "because"},
        {"reason": "complaint", "case": "Mr Li, 138"},
        {"reason": "complaint", "case": "x" * 41},
    ],
)
def test_without_a_reason_nothing_is_shown_and_nothing_noted(known, form):
    _client, answer = reveal(known, **form)
    assert answer.status_code == 422
    assert PHONE not in answer.text
    assert lines() == []


@pytest.mark.parametrize("name", ["finn", "bea"])
def test_who_may_not_reveal_is_refused_and_offered_no_form(known, name):
    client, path = known.client(name), f"/hq/customers/{known.number('wx-mei-001')}"
    page = client.get(path)
    assert "/reveal" not in page.text
    assert (
        client.post(
            f"{path}/reveal", data={"csrf_token": token_of(page), "reason": "complaint"}
        ).status_code
        == 403
    )
    assert lines() == []


def test_a_form_without_its_token_is_refused(known):
    assert (
        known.client("petra")
        .post(f"/hq/customers/{known.number('wx-mei-001')}/reveal", data={"reason": "complaint"})
        .status_code
        == 400
    )


def test_reveals_are_limited_by_person(known, monkeypatch):
    """P3: not by address, behind which many may sit."""
    for _ in range(20):
        assert reveal(known, reason="complaint")[1].status_code == 200
    assert reveal(known, reason="complaint")[1].status_code == 429


def test_whoever_was_erased_has_nothing_to_reveal(known):
    """P5."""
    number = known.number("wx-mei-001")
    erase_customer("wx-mei-001", actor=COMMAND_LINE, now=known.noon(0))
    page = known.client("petra").get(f"/hq/customers/{number}?lang=en").text
    assert "the identifiers were erased" in page
    assert "/reveal" not in page


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/hq/customers", 8),
        ("/hq/customers/{0}", 15),
        ("/hq/customers?dealer=D1&guide=G1&bound=yes", 8),
    ],
)
def test_a_page_asks_the_database_a_bounded_number_of_times(chain, path, most):
    client, address = chain.client("petra"), path.format(chain.number("wx-any-005"))
    client.get(address)
    with statements() as few:
        client.get(address)
    for number in range(20):
        chain.arrives(f"wx-more-{number}", 1, BUND)
        chain.buys(f"P-{number}", "wx-any-005", 1, 1000)
    client.get(address)
    with statements() as many:
        client.get(address)
    assert len(many) == len(few) <= most


def test_every_link_of_a_branch_leads_somewhere_allowed(chain):
    """A customer at home elsewhere who was also led to the branch: nothing of elsewhere is named,
    no door is shut behind a link."""
    chain.arrives("wx-gus-004", 0, BUND)
    with db.transaction() as connection:
        connection.execute(
            customer_state.update()
            .where(customer_state.c.customer_id == chain.number("wx-gus-004"))
            .values(home_protected_until=chain.noon(30))
        )
    chain.arrives("wx-gus-004", 0, BUND)
    chain.arrives("wx-tie-9", 1, BUND)
    client, shut = chain.client("bea"), []
    known = [
        f"/hq/customers/{chain.number(text)}"
        for text in ("wx-mei-001", "wx-any-005", "wx-new-003", "wx-tie-9", "wx-gus-004")
    ]
    assert "beyond yours" in client.get(known[-1] + "?lang=en").text
    for path in (*known, f"/hq/entries/{chain.entries['wx-tie-9']}"):
        page = client.get(path).text.split("<main")[-1]
        assert "S2" not in page, path
        shut += [
            (path, link)
            for link in set(re.findall(r'href="(/hq/[^"#]+)"', page))
            if client.get(link.replace("&amp;", "&")).status_code != 200
        ]
    assert shut == []
