"""A dealer's revenue and rewards are the ledger's, and their files sum to the page (D2, D5)."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

import db
from ledger.journals import transfer
from stores.network.scope import find_scope
from tests.app.conftest import on_both_engines
from tests.app.pages.dealer.dealing import revenue_of, text_of, yuan
from tests.app.pages.test_figures import FIGURE, foot, text

pytestmark = pytest.mark.hour


@on_both_engines
@pytest.mark.parametrize("by", ["day", "month", "store"])
def test_revenue_is_what_the_api_says_and_its_files_sum_to_the_page(busy, by):
    client, span = busy.client("omar"), {"from": busy.day(40), "to": busy.day(0)}
    answer = revenue_of(busy, by=by, **span)
    page = client.get("/dealer/revenue", query_string={"by": by, "lang": "en", **span}).text
    figures = [
        yuan(answer["totals"][f"{name}_minor"])
        for name in ("gross", "refunds", "fees", "rewards", "net")
    ]
    assert foot(page).split()[-5:] == figures
    assert answer["totals"]["rewards_minor"] > 0
    lines = list(
        csv.reader(
            io.StringIO(
                client.get(
                    "/dealer/revenue", query_string={"by": by, "export": "csv", **span}
                ).data.decode("utf-8-sig")
            )
        )
    )
    sums = [round(sum(float(row[n]) for row in lines[1:]) * 100) for n in range(-5, 0)]
    assert sums == [
        answer["totals"][f"{name}_minor"] for name in ("gross", "refunds", "fees", "rewards", "net")
    ]
    assert len(lines) - 1 == len(answer["rows"])
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(
            client.get(
                "/dealer/revenue", query_string={"by": by, "export": "xlsx", "lang": "en", **span}
            ).data
        )
    )
    sheet = {row[0]: row[1] for row in book.get_sheet_by_name("Sums").to_python()}
    assert [
        round(sheet[name] * 100) for name in ("Sales", "Refunds", "Fees", "Rewards", "Net")
    ] == sums
    assert (sheet["Rows"], sheet["from"]) == (len(answer["rows"]), busy.day(40))


@on_both_engines
@pytest.mark.parametrize("figure", ["fees", "rewards"])
def test_the_lines_of_fees_and_rewards_are_exported_and_sum_to_the_figure(busy, figure):
    client, span = busy.client("omar"), {"from": busy.day(40), "to": busy.day(0)}
    whole = revenue_of(busy, by="day", **span)["totals"][f"{figure}_minor"]
    assert whole > 0 and yuan(whole) in foot(
        client.get(f"/dealer/ledger/{figure}", query_string={"lang": "en", **span}).text
    )
    lines = list(
        csv.reader(
            io.StringIO(
                client.get(
                    f"/dealer/ledger/{figure}", query_string={"export": "csv", "lang": "en", **span}
                ).data.decode("utf-8-sig")
            )
        )
    )
    assert (
        lines[0][-1] == "Amount" and round(sum(float(row[-1]) for row in lines[1:]) * 100) == whole
    )
    assert {row[lines[0].index("Store (store)")] for row in lines[1:]} <= {"S1", "S3"}
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(
            client.get(
                f"/dealer/ledger/{figure}", query_string={"export": "xlsx", "lang": "en", **span}
            ).data
        )
    )
    sheet = {row[0]: row[1] for row in book.get_sheet_by_name("Sums").to_python()}
    assert (round(sheet["Amount"] * 100), sheet["Rows"]) == (whole, len(lines) - 1)


def test_the_lines_behind_a_figure_come_page_by_page_each_once(busy, monkeypatch):
    monkeypatch.setattr("app.ui.paging.PAGE", 1)
    client, address, seen = (
        busy.client("omar"),
        f"/dealer/ledger/fees?from={busy.day(40)}&to={busy.day(0)}&lang=en",
        [],
    )
    number = int(re.search(r"Total: (\d+) line", foot(client.get(address).text))[1])
    for _ in range(number):
        page = client.get(address).text
        seen += re.findall(r"<tr>.*?</tr>", page.split("<tbody>")[1].split("</tbody>")[0], re.S)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = html.unescape(following[1])
        address = address if address.startswith("/") else f"/dealer/ledger/fees{address}"
    assert len(seen) == number > 2


@on_both_engines
def test_d5_rewards_by_guide_and_by_kind_are_the_ledger(busy):
    client = busy.client("omar")
    months = sorted({busy.day(n)[:7] for n in (20, 13, 5, 0)})
    pages = {month: client.get(f"/dealer/rewards?month={month}&lang=en").text for month in months}
    with db.read() as connection:
        dealer_id, t = find_scope(connection, "dealer", "D1"), transfer.c

        def booked(month: str, kind: str) -> int:
            query = select(func.coalesce(func.sum(t.amount_minor), 0)).where(
                t.dealer_id == dealer_id,
                t.kind == kind,
                func.substr(text_of(t.business_day), 1, 7) == month,
            )
            return int(connection.execute(query).scalar_one())

        for month, page in pages.items():
            shown = {name: text(value) for _, name, value in FIGURE.findall(page)}
            assert shown["Newly promised"] == yuan(booked(month, "reward_pending"))
            assert shown["Taken back"] == yuan(booked(month, "reward_pending_return"))
            assert shown["Cost"] == yuan(booked(month, "reward") - booked(month, "reward_return"))
            for path, _, value in FIGURE.findall(page):
                behind = client.get(path.replace("&amp;", "&") + "&lang=en").text
                assert text(value) in foot(behind).split() or text(value) == yuan(0), path


def test_d5_the_estimate_of_the_month_is_linear_and_named_as_one(busy):
    page = text(busy.client("omar").get("/dealer/rewards?lang=en").text)
    assert "Estimate for" in page or "The month has just begun" in page
    from incentives.reward_costs import forecast

    assert (
        forecast(2100, 21, 30),
        forecast(100, 0, 30),
        forecast(0, 3, 30),
        forecast(-70, 7, 28),
    ) == (3000, None, 0, -280)
