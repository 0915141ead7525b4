"""A guide's and a store manager's day, tapped through on a phone of 390 px (G1, G2, G3, G5, S1,
S4)."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from incentives import plan_versions
from stores.base.actors import COMMAND_LINE
from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain
from tests.network import Network

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
def lively(chain: Chain) -> Chain:
    """Tiers, targets, a colleague with a long name who leaves, orders of today and in another
    dealer's shop."""
    tiers = {
        "mode": "marginal",
        "bound": "lower",
        "bands": [
            {"up_to_minor": 50_000, "rate_bp": 300},
            {"up_to_minor": None, "rate_bp": 400, "amount_minor": 500},
        ],
    }
    plan_versions.publish(
        {
            "plan_code": "spring",
            "name": {"zh": "春季", "en": "Spring"},
            "valid_from": chain.day(1),
            "valid_to": None,
            "assigned_to": {"stores": ["S1"]},
            "components": [
                {
                    "code": "sales",
                    "kind": "rate",
                    "per": "period",
                    "tiers": tiers,
                    "caps": {"guide_month_minor": 100_000},
                }
            ],
        },
        actor=COMMAND_LINE,
        now=dt.datetime.now(dt.UTC),
    )
    network, month = Network(), chain.day(0)[:7]
    network.now = dt.datetime.now(dt.UTC)
    network.load(
        "guides",
        {
            "guide_code": "G7",
            "name": "Alexandra Konstantinopoulou-Featherstonehaugh",
            "store_code": "S1",
            "role": "guide",
            "left_on": chain.day(-3),
        },
    )
    network.load(
        "targets",
        *(
            {"period": month, "level": level, "code": code, "metric": metric, "target": "500"}
            for level, code in (("guide", "G1"), ("store", "S1"))
            for metric in ("adds", "net_sales")
        ),
    )
    for number in range(3):
        chain.buys(f"N-{number}", "wx-mei-001", 0, 1_000 + number, 2_000, guide="G1")
        chain.befriends("G7", f"wx-lex-{number}", 2)
    chain.buys("F-1", "wx-gus-004", 1, 8_000, guide="G1")
    return chain


def test_a_guide_sees_when_money_comes_why_and_from_what_g1_g3(lively, browser):
    with serving(lively.house.app) as served, reading(browser, served, locale="en-US") as reader:
        page = reader.page
        page.set_viewport_size(PHONE)
        reader.sign_in("mei")
        page.click(".opens summary >> nth=0")
        assert page.locator(".inside .door").first.is_visible()
        page.click(".whys summary >> nth=0")
        assert re.search(
            r"= ¥|Nothing to compute", page.locator(".whys details[open]").inner_text()
        )
        page.click(".whys .door >> nth=0")
        assert "Earned with" in page.locator("main").inner_text()
        page.click("nav >> text=Progress")
        words = page.locator("main").inner_text()
        assert "still missing" in words and "more to reach" in words and "Rank by sales" in words
        page.click("nav >> text=Help")
        assert "How rewards work" in page.locator("main").inner_text()
        for path in (
            "/guide",
            "/guide/progress",
            "/guide/help",
            "/guide/customers",
            "/guide/orders/N-0",
            "/guide/orders/F-1",
        ):
            reader.look(path, 390, "zh", "dark", axe=True)
            reader.look(path, 1280, "en", "light")


def test_a_guide_shares_his_code_in_two_taps_g2(chain, browser):
    with serving(chain.house.app) as served, reading(browser, served, locale="en-US") as reader:
        page = reader.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.set_viewport_size(PHONE)
        reader.sign_in("mei")
        page.click("nav >> text=My code")
        page.click("button[data-copies]")
        page.wait_for_selector("text=Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.input_value("#link")
        page.click("nav[aria-label='Which code'] >> text=Our code")
        assert "it does not count as brought by you" in page.locator("main").inner_text()


def test_a_manager_opens_the_day_and_sets_targets_s1_s4(lively, browser):
    with serving(lively.house.app) as served, reading(browser, served, locale="en-US") as reader:
        page = reader.page
        page.set_viewport_size(PHONE)
        reader.sign_in("max")
        assert (
            "Ranking of yesterday" in page.locator("main").inner_text()
            and "Last day at work" in page.locator("main").inner_text()
        )
        page.click(".flash >> text=Show")
        assert page.locator(".people li").count() == 3
        page.click("nav >> text=Targets")
        page.click(".months a[rel=next]")
        page.fill("input[name='adds:G1']", "25")
        page.click("text=Save targets")
        assert "1 target was changed." in page.locator("main").inner_text()
        assert page.input_value("input[name='adds:G1']") == "25"
        for path in (
            "/guide",
            "/guide/progress",
            page.url.removeprefix(served),
            "/guide/team/G1",
            "/guide/team/G7",
        ):
            reader.look(path, 390, "zh", "dark", axe=True)
            reader.look(path, 1280, "en", "light")


def test_the_samples_of_the_phone_are_whole(chain, browser):
    with serving(chain.house.app) as served, reading(browser, served) as reader:
        reader.sign_in("petra")
        for width, tongue, theme in (
            (390, "zh", "dark"),
            (390, "en", "light"),
            (1280, "zh", "light"),
        ):
            reader.look("/hq/samples/phone", width, tongue, theme, axe=True)
