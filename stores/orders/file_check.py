"""What is wrong with a file of orders and refunds, before anything is written (CONTRACT 2, M8,
M9).

The checks read what is stored, then walk the refunds in (time, number) order over the orders as
they would be, so that each faulty row is named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

import db
from ledger.faults import Fault
from ledger.money import LARGEST_MINOR
from stores.base import versions
from stores.base.brand import brand
from stores.base.receipt import why_refused
from stores.customers import people
from stores.facts.visits import SourcePoint
from stores.imports.faults import FaultList
from stores.imports.file_orders import FileOrder, FileRefund
from stores.imports.outcomes import Outcome, Refused
from stores.network import network
from stores.network.snapshot import Snapshot
from stores.orders import refunding, writing
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import Account


@dataclass(frozen=True, slots=True)
class _Placed:
    """An input with the row it began on, for the fault that names it."""

    order: FileOrder
    given: OrderIn


@dataclass(frozen=True, slots=True)
class _Ordered:
    """An order as its refunds see it: as stored, or as this file would make it. `customer` is a
    surrogate id or the outside id of somebody new."""

    order_no: str
    paid_at: dt.datetime
    currency: str
    customer: int | str


@dataclass(frozen=True, slots=True)
class Checked:
    """A sound file: what of it is new, in (time, number) order, how much is known, and how many
    refunds the orders have that it refunds."""

    orders: list[OrderIn]
    refunds: list[RefundIn]
    unchanged: int
    refunded: int

    @property
    def new(self) -> int:
        return len(self.orders) + len(self.refunds)

    @property
    def outcome(self) -> Outcome:
        return Outcome(new=self.new, unchanged=self.unchanged)


def check_file(
    orders: Sequence[FileOrder], refunds: Sequence[FileRefund], now: dt.datetime
) -> Checked:
    """Raises Refused naming every faulty row."""
    placed = [_Placed(o, order_in(o)) for o in orders]
    given = [refund_in(r) for r in refunds]
    faults = FaultList()
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
        known = writing.known_hashes(connection, [o.order_no for o in orders])
        sound = [p for p in placed if _order_is_sound(p, known, snapshot, faults, now)]
        known_refunds = refunding.known_hashes(connection, [r.refund_no for r in refunds])
        fresh = [
            (row, each)
            for row, each in zip(refunds, given, strict=True)
            if _refund_is_new(row, each, known_refunds, faults, now)
        ]
        refunded = _walk_refunds(
            connection, fresh, placed, {p.order.order_no for p in sound}, known, faults
        )
    if faults:
        raise Refused(faults)
    new = sorted(
        (p.given for p in placed if p.order.order_no not in known),
        key=lambda o: (o.paid_at, o.order_no),
    )
    back = sorted((each for _, each in fresh), key=lambda r: (r.refunded_at, r.refund_no))
    return Checked(new, back, len(placed) + len(refunds) - len(new) - len(back), refunded)


def order_in(order: FileOrder) -> OrderIn:
    place = order.location
    return OrderIn(
        order.order_no,
        order.customer_id,
        order.paid_at,
        order.currency,
        tuple(
            LineIn(n.line_no, n.quantity, n.amount_minor, n.sku, n.category, measure=n.measure)
            for n in order.lines
        ),
        guide_code=order.guide_code,
        location=SourcePoint(place["latitude"], place["longitude"], place["crs"])
        if place is not None
        else None,
        region_code=order.region_code,
        store_code=order.store_code,
        channel=order.channel,
        fulfilment_store_code=order.fulfilment_store_code,
    )


def refund_in(row: FileRefund) -> RefundIn:
    spread: tuple[tuple[int | None, int], ...] = (
        ((None, row.spread_minor),) if row.spread_minor else ()
    )
    return RefundIn(row.refund_no, row.order_no, row.refunded_at, (*row.lines, *spread))


# -- what is wrong with a row ----------------------------------------------------------------------


def _order_is_sound(
    placed: _Placed,
    known: Mapping[str, str],
    snapshot: Snapshot,
    faults: FaultList,
    now: dt.datetime,
) -> bool:
    row, before = placed.order, len(faults)
    if row.order_no in known:
        if known[row.order_no] != placed.given.body_hash():
            faults.add(
                row.line,
                "order_no",
                row.order_no,
                "is known with another content; an order is not changed: send a refund, or use a "
                "new number",
            )
        return len(faults) == before
    _refuse_impossible(row.line, row.paid_at, now, faults)
    if row.currency != brand().currency:
        faults.add(
            row.line,
            "currency",
            row.currency,
            f"is not the currency of this installation, {brand().currency}",
        )
    if row.store_code is not None and row.store_code not in snapshot.by_code:
        faults.add(row.line, "store_code", row.store_code, "is no known store; import stores first")
    if row.fulfilment_store_code is not None and row.fulfilment_store_code not in snapshot.by_code:
        faults.add(
            row.line,
            "fulfilment_store_code",
            row.fulfilment_store_code,
            "is no known store; import stores first",
        )
    if row.guide_code is not None and row.guide_code not in snapshot.guides_by_code:
        faults.add(row.line, "guide_code", row.guide_code, "is no known guide; import guides first")
    if placed.given.total_minor > LARGEST_MINOR:
        faults.add(
            row.line,
            "amount",
            str(placed.given.total_minor),
            "is above the largest amount that is kept, 10^11 minor units",
        )
    return len(faults) == before


def _refund_is_new(
    row: FileRefund, given: RefundIn, known: Mapping[str, str], faults: FaultList, now: dt.datetime
) -> bool:
    if row.refund_no not in known:
        _refuse_impossible(row.line, row.refunded_at, now, faults)
        return True
    if known[row.refund_no] != given.body_hash():
        faults.add(
            row.line,
            "order_no",
            row.refund_no,
            "is a refund known with another content; use a new number for a new refund",
        )
    return False


def _refuse_impossible(line: int, at: dt.datetime, now: dt.datetime, faults: FaultList) -> None:
    if (why := why_refused(at, now)) is not None:
        faults.add(line, "paid_at", at.astimezone(brand().timezone).isoformat(), why)


def _walk_refunds(
    connection: Connection,
    fresh: Sequence[tuple[FileRefund, RefundIn]],
    placed: Sequence[_Placed],
    sound: set[str],
    known: Mapping[str, str],
    faults: FaultList,
) -> int:
    """Each new refund against what is then left of its order. Refunds of an order that is at fault
    itself are passed over. How many refunds the orders have already."""
    if not fresh:
        return 0
    wanted = {row.order_no for row, _ in fresh}
    in_file = {p.order.order_no: p.given for p in placed if p.order.order_no in wanted}
    people_named = people.find(
        connection,
        (
            ("customer_id", text)
            for text in {row.customer_id for row, _ in fresh}
            | {o.customer_id for o in in_file.values()}
        ),
    )
    accounts = {
        number: Account(
            _Ordered(number, a.order.paid_at, a.order.currency, a.order.customer_id),
            a.lines,
            a.left,
            a.refunded_minor,
        )
        for number, a in refunding.accounts_of(
            connection, sorted(wanted - (in_file.keys() - known.keys()))
        ).items()
    }
    for number, each in in_file.items():
        if number not in known:
            lines = {line.line_no: line.amount_minor for line in each.lines}
            buyer = people_named.get(("customer_id", each.customer_id), each.customer_id)
            accounts[number] = Account(
                _Ordered(number, each.paid_at, each.currency, buyer), lines, dict(lines), 0
            )
    for row, each in fresh:
        if row.order_no not in accounts:
            faults.add(
                row.line,
                "original_order_no",
                row.order_no,
                "is no known order; record the order first, or put it in this file",
            )
        elif row.order_no in sound or row.order_no not in in_file:
            _settle(row, each, accounts[row.order_no], people_named, faults)
    return refunding.count_of(connection, sorted(wanted))


def _settle(
    row: FileRefund,
    each: RefundIn,
    account: Account,
    people_named: Mapping[Any, int],
    faults: FaultList,
) -> None:
    order: _Ordered = account.order
    before = len(faults)
    if row.currency != order.currency:
        faults.add(
            row.line, "currency", row.currency, f"differs from the order's, {order.currency}"
        )
    if people_named.get(("customer_id", row.customer_id), row.customer_id) != order.customer:
        faults.add(
            row.line,
            "customer_id",
            row.customer_id,
            f"is not the customer of the order {row.order_no}",
        )
    if len(faults) > before:
        return
    try:
        account.take(each)
    except Fault as fault:
        column, value = _COLUMNS.get(fault.code, ("order_no", row.refund_no))
        faults.add(
            row.line,
            column,
            value or _shown(row, column),
            fault.errors[0].reason if fault.code == "unknown_line" else fault.detail,
        )


_COLUMNS = {
    "refund_before_order": ("paid_at", ""),
    "unknown_line": ("line_no", ""),
    "refund_above_order": ("amount", ""),
}


def _shown(row: FileRefund, column: str) -> str:
    """The cell as far as it is known; the row's amounts in minor units."""
    if column == "paid_at":
        return row.refunded_at.isoformat()
    if column == "line_no":
        return ", ".join(str(line_no) for line_no, _ in row.lines)
    return f"{row.spread_minor + sum(amount for _, amount in row.lines)} minor units"
