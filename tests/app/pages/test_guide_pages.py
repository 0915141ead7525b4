"""The phone of guides and store managers: figures that add up, neighbours without their amounts,
nothing of others, little to load (G1-G5, S1, S4)."""

from __future__ import annotations

import datetime as dt
import gzip
import html
import re
from typing import Any

import pytest
from sqlalchemy import select

import db
from app.ui.shown_days import next_month
from incentives import plan_versions, rewards, targets
from incentives.targets import target
from ledger.audit import audit_log
from stores.base.actors import COMMAND_LINE, Actor
from stores.base.brand import day_bounds
from stores.facts.visits import Arrival
from stores.network.channels import channel
from stores.network.policies import publish
from stores.network.scope import find_scope
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from stores.routing.entering import enter
from stores.routing.entry_param_signing import sign_param
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages import addresses
from tests.app.pages.conftest import WEST_LAKE, Chain, statements
from tests.network import Network

pytestmark = pytest.mark.hour

SUM = re.compile(r'<span class="sum">(.*?)</span></(?:summary|div)>', re.S)


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(markup))).strip()


def minor(text: str) -> int:
    """¥1,234.50 or −¥1.40 in minor units."""
    clean = words(text)
    return int(re.sub(r"[^0-9]", "", clean)) * (-1 if "\N{MINUS SIGN}" in clean else 1)


def guide_id(code: str) -> int:
    with db.read() as connection:
        return find_scope(connection, "guide", code)


def part(page: str, start: str, end: str) -> str:
    return page.split(start, 1)[1].split(end, 1)[0]


def colleague(code: str, name: str, **more: str) -> None:
    """As told to the register now: who is said to leave is a leaver from now on (B9)."""
    network = Network()
    network.now = dt.datetime.now(dt.UTC)
    network.load(
        "guides", {"guide_code": code, "name": name, "store_code": "S1", "role": "guide", **more}
    )


# -- money -----------------------------------------------------------------------------------------


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


# -- progress --------------------------------------------------------------------------------------


def tiered() -> None:
    bands = [
        {"up_to_minor": 50_000, "rate_bp": 300},
        {"up_to_minor": 200_000, "rate_bp": 400},
        {"up_to_minor": None, "rate_bp": 500},
    ]
    body = {
        "plan_code": "default",
        "name": {"zh": "阶梯", "en": "Tiers"},
        "valid_from": "2000-01-01",
        "valid_to": None,
        "assigned_to": {"all": True},
        "payer": {"dealer_bp": 10000, "hq_bp": 0},
        "components": [
            {
                "code": "sales",
                "kind": "rate",
                "basis": "net_sales",
                "per": "period",
                "tiers": {"mode": "marginal", "bound": "lower", "bands": bands},
            }
        ],
    }
    plan_versions.publish(body, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))


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


# -- the team --------------------------------------------------------------------------------------


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


# -- customers and codes ---------------------------------------------------------------------------


def test_the_course_of_a_customer_shows_performance_without_money_g5(chain):
    """E7: Mei assists a sale in another dealer's shop: her score, no money."""
    chain.arrives("wx-own-9", 3, WEST_LAKE)
    chain.buys("F-2", "wx-own-9", 3, 30_000, guide="G1")
    chain.befriends("G1", "wx-own-9", 2)
    client = chain.client("mei")
    page = words(client.get(f"/guide/customers/{chain.number('wx-own-9')}?lang=en").text)
    assert "Friend add" in page and "Credited sales ¥300.00" in page and "wx-own-9" not in page
    assert "performance only, no money" in part(page, "Order F-2", "My code")
    foreign, own = (
        words(client.get(f"/guide/orders/{number}?lang=en").text) for number in ("F-2", "O-1")
    )
    assert (
        "performance only, no money" in foreign
        and "it counts as performance, without money" in foreign
    )
    assert "performance only" not in own


@pytest.mark.parametrize(
    ("name", "text"),
    [("mei", "wx-gus-004"), ("gus", "wx-mei-001"), ("max", "wx-gus-004"), ("mei", "wx-nobody-9")],
)
def test_a_customer_of_others_is_not_there_p6(chain, name, text):
    client = chain.client(name)
    assert client.get(f"/guide/customers/{chain.number(text)}").status_code == 404
    assert f"/guide/customers/{chain.number(text)}" not in client.get("/guide/customers").text


def test_a_list_of_customers_is_as_long_as_it_says(chain):
    for name in ("mei", "max"):
        client = chain.client(name)
        page = client.get("/guide/customers?lang=en").text
        for kind, number in re.findall(
            r'href="/guide/customers\?kind=(\w+)"[^>]*>[^<]*<span class="number">(\d+)', page
        ):
            assert len(
                re.findall(
                    r'href="/guide/customers/[0-9]+"',
                    client.get(f"/guide/customers?kind={kind}").text,
                )
            ) == int(number), kind


def link_of(page: Any) -> str:
    return str(re.search(r'id="link"[^>]*value="[^"]*/s/([^"]+)"', page.text)[1])


