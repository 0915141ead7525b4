"""The page of one customer: home, owner, figures as doors, what happened newest first (D1, P6)."""

from __future__ import annotations

import re

import pytest

from stores.lists import customer_chronicle


def test_the_page_tells_home_owner_and_what_happened_newest_first(chain):
    """D1, B4: old, new, reason."""
    page = chain.client("petra").get(f"/hq/customers/{chain.number('wx-mei-001')}?lang=en").text
    assert "At home in S1 and protected there." in page
    assert "Mei looks after this customer." in page
    story = page.split('<ol class="chronicle">')[1].split("</ol>")[0]
    kinds = re.findall(r'<li class="(\w+)">', story)
    assert kinds == ["refund", "order", "entry", "owner", "home", "event"]
    assert "friend add" in story
    assert story.count("O-1") >= 2


@pytest.mark.parametrize(
    ("show", "number"),
    [
        ("entries", 1),
        ("orders", 1),
        ("refunds", 1),
        ("bindings", 2),
        ("events", 1),
        ("nonsense", 6),
    ],
)
def test_each_figure_is_a_door_to_as_many_moments(chain, show, number):
    page = chain.client("petra").get(f"/hq/customers/{chain.number('wx-mei-001')}?show={show}").text
    assert page.split('<ol class="chronicle">')[1].split("</ol>")[0].count("<li ") == number


def test_a_long_story_comes_in_pages_without_gap_or_repetition(chain, monkeypatch):
    monkeypatch.setattr(customer_chronicle, "PAGE", 7)
    for number in range(20):
        chain.buys(f"P-{number:02}", "wx-any-005", 1 + number // 4, 100)
    client, path, found = (
        chain.client("petra"),
        f"/hq/customers/{chain.number('wx-any-005')}?show=orders",
        [],
    )
    while path:
        page = client.get(path).text
        found += re.findall(
            r'href="/hq/orders/([^"]+)"', page.split('<ol class="chronicle">')[1].split("</ol>")[0]
        )
        path = (
            page.split('rel="next"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert sorted(found) == sorted(["O-3", *(f"P-{n:02}" for n in range(20))])


def test_a_binding_that_ended_tells_why(chain):
    page = (
        chain.client("petra")
        .get(f"/hq/customers/{chain.number('wx-lost-02')}?lang=en&show=bindings")
        .text
    )
    assert "Home store ended" in page
    assert "Owner guide ended" in page
    assert "the customer deleted the guide" in page


def test_a_takeover_names_old_new_and_reason_but_to_a_branch_only_its_own_end(chain):
    chain.befriends("G1", "wx-new-003", 1, "contact.deleted_by_customer")
    chain.befriends("G2", "wx-new-003", 0)
    number = chain.number("wx-new-003")
    whole, branch = (
        chain.client(name).get(f"/hq/customers/{number}?lang=en").text for name in ("petra", "bea")
    )
    assert "Gus" in whole
    assert "Deleted the guide" in whole
    assert branch.count("Gus") == 0
    assert "S2" not in branch.split("<main")[-1]


@pytest.mark.parametrize(
    ("name", "customer", "status"),
    [
        ("petra", "wx-nobody-9", 200),
        ("finn", "wx-gus-004", 200),
        ("bea", "wx-mei-001", 200),
        ("bea", "wx-any-005", 200),
        ("bea", "wx-gus-004", 404),
        ("bea", "wx-any-006", 404),
        ("bea", "wx-nobody-9", 404),
        ("omar", "wx-mei-001", 403),
        ("mei", "wx-mei-001", 403),
    ],
)
def test_who_may_open_whom(chain, name, customer, status):
    assert chain.client(name).get(f"/hq/customers/{chain.number(customer)}").status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/hq/customers/0",
        "/hq/customers/999999",
        f"/hq/customers/{10**30}",
        "/hq/customers/wx-mei-001",
    ],
)
def test_an_unknown_customer_is_not_there(chain, path):
    assert chain.client("petra").get(path).status_code == 404


@pytest.mark.parametrize("query", ["upto=x", "upto=2026-13-01", "since=x"])
def test_a_question_that_cannot_be_read_is_refused(chain, query):
    path = (
        "/hq/customers"
        if query.startswith("since")
        else f"/hq/customers/{chain.number('wx-mei-001')}"
    )
    assert chain.client("petra").get(f"{path}?{query}").status_code in (400, 422)
