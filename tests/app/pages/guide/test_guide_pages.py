"""The phone of guides and store managers: figures that add up, neighbours without their amounts,
nothing of others, little to load (G1-G5, S1, S4)."""

from __future__ import annotations

import datetime as dt
import gzip
import html
import re
from typing import Any

import pytest

import db
from stores.base.actors import COMMAND_LINE
from stores.facts.visits import Arrival
from stores.network.channels import channel
from stores.network.policies import publish
from stores.network.scope import find_scope
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from stores.routing.entering import enter
from stores.routing.entry_param_signing import sign_param
from tests.app.conftest import token_of
from tests.app.pages.conftest import WEST_LAKE, Chain, statements
from tests.app.pages.every import addresses
from tests.app.pages.guide.guide_parts import part, tiered, words
from tests.network import Network

pytestmark = pytest.mark.hour


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
