"""A guide's figures: lines sum, what waits, what earned nothing, what must be given back (G1)."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest

import db
from incentives import rewards
from tests.app.conftest import on_both_engines
from tests.app.pages.guide.guide_parts import guide_id, minor, part, words

pytestmark = pytest.mark.hour


@on_both_engines
def test_the_lines_sum_to_their_figures_whatever_filter_g1(chain):
    client, month = chain.client("mei"), chain.day(3)[:7]
    client.get("/guide")
    with db.read() as connection:
        lines = rewards.lines(connection, guide_id("G1"), month, dt.datetime.now(dt.UTC))
    for query, wanted in (
        ("", lines),
        ("&state=pending", [line for line in lines if line["state"] == "pending"]),
        ("&part=sales", [line for line in lines if line["component"] == "sales"]),
    ):
        shown = part(
            client.get(f"/guide?month={month}&lang=en{query}").text, 'id="lines"', "</section>"
        )
        sums = [
            minor(each)
            for each in re.findall(
                r'<span class="sum">(.*?)</span>(?:<span class="because">[^<]*</span>)?</summary>',
                shown,
                re.S,
            )
        ]
        total = minor(
            part(shown, '<strong class="sum">', "</strong>")
            if not query
            else shown.rpartition('<strong class="sum">')[2].split("</strong>")[0]
        )
        assert len(sums) == len({line["order_no"] or line["line_id"] for line in wanted}), query
        assert sum(sums) == sum(line["amount_minor"] for line in wanted), query
        assert sum(
            minor(each) for each in re.findall(r'<span class="day-sum number">([^<]*)<', shown)
        ) == sum(sums), query
        assert total == sum(sums)


@on_both_engines
def test_what_waits_is_there_day_by_day_and_sums_to_what_is_pending_g1(chain):
    client = chain.client("mei")
    page = client.get("/guide?month=2020-01&lang=en").text  # whatever month is looked at
    days = [
        minor(each)
        for each in re.findall(
            r'<span class="sum">(.*?)</span></summary>', part(page, 'id="when"', "</section>"), re.S
        )
    ]
    inside = [
        minor(each)
        for each in re.findall(
            r"</span>(<span class=\"number[^>]*>[^<]*</span>)</li>",
            part(page, 'id="when"', "</section>"),
        )
    ]
    with db.read() as connection:
        pending = rewards.balance(connection, guide_id("G1"))["pending_minor"]
    assert sum(days) == pending > 0
    assert sum(inside) == pending


def test_what_earned_nothing_says_why_in_plain_words_g1(chain):
    pages = "".join(
        words(chain.client("mei").get(f"/guide?state=voided&month={month}&lang=en").text)
        for month in {chain.day(12)[:7]}
    )
    assert "The link ended within 7 days; an add counts once it has lasted 7 days." in pages
    assert "no reward" in pages


def test_each_line_leads_to_its_source_without_the_customer(chain):
    client = chain.client("mei")
    months = {chain.day(n)[:7] for n in (20, 12, 3, 2)}
    doors = {
        html.unescape(door)
        for month in months
        for door in re.findall(
            r'class="door" href="([^"]+)"', client.get(f"/guide?month={month}").text
        )
    }
    assert "/guide/orders/O-1" in doors and any(door.startswith("/guide/adds/") for door in doors)
    for door in doors:
        page = client.get(door + "?lang=en")
        assert page.status_code == 200
        assert "Why" in page.text
    order = words(client.get("/guide/orders/O-1?lang=en").text)
    assert (
        "Earned with this order ¥8.97" in order
        and "¥259.00 × 3.00 % = ¥7.77" in order
        and "¥339.00" in order
    )
    assert "wx-mei-001" not in order


def test_nothing_is_lost_when_a_month_has_many_lines(chain):
    for number in range(95):
        chain.buys(f"L-{number:03}", "wx-mei-001", 1, 1000 + number, guide="G1")
    client, path, found = chain.client("mei"), f"/guide?month={chain.day(1)[:7]}&part=sales", []
    while path:
        page = client.get(path).text
        found += re.findall(
            r'class="door" href="/guide/orders/(L-[0-9]+)"', part(page, 'id="lines"', "</section>")
        )
        path = (
            html.unescape(page.split('rel="next">')[-2].rpartition('href="')[2].split('"')[0])
            if "Earlier lines" in page or "更早的明细" in page
            else ""
        )
    assert sorted(found) == [f"L-{n:03}" for n in range(95)]


def test_what_must_be_given_back_is_said(chain, monkeypatch):
    balance = {
        "pending_minor": 0,
        "vested_minor": -500,
        "payable_minor": 0,
        "paid_minor": 1500,
        "receivable_minor": 2000,
    }
    monkeypatch.setattr(rewards, "_balance", lambda sums: balance)
    page = words(chain.client("mei").get("/guide?lang=en").text)
    assert "To be given back ¥20.00" in page and "Paid so far ¥15.00" in page
