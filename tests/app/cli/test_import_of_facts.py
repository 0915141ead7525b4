"""`flask import orders|events`: all or nothing, every faulty row named, the same file again changes
nothing (CONTRACT 2, M8, M9)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

import db
from ledger.journals import transfer
from stores.facts.events import event
from stores.facts.orders import order_key, sales_order
from stores.facts.refunds import refund, refund_key
from stores.orders import refunding
from tests.app.cli.conftest import ORDERS, both

EVENTS = (
    "event_id,type,occurred_at,guide_code,customer_id,payload\ne1,contact.confirmed,2026-03-01,G1,c1,\n"
    'e2,chat.day,2026-03-01,G2,,"{""chats"": 3}"\n'
)


def counts() -> list[int]:
    with db.read() as connection:
        return [
            int(connection.execute(select(func.count()).select_from(t)).scalar_one())
            for t in (sales_order, refund, transfer, order_key, refund_key, event)
        ]


@both
def test_orders_and_refunds_come_in_whole_and_the_same_file_again_changes_nothing(chain):
    first = chain.imported("orders", ORDERS)
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, "orders and refunds: 4 new"), (
        first.output
    )
    before = counts()
    assert chain.imported("orders", ORDERS).stdout.splitlines()[-1] == "nothing changed"
    assert counts() == before
    with db.read() as connection:
        found = {
            r.order_no: (r.owner_basis, r.total_minor)
            for r in connection.execute(select(sales_order))
        }
    assert found == {"O1": ("named", 1500), "O2": ("named", 777), "O3": ("unattributed", 300)}
    assert chain.run("verify").exit_code == 0


@both
def test_one_new_row_writes_exactly_one_order(chain):
    chain.imported("orders", ORDERS)
    again = chain.imported("orders", ORDERS + "O4,c4,2026-03-03,2.00,order,,S1,,1\n")
    assert again.stdout.splitlines()[-1] == "orders and refunds: 1 new, 4 unchanged"
    assert counts()[0] == 4


@both
def test_every_faulty_row_is_named_and_nothing_is_written(chain):
    chain.imported("orders", ORDERS)
    before = counts()
    bad = """order_no,customer_id,paid_at,amount,kind,original_order_no,store_code,guide_code,line_no,currency
