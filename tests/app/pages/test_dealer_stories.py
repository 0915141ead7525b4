"""A dealer's questions, clicked through as he asks them: are my customers safe, is the money right,
why was that sale not mine, which code works, what do rewards cost me (D1-D5 of the stories). What
he reads is what the ledger and the API say."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

import db
from incentives.reward_costs import forecast
from ledger.journals import transfer
from stores.base.actors import Actor
from stores.facts.credits import order_credit
from stores.facts.customers import customer_state
from stores.facts.orders import sales_order
from stores.facts.visits import Arrival
from stores.network.scope import find_scope
from stores.routing import store_codes
from stores.routing.entering import enter
from tests.app.pages.browser import ARTEFACTS, CHROMIUM, Reader, chromium, reading, serving
from tests.app.pages.conftest import Chain
from tests.app.pages.test_dealer_pages import busy, customer_number, revenue_of, yuan  # noqa: F401 - busy is a fixture

pytestmark = [
    pytest.mark.hour,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]
ANOTHERS = {
    "S2",
    "G2",
    "Gus",
    "D2",
    "Olga",
    "O-2",
    "O-F",
    "wx-gus-004",
}  # what Omar must never read


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def omar(busy: Chain, browser: Any) -> Iterator[Reader]:  # noqa: F811
    """Omar has signed in and reads his first page, in English."""
    with serving(busy.house.app) as served, reading(browser, served, locale="en-US") as reader:
        reader.sign_in("omar")
        reader.page.wait_for_selector(".side")
        yield reader


def goes(reader: Reader, words: str) -> str:
    """By the navigation to a page; what it says."""
    reader.page.click(f".side nav >> text={words}")
    return says(reader)


def says(reader: Reader) -> str:
    return str(reader.page.locator("main").inner_text())


def foot(reader: Reader) -> list[str]:
    return [str(each) for each in reader.page.locator("tfoot td").all_inner_texts()]


def nothing_of_others(reader: Reader) -> None:
    """Neither in what is read nor in an address or title behind it."""
    found = ANOTHERS & set(re.findall(r"[\w-]+", reader.page.locator("main").inner_html()))
    assert not found, f"{reader.page.url}: {found}"


def not_there(reader: Reader, *paths: str) -> None:
    for path in paths:
        answer = reader.page.goto(path)
        assert answer is not None and answer.status == 404, path
        assert not ANOTHERS & set(
            re.findall(r"[\w-]+", reader.page.locator("main").inner_text())
        ), path
    reader.faults = [
        fault for fault in reader.faults if "404" not in fault
    ]  # the console says it too


def minor(text: str) -> int:
    """¥1,234.50 or −¥1.40 in minor units."""
    return int(re.sub(r"[^0-9]", "", text)) * (-1 if "\N{MINUS SIGN}" in text else 1)


# -- my customers ----------------------------------------------------------------------------------


def test_my_customers_are_protected_and_a_takeover_says_who_when_and_why_d1(busy, omar):  # noqa: F811
    page, s, now = omar.page, customer_state.c, dt.datetime.now(dt.UTC)
    with db.read() as connection:
        mine = [find_scope(connection, "store", code) for code in ("S1", "S3")]
        bound = (
            connection.execute(
                select(s.home_protected_until).where(
                    s.home_store_id.in_(mine), s.home_valid_until > now
                )
            )
            .scalars()
            .all()
        )
    safe = sum(until > now for until in bound)
    assert (
        f"{len(bound)} customers are at home in your stores; {safe} are protected: nobody may "
        "take them." in goes(omar, "My customers")
    )
    assert (
        page.locator("tbody tr").count() == len(bound)
        and foot(omar)[0] == f"Total: {len(bound)} customers"
    )
    page.select_option("select[name=state]", label="protected")
    page.click("form.filters >> text=Show")
    assert page.locator("tbody tr").count() == safe
    assert all(
        re.search(r"\d{4}-\d\d-\d\d", row)
        for row in page.locator("tbody td:nth-child(3)").all_inner_texts()
    )
    nothing_of_others(omar)
    omar.shoot("d1 my customers")
    page.click("text=Left and came")
    assert "1 customer left your stores for another shop of the chain, 1 came to yours." in says(
        omar
    )
    row = page.locator("tbody tr", has_text="wx****11").inner_text()
    assert (
        busy.day(4) in row
        and "a guide of another shop of the chain" in row
        and "handed over to this guide in WeCom" in row
    )
    nothing_of_others(omar)
    omar.shoot("d1 who took whom")
    page.click("tbody >> text=wx****11")
    assert "No longer at home in a store of yours." in says(omar)
    nothing_of_others(omar)
    omar.shoot("d1 story of a customer")
    not_there(omar, f"/dealer/customers/{customer_number('wx-gus-004')}")


def test_who_will_leave_is_named_on_the_first_page_before_it_happens_d1(omar):
    omar.page.click("text=Customers who are about to move away")
    assert omar.page.locator("tbody tr").count() == 1
    omar.page.click("tbody >> text=wx****14")
    words = says(omar)
    assert "protected until" in words and "Will no longer be at home with you" in words
    nothing_of_others(omar)


# -- my money --------------------------------------------------------------------------------------

FIGURES = ("gross", "refunds", "fees", "rewards", "net")


def test_each_line_of_the_revenue_leads_to_its_orders_and_sums_up_d2(busy, omar):  # noqa: F811
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


def test_the_revenue_is_taken_home_as_csv_and_xlsx_d2(busy, omar):  # noqa: F811
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


# -- the sale I lost -------------------------------------------------------------------------------


def test_a_lost_sale_tells_reason_credit_and_rule_but_nothing_of_the_other_shop_d3(busy, omar):  # noqa: F811
    busy.returns("R-F", "O-F", 1, 800)
    with db.read() as connection:
        o, c = sales_order.c, order_credit.c
        of_order = connection.execute(select(o.id, o.total_minor).where(o.order_no == "O-F")).one()
        credit = connection.execute(
            select(func.sum(c.amount_minor)).where(c.order_id == of_order.id, c.kind == "home")
        ).scalar_one()
    omar.page.reload()
    omar.page.click("text=Orders your customers paid elsewhere in the last 7 days")
    assert f"{yuan(credit)} of that counts as performance of your stores" in says(omar)
    row = omar.page.locator("tbody tr")
    assert row.count() == 1
    cells = row.locator("td").all_inner_texts()
    assert "last visit in the 24 hours before the order led to another shop" in cells[3]
    assert (
        [minor(each) for each in cells[-2:]]
        == [of_order.total_minor, credit]
        == [minor(each) for each in foot(omar)[-2:]]
        == [10_000, 9_200]
    )
    omar.page.click("text=Whose sale is it?")
    assert "By your contract a sale is the shop's that the visit led to" in says(
        omar
    ) and "no money" in says(omar)
    nothing_of_others(omar)
    omar.shoot("d3 bought elsewhere")
    omar.page.click("tbody >> text=wx****13")
    assert "Bought at another shop of the chain" in says(omar)
    nothing_of_others(omar)
    not_there(omar, "/dealer/orders/O-F")


# -- the codes of my stores ------------------------------------------------------------------------


def test_a_sheet_of_codes_is_made_printed_and_its_scans_are_counted_d4(busy, omar):  # noqa: F811
    page = omar.page
    assert "Your codes brought 0 visitors" in goes(omar, "Store codes")
    assert (
        "The cloud shop of S3 is off: its codes lead visitors to another store until it is on."
        in says(omar)
    )
    page.fill("text=Another place", "market stall")
    page.check("text=8, small")
    page.click("text=Make the sheet")
    page.wait_for_url("**/dealer/codes/sheet*")
    cards = page.locator("article.card").all_inner_texts()
    assert (
        len(cards) == 6
        and sum("market stall" in card for card in cards) == 2
        and sum("S3" in card for card in cards) == 3
    )
    omar.shoot("d4 sheet of codes")
    page.evaluate("window.print = () => { window.printed = true }")
    page.click("button:has-text('Print')")
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    assert (
        not page.is_visible(".side")
        and not page.is_visible("h1")
        and page.locator("article.card").first.is_visible()
    )
    ARTEFACTS.mkdir(exist_ok=True)
    page.pdf(path=ARTEFACTS / "d4-sheet-of-codes.pdf", format="A4", print_background=True)
    page.emulate_media(media="screen")
    now = dt.datetime.now(dt.UTC)
    with db.read() as connection:
        own = Actor(
            "user:1",
            frozenset({"entry_param:own"}),
            "dealer",
            find_scope(connection, "dealer", "D1"),
        )
        made = {
            each.channel_code: each.param
            for each in store_codes.of_stores(connection, own, busy.today, now)
        }
    for n, place in enumerate(("S1:door", "S1:door", "S1:market stall")):
        enter(
            Arrival({"customer_id": f"wx-scan-{n}"}, entry_param=made[place], occurred_at=now),
            body_hash=f"{n}" * 64,
            now=now,
        )
    assert (
        "Your codes brought 3 visitors in the last 7 days. 6 codes for places in your stores"
        in goes(omar, "Store codes")
    )
    rows = {
        tuple(row[:2]): row[2]
        for row in (each.locator("td").all_inner_texts() for each in page.locator("tbody tr").all())
    }
    assert rows == {("S1 S1", "Door"): "2", ("S1 S1", "market stall"): "1"}
    omar.shoot("d4 what codes bring")
    page.locator("tbody tr", has_text="Door").locator("a", has_text="2").first.click()
    assert foot(omar)[
        0
    ] == "Total: 2 arrivals" and "2 arrivals were brought by codes or links" in says(omar)
    assert f"{busy.day(0)}" in page.locator("tbody tr").first.inner_text()


# -- what rewards cost me --------------------------------------------------------------------------


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


def test_what_rewards_cost_is_the_ledger_and_the_estimate_says_how_d5(busy, omar):  # noqa: F811
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
