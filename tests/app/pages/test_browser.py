"""Each page in a real browser at two widths, in both languages: no console error, no request off loopback, nothing wider than the window."""
from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.app.conftest import PASSWORD
from tests.app.pages import addresses
from tests.app.pages.conftest import Chain

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")]
WIDTHS = (1280, 390)
CHECKS = """() => ({
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    nameless: [...document.querySelectorAll('a, button, input:not([type=hidden]), select')].filter(e =>
        !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels && e.labels.length)).map(e => e.outerHTML.slice(0, 80)),
    headings: document.querySelectorAll('h1').length,
    twice: [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, n, all) => all.indexOf(id) !== n),
})"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    """The address of the chain's app on a free port of loopback."""
    server = make_server("127.0.0.1", 0, chain.house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["petra", "omar", "max", "mei"])
def test_pages_are_whole_in_a_browser(chain, served, chromium, name):
    faults: list[str] = []
    context = chromium.new_context(base_url=served, viewport={"width": WIDTHS[0], "height": 800})
    page = context.new_page()
    page.on("console", lambda message: faults.append(f"{page.url}: {message.text}") if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("request", lambda request: faults.append(f"{page.url} asks {request.url}") if not request.url.startswith((served, "data:")) else None)
    page.goto("/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    for path in addresses.of(chain, name):
        for width, tongue in zip(WIDTHS, ("zh", "en"), strict=True):
            page.set_viewport_size({"width": width, "height": 800})
            answer = page.goto(path + ("&" if "?" in path else "?") + f"lang={tongue}")
            assert answer is not None
            found = page.evaluate(CHECKS)
            if answer.status != 200 or found["wider"] > 0 or found["nameless"] or found["headings"] < 1 or found["twice"]:
                faults.append(f"{path} {width} {tongue}: {answer.status} {found}")
    context.close()
    assert faults == []


def test_the_phone_of_a_guide_gets_little_and_quickly(chain, served, chromium):
    """G1: at most 100 kB and 1 s."""
    context = chromium.new_context(base_url=served, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=name]", "mei")
    page.fill("input[name=password]", PASSWORD)
    sizes: list[int] = []
    page.click("main button[type=submit]")
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto("/guide")
    took = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    page.wait_for_load_state("networkidle")
    context.close()
    assert sum(sizes) < 100_000
    assert took < 1000


def test_a_door_is_opened_by_a_click_and_the_filter_by_a_button(chain, served, chromium):
    context = chromium.new_context(base_url=served, locale="en-US")
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=name]", "petra")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto("/hq?period=7d&lang=en")
    page.click("a.figure:has-text('Orders')")
    assert page.locator("tfoot").inner_text().split() == ["Total:", "4", "orders", "¥516.00"]
    page.fill("input[name=store]", "S1")
    page.click("form.filters button")
    assert page.locator("tfoot").inner_text().split() == ["Total:", "2", "orders", "¥389.00"]
    page.click("text=O-1")
    assert "5.00 % of ¥339.00 = ¥16.95" in page.locator("main").inner_text()
    context.close()
