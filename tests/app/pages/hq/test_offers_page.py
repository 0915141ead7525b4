"""Promotions and ranges of a store on pages (bundle): headquarters edits them, the dealer sees
them; who fulfilled an order (A1)."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

import db
from stores.facts.visits import SourcePoint
from stores.network.offers import store_offer
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import BUND
from tests.network import Network

PATH = "/hq/stores/S1/offers"
ROW = {"kind": "promotion", "reference": "P-1", "switch": "on", "valid_from": "", "valid_to": ""}


def send(client: Any, *rows: dict[str, str], page: Any = None, **more: str) -> Any:
    """The form with these rows, from the page as it stands."""
    page = page or client.get(PATH)
    seen = re.search(r'name="seen" value="(\w+)"', page.text).group(1)
    columns = {name: [(ROW | row)[name] for row in rows] for name in ROW}
    return client.post(
        PATH, data={"csrf_token": token_of(page), "seen": seen, "step": "save", **columns, **more}
    )


def kept() -> list[tuple[str, str, bool]]:
    with db.read() as connection:
        o = store_offer.c
        return [
            tuple(r)
            for r in connection.execute(
                select(o.kind, o.reference, o.switched_on)
                .where(o.version_to.is_(None))
                .order_by(o.kind, o.reference)
            )
        ]


@on_both_engines
def test_headquarters_replaces_the_list_of_a_store_and_everybody_sees_it(bare_chain):
    petra = bare_chain.client("petra")
    assert (
        send(
            petra, {}, {"kind": "range", "reference": "TEA", "switch": "off"}, {"reference": " "}
        ).status_code
        == 303
    )
    assert kept() == [("promotion", "P-1", True), ("range", "TEA", False)]
    assert all(
        ">P-1<" in bare_chain.client(name).get(path).text
        for name, path in (
            ("petra", "/hq/stores/S1"),
            ("bea", "/hq/stores/S1"),
            ("omar", "/dealer/stores/S1"),
        )
    )
    assert send(petra, {"kind": "range", "reference": "TEA", "switch": "on"}).status_code == 303
    assert kept() == [("range", "TEA", True)]


def test_the_history_of_the_store_tells_who_switched_what(bare_chain):
    petra = bare_chain.client("petra")
    send(petra, {})
    send(petra, {"switch": "off"})
    send(petra)
    page = petra.get("/hq/stores/S1", headers={"Accept-Language": "en"}).text
    told = [
        re.sub(r"<[^>]+>|\s+", " ", each).split()
        for each in re.findall(r"<dt>Promotion</dt><dd>(.*?)</dd>", page)
    ]
    assert told == [
        ["P-1", "off", "→", "–"],
        ["P-1", "on", "→", "P-1", "off"],
        ["–", "→", "P-1", "on"],
    ]


def test_a_faulty_row_is_told_in_its_place_and_nothing_is_saved(bare_chain):
    page = send(
        bare_chain.client("petra"),
        {},
        {"reference": "P-2", "valid_from": "2025-02-02", "valid_to": "2025-02-01"},
        {"reference": "P-1"},
    )
    assert page.status_code == 422
    told = re.search(r'<p class="fault" id="f-2-reference"[^>]*>([^<]+)<', page.text)
    assert told and kept() == []
    page = send(
        bare_chain.client("petra"),
        {},
        {"reference": "P-2", "valid_from": "2025-02-02", "valid_to": "2025-02-01"},
    )
    assert re.search(r'id="f-1-valid_to"', page.text) and 'value="P-2"' in page.text
    assert (page.status_code, kept()) == (422, [])


def test_a_list_that_is_too_long_is_told_above_it(bare_chain):
    page = send(bare_chain.client("petra"), *({"reference": f"P-{n}"} for n in range(201)))
    assert (page.status_code, kept()) == (422, []) and "201" in page.text


def test_more_rows_keep_what_was_typed(bare_chain):
    page = send(
        bare_chain.client("petra"), *({"reference": f"P-{n}"} for n in range(7)), step="more"
    )
    assert (page.status_code, page.text.count('name="reference"'), kept()) == (200, 12, [])


def test_two_people_at_once_lose_nothing(bare_chain):
    petra = bare_chain.client("petra")
    page = petra.get(PATH)
    Network().load("offers", {"store_code": "S1", "kind": "range", "reference": "CAKES"})
    late = send(petra, {}, page=page)
    assert late.status_code == 409 and "CAKES" in late.text and 'value="P-1"' in late.text
    assert kept() == [("range", "CAKES", True)]


@pytest.mark.parametrize("name", ["finn", "bea", "omar"])
def test_only_who_maintains_the_network_may_change_it(bare_chain, name):
    client = bare_chain.client(name)
    token = token_of(client.get("/account/password"))
    assert client.post(PATH, data={"csrf_token": token, "seen": "", **ROW}).status_code == 403
    assert kept() == []


@on_both_engines
def test_the_pages_of_an_order_tell_who_fulfilled_it_a1(bare_chain):
    place = SourcePoint(float(BUND[0]), float(BUND[1]), "wgs84")
    for number, named in (("A", None), ("B", "S2")):
        order = OrderIn(
            number,
            "wx-1",
            bare_chain.noon(1),
            "CNY",
            (LineIn(1, 1, 100),),
            location=place,
            fulfilment_store_code=named,
        )
        record_orders([order], actor="test", now=bare_chain.noon(1))
    pages = {
        (name, n): html.unescape(
            bare_chain.client(name)
            .get(f"/{portal}/orders/{n}?lang=en", headers={"Accept-Language": "en"})
            .text
        )
        for name, portal in (("petra", "hq"), ("omar", "dealer"))
        for n in "AB"
    }
    told = {
        key: re.search(r"Fulfilled by</dt><dd>(.*?)</dd>", text).group(1)
        for key, text in pages.items()
    }
    assert "the same store" in told["petra", "A"] and "the same store" in told["omar", "A"]
    assert "/hq/stores/S2" in told["petra", "B"]
    assert (
        "another store of the brand" in told["omar", "B"]
    )  # another dealer's: that there is one, not which
    assert "S2" not in told["omar", "B"] and "href" not in told["omar", "B"]