O2,c2,2026-03-02 11:00,7.78,order,,S3,,1,
O5,c2,2026-03-02,5.00,order,,NOPE,,,
O6,c2,2026-03-02,5.00,order,,S1,NOBODY,,
O7,c2,2026-03-02,5.00,order,,S1,,,USD
R1,c1,2026-03-06,1.00,refund,O1,,,,
R2,c1,2026-03-06,14.01,refund,O1,,,,
R3,c9,2026-03-06,1.00,refund,O1,,,,
R4,c1,2026-03-06,1.00,refund,O77,,,,
R5,c1,2026-02-06,1.00,refund,O1,,,,
R6,c1,2026-03-07,1.00,refund,O1,,,7,
O8,c8,2026-03-07,1.00,order,,S1,,1,
"""
    result = chain.imported("orders", bad)
    assert result.exit_code == 1
    assert chain.errors("orders") == [
        ["2", "order_no"],
        ["3", "store_code"],
        ["4", "guide_code"],
        ["5", "currency"],
        ["6", "order_no"],
        ["7", "amount"],
        ["8", "customer_id"],
        ["9", "original_order_no"],
        ["10", "paid_at"],
        ["11", "line_no"],
    ]
    assert counts() == before


@both
def test_a_dry_run_says_what_would_come_and_writes_nothing(chain):
    for kind, text in (("orders", ORDERS), ("events", EVENTS)):
        lines = chain.imported(kind, text, "--dry-run").stdout.splitlines()
        assert "new" in lines[-2] and lines[-1] == "dry run, nothing written"
    assert counts() == [0] * 6


@both
def test_a_file_broken_off_between_its_orders_and_its_refunds_leaves_nothing(chain, monkeypatch):
    """The refunds fail after the orders were inserted: the transaction takes both back."""

    def broken(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(refunding, "post", broken)
    assert chain.imported("orders", ORDERS).exit_code != 0
    assert counts() == [0] * 6


@both
@pytest.mark.parametrize(("kind", "text"), [("orders", ORDERS), ("events", EVENTS)])
def test_the_same_file_imported_twice_at_once_counts_once(chain, kind, text):
    path, start, said = chain.file("twice.csv", text), threading.Barrier(2), []

    def go() -> None:
        from pathlib import Path

        from app.imports.kinds import KINDS
        from stores.base.actors import COMMAND_LINE

        start.wait()
        said.append(KINDS[kind](Path(path), False, COMMAND_LINE, None).outcome)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(said) == 2
    found = counts()
    assert (found[0], found[1], found[5]) == ((3, 1, 0) if kind == "orders" else (0, 0, 2))
    assert chain.run("verify").exit_code == 0


@both
def test_events_come_in_once_and_a_changed_one_is_a_fault(chain):
    assert chain.imported("events", EVENTS).stdout.splitlines()[-1] == "events: 2 new"
    assert chain.imported("events", EVENTS).stdout.splitlines()[-1] == "nothing changed"
    changed = (
        EVENTS.replace("chats: 3", "chats: 4").replace('""chats"": 3', '""chats"": 4')
        + "e3,contact.confirmed,2026-03-01,NOBODY,c1,\n"
    )
    assert chain.imported("events", changed).exit_code == 1
    assert chain.errors("events") == [["3", "event_id"], ["4", "guide_code"]]
    assert counts()[5] == 2


def test_five_hundred_orders_take_the_way_of_many_rows(chain):
    """Above the number of rows from which tuples and COPY are used; on SQLite here, on PostgreSQL
    below."""
    _many(chain)


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_five_hundred_orders_take_the_way_of_many_rows_on_postgresql(chain):
    _many(chain)


def _many(chain):
    rows = "".join(
        f"M{n},c{n % 200},2026-03-01 "
        f"10:{n % 60:02},{n}.10,order,,S{1 + n % 3},{'G1' if n % 4 else ''},1\n"
        for n in range(500)
    )
    back = "".join(f"B{n},c{n % 200},2026-03-09,0.05,refund,M{n},,,\n" for n in range(0, 500, 2))
    text = (
        "order_no,customer_id,paid_at,amount,kind,original_order_no,store_code,guide_code,line_no\n"
        + rows
        + back
    )
    assert chain.imported("orders", text).stdout.splitlines()[-1] == "orders and refunds: 750 new"
    assert chain.imported("orders", text).stdout.splitlines()[-1] == "nothing changed"
    assert chain.run("verify").exit_code == 0


MISSING = "looks like a missing date"


@both
def test_a_file_of_times_that_cannot_be_names_each_row_and_writes_nothing_n5(chain):
    """As people bring them: an empty date that a program made 1970, years mistyped."""
    before = counts()
    refused = chain.imported(
        "orders",
        "order_no,customer_id,paid_at,amount,store_code\nD1,c1,1970-01-01,10.00,S1\nD2,c1,2099-12-31,10.00,S1\n"
        "D3,c1,1999-05-05,10.00,S1\nD4,c1,1899-12-30,10.00,S1\nD5,c1,1/0/1900,10.00,S1\n",
    )
    assert refused.exit_code == 1
    assert (
        chain.errors("orders") == [[line, "paid_at"] for line in ("2", "5", "6")]
        and MISSING in refused.stderr
    )  # no dates: told with the cells
    later = chain.imported(
        "orders",
        "order_no,customer_id,paid_at,amount,kind,original_order_no,store_code\nD2,c1,2099-12-31,10.00,order,,S1\n"
        "D3,c1,1999-05-05,10.00,order,,S1\nD4,c1,2026-03-01,10.00,order,,S1\nR4,c1,2099-01-01,1.00,refund,D4,\n",
    )
    assert later.exit_code == 1 and chain.errors("orders") == [
        [line, "paid_at"] for line in ("2", "3", "5")
    ]
    assert "24 hours ahead" in later.stderr and "before 2000-01-01" in later.stderr
    heard = chain.imported(
        "events",
        "event_id,type,occurred_at,guide_code,customer_id\ne1,contact.confirmed,2099-03-01,G1,c1\n",
    )
    assert heard.exit_code == 1 and chain.errors("events") == [["2", "occurred_at"]]
    assert counts() == before


@both
def test_a_term_may_lie_in_any_year_but_a_missing_date_is_none(chain):
    store = "store_code,name,dealer_code,latitude,longitude,crs,{}\nS9,Nine,D1,31.2304,121.4737,wgs84,{}\n"
    for column in ("opened_on", "closed_on", "paused_until", "contract_from"):
        for text in ("1970-01-01", "1899-12-30", "1900-01-00", "1970-01-01 00:00:00"):
            refused = chain.imported("stores", store.format(column, text))
            assert (refused.exit_code, chain.errors("stores")) == (
                1,
                [["2", column]],
            ) and MISSING in refused.stderr
    assert (
        chain.imported(
            "targets", "period,level,code,metric,target\n1970-01,store,S1,orders,5\n"
        ).exit_code
        == 1
    )
    assert chain.imported("stores", store.format("opened_on", "2062-03-01")).exit_code == 0