def test_a_scan_of_ones_code_is_counted_and_leads_to_the_own_store_g2(chain):
    client, now = chain.client("mei"), dt.datetime.now(dt.UTC)
    sign_param(guide_code="G1", channel_code="AUTUMN", actor=COMMAND_LINE, now=now)
    with db.transaction() as connection:
        for values in (
            {"channel_code": "OTHER-STORE", "store_id": find_scope(connection, "store", "S2")},
            {"channel_code": "GONE", "valid_to": dt.date(2020, 1, 1)},
        ):
            connection.execute(channel.insert().values(values))
    page = client.get("/guide/code?lang=en")
    assert "AUTUMN" in page.text and "OTHER-STORE" not in page.text and "GONE" not in page.text
    assert client.get("/guide/code?channel=OTHER-STORE").status_code == 404
    for number, path in enumerate(
        ("/guide/code", "/guide/code?channel=AUTUMN", "/guide/code?of=store")
    ):
        enter(
            Arrival(
                {"customer_id": f"wx-scan-{number}"},
                None,
                entry_param=link_of(client.get(path)),
                occurred_at=now,
            ),
            body_hash=f"{number:064}",
            now=now,
        )
    scans = words(client.get("/guide/code?lang=en").text)
    assert "Today 2" in scans and "Last 7 days 2" in scans
    assert "Today 1" in words(chain.client("max").get("/guide/code?lang=en").text)


def test_help_is_made_from_the_plan_in_force(chain):
    before = words(chain.client("mei").get("/guide/help?lang=en").text)
    assert (
        "¥2.00 for each valid friend add." in before
        and "3.00 % of your sales." in before
        and "At most 50 paid adds a day." in before
    )
    assert "Ask your store manager first: Max." in before
    tiered()
    after = words(chain.client("mei").get("/guide/help?lang=en").text)
    assert "By tiers over the sales of a month:" in after and "above ¥2,000.00 5.00 %" in after
    assert "friend add." not in part(after, "How rewards work", "When money comes")
    assert "dispute" not in after.lower()


# -- little and quickly ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mei", "max"])
def test_a_first_load_is_at_most_100_kb_compressed_g1(chain, name):
    for number in range(60):
        chain.buys(f"L-{number:03}", "wx-mei-001", 1, 1000 + number, guide="G1")
    client = chain.client(name)
    for path in addresses.of(chain, name):
        page = client.get(path).text
        parts = {
            html.unescape(each) for each in re.findall(r'(?:src|href)="(/static/[^"#]+)', page)
        }
        size = len(gzip.compress(page.encode())) + sum(
            compressed(client.get(each)) for each in parts
        )
        assert size <= 100_000, path
        assert not any("tabler" in each or "htmx" in each for each in parts)


def compressed(answer: Any) -> int:
    with answer:
        return len(gzip.compress(answer.data))


MOST = {
    "mei": {
        "/guide": 32,
        "/guide/progress": 36,
        "/guide/customers": 8,
        "/guide/code": 11,
        "/guide/help": 11,
        "/guide/orders/O-1": 32,
    },
    "max": {
        "/guide": 16,
        "/guide/progress": 12,
        "/guide/customers": 8,
        "/guide/code": 11,
        "/guide/help": 11,
        "/guide/team/G1": 32,
    },
}


@pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, paths in MOST.items() for path in paths]
)
def test_a_page_asks_the_database_a_bounded_number_of_times(chain, name, path):
    client = chain.client(name)
    client.get(path)
    with statements() as few:
        client.get(path)
    tell_more(chain)
    client.get(path)
    with statements() as many:
        client.get(path)
    assert len(many) <= len(few) + 1  # a table that was empty may be asked for more
    assert len(many) <= MOST[name][path]


def tell_more(chain: Chain) -> None:
    for number in range(12):
        chain.befriends("G1", f"wx-more-{number}", 2)
        chain.buys(f"P-{number}", f"wx-more-{number}", 1, 1000 + number, guide="G1")


def test_a_new_home_is_offered_for_approval_only_where_the_takeover_policy_lets_it_go(chain):
    """A14, B4: what the page offers is accepted; else it says why, and until when."""
    paid = (chain.noon(2, 2), chain.noon(2, 3), chain.noon(1, 2))
    orders = [
        OrderIn(
            f"T-{n}", "wx-gus-004", at, "CNY", (LineIn(1, 1, 900),), store_code="S1", channel="till"
        )
        for n, at in enumerate(paid)
    ]
    record_orders(orders, actor="test", now=chain.noon(1, 3))
    max_, now = chain.client("max"), dt.datetime.now(dt.UTC)

    def page(snatch: str) -> str:
        publish({"snatch_policy": snatch, "note": "-"}, actor=COMMAND_LINE, now=now)
        return look().text

    def look() -> Any:
        return max_.get("/guide/proposals?lang=en")

    held, bound = page("after_protection"), page("never")
    assert "protected elsewhere until" in held and "home_approved" not in held
    assert (
        "bound elsewhere until" in bound
        and "nobody is taken over" in bound
        and "home_approved" not in bound
    )
    free = page("anytime")
    assert "1 can be approved today." in words(free) and "home_approved" in free
    network, status = Network(), {"store_code": "S1", "name": "S1", "dealer_code": "D1"}
    network.load("stores", status | {"status": "paused", "paused_until": chain.day(-9)})
    shut = look().text
    assert (
        "None can be approved today: the store is paused." in words(shut)
        and "home_approved" not in shut
    )
    network.load("stores", status | {"status": "active", "paused_until": ""})
    sent = {"csrf_token": token_of(look()), "kind": "home_approved"}
    assert (
        "This store is the customer&#39;s home from now on."
        in max_.post(
            f"/guide/proposals/{chain.number('wx-gus-004')}", data=sent, follow_redirects=True
        ).text
    )
    assert "Nobody is proposed" in look().text
