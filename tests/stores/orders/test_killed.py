"""A process killed in the middle of its sales leaves whole orders and nothing else; what is sent
again counts once."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time

from sqlalchemy import func, select

import db
from ledger.journals import journal, transfer
from ledger.seals import broken_seals, seal_now, unsealed_or_lost
from stores.facts.customers import customer_state
from stores.facts.orders import order_key, order_line, sales_order
from stores.facts.refunds import refund, refund_key, refund_line
from stores.orders.refunding import record_refunds
from tests.databases import ROOT
from tests.stores.orders import till
from tests.stores.orders.shop import Shop


def test_after_kill_9_every_order_is_whole_and_sending_all_again_makes_each_once(
    shop: Shop, database_url: str
):
    for n in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.stores.orders.till", database_url, str(n * 20)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"selling\n"
            time.sleep(0.15 + n * 0.1)
            process.kill()
            process.wait()
        _all_whole(shop)
    sold = shop.network.count(sales_order)
    most = max(int(r.order_no[1:]) for r in shop.network.rows(sales_order)) + 1
    outcome = shop.records(*(till.order(n) for n in range(most)))
    assert (outcome.new, outcome.unchanged) == (most - sold, sold)
    record_refunds(
        [till.refund(n) for n in range(1, most, 2)],
        actor="till",
        now=till.START + dt.timedelta(days=90),
    )
    _all_whole(shop)
    with db.read() as connection:
        kinds = dict(
            connection.execute(
                select(transfer.c.kind, func.sum(transfer.c.amount_minor)).group_by(transfer.c.kind)
            ).all()
        )
    assert kinds["sale"] == sum(1_500 + n for n in range(most)) and kinds["refund"] == 333 * len(
        range(1, most, 2)
    )


def _all_whole(shop: Shop) -> None:
    count = shop.network.count
    orders, refunds = count(sales_order), count(refund)
    assert count(order_key) == orders and count(order_line) == 2 * orders
    assert count(refund_key) == refunds == count(refund_line)
    assert count(journal) == orders + refunds
    assert all(
        r.home_store_id is not None for r in shop.network.rows(customer_state, "customer_id")
    )
    seal_now(till.START)
    with db.read() as connection:
        assert [*broken_seals(connection), *unsealed_or_lost(connection)] == []
