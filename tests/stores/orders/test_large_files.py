"""Files too large for one transaction: none or all of it, whatever happens in the middle (N2,
stores/base/accepted_files.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

import db
from ledger.faults import Busy
from stores.base import accepted_files, accepted_tables
from stores.base.actors import COMMAND_LINE
from stores.facts.orders import order_line, sales_order
from stores.facts.refunds import refund
from stores.imports.file_orders import FileLine, FileOrder, FileRefund
from stores.imports.outcomes import Outcome
from stores.orders import file_check, filing
from stores.orders.packing import packed_order, unpacked_order
from stores.orders.verification import CHECKS
from stores.orders.writing import OrderReused
from tests.stores.orders.shop import HERE, Shop, day
from tests.stores.orders.test_at_once import at_once

ORDERS, REFUNDS = 20, 6


class KilledHere(BaseException):
    """Stands for the end of a process."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "MANY", 5)
    monkeypatch.setattr(filing, "ORDERS_IN_PIECE", 6)
    monkeypatch.setattr(filing, "REFUNDS_IN_PIECE", 2)
    monkeypatch.setattr(accepted_files, "REST_SECONDS", 0.0)


def the_file(mark: str = "a") -> tuple[list[FileOrder], list[FileRefund]]:
    """Twenty orders of seven customers in no order of time, and six refunds of three of them, two
    in other pieces than the first."""
    latitude, longitude = HERE["S2"]
    place = {"latitude": latitude, "longitude": longitude, "crs": "wgs84"}
    orders = [
        FileOrder(
            n + 2,
            f"{mark}{n:02}",
            f"{mark}-c{n % 7}",
            day((n * 7) % ORDERS),
            "CNY",
            (FileLine(n + 2, 1, 1_000 + n, 1, "A", "tea"), FileLine(n + 2, 2, 500, 2, None, None)),
            place if n % 3 else None,
            None,
            None,
            "S1",
            "Wang" if n % 5 == 0 else None,
            "mall",
        )
        for n in range(ORDERS)
    ]
    refunds = [
        FileRefund(
            50 + n,
            f"{mark}r{n}",
            f"{mark}{n % 3:02}",
            f"{mark}-c{n % 3}",
            day(30 + n),
            "CNY",
            ((1, 100),),
            7,
        )
        for n in range(REFUNDS)
    ]
    return orders, refunds


def brings(
    shop: Shop, mark: str = "a", progress: Callable[[int, int], None] | None = None
) -> Outcome:
    return filing.file_orders(
        *the_file(mark), actor=COMMAND_LINE, now=shop.network.now, progress=progress
    )


def killed_after(pieces: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if pieces == done < total or (pieces == 0 and done == total):
            raise KilledHere

    return progress


def told(shop: Shop, mark: str) -> list[Any]:
    """The file's orders as the books have them, without what numbers and marks differ in."""
    with db.read() as connection:
        rows = connection.execute(
            select(sales_order)
            .where(sales_order.c.order_no.startswith(mark))
            .order_by(sales_order.c.order_no)
        ).all()
        return [
            (
                r.order_no[1:],
                r.paid_at,
                r.total_minor,
                r.store_id,
                r.owner_basis,
                r.guide_id,
                r.guide_basis,
                r.home_store_id,
                r.link_guide_id,
                r.platform_fee_minor,
                r.received_at,
            )
            for r in rows
        ]


def bindings(shop: Shop, mark: str) -> list[Any]:
    return [shop.bound(f"{mark}-c{n}", day(25)) for n in range(7)]


def is_nothing(shop: Shop) -> bool:
    count = shop.network.count
    return (
        count(sales_order)
        == count(refund)
        == count(accepted_tables.accepted_file)
        == count(accepted_tables.accepted_number)
        == 0
    )


def is_whole(shop: Shop) -> bool:
    count = shop.network.count
    left = [
        count(t)
        for t in (
            accepted_tables.accepted_file,
            accepted_tables.accepted_piece,
            accepted_tables.accepted_number,
        )
    ]
    with db.read() as connection:
        faults = [fault for check in CHECKS for fault in check(connection).faults]
    return (count(sales_order), count(order_line), count(refund), left, faults) == (
        ORDERS,
        2 * ORDERS,
        REFUNDS,
        [0, 0, 0],
        [],
    )


def test_pieces_say_the_same_as_one_transaction(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    assert brings(shop) == Outcome(new=ORDERS + REFUNDS)
    assert is_whole(shop)
    monkeypatch.setattr(filing, "MANY", 1_000)
    assert brings(shop, "b") == Outcome(new=ORDERS + REFUNDS)
    assert told(shop, "a") == told(shop, "b")
    assert bindings(shop, "a") == bindings(shop, "b")


def test_the_same_file_again_changes_nothing(shop: Shop):
    brings(shop)
    assert brings(shop) == Outcome(unchanged=ORDERS + REFUNDS)
    assert is_whole(shop)


def test_an_order_is_the_same_after_it_has_waited(shop: Shop):
    for order in the_file()[0]:
        given = file_check.order_in(order)
        assert unpacked_order(packed_order(given)) == given
        assert unpacked_order(packed_order(given)).body_hash() == given.body_hash()


def test_what_ends_before_the_file_is_accepted_leaves_nothing(shop: Shop):
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(0))
    assert is_nothing(shop)


def test_pieces_staged_by_a_process_that_was_killed_are_thrown_away(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        accepted_files, "discard", lambda file_id: None
    )  # a dead process cleans nothing up
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(0))
    monkeypatch.undo()
    assert shop.network.count(accepted_tables.accepted_file) == 1
    assert accepted_files.finish_left(60.0) == 1
    assert is_nothing(shop)


