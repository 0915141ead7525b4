"""A dealer's money, clicked through: revenue, files, rewards (D2, D5)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

import db
from incentives.reward_costs import forecast
from ledger.journals import transfer
from stores.facts.orders import sales_order
from stores.network.scope import find_scope
from tests.app.pages.browser import CHROMIUM, Reader
from tests.app.pages.conftest import (
    Chain,
)
from tests.app.pages.dealer.dealing import revenue_of, yuan
from tests.app.pages.dealer.reading_dealers import foot, goes, minor, nothing_of_others, says

pytestmark = [
    pytest.mark.hour,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]

FIGURES = ("gross", "refunds", "fees", "rewards", "net")


def test_each_line_of_the_revenue_leads_to_its_orders_and_sums_up_d2(busy, omar):
    page, span = omar.page, {"from": busy.day(40), "to": busy.day(0)}
    answer = revenue_of(busy, by="store", **span)
    due = [answer["totals"][f"{name}_minor"] for name in FIGURES]
    goes(omar, "Revenue")
    page.click("text=By store")
    for name in ("from", "to"):
        page.fill(f"input[name={name}]", span[name])
    page.click("form.filters >> text=Show")
    assert "Sales {} − refunds {} − fees {} − rewards {} = {} yours.".format(
        *map(yuan, due)
    ) in says(omar)
    assert [minor(each) for each in foot(omar)[-5:]] == due and due[4] == due[0] - sum(due[1:4])
    rows = [
        [minor(cell) for cell in row.locator("td").all_inner_texts()[-5:]]
        for row in page.locator("tbody tr").all()
    ]
    assert [sum(column) for column in zip(*rows, strict=True)] == due
    omar.shoot("d2 revenue")
    line = page.locator("tbody tr", has_text="S1")
    sold, fees = (minor(line.locator("td").all_inner_texts()[n]) for n in (-5, -3))
    line.locator("a", has_text=yuan(sold)).first.click()
    assert yuan(sold) in foot(omar)
    with db.read() as connection:
        o = sales_order.c
        booked = connection.execute(
            select(o.order_no, o.total_minor).where(
                o.store_id == find_scope(connection, "store", "S1")
            )
        ).all()
    assert sold == sum(each.total_minor for each in booked)
    assert page.locator("tbody tr").count() == len(booked)
    page.click("tbody >> text=O-1")
    assert "5.00 % of ¥339.00 = ¥16.95" in says(omar)  # the fee in words
    omar.shoot("d2 an order and its fee")
    page.locator("dl a", has_text="Mei").first.click()
    assert "Mei" in page.locator("h1").inner_text()
    for _ in range(3):
        page.go_back()
    page.locator("tbody tr", has_text="S1").locator("a", has_text=yuan(fees)).first.click()
    assert yuan(fees) in " ".join(foot(omar))


def downloaded(reader: Reader, kind: str) -> bytes:
    """What the browser keeps when he asks the list for a file."""
    reader.page.click("summary:has-text('Export')")
    with reader.page.expect_download() as coming:
        reader.page.click(f".menu >> text={kind}")
    reader.page.click("summary:has-text('Export')")  # folded again
    assert coming.value.suggested_filename.endswith(kind.lower())
    return Path(coming.value.path()).read_bytes()


def test_the_revenue_is_taken_home_as_csv_and_xlsx_d2(busy, omar):
    goes(omar, "Revenue")
    omar.page.click("text=30 days")
    span = shown_days(omar)
    due = [revenue_of(busy, **span)["totals"][f"{name}_minor"] for name in FIGURES]
    assert [minor(each) for each in foot(omar)[-5:]] == due
    lines = list(csv.reader(io.StringIO(downloaded(omar, "CSV").decode("utf-8-sig"))))
    assert [round(sum(float(row[n]) for row in lines[1:]) * 100) for n in range(-5, 0)] == due
    assert len(lines) - 1 == omar.page.locator("tbody tr").count()
    book = CalamineWorkbook.from_filelike(io.BytesIO(downloaded(omar, "XLSX")))
    sums = {row[0]: row[1] for row in book.get_sheet_by_name("Sums").to_python()}
    assert [
        round(sums[name] * 100) for name in ("Sales", "Refunds", "Fees", "Rewards", "Net")
    ] == due


def shown_days(reader: Reader) -> dict[str, str]:
    return {name: reader.page.input_value(f"input[name={name}]") for name in ("from", "to")}


def booked(chain: Chain, first: str, last: str, *kinds: str) -> int:
    """From the ledger: the sum of the first kind less that of the others, of Omar's days."""
    t, total = transfer.c, 0
    with db.read() as connection:
        mine = find_scope(connection, "dealer", "D1")
        for n, kind in enumerate(kinds):
            query = select(func.coalesce(func.sum(t.amount_minor), 0)).where(
                t.dealer_id == mine,
                t.kind == kind,
                t.business_day >= dt.date.fromisoformat(first),
                t.business_day <= dt.date.fromisoformat(last),
            )
            total += (-1 if n else 1) * int(connection.execute(query).scalar_one())
    return total


def test_what_rewards_cost_is_the_ledger_and_the_estimate_says_how_d5(busy, omar):
    page = omar.page
    busy.sells_now("O-NOW", 2500)  # on the first day of a month too there is something
    goes(omar, "Guides and rewards")
    month = page.locator(".months strong").inner_text()
    assert month == busy.day(0)[:7]
    first, today = month + "-01", busy.day(0)
    shown = {
        each.locator(".name").inner_text(): minor(each.locator(".value").inner_text())
        for each in page.locator("a.figure").all()
    }
    assert shown == {
        "Cost": booked(busy, first, today, "reward", "reward_return"),
        "Newly promised": booked(busy, first, today, "reward_pending"),
        "Taken back": booked(busy, first, today, "reward_pending_return"),
        "Still pending": booked(
            busy, "2000-01-01", today, "reward_pending", "reward_pending_return", "reward_vest"
        ),
    }
    assert shown["Newly promised"] > 0 and shown["Still pending"] > 0
    yesterday = booked(busy, first, busy.day(1), "reward", "reward_return") if today != first else 0
    last = (dt.date.fromisoformat(first) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(
        days=1
    )
    coming = forecast(yesterday, busy.today.day - 1, last.day)
    assert (
        "The month has just begun"
        if coming is None
        else f"about {yuan(coming)}, if the month goes on as on its first"
    ) in says(omar)
    omar.shoot("d5 what rewards cost")
    for name, value in shown.items():
        page.locator("a.figure", has=page.locator(f".name:text-is('{name}')")).click()
        if value:
            assert (
                minor(foot(omar)[-1])
                == value
                == sum(
                    minor(each) for each in page.locator("tbody td:last-child").all_inner_texts()
                )
            ), name
        nothing_of_others(omar)
        page.go_back()
    page.click("tbody >> text=Mei")
    assert "Mei" in page.locator("h1").inner_text()
    page.go_back()
    page.click(".months a[rel=prev]")
    assert page.locator(".months strong").inner_text() < month
