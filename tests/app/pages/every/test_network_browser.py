"""The network in a real browser: maps draw and fill in positions, H4 is clicked through as the
person who does it."""

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
MINE = (
    "/hq/stores",
    "/hq/stores?view=map&figure=sales",
    "/hq/stores/S1",
    "/hq/dealers",
    "/hq/dealers/D1",
    "/hq/branches",
    "/hq/branches/B1",
    "/hq/guides",
    "/hq/guides/G1",
    "/hq/areas",
    "/hq/adds",
    "/hq/new/store",
    "/hq/stores/S1/edit",
    "/hq/stores/S1/close?successor_store_code=S2",
)


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


def test_the_pages_of_the_network_are_whole(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        for n, path in enumerate(MINE):
            reader.look(path, *((1280, "zh", "light"), (390, "en", "dark"))[n % 2], axe=True)
            reader.look(path, *((390, "zh", "light"), (1280, "en", "dark"))[n % 2])


def test_a_map_has_its_legend_and_the_same_places_as_a_table(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/stores?view=map&figure=orders&lang=en")
        page.wait_for_selector(".map-legend strong")
        assert "no order (1)" in page.inner_text(".map-legend")
        page.click(".map-table summary")
        page.wait_for_selector(".map-table tbody tr")
        rows = [row.split() for row in page.locator(".map-table tbody tr").all_inner_texts()]
        assert [(row[0], row[2]) for row in rows] == [("S1", "2"), ("S2", "1"), ("S3", "0")]
        page.click(".map-table a:has-text('S1')")
        assert page.url.endswith("/hq/stores/S1")


LAND = """() => {
    const canvas = document.querySelector('.leaflet-coast-pane canvas'), one = canvas.getContext('2d');
    const pixels = one.getImageData(0, 0, canvas.width, canvas.height).data;
    let land = 0;
    for (let n = 3; n < pixels.length; n += 4) { land += pixels[n] > 0; }
    return land / (pixels.length / 4);
}"""


def test_a_map_shows_the_coast_until_it_comes_too_near_to_be_true(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/stores?view=map&figure=orders&lang=en")
        page.wait_for_selector(".leaflet-coast-pane canvas", state="attached")
        page.evaluate(
            "document.querySelector('.map').storeMap.map.setView([31.2, 121.5], 5, {animate: "
            "false})"
        )
        assert (
            0.2 < page.evaluate(LAND) < 0.8
        )  # Shanghai in the middle: the land to the west, the sea to the east
        page.evaluate(
            "document.querySelector('.map').storeMap.map.setView([31.2, 121.5], 13, {animate: "
            "false})"
        )
        assert page.is_hidden(".leaflet-coast-pane")


def test_a_click_on_the_map_fills_in_the_position_and_the_change_is_saved(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/stores/S1/edit?lang=en")
        page.wait_for_selector(".map canvas")
        before = page.input_value("#f-latitude")
        page.locator(".map").click(position={"x": 300, "y": 120})
        assert page.input_value("#f-latitude") != before and page.input_value("#f-crs") == "wgs84"
        page.click("button:has-text('Review')")
        assert "The store moves by" in page.inner_text("main")
        page.click("button:has-text('Save')")
        assert "Saved" in page.inner_text(".flash")


def test_a_store_is_closed_and_opened_again_h4(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/stores/S1?lang=en")
        page.click("text=Close this store")
        page.fill("#successor", "S2")
        page.click("text=Show what happens")
        assert (
            "3 customers at home here, 3 of them protected, are at home at S2"
            in page.inner_text("main")
        )
        page.check("main input[type=checkbox]")
        page.click("text=Close and move to S2")
        assert "can be undone" in page.inner_text("main")
        page.click("text=Undo the closing")
        assert "The closing is undone" in page.inner_text(".flash")
