"""States of orders, one or many at once: each once, at its first time (C11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

import db
from ledger.faults import Conflict, InvalidInput, NotFound
from stores.base import brand
from stores.facts.orders import order_state
from stores.network import network
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.states import StateIn, record_state, record_states
from stores.orders.writing import Outcome, record_orders

PAID = dt.datetime(2026, 10, 1, 4, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def orders(database: db.Database) -> Iterator[None]:
    before = brand._brand
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    network.forget()
    record_orders(
        [OrderIn(f"D{n}", f"c{n}", PAID, "CNY", (LineIn(1, 1, 1_000),)) for n in range(3)],
        actor="test",
        now=PAID,
    )
    yield
    brand._brand = before


def states(*given: StateIn) -> Outcome:
    return record_states(given, actor="test", now=PAID + 5 * HOUR)


def stored() -> int:
    with db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(order_state)).scalar_one())


def test_many_states_are_recorded_once() -> None:
    given = [
        StateIn(f"D{n}", state, PAID + HOUR) for n in range(3) for state in ("shipped", "received")
    ]
    assert states(*given) == Outcome(6, 0)
    assert states(*given) == Outcome(0, 6)
    assert record_state("D0", "shipped", PAID + HOUR, actor="test", now=PAID + 6 * HOUR) is False
    assert record_state("D0", "closed", PAID + HOUR, actor="test", now=PAID + 6 * HOUR) is True
    assert stored() == 7


def test_another_time_is_refused_and_nothing_is_written() -> None:
    states(StateIn("D0", "shipped", PAID + HOUR))
    with pytest.raises(Conflict, match="reported once"):
        states(StateIn("D1", "shipped", PAID + HOUR), StateIn("D0", "shipped", PAID + 2 * HOUR))
    assert stored() == 1


@pytest.mark.parametrize(
    "given, fault",
    [
        (StateIn("D9", "shipped", PAID + HOUR), NotFound),
        (StateIn("D0", "shipped", PAID - HOUR), InvalidInput),
    ],
    ids=["unknown order", "before payment"],
)
def test_an_unsound_state_is_refused_with_all_the_others(
    given: StateIn, fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        states(StateIn("D1", "shipped", PAID + HOUR), given)
    assert stored() == 0
