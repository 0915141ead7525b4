"""A file of orders and refunds, taken whole or not at all: every fault is found before anything is
written (CONTRACT 2, M8, M9).

Orders are written first, then refunds, which may stand before their order in the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from ledger.pieces import pieces
from stores.base import accepted_files, accepted_numbers
from stores.base.accepted_files import Piece, Turn, Written
from stores.base.actors import Actor
from stores.facts.orders import order_key, sales_order
from stores.facts.refunds import refund, refund_key
from stores.imports.file_orders import FileOrder, FileRefund
from stores.imports.outcomes import Outcome
from stores.orders import refunding, writing
from stores.orders.file_check import Checked, check_file
from stores.orders.packing import packed_order, packed_refund, unpacked_order, unpacked_refund

Progress = Callable[[int, int], None]
MANY = 1_000  # orders and refunds that one transaction takes
ORDERS_IN_PIECE, REFUNDS_IN_PIECE = 500, 250  # some tenths of a second of SQLite's writer


def file_orders(
    orders: Sequence[FileOrder],
    refunds: Sequence[FileRefund],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Record the orders and refunds of one file that are new, all or none: few in one transaction,
    many as an accepted file (stores/base/accepted_files.py). `progress` may leave by an exception
    as long as it is told done = total; with less, pieces are being written and it must not. Raises
    Refused naming every faulty row, Busy."""
    if not dry_run:
        accepted_files.await_others()
    checked = check_file(orders, refunds, now)
    if dry_run or not checked.new:
        return checked.outcome
    if checked.new <= MANY:
        _write_at_once(checked, actor, now)
        return checked.outcome

    def put_in(mine: Turn, found: Checked) -> bool:
        return not found.new or accepted_files.put(
            mine,
            _pieces(found),
            lambda connection, file_id: _still_sound(connection, file_id, found),
            actor=actor.name,
            now=now,
            keys=(order_key, refund_key),
            progress=progress,
        )

    def check() -> Checked:
        return check_file(orders, refunds, now)

    return accepted_files.bring_in(checked, check, put_in, "Orders").outcome


def _write_at_once(checked: Checked, actor: Actor, now: dt.datetime) -> None:
    def then(connection: Connection) -> None:
        if checked.refunds:
            refunding.record_refunds(checked.refunds, actor=actor.name, now=now)

    writing.record_orders(checked.orders, actor=actor.name, now=now, then=then)


# -- a large file ----------------------------------------------------------------------------------


def _still_sound(connection: Connection, file_id: int, checked: Checked) -> bool:
    """Whether nobody brought a number of the file, or a refund of an order that it refunds."""
    orders, of_orders = sales_order.c.order_no, (refund, refund.c.order_id == sales_order.c.id)
    count = accepted_numbers.count_of
    return (
        count(connection, file_id, "order", orders) == 0
        and count(connection, file_id, "refund", refund.c.refund_no) == 0
        and count(connection, file_id, "refunds_of", orders, of_orders) == checked.refunded
    )


def _pieces(checked: Checked) -> Iterator[Piece]:
    """In the order of time, each order sees those before it as in one transaction. An order is
    closed to other refunds until the last piece that refunds it."""
    for some in pieces(checked.orders, ORDERS_IN_PIECE):
        yield Piece(
            "orders", [packed_order(o) for o in some], [("order", o.order_no) for o in some]
        )
    last = {each.order_no: place // REFUNDS_IN_PIECE for place, each in enumerate(checked.refunds)}
    for number, part in enumerate(pieces(checked.refunds, REFUNDS_IN_PIECE)):
        closed = {("refunds_of", r.order_no) for r in part if last[r.order_no] == number}
        yield Piece(
            "refunds",
            [packed_refund(r) for r in part],
            [*(("refund", r.refund_no) for r in part), *closed],
        )


@accepted_files.writes("orders")
def _write_orders(rows: list[Any], actor: str, received_at: dt.datetime, written: Written) -> None:
    writing.record_orders(
        [unpacked_order(row) for row in rows],
        actor=actor,
        now=received_at,
        then=written,
        accepted=True,
    )


@accepted_files.writes("refunds")
def _write_refunds(rows: list[Any], actor: str, received_at: dt.datetime, written: Written) -> None:
    refunding.record_refunds(
        [unpacked_refund(row) for row in rows],
        actor=actor,
        now=received_at,
        then=written,
        accepted=True,
    )
