"""A dealer's questions, clicked through as he asks them: are my customers safe, is the money right,
why was that sale not mine, which code works, what do rewards cost me (D1-D5 of the stories). What
he reads is what the ledger and the API say."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import func, select

import db
from stores.base.actors import Actor
from stores.facts.credits import order_credit
from stores.facts.customers import customer_state
from stores.facts.orders import sales_order
from stores.facts.visits import Arrival
from stores.network.scope import find_scope
from stores.routing import store_codes
from stores.routing.entering import enter
from tests.app.pages.browser import ARTEFACTS, CHROMIUM
from tests.app.pages.dealer.dealing import customer_number, yuan
from tests.app.pages.dealer.reading_dealers import (
    foot,
    goes,
    minor,
    not_there,
    nothing_of_others,
    says,
)

pytestmark = [
    pytest.mark.hour,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]


def test_my_customers_are_protected_and_a_takeover_says_who_when_and_why_d1(busy, omar):
    page, s, now = omar.page, customer_state.c, dt.datetime.now(dt.UTC)
    with db.read() as connection:
        mine = [find_scope(connection, "store", code) for code in ("S1", "S3")]
        bound = (
            connection.execute(
                select(s.home_protected_until).where(
                    s.home_store_id.in_(mine), s.home_valid_until > now
                )
            )
            .scalars()
            .all()
        )
    safe = sum(until > now for until in bound)
    assert (
        f"{len(bound)} customers are at home in your stores; {safe} are protected: nobody may "
        "take them." in goes(omar, "My customers")
    )
    assert (
        page.locator("tbody tr").count() == len(bound)
        and foot(omar)[0] == f"Total: {len(bound)} customers"
    )
    page.select_option("select[name=state]", label="protected")
    page.click("form.filters >> text=Show")
    assert page.locator("tbody tr").count() == safe
    assert all(
        re.search(r"\d{4}-\d\d-\d\d", row)
        for row in page.locator("tbody td:nth-child(3)").all_inner_texts()
    )
    nothing_of_others(omar)
    omar.shoot("d1 my customers")
    page.click("text=Left and came")
    assert "1 customer left your stores for another shop of the chain, 1 came to yours." in says(
        omar
    )
    row = page.locator("tbody tr", has_text="wx****11").inner_text()
    assert (
        busy.day(4) in row
        and "a guide of another shop of the chain" in row
        and "handed over to this guide in WeCom" in row
    )
    nothing_of_others(omar)
    omar.shoot("d1 who took whom")
    page.click("tbody >> text=wx****11")
    assert "No longer at home in a store of yours." in says(omar)
    nothing_of_others(omar)
    omar.shoot("d1 story of a customer")
    not_there(omar, f"/dealer/customers/{customer_number('wx-gus-004')}")


def test_who_will_leave_is_named_on_the_first_page_before_it_happens_d1(omar):
    omar.page.click("text=Customers who are about to move away")
    assert omar.page.locator("tbody tr").count() == 1
    omar.page.click("tbody >> text=wx****14")
    words = says(omar)
    assert "protected until" in words and "Will no longer be at home with you" in words
    nothing_of_others(omar)


def test_a_lost_sale_tells_reason_credit_and_rule_but_nothing_of_the_other_shop_d3(busy, omar):
    busy.returns("R-F", "O-F", 1, 800)
    with db.read() as connection:
        o, c = sales_order.c, order_credit.c
        of_order = connection.execute(select(o.id, o.total_minor).where(o.order_no == "O-F")).one()
        credit = connection.execute(
            select(func.sum(c.amount_minor)).where(c.order_id == of_order.id, c.kind == "home")
        ).scalar_one()
    omar.page.reload()
    omar.page.click("text=Orders your customers paid elsewhere in the last 7 days")
    assert f"{yuan(credit)} of that counts as performance of your stores" in says(omar)
    row = omar.page.locator("tbody tr")
    assert row.count() == 1
    cells = row.locator("td").all_inner_texts()
    assert "no longer before than the policy allows, led to another shop" in cells[3]
    assert (
        [minor(each) for each in cells[-2:]]
        == [of_order.total_minor, credit]
        == [minor(each) for each in foot(omar)[-2:]]
        == [10_000, 9_200]
    )
    omar.page.click("text=Whose sale is it?")
    assert "By your contract a sale is the shop's that the visit led to" in says(
        omar
    ) and "no money" in says(omar)
    nothing_of_others(omar)
    omar.shoot("d3 bought elsewhere")
    omar.page.click("tbody >> text=wx****13")
    assert "Bought at another shop of the chain" in says(omar)
    nothing_of_others(omar)
    not_there(omar, "/dealer/orders/O-F")


def test_a_sheet_of_codes_is_made_printed_and_its_scans_are_counted_d4(busy, omar):
    page = omar.page
    assert "Your codes brought 0 visitors" in goes(omar, "Store codes")
    assert (
        "The cloud shop of S3 is off: its codes lead visitors to another store until it is on."
        in says(omar)
    )
    page.fill("text=Another place", "market stall")
    page.check("text=8, small")
    page.click("text=Make the sheet")
    page.wait_for_url("**/dealer/codes/sheet*")
    cards = page.locator("article.card").all_inner_texts()
    assert (
        len(cards) == 6
        and sum("market stall" in card for card in cards) == 2
        and sum("S3" in card for card in cards) == 3
    )
    omar.shoot("d4 sheet of codes")
    page.evaluate("window.print = () => { window.printed = true }")
    page.click("button:has-text('Print')")
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    assert (
        not page.is_visible(".side")
        and not page.is_visible("h1")
        and page.locator("article.card").first.is_visible()
    )
    ARTEFACTS.mkdir(exist_ok=True)
    page.pdf(path=ARTEFACTS / "d4-sheet-of-codes.pdf", format="A4", print_background=True)
    page.emulate_media(media="screen")
    now = dt.datetime.now(dt.UTC)
    with db.read() as connection:
        own = Actor(
            "user:1",
            frozenset({"entry_param:own"}),
            "dealer",
            find_scope(connection, "dealer", "D1"),
        )
        made = {
            each.channel_code: each.param
            for each in store_codes.of_stores(connection, own, busy.today, now)
        }
    for n, place in enumerate(("S1:door", "S1:door", "S1:market stall")):
        enter(
            Arrival({"customer_id": f"wx-scan-{n}"}, entry_param=made[place], occurred_at=now),
            body_hash=f"{n}" * 64,
            now=now,
        )
    assert (
        "Your codes brought 3 visitors in the last 7 days. 6 codes for places in your stores"
        in goes(omar, "Store codes")
    )
    rows = {
        tuple(row[:2]): row[2]
        for row in (each.locator("td").all_inner_texts() for each in page.locator("tbody tr").all())
    }
    assert rows == {("S1 S1", "Door"): "2", ("S1 S1", "market stall"): "1"}
    omar.shoot("d4 what codes bring")
    page.locator("tbody tr", has_text="Door").locator("a", has_text="2").first.click()
    assert foot(omar)[
        0
    ] == "Total: 2 arrivals" and "2 arrivals were brought by codes or links" in says(omar)
    assert f"{busy.day(0)}" in page.locator("tbody tr").first.inner_text()
