"""Tasks of an account and of an administrator clicked through, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest

from tests.app.conftest import PASSWORD
from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
SUBMIT = "main form button[type=submit]"


@pytest.fixture
def served(bare_chain: Chain) -> Iterator[str]:
    with serving(bare_chain.house.app) as address:
        yield address


def test_finance_turns_two_factor_on_signs_in_with_it_and_turns_it_off(served, browser):
    with reading(browser, served, locale="en-US") as reader:
        page = reader.page
        reader.sign_in("finn")
        page.goto("/account?lang=en")
        page.click("text=Turn on")
        page.click(SUBMIT)
        page.click("summary")
        key = page.inner_text(".secret").replace(" ", "")
        page.fill("#password", PASSWORD)
        page.fill("#code", pyotp.TOTP(key).now())
        page.click(SUBMIT)
        codes = page.locator(".codes li").all_inner_texts()
        page.click("text=I have kept them")
        page.goto("/account")
        assert "10 recovery codes left" in page.inner_text("main")
        page.click("text=Sign out")
        page.fill("input[name=name]", "finn")
        page.fill("input[name=password]", PASSWORD)
        page.click(SUBMIT)
        page.click("text=Use a recovery code")
        page.fill("#code", codes[0])
        page.click(SUBMIT)
        page.goto("/account")
        page.click("text=Turn off")
        page.fill("#password", PASSWORD)
        page.fill("#code", codes[1])
        page.click(SUBMIT)
        assert "the password alone signs in" in page.inner_text(".flash")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_administrator_disables_somebody_after_a_question_or_without_scripts(
    served, browser, scripts
):
    with reading(browser, served, locale="en-US", java_script_enabled=scripts) as reader:
        page = reader.page
        reader.sign_in("petra")
        page.goto("/hq/users?lang=en&q=omar")
        page.click("tbody a")
        page.click("[data-asks=ask-disable]")
        if scripts:
            assert "All sessions end at once" in page.inner_text("dialog[open]")
            page.click("dialog[open] button[type=submit]")
        assert "all sessions were ended" in page.inner_text(".flash")


def test_the_theme_follows_the_choice_at_once(served, browser):
    with reading(browser, served) as reader:
        page = reader.page
        reader.sign_in("mei")
        for theme, ground in (("dark", "rgb(16, 23, 22)"), ("light", "rgb(245, 247, 246)")):
            page.goto("/account?lang=en")
            page.click(f"button[value={theme}]")
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
