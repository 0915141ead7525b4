"""N2: a file of 20,000 orders is written while visitors enter and single orders come in: nobody is
shut out, and the file is whole."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

import db
from stores.base import accepted_files
from stores.base.actors import COMMAND_LINE
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.facts.visits import Arrival, SourcePoint
from stores.orders import filing
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from stores.routing.entering import enter
from tests.faults import file_of_orders
from tests.faults.file_of_orders import NOW, orders

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = {
    "sqlite": 20_000,
    "postgresql": 4_000,
}  # PostgreSQL has many writers: there the pieces are what is tried, not the crowd
CLIENTS = 3


@pytest.mark.timeout(600)
def test_entries_and_orders_get_through_while_a_file_of_20_000_orders_is_written(network, database):
    network.open_store("S1")
    rows = ROWS["sqlite" if database.sqlite else "postgresql"]
    over, pieces, faults = threading.Event(), [], []
    during = {
        "entries": [0] * CLIENTS,
        "orders": [0],
    }  # what was answered between the first and the last piece

    def again(name: str, client: int, deed: Callable[[int], None]) -> None:
        number = 0
        while not over.is_set():
            number += 1
            try:
                deed(number)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                faults.append(repr(error))
                return
            during[name][client] += bool(pieces)
            time.sleep(0.02)

    def enters(client: int) -> None:
        again(
            "entries",
            client,
            lambda n: (
                enter(
                    Arrival(
                        {"customer_id": f"c{n % 900}" if client else f"new{n}"},
                        SourcePoint(31.23, 121.47, "wgs84"),
                    ),
                    now=dt.datetime.now(dt.UTC),
                )
                and None
            ),
        )

    def buys() -> None:
        again(
            "orders",
            0,
            lambda n: (
                record_orders(
                    [
                        OrderIn(
                            f"single{n}",
                            f"c{n % 50}",
                            NOW,
                            "CNY",
                            (LineIn(1, 1, 100),),
                            store_code="S1",
                        )
                    ],
                    actor="t",
                    now=NOW,
                )
                and None
            ),
        )

    team = [
        *(threading.Thread(target=enters, args=(n,)) for n in range(CLIENTS)),
        threading.Thread(target=buys),
    ]
    for each in team:
        each.start()
    try:
        outcome = filing.file_orders(
            orders(rows),
            [],
            actor=COMMAND_LINE,
            now=NOW,
            progress=lambda done, total: pieces.append(done) if done < total else None,
        )
    finally:
        over.set()
        for each in team:
            each.join()
    assert faults == []
    assert outcome.new == rows
    assert len(pieces) == rows // filing.ORDERS_IN_PIECE - 1
    assert min(*during["entries"], *during["orders"]) > 0
    with db.read() as connection:
        from_file = connection.execute(
            select(func.count())
            .select_from(sales_order)
            .where(sales_order.c.order_no.startswith("F"))
        ).scalar_one()
        assert from_file == rows
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() > 0
        assert accepted_files.files_are_whole(connection).holds


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0, 2.0])
def test_after_kill_9_in_the_middle_the_file_is_nothing_or_comes_to_its_end(
    network, database_url, monkeypatch, seconds
):
    network.open_store("S1")
    process = subprocess.Popen(
        [sys.executable, "-m", file_of_orders.__name__, database_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"checked\n"
        time.sleep(seconds)
        process.kill()
        process.wait()
    monkeypatch.setattr(accepted_files, "LEASE_SECONDS", 1)
    with db.transaction() as connection:  # the lease of the dead runs out
        connection.execute(accepted_files.leases.job_lease.delete())
    was_accepted = any(row.accepted_at is not None for row in accepted_files._left())
    written = network.count(sales_order)
    accepted_files.finish_left(120.0)
    with db.read() as connection:
        assert accepted_files.files_are_whole(connection).holds
    if was_accepted or written:
        assert network.count(sales_order) == file_of_orders.ROWS
    else:
        assert network.count(sales_order) == 0
    assert accepted_files._left() == []
