"""Every figure is a door: the rows behind it sum to it, and it is what the API and the ledger say
(PORTALS 1, D4)."""

from __future__ import annotations

import datetime as dt
import html
import re
from pathlib import Path
from typing import Any

import pytest

import db
from app.accounts import api_keys
from app.ui.words import money
from incentives import adds, explanations, judging, kpis, rewards
from incentives.scopes import reward_scope
from stores.base.actors import COMMAND_LINE
from stores.network.scope import find_scope
from tests.app.conftest import on_both_engines

pytestmark = pytest.mark.hour

DOOR = re.compile(r'<a href="([^"]+)"><span class="number[^"]*">([^<]+)</span></a>')
FIGURE = re.compile(
    r'<a class="figure" href="([^"]+)">\s*<span class="name">([^<]+)</span><span '
    r'class="value">(.*?)</span>\n',
    re.S,
)


def text(markup: str) -> str:
    return re.sub(r"<[^>]+>", "", html.unescape(markup)).strip()


def foot(page: str) -> str:
    found = re.findall(r"<tfoot>(.*?)</tfoot>", page, re.S)
    return " ".join(text(cell) for part in found for cell in part.split("</td>"))


def doors(page: str) -> list[tuple[str, str]]:
    return [(html.unescape(path), value) for path, value in DOOR.findall(page)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("petra", "/hq/dealers"),
        ("bea", "/hq/dealers"),
        ("petra", "/hq/dealers/D1"),
        ("petra", "/hq/dealers/D1?by=store"),
        ("petra", "/hq/dealers/D1?by=month"),
        ("bea", "/hq/dealers/D1"),
        ("petra", "/hq/stores/S1"),
        ("omar", "/dealer"),
        ("omar", "/dealer/revenue?month={month}"),
        ("omar", "/dealer/stores"),
        ("omar", "/dealer/stores/S1"),
        ("omar", "/dealer/rewards?month={paid}"),
        ("omar", "/dealer/rewards?month={month}"),
    ],
)
def test_behind_every_figure_stand_rows_that_sum_to_it(chain, name, path):
    client = chain.client(name)
    page = client.get(
        path.format(month=chain.day(3)[:7], paid=chain.day(13)[:7])
        + ("&" if "?" in path else "?")
        + "lang=en"
    ).text
    wrong = {
        door: (value, foot(client.get(door).text))
        for door, value in doors(page)
        if value not in foot(client.get(door).text).split()
    }
    assert wrong == {}
    assert doors(page) or name == "omar"


@on_both_engines
@pytest.mark.parametrize("period", ["today", "yesterday", "7d", "30d"])
@pytest.mark.parametrize("name", ["petra", "bea"])
def test_the_figures_of_today_lead_to_pages_that_say_the_same(chain, name, period):
    client = chain.client(name)
    page = client.get(f"/hq?period={period}&lang=en").text
    shown = {
        words: (html.unescape(path), text(value)) for path, words, value in FIGURE.findall(page)
    }
    assert set(shown) == {"Entries", "Orders", "Sales after refunds", "Friend adds"}
    for words in ("Entries", "Orders", "Friend adds", "Sales after refunds"):
        path, value = shown[words]
        behind = client.get(path).text
        assert (
            value in foot(behind).split() or value in ("0", "¥0.00") and "<tfoot>" not in behind
        ), words


BAR = re.compile(
    r'<li><span class="name"><a href="([^"]+)">.*?<span class="value number"[^>]*>(.*?)</span>',
    re.S,
)


@pytest.mark.parametrize("name", ["petra", "bea"])
def test_every_bar_of_today_leads_to_as_many_rows(chain, name):
    client = chain.client(name)
    bars = BAR.findall(client.get("/hq?period=30d&lang=en").text)
    wrong = [
        (path, value)
        for path, value in bars
        if text(value) not in foot(client.get(html.unescape(path)).text).split()
    ]
    assert len(bars) >= 3
    assert wrong == []


def test_the_figures_of_a_week_are_those_of_the_facts(chain):
    page = text(chain.client("petra").get("/hq?period=7d&lang=en").text)
    assert (
        "7 days: 4 visitors were led to a store, 4 orders were paid, ¥469.00 sold after refunds."
        in page
    )
    assert "75.0 %" in page and "25.0 %" in page  # located; picker


def test_one_order_without_owner_is_work_for_headquarters_and_nobody_else(chain):
    petra, bea = (chain.client(name).get("/hq?lang=en").text for name in ("petra", "bea"))
    assert "Orders that no store owns" in petra and "Orders that no store owns" not in bea


@on_both_engines
def test_the_dealers_page_is_what_the_api_says(chain):
    first, last = chain.day(29), chain.day(0)
    with db.read() as connection:
        dealer_id = find_scope(connection, "dealer", "D1")
    key = api_keys.create_key(
        "reader", "read", by=COMMAND_LINE, limit_kind="dealer", limit_id=dealer_id
    )
    answer = (
        chain.house.stranger()
        .get(
            f"/api/v1/dealers/D1/revenue?from={first}&to={last}",
            headers={"Authorization": f"Bearer {key}"},
        )
        .json
    )
    page = foot(
        chain.client("petra").get(f"/hq/dealers/D1?from={first}&to={last}&lang=en").text
    ).split()
    assert answer["totals"]["gross_minor"] == 38900
    assert answer["totals"]["rewards_minor"] > 0
    assert page[-5:] == [
        money(answer["totals"][f"{name}_minor"], "CNY", 2)
        for name in ("gross", "refunds", "fees", "rewards", "net")
    ]