@pytest.mark.parametrize("pieces", [1, 3, 5, 6])
def test_once_accepted_the_file_comes_to_its_end_whoever_finds_it(shop: Shop, pieces: int):
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(pieces))
    with db.read() as connection:
        assert any(
            "pieces are not written" in fault
            for check in CHECKS
            for fault in check(connection).faults
        )
    assert accepted_files.finish_left(60.0) == 1
    assert is_whole(shop)
    assert accepted_files.finish_left(60.0) == 0


def test_the_next_file_ends_the_one_before_it_first(shop: Shop):
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(2))
    assert brings(shop) == Outcome(unchanged=ORDERS + REFUNDS)
    assert is_whole(shop)


def test_a_turn_that_ends_in_the_middle_goes_on_later(shop: Shop):
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(1))
    accepted_files.finish_left(0.0)
    assert shop.network.count(accepted_tables.accepted_piece) > 0
    accepted_files.finish_left(60.0)
    assert is_whole(shop)


def test_the_same_file_twice_at_once_is_one(shop: Shop):
    found = at_once(lambda: brings(shop), lambda: brings(shop))
    assert sorted(each.new for each in found) == [0, ORDERS + REFUNDS]
    assert is_whole(shop)


def test_orders_and_refunds_with_a_number_of_the_file_come_again_later(shop: Shop):
    """Nobody slips in between the pieces, whatever the content; afterwards the usual answers are
    given."""
    orders, _ = the_file()
    late, other = file_check.order_in(orders[14]), shop.order(order_no=orders[14].order_no)
    with pytest.raises(KilledHere):
        brings(shop, progress=killed_after(1))
    for deed in (
        lambda: shop.records(late),
        lambda: shop.records(other),
        lambda: shop.takes_back("a00", (2, 400)),
        lambda: shop.takes_back("a05", (1, 5), number="ar5"),
    ):
        with pytest.raises(Busy):
            deed()
    assert shop.records(shop.order("somebody", store_code="S1")).new == 1
    accepted_files.finish_left(60.0)
    assert shop.records(late).unchanged == 1
    with pytest.raises(OrderReused):
        shop.records(other)
    assert shop.takes_back("a00", (2, 400)).new == 1


@pytest.mark.parametrize("between", ["an order", "a refund"])
def test_what_comes_between_check_and_acceptance_is_seen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, between: str
):
    orders, _ = the_file()
    for each in orders[:3]:
        shop.records(file_check.order_in(each))
    accept, came = accepted_files.accept, []

    def late(*given: Any, **more: Any) -> bool:
        if not came:
            came.append(1)
            if between == "an order":
                shop.records(file_check.order_in(orders[9]))
            else:
                shop.takes_back("a02", (2, 1), at=day(25), number="other")
        return accept(*given, **more)

    monkeypatch.setattr(accepted_files, "accept", late)
    outcome = brings(shop)
    known = 4 if between == "an order" else 3
    assert outcome == Outcome(new=ORDERS + REFUNDS - known, unchanged=known)
    assert (shop.network.count(sales_order), shop.network.count(refund)) == (
        ORDERS,
        REFUNDS + (between == "a refund"),
    )
    assert shop.network.count(accepted_tables.accepted_number) == 0
