"""Routing, customers and search clicked through as headquarters (H2 of the stories)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


def test_h2_from_an_order_number_to_the_reason_of_the_last_routing(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.wait_for_load_state(
            "networkidle"
        )  # what is cut off while it loads is a warning of the server
        page.goto("/hq?lang=en", wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.keyboard.type("O-1")
        page.wait_for_selector("#found-rows a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/hq/orders/O-1")
        page.click("dd a.code:has-text('wx****01')")
        page.wait_for_url("**/hq/customers/*")
        assert "Mei looks after this customer." in page.inner_text("main")
        reader.shoot("h2 customer")
        page.click(".chronicle .entry a")
        page.wait_for_url("**/hq/entries/*")
        words = page.inner_text("main")
        assert "S1 is your home store" in words
        assert "Policy version" in words
        reader.shoot("h2 why")


def test_arrows_walk_through_what_was_found_and_back_to_the_field(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.wait_for_load_state(
            "networkidle"
        )  # what is cut off while it loads is a warning of the server
        page.goto("/hq?lang=en", wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.keyboard.type("S")
        page.keyboard.type("1")
        page.wait_for_selector("#found-rows a")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "/hq/stores/S1"
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.name") == "q"
        page.keyboard.press("Escape")  # empties the field, as the browser does
        page.keyboard.press("Escape")
        assert not page.is_visible("#found")


def test_a_search_without_rows_yet_opens_its_own_page(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.wait_for_load_state(
            "networkidle"
        )  # what is cut off while it loads is a warning of the server
        page.goto("/hq?lang=en", wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.fill("#found input[type=search]", "wx-mei-001")
        page.keyboard.press("Enter")
        page.wait_for_url("**/hq/search")
        assert "wx****01" in page.inner_text("main")


def test_a_click_on_the_map_routes_a_visitor_there(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.wait_for_load_state(
            "networkidle"
        )  # what is cut off while it loads is a warning of the server
        page.goto("/hq/route?lang=en")
        page.wait_for_selector(".map canvas, .map .leaflet-interactive")
        box = page.locator(".map").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_url("**/hq/route?lat=*")
        assert "crs=wgs84" in page.url
        page.goto(page.url + "&lang=en")
        assert "The rules in their order, one by one" in page.inner_text("main")
        reader.shoot("route a visitor")


def test_identifiers_are_revealed_by_a_form_that_asks_why(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.wait_for_load_state(
            "networkidle"
        )  # what is cut off while it loads is a warning of the server
        page.goto(f"/hq/customers/{chain.number('wx-mei-001')}?lang=en")
        assert "wx-mei-001" not in page.inner_text("main")
        page.click("text=Show and note it")
        assert "/reveal" not in page.url  # the browser itself asks for a reason first
        page.select_option("#reason", "complaint")
        page.click("text=Show and note it")
        page.wait_for_url("**/reveal*")
        assert "wx-mei-001" in page.inner_text("#revealed")
