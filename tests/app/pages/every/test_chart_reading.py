"""A chart says the value under the pointer, under the finger, and where the arrow keys stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
CHART = "figure.trend-chart >> nth=0"


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


def _rows(page: Any) -> list[tuple[str, str]]:
    """(month-day, value) of the table beside the chart."""
    page.click(f"{CHART} >> summary")
    rows = [row.split("\t") for row in page.locator(f"{CHART} >> tbody tr").all_inner_texts()]
    page.click(f"{CHART} >> summary")
    return [(row[0].strip()[5:], row[1].strip()) for row in rows]


def _said(page: Any) -> tuple[str, str]:
    day, rest = page.inner_text(f"{CHART} >> .reading").split(": ", 1)
    return day, rest.split(" ")[0]


def test_arrow_keys_walk_from_day_to_day_and_the_value_is_that_of_the_table(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/?lang=en")
        rows = _rows(page)
        assert len(rows) > 2 and _said(page) == rows[-1]
        page.focus(f"{CHART} >> svg.plot")
        page.keyboard.press("Home")
        assert _said(page) == rows[0]
        page.keyboard.press("ArrowRight")
        assert _said(page) == rows[1]
        assert page.get_attribute(f"{CHART} >> svg.plot", "aria-valuetext") == page.inner_text(
            f"{CHART} >> .reading"
        )
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        assert _said(page) == rows[-1]


def test_a_pointer_and_a_finger_find_the_day_below_them(chain, served, browser):
    with reading(browser, served, has_touch=True) as reader:
        reader.sign_in("petra")
        page = reader.page
        page.goto("/hq/?lang=en")
        rows = _rows(page)
        box = page.locator(f"{CHART} >> svg.plot").bounding_box()
        step = box["width"] / (len(rows) - 1)
        page.mouse.move(box["x"] + 1.1 * step, box["y"] + 60)
        assert _said(page) == rows[1]
        page.touchscreen.tap(box["x"] + 2.2 * step, box["y"] + 100)
        assert _said(page) == rows[2]
        page.touchscreen.tap(box["x"] + 2, box["y"] + 100)
        assert _said(page) == rows[0]
