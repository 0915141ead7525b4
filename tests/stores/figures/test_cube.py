"""The cube and the facts say the same at every moment, with and without a refresher, whatever the
order of commits (M16)."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time

import pytest
from sqlalchemy import func, insert, select, text

import db
from ledger.bulk import allocate
from ledger.intakes import open_intake
from ledger.journals import transfer
from stores.facts.events import event, event_key
from stores.figures import cube, cube_feeds, cube_steps, revenue
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.cube_reading import spans
from stores.orders.refunding import record_refunds
from stores.orders.writing import record_orders
from tests.databases import ENGINES
from tests.stores.figures.cube_and_ledger import FIRST, LAST, check, of_cube
from tests.stores.orders.shop import Shop, day


@pytest.fixture
def shop(network):
    return Shop(network)


def live(shop, dice, number):
    """One random deed of the shop; late facts among them."""
    who, at = f"c{dice.randrange(12)}", day(dice.uniform(0, 60))
    deed = dice.random()
    if deed < 0.35:
        shop.visits(who, at, near=dice.choice(["S1", "S2", "S3", None]))
    elif deed < 0.75:
        order = shop.order(
            who,
            at,
            (dice.randrange(100, 50_000),),
            order_no=f"O-{number}",
            guide_code=dice.choice([None, "Wang", "Zhao"]),
        )
        record_orders([order], actor="test", now=shop.network.now)
        return order
    elif deed < 0.9:
        guide = dice.choice(["Wang", "Li", "Mei"])
        shop.hears(
            shop.event(
                dice.choice(["contact.confirmed", "contact.deleted_by_customer"]),
                at,
                guide,
                who,
                event_id=f"E-{number}",
            )
        )
    return None


def test_figures_equal_the_ledger_right_after_each_deed_and_the_cube_its_facts(shop):
    dice = random.Random(16)
    for number in range(60):
        order = live(shop, dice, number)
        if order is not None and dice.random() < 0.4:
            shop.takes_back(
                order.order_no,
                (1, dice.randrange(1, order.lines[0].amount_minor)),
                at=order.paid_at + dt.timedelta(days=dice.uniform(0, 40)),
                number=f"R-{number}",
            )
        if dice.random() < 0.2:
            cube_steps.advance(step=dice.choice([1, 3, 1000]))
        if number % 5 == 0:
            with db.read() as connection:
                check(connection)
    cube_steps.advance()
    with db.read() as connection:
        check(connection)
        assert cube_steps.cube_is_right(connection).holds
        marks, cells = (
            cube_feeds.marks(connection),
            [
                list(connection.execute(select(each).order_by(*each.primary_key.columns)))
                for each in cube.CELLS
            ],
        )
    cube_steps.rebuild()
    with db.read() as connection:
        assert cube_feeds.marks(connection) == marks
        assert [
            list(connection.execute(select(each).order_by(*each.primary_key.columns)))
            for each in cube.CELLS
        ] == cells
        assert cells[0] and cells[1] and cells[2]


def test_a_refresher_beside_many_writers_loses_and_doubles_nothing(shop):
    stop, faults = threading.Event(), []

    def refresh():
        while not stop.is_set():
            try:
                cube_steps.advance(step=2)
            except Exception as fault:  # noqa: BLE001 - a thread's fault is the test's
                faults.append(fault)

    def write(seed):
        dice = random.Random(seed)
        try:
            for number in range(20):
                order = live(shop, dice, f"{seed}-{number}")
                if order is not None:
                    with db.read() as connection:
                        sold = revenue.of(connection, FIRST, LAST, "day")["totals"]["gross_minor"]
                        t = transfer.c
                        assert (
                            sold
                            == connection.execute(
                                select(func.coalesce(func.sum(t.amount_minor), 0)).where(
                                    t.kind == "sale"
                                )
                            ).scalar_one()
                        )
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    refreshers = [threading.Thread(target=refresh) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for each in (*refreshers, *writers):
        each.start()
    for each in writers:
        each.join()
    stop.set()
    for each in refreshers:
        each.join()
    assert not faults, faults[0]
    cube_steps.advance()
    with db.read() as connection:
        check(connection)
        assert cube_steps.cube_is_right(connection).holds
        assert cube_feeds.marks(connection)["sales_order"] > 0


def _event(number):
    return {
        "event_id": f"held-{number}",
        "type": "contact.confirmed",
        "occurred_at": day(1),
        "business_day": dt.date(2025, 3, 2),
        "guide_id": 1,
        "received_at": day(1),
    }


def _tell(connection, number):
    connection.execute(insert(event_key).values(event_id=f"held-{number}", body_hash="-"))
    connection.execute(
        insert(event).values(
            **_event(number), intake_id=open_intake(connection, "events", "test", day(1))
        )
    )


@pytest.mark.parametrize("database_url", ENGINES[1:], indirect=True)
def test_an_id_that_commits_after_a_higher_one_is_waited_for(shop):
    """M4 for ids: the mark does not pass a transaction that is still open below it."""
    started, go_on = threading.Event(), threading.Event()

    def hold():
        with db.transaction() as connection:
            _tell(connection, 1)
            started.set()
            go_on.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    started.wait(30)
    with db.transaction() as connection:
        _tell(connection, 2)
    began = time.monotonic()
    cube_steps.advance(patience=0.2)
    assert time.monotonic() - began < 5
    with db.read() as connection:
        assert cube_feeds.marks(connection)["event"] == 0
        assert of_cube(connection, guide_cell, "sum", ("adds",), "guide_id") == {1: {"adds": 1}}
    go_on.set()
    holder.join()
    with db.read() as connection:
        assert of_cube(connection, guide_cell, "sum", ("adds",), "guide_id") == {1: {"adds": 2}}
    cube_steps.advance()
    with db.read() as connection:
        assert cube_feeds.marks(connection)["event"] > 0
        check(connection)


@pytest.mark.parametrize("database_url", ENGINES[1:], indirect=True)
def test_an_id_taken_before_anything_is_written_is_waited_for_too(shop):
    """`allocate` hands out ids a while before the rows come."""
    with db.database().engine.connect() as held, held.begin():
        allocate(held, event, 3)
        with db.transaction() as connection:
            _tell(connection, 1)
        cube_steps.advance(patience=0.05)
        with db.read() as connection:
            assert cube_feeds.marks(connection)["event"] == 0
    cube_steps.advance()
    with db.read() as connection:
        assert cube_feeds.marks(connection)["event"] > 0


def test_a_wrong_cell_is_named(shop):
    shop.sells("c1", day(1))
    cube_steps.advance()
    with db.transaction() as connection:
        connection.execute(sale_cell.update().where(sale_cell.c.grain == "month").values(orders=7))
    with db.read() as connection:
        found = cube_steps.cube_is_right(connection)
    assert found.faults == (
        "sale_cell month 2025-03-01 (store_id 0, dealer_id 0): orders is off by 6",
    )
    cube_steps.rebuild()
    with db.read() as connection:
        assert cube_steps.cube_is_right(connection).holds


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM first_order", "first_order of customer 1: is not the first of the orders"),
        (
            "UPDATE first_order SET store_id = 3",
            "first_order of customer 1: is not the first of the orders",
        ),
        (
            "UPDATE moved_day SET last_id = 1",
            "moved_day 2025-03-02: does not name the first and last transfer of the day",
        ),
    ],
)
def test_what_is_kept_beside_the_cells_is_proved_too(shop, statement, words):
    shop.visits("c1", day(0), near="S1")
    shop.sells("c1", day(0.9))
    cube_steps.advance()
    with db.transaction() as connection:
        assert cube_steps.cube_is_right(connection).holds
        connection.execute(text(statement))
        assert cube_steps.cube_is_right(connection).faults == (words,)


def test_figures_inside_a_transaction_hold_the_marks(shop):
    """A deed that reads figures sees cells and marks of one moment."""
    shop.visits("c1", day(1), near="S1")
    cube_steps.advance()
    with db.transaction() as connection:
        assert (
            sum(
                v["entries"]
                for v in of_cube(connection, entry_cell, "sum", ("entries",), "rung").values()
            )
            == 1
        )


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2025-03-01", "2025-03-31", [("month", "2025-03-01", "2025-03-31")]),
        ("2025-03-02", "2025-03-31", [("day", "2025-03-02", "2025-03-31")]),
        (
            "2025-02-15",
            "2025-04-02",
            [
                ("month", "2025-03-01", "2025-03-31"),
                ("day", "2025-02-15", "2025-02-28"),
                ("day", "2025-04-01", "2025-04-02"),
            ],
        ),
        ("2024-12-01", "2025-01-31", [("month", "2024-12-01", "2025-01-31")]),
        ("2025-03-07", "2025-03-07", [("day", "2025-03-07", "2025-03-07")]),
    ],
)
def test_a_span_is_whole_months_and_the_days_left_over(first, last, found):
    when = dt.date.fromisoformat
    assert spans(when(first), when(last)) == [(grain, when(a), when(b)) for grain, a, b in found]


def test_refunds_stand_on_their_own_day(shop):
    shop.visits("c1", day(0), near="S1")
    shop.sells("c1", day(0.1), (10_000,), order_no="A")
    cube_steps.advance()
    record_refunds([shop.refund("A", (1, 4_000), at=day(40))], actor="test", now=shop.network.now)
    for _ in range(2):
        with db.read() as connection:
            rows = revenue.of(connection, FIRST, LAST, "month")["rows"]
        assert [(r["period"], r["gross_minor"], r["refunds_minor"]) for r in rows] == [
            ("2025-03", 10_000, 0),
            ("2025-04", 0, 4_000),
        ]
        cube_steps.advance()
