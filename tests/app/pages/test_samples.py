"""The sample pages hold every component (PORTALS 4): a macro that nobody shows there is found;
their list works like any other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from tests.app.pages.browser import CHROMIUM, chromium, reading, serving
from tests.app.pages.conftest import Chain
from tests.app.pages.test_figures import foot

TEMPLATES = Path(app.__file__).parent / "templates"
MACRO = re.compile(r"\{% macro (\w+)\(")
WITH_A_PAGE = {
    "guide_rewards",  # is itself a page, made of macros that are shown
    "lines_of_month",
    "customer_pages",
}  # are parts of one page with its addresses


def test_every_component_is_on_a_sample_page():
    shown = "".join(
        path.read_text()
        for path in [*TEMPLATES.glob("hq/samples*.html"), *TEMPLATES.glob("hq/samples/*.html")]
    )
    components = {path.name: path.read_text() for path in TEMPLATES.glob("components/*.html")}
    inside = "".join(components.values()) + (TEMPLATES / "signed_in.html").read_text()

    imported = set(
        re.findall(r"\w+", " ".join(re.findall(r"\simport\s(.*?)\swith\s+context", shown, re.S)))
    )

    def is_shown(name: str) -> bool:
        return (
            name in imported or len(re.findall(rf"\b{name}\b", inside)) > 1
        )  # asked by another component

    hidden = {
        file: [
            name for name in MACRO.findall(text) if not is_shown(name) and name not in WITH_A_PAGE
        ]
        for file, text in components.items()
    }
    assert {file: names for file, names in hidden.items() if names} == {}


def test_the_list_of_the_samples_sorts_chooses_columns_and_gives_files(chain: Chain):
    client = chain.client("petra")
    page = client.get("/hq/samples?lang=en&sort=sales&col=store&col=sales").text
    assert foot(page).split()[:4] == ["Total:", "2", "stores", "¥1,094.50"]
    assert page.index(">S2<") < page.index(">S1<", page.index('id="list-samples"'))
    lines = client.get("/hq/samples?lang=en&export=csv").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 3 and "1234.50" in lines[1] and "-140.00" in lines[2]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")
def test_the_samples_are_whole_in_a_browser_and_a_deed_asks_first(chain):
    with (
        chromium() as browser,
        serving(chain.house.app) as served,
        reading(browser, served, locale="en-US") as reader,
    ):
        page = reader.page
        reader.sign_in("petra")
        for width, tongue, theme in (
            (390, "zh", "dark"),
            (390, "en", "light"),
            (1280, "zh", "light"),
            (1280, "en", "dark"),
        ):
            reader.look("/hq/samples", width, tongue, theme, axe=True)
        page.click("summary:has-text('Close')")
        page.wait_for_selector("dialog[open]")
        assert "All sessions end at once" in page.inner_text("dialog[open]")
        reader.shoot("samples a deed asks first")
        page.click("dialog[open] >> text=Cancel")
        assert not page.is_visible("dialog[open]")
