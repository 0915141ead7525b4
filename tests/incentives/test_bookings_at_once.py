"""Two bookings at once pay once; facts that commit while others are booked are booked by the next
(M3, M4)."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import db
from incentives import booking
from incentives.scopes import reward_mark
from ledger.journals import transfer
from stores.facts.changes import changed_customer
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders
from tests.incentives.world import World, at

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = """
import datetime, sys, zoneinfo
import db
from incentives import booking
from stores.base import brand
db.configure(sys.argv[1])
brand.configure(brand.Brand(zoneinfo.ZoneInfo("Asia/Shanghai"), "CNY", 2))
print("ready", flush=True)
sys.stdin.readline()
booking.book_due(datetime.datetime.fromisoformat(sys.argv[2]))
"""


def many_sales(world: World, count: int = 500) -> None:
    day = at("06-01")
    record_orders(
        [
            OrderIn(
                f"A{n}",
                f"c{n % 50}",
                day - dt.timedelta(days=n % 90),
                "CNY",
                (LineIn(1, 1, 10_000),),
                guide_code=f"G{n % 2 * 3 + 1}",
                store_code="S1",
            )
            for n in range(count)
        ],
        actor="test",
        now=day,
    )


def together(*deeds) -> None:
    faults: list[BaseException] = []

    def run(deed) -> None:
        try:
            deed()
        except BaseException as fault:  # noqa: BLE001 - the test raises it again
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not faults, faults


def test_threads_that_book_at_once_pay_once_m3(world):
    many_sales(world)
    together(*[lambda: world.books("06-30")] * 4)
    assert world.balance("G1")[0] + world.balance("G1")[1] == 250 * 300 == sum(world.balance("G4"))
    assert world.books("06-30") == booking.Booked()


def test_processes_that_book_at_once_pay_once_m3(world, database_url):
    many_sales(world)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, database_url, at("06-30").isoformat()],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for run in runs:
        assert run.stdout is not None and run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    for run in runs:
        run.communicate()
        assert run.returncode == 0
    assert sum(world.balance("G1")) == 250 * 300 == sum(world.balance("G4"))
    assert [world.network.count(t) for t in (changed_customer, reward_mark)] == [0, 0]


def test_sales_that_come_in_while_others_are_booked_are_lost_to_nobody_m4(world):
    def sell(number: int) -> None:
        for n in range(8):
            world.sells(f"T{number}-{n}", "06-01", 10_000, customer=f"t{number}")

    def book() -> None:
        for _ in range(8):
            world.books("06-02")

    together(lambda: sell(1), book, lambda: sell(2), book)
    world.books("06-02")
    assert world.balance("G1") == (16 * 300, 0)


@pytest.mark.parametrize("place", ["seal_now", "_unmark", "sort_queue"])
def test_a_sale_that_commits_in_the_middle_of_a_booking_is_booked_m4(
    world, database, monkeypatch, place
):
    """Before the seal, before the marks are read, before the queue is: each time by somebody else's
    transaction."""
    if database.sqlite:
        pytest.skip("SQLite's writer is alone")
    world.sells("A", "06-01", 10_000)
    original, sold = getattr(booking, place), []

    def meanwhile(*given):  # type: ignore[no-untyped-def]
        if not sold:
            sold.append(True)
            together(lambda: world.sells("B", "06-01", 20_000))
        return original(*given)

    with monkeypatch.context() as patch:
        patch.setattr(booking, place, meanwhile)
        world.books("06-02")
    world.books("06-02")
    assert world.balance("G1") == (900, 0)


def test_a_reader_waits_for_a_long_booking_of_another_machine(world, database):
    """The lock of the booking waits longer than other locks do: figures are late, never refused."""
    if database.sqlite:
        pytest.skip("SQLite's writer is alone")
    world.sells("A", "06-01", 10_000)
    with db.transaction() as connection:
        booking.alone(connection)
        waiting = threading.Thread(target=lambda: world.books("06-02"))
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "15s"
    waiting.join()
    assert world.balance("G1") == (300, 0)
    assert world.network.count(transfer) > 0
