"""Targets and ranks of a store's guides (C8, G3, S1, S4)."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

import db
from app.ui.shown_days import next_month
from incentives import targets
from incentives.targets import target
from ledger.audit import audit_log
from stores.base.actors import Actor
from stores.base.brand import day_bounds
from stores.network.scope import find_scope
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.guide.guide_parts import colleague, part, tiered, words
from tests.network import Network

pytestmark = pytest.mark.hour


def test_the_next_band_says_how_much_more_and_what_it_would_pay_g3(bare_chain):
    tiered()
    bare_chain.sells_now("T-1", 20_000)
    page = words(bare_chain.client("mei").get("/guide/progress?lang=en").text)
    assert "Sell ¥300.01 more to reach 4.00 %; it would pay you ¥9.00 more." in page
    assert "¥200.00 of commission base counts so far." in page
    bare_chain.sells_now("T-2", 30_001)
    after = words(bare_chain.client("mei").get("/guide/progress?lang=en").text)
    assert "¥15.00" in after and "Sell ¥1,500.00 more to reach 5.00 %" in after


def test_ranks_know_the_own_store_alone_and_never_a_neighbours_amount_g3(chain):
    colleague("G5", "Lan")
    chain.buys("N-1", "wx-lan", 0, 123_456, guide="G5")
    chain.buys("N-2", "wx-mine", 0, 20_000, guide="G1")
    page = words(chain.client("mei").get("/guide/progress?lang=en").text)
    board = part(page, "Rank by sales", "Confirmed only")
    assert "1 Lan ¥" in board and "ahead" in board and "2 You ¥" in board and "Max" in board
    assert "¥1,234.56" not in page and "Gus" not in page
    assert "3 in the store" in board


def test_a_target_shows_what_is_missing_and_how_much_that_is_a_day_c8(chain):
    month = chain.day(0)[:7]
    Network().load(
        "targets",
        {"period": month, "level": "guide", "code": "G1", "metric": "adds", "target": "500"},
    )
    page = words(chain.client("mei").get("/guide/progress?lang=en").text)
    assert "/ 500" in page and "still missing" in page


def test_the_manager_sees_yesterday_today_and_the_pool_s1(chain):
    chain.buys("Y-1", "wx-any-005", 1, 5_000, guide="G1")
    page = words(chain.client("max").get("/guide?lang=en").text)
    assert "Ranking of yesterday" in page and "1 Mei ¥50.00" in page
    assert "Sold today so far ¥0.00" in page
    pool = int(part(page, "Pool ", " ").strip())
    listed = chain.client("max").get("/guide/customers?kind=pool&lang=en").text
    assert pool == len(re.findall(r'href="/guide/customers/[0-9]+"', listed)) > 0


def test_a_leavers_customers_are_counted_for_the_manager_s1(chain):
    colleague("G1", "Mei", left_on=chain.day(-2))
    client = chain.client("max")
    for page in (client.get("/guide?lang=en").text, client.get("/guide/team/G1?lang=en").text):
        assert "Last day at work" in page
        owned = int(re.search(r"(\d+) customers? (?:is|are) to be reassigned", words(page))[1])
        assert (
            owned
            == len(
                re.findall(
                    r'href="/guide/customers/[0-9]+"', client.get("/guide/customers?guide=G1").text
                )
            )
            > 0
        )


@on_both_engines
def test_a_manager_sets_targets_and_sees_their_sum_s4(chain):
    coming, client = next_month(chain.day(0)[:7]), chain.client("max")
    Network().load(
        "targets",
        {"period": coming, "level": "store", "code": "S1", "metric": "net_sales", "target": "1000"},
        {"period": coming, "level": "store", "code": "S1", "metric": "adds", "target": "30"},
    )
    form = client.get(f"/guide/progress?month={coming}&lang=en")
    answer = client.post(
        "/guide/progress",
        data={
            "csrf_token": token_of(form),
            "month": coming,
            "adds:G1": "30",
            "net_sales:G1": "1,200.50",
            "adds:M1": "",
        },
    )
    assert answer.status_code == 303
    page = words(client.get(f"/guide/progress?month={coming}&lang=en").text)
    assert "The guides' targets make up the store's." in page
    assert "The guides' targets are ¥200.50 above the store's." in page
    with db.read() as connection:
        assert connection.execute(
            select(audit_log.c.detail).where(audit_log.c.action == "set_targets")
        ).scalar_one() == {"new": 2, "changed": 0, "period": coming}
    client.post(
        "/guide/progress",
        data={"csrf_token": token_of(form), "month": coming, "adds:G1": "30", "net_sales:G1": ""},
    )
    assert "¥1,000.00 of the store's target is given to nobody." in words(
        client.get(f"/guide/progress?month={coming}&lang=en").text
    )


@pytest.mark.parametrize("data", [{"adds:G2": "3"}, {"adds:NOPE": "3"}])
def test_targets_of_other_stores_guides_are_not_there_s4(chain, data):
    client, coming = chain.client("max"), next_month(chain.day(0)[:7])
    token = token_of(client.get(f"/guide/progress?month={coming}"))
    assert (
        client.post(
            "/guide/progress", data={"csrf_token": token, "month": coming, **data}
        ).status_code
        == 404
    )
    with db.read() as connection:
        assert connection.execute(select(target.c.id)).first() is None


@pytest.mark.parametrize(
    "data",
    [
        {"adds:G1": "-1"},
        {"adds:G1": "many"},
        {"adds:G1": "NaN"},
        {"adds:G1": "1.5"},
        {"net_sales:G1": "0.001"},
        {"month": "2020-01"},
        {"month": ""},
        {"net_sales:G1": "1e999"},
    ],
)
def test_a_target_that_is_none_is_refused_s4(chain, data):
    client, coming = chain.client("max"), next_month(chain.day(0)[:7])
    token = token_of(client.get(f"/guide/progress?month={coming}"))
    assert (
        client.post(
            "/guide/progress", data={"csrf_token": token, "month": coming, "adds:G1": "1", **data}
        ).status_code
        == 422
    )


def test_a_guide_sets_no_targets(chain):
    client = chain.client("mei")
    token = token_of(client.get("/guide"))
    assert (
        client.post(
            "/guide/progress", data={"csrf_token": token, "month": chain.day(0)[:7], "adds:G1": "1"}
        ).status_code
        == 403
    )


def test_targets_are_locked_after_day_5_unless_headquarters_s4(chain):
    with db.read() as connection:
        store_id = find_scope(connection, "store", "S1")
    manager, petra = (
        Actor("user:1", frozenset({"target:write"}), kind, store_id if kind == "store" else None)
        for kind in ("store", "all")
    )
    late = day_bounds(dt.date(2025, 6, 6))[0]
    with pytest.raises(targets.Conflict):
        targets.set_for_store(
            "2025-06", store_id, {("G1", "adds"): targets.Decimal(3)}, actor=manager, now=late
        )
    on_time = late - dt.timedelta(seconds=1)
    assert (
        targets.set_for_store(
            "2025-06", store_id, {("G1", "adds"): targets.Decimal(3)}, actor=manager, now=on_time
        ).new
        == 1
    )
    assert (
        targets.set_for_store(
            "2025-06", store_id, {("G1", "adds"): targets.Decimal(4)}, actor=petra, now=late
        ).changed
        == 1
    )