def test_the_dealers_first_page_says_yesterday_and_the_month_in_one_sentence(chain):
    page = text(chain.client("omar").get("/dealer?lang=en").text)
    assert "Yesterday your stores sold ¥50.00 in 1 order;" in page


def test_an_order_shows_its_fees_in_words(chain):
    for name, portal in (("petra", "hq"), ("omar", "dealer")):
        page = text(chain.client(name).get(f"/{portal}/orders/O-1?lang=en").text)
        assert "5.00 % of ¥339.00 = ¥16.95" in page
        assert "¥284.05" in page  # 339.00 - 16.95 - 40.00 + 2.00


def test_a_guide_sees_his_balance_and_each_line_with_its_reason(chain):
    client = chain.client("mei")
    client.get("/guide")  # books what is due
    with db.read() as connection:
        guide_id = find_scope(connection, "guide", "G1")
        balance = rewards.balance(connection, guide_id)
        assert connection.execute(
            reward_scope.select().where(reward_scope.c.guide_id == guide_id)
        ).first()
    months = sorted({chain.day(n)[:7] for n in (20, 12, 3, 2)})
    page = " ".join(text(client.get(f"/guide?month={month}&lang=en").text) for month in months)
    assert balance["payable_minor"] == 200
    assert f"Payable now{money(balance['payable_minor'], 'CNY', 2)}" in page
    assert money(balance["pending_minor"], "CNY", 2) in page
    assert "A valid add: this customer's first link to any guide of the brand." in page
    assert "The link ended within 7 days; an add counts once it has lasted 7 days." in page
    assert "¥259.00 × 3.00 % = ¥7.77" in page and "1 × ¥2.00 = ¥2.00" in page


def test_what_waits_on_the_time_line_sums_to_what_is_pending(chain):
    client = chain.client("mei")
    page = client.get("/guide?lang=en").text
    line = re.search(r'<ol class="timeline opens">(.*?)</ol>', page, re.S)
    assert line is not None
    waiting = sum(
        int(text(part).replace("¥", "").replace(".", "").replace(",", ""))
        for part in re.findall(r'<span class="sum">(.*?)</span></summary>', line[1], re.S)
    )
    with db.read() as connection:
        assert (
            waiting
            == rewards.balance(connection, find_scope(connection, "guide", "G1"))["pending_minor"]
        )


def test_a_managers_team_is_the_sum_of_its_guides(chain):
    month = chain.day(3)[:7]
    page = text(chain.client("max").get(f"/guide?month={month}&lang=en").text)
    with db.read() as connection:
        own = {
            kpi["metric"]: kpi["actual"]
            for kpi in kpis.of_guide(
                connection, find_scope(connection, "guide", "G1"), month, dt.datetime.now(dt.UTC)
            )
        }
    assert f"Net sales of {month}{money(own['net_sales'], 'CNY', 2)}" in page
    assert "Mei" in page and "Gus" not in page


def test_every_reason_that_calculation_gives_has_its_words():
    codes = {
        code
        for room in (Path(adds.__file__).parent, Path(judging.__file__).parent)
        for file in room.glob("*.py")
        if room.name == "judging" or file.stem in ("adds", "calculate", "commission")
        for code in re.findall(r'"([a-z_0-9]+)"', file.read_text("utf-8"))
    }
    named = {
        "valid_add",
        "not_first",
        "already_linked",
        "source_not_allowed",
        "employee",
        "paid_before",
        "cap_reached",
        "converted_referral",
        "no_order_yet",
        "invite_expired",
        "below_minimum",
        "not_new",
        "self_referral",
        "invited_before",
        "sale",
        "refunded",
        "own_purchase",
        "cross_dealer",
        "unattributed",
        "no_base",
        "rate_zero",
        "not_employed",
    }
    assert named <= codes  # a reason that was renamed is renamed here too
    assert named | {rewards.ADJUSTMENT} <= set(explanations.REASONS)


@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_arithmetic_is_written_as_people_write_it(tongue):
    def line(arithmetic: str, amount: int, **trace: Any) -> dict[str, Any]:
        return {
            "reason": "sale",
            "amount_minor": amount,
            "trace": {"arithmetic": arithmetic, **trace},
        }

    def yuan(minor: int) -> str:
        return money(minor, "CNY", 2)

    assert (
        explanations.arithmetic(line("29900 x 300 bp = 897", 897), yuan, tongue)
        == "¥299.00 × 3.00 % = ¥8.97"
    )
    assert explanations.arithmetic(line("1 x 200", 200), yuan, tongue) == "1 × ¥2.00 = ¥2.00"
    assert "¥8.97" in explanations.arithmetic(
        line(
            "T(sum with 29900) - T(sum before) = 897, marginal tiers per period",
            897,
            base_minor=29900,
        ),
        yuan,
        tongue,
    )
    assert explanations.arithmetic(line("", 0), yuan, tongue) == ""
