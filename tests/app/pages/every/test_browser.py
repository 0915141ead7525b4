"""Every page of every role in a real browser (PORTALS 5): two widths, both languages, light and
dark; no console error, no request off loopback, nothing wider than the window, no raw key, nothing
serious in axe-core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain
from tests.app.pages.every import addresses

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
LOOKS = (
    (1280, "zh", "light"),
    (390, "en", "dark"),
    (1280, "en", "dark"),
    (390, "zh", "light"),
)  # width, language, theme
PARTS = 4  # headquarters has the most pages; parts run beside each other


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


@pytest.mark.parametrize(
    ("name", "part"),
    [*(("petra", part) for part in range(PARTS)), ("bea", 0), ("omar", 0), ("max", 0), ("mei", 0)],
)
def test_pages_are_whole_in_a_browser(chain, served, browser, name, part):
    paths = addresses.of(chain, name)
    with reading(browser, served) as reader:
        reader.sign_in(name)
        for n, path in enumerate(paths[part::PARTS] if name == "petra" else paths):
            for turn, look in enumerate(LOOKS):
                reader.look(
                    path, *look, axe=turn == n % len(LOOKS)
                )  # the slowest check: pages share their components, so each look meets all of them


def test_pages_of_a_chain_where_nothing_happened_are_whole_too(bare_chain, browser):
    with serving(bare_chain.house.app) as served:
        for name in ("petra", "bea", "omar", "max", "mei"):
            with reading(browser, served) as reader:
                reader.sign_in(name)
                for n, path in enumerate(addresses.of(bare_chain, name, facts=False)):
                    reader.look(path, *LOOKS[n % len(LOOKS)])


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere"])
def test_pages_of_strangers_are_whole(served, browser, path):
    with reading(browser, served) as reader:
        for look in LOOKS if path == "/sign-in" else ():
            reader.look(path, *look, axe=True)
        answer = reader.page.goto(path)
        assert answer.status == (200 if path == "/sign-in" else 404)
        reader.faults = [fault for fault in reader.faults if "404" not in fault]


def test_the_phone_of_a_guide_gets_little(chain, served, browser):
    """G1: at most 100 kB; how quickly is for the benchmark of pages to say."""
    with reading(browser, served) as reader:
        reader.page.set_viewport_size({"width": 390, "height": 800})
        reader.sign_in("mei")
        sizes: list[int] = []
        reader.page.on("response", lambda response: sizes.append(len(response.body())))
        reader.page.goto("/guide")
        reader.page.wait_for_load_state("networkidle")
    assert sum(sizes) < 100_000


def test_a_door_is_opened_by_a_click_and_the_filter_by_a_button(chain, served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("petra")
        page.goto("/hq?period=7d&lang=en")
        page.click("a.figure:has-text('Orders')")
        assert page.locator("tfoot").inner_text().split() == ["Total:", "4", "orders", "¥516.00"]
        page.fill("input[name=store]", "S1")
        page.click("form.filters button")
        assert page.locator("tfoot").inner_text().split() == ["Total:", "2", "orders", "¥389.00"]
        page.click("text=O-1")
        assert "5.00 % of ¥339.00 = ¥16.95" in page.locator("main").inner_text()
