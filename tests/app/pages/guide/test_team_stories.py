"""Stories in which more than one person takes part, clicked through: whose order it is (S2), a scan
that turns up in a guide's list (G2), a store that closes and those who are told (H4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from stores.customers.event_intake import EventIn, record_events
from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain

pytestmark = [
    pytest.mark.hour,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
PHONE = {"width": 390, "height": 800}


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


def test_a_manager_sees_whose_order_it_is_and_by_which_rule_s2(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        page.set_viewport_size(PHONE)
        reader.sign_in("max")
        page.click("#team >> text=Mei")
        if page.locator(".months strong").inner_text() != chain.day(3)[:7]:
            page.click(".months a[rel=prev]")
        page.locator(".whys li", has_text="Sales commission").first.locator("summary").click()
        page.click(".whys a.door:has-text('O-1')")
        words = page.locator("main").inner_text()
        assert re.search(r"Guide decided by\s+assisted the order", words) and re.search(
            r"Guide\s+Mei", words
        )
        assert "The credit goes to who assisted the order, else to the last signed link" in words
        reader.shoot("s2 whose order")
        answer = page.goto("/guide/orders/O-2")  # of another store
        assert answer.status == 404
        reader.faults = [fault for fault in reader.faults if "404" not in fault]


def test_who_scans_and_adds_is_in_the_guides_list_at_once_g2(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        page.set_viewport_size(PHONE)
        reader.sign_in("mei")
        page.click("nav >> text=Customers")
        before = page.locator(".people li").count()
        now = dt.datetime.now(dt.UTC)
        record_events(
            [EventIn("scan-77", "contact.confirmed", now, "G1", "wx-scanned-77", source="qr")],
            actor="test",
            now=now,
        )
        page.reload()
        page.wait_for_selector(".people li >> text=wx****77", timeout=5_000)
        assert page.locator(".people li").count() == before + 1
        assert "protected until" in page.locator(".people li", has_text="wx****77").inner_text()
        reader.shoot("g2 who scanned is in the list")


def test_both_dealers_and_the_team_are_told_of_a_store_that_closed_h4(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.goto("/hq/stores/S1?lang=en")
        page.click("text=Close this store")
        page.fill("#successor", "S2")
        page.click("text=Show what happens")
        page.check("main input[type=checkbox]")
        page.click("text=Close and move to S2")
        page.wait_for_load_state("networkidle")
    for name in ("omar", "olga", "max", "mei"):
        with reading(browser, served, locale="en-US") as reader:
            page = reader.page
            reader.sign_in(name)
            assert (
                "S1 was closed; its 3 customers are at home at S2 now."
                in page.locator(".notice").inner_text()
            ), name
            reader.shoot(f"h4 told {name}")
            page.click(".notice >> text=Read")
            assert page.locator(".notice").count() == 0, name
