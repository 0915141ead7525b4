"""Refunds: cumulative, on their own day, never above the order (D5, B13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

import db
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from ledger.intakes import open_intake
from ledger.journals import Journal, post
from ledger.money import share
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base.accepted_numbers import refuse_taken
from stores.base.brand import business_day
from stores.base.receipt import refuse_impossible
from stores.facts.changes import changed_customer
from stores.facts.credits import order_credit
from stores.facts.orders import order_line, sales_order
from stores.facts.refunds import refund, refund_key, refund_line
from stores.network.dealers import dealer
from stores.orders.books import Fees, Terms, refund_journal
from stores.orders.inputs import RefundIn
from stores.orders.writing import Outcome


class RefundReused(Conflict):
    """The refund number is known with another content."""

    code = "refund_reused"


@dataclass(slots=True)
class Account:
    """An order with what is refunded of it so far; `lines` and `left` by line number. `order` has
    order_no and paid_at."""

    order: Any
    lines: dict[int, int]
    left: dict[int, int]
    refunded_minor: int

    def take(self, each: RefundIn) -> dict[int, int]:
        """Take a refund off what is left; its amount by line. Raises InvalidInput (unknown line,
        before the order), Conflict (too much)."""
        if each.refunded_at < self.order.paid_at:
            raise InvalidInput(
                f"The refund {each.refund_no!r} is dated before its order was paid.",
                code="refund_before_order",
                errors=[FieldFault("refunded_at", "lies before paid_at of the order")],
            )
        lines = _spread(each, self)
        self.refunded_minor += each.total_minor
        for n, amount in lines.items():
            self.left[n] -= amount
        return lines


def record_refunds(
    refunds: Sequence[RefundIn],
    *,
    actor: str,
    now: dt.datetime,
    then: Callable[[Connection], None] | None = None,
    accepted: bool = False,
) -> Outcome:
    """Record refunds that are new, in (refunded_at, refund_no) order and one transaction. Joins an
    open transaction. `then` is called inside it. `accepted`: their file was accepted, the numbers
    are theirs.

    Raises Busy, NotFound (unknown order), InvalidInput (unknown line, more than is left, before the
    order), ImpossibleTime, RefundReused; nothing is written."""
    if len({r.refund_no for r in refunds}) != len(refunds):
        raise ValueError("a refund number stands twice in one call")
    with db.transaction() as connection:
        insert_missing(
            connection,
            refund_key,
            [
                {"refund_no": r.refund_no, "body_hash": r.body_hash()}
                for r in sorted(refunds, key=lambda r: r.refund_no)
            ],
        )
        if not accepted:
            refuse_taken(
                connection,
                {
                    "refund": [r.refund_no for r in refunds],
                    "refunds_of": [r.order_no for r in refunds],
                },
            )
        new = _new_ones(connection, refunds)
        for each in new:
            refuse_impossible("refunded_at", each.refunded_at, now)
        if new:
            _write_all(connection, new, actor, now)
        if then is not None:
            then(connection)
        return Outcome(len(new), len(refunds) - len(new))


def _write_all(connection: Connection, new: list[RefundIn], actor: str, now: dt.datetime) -> None:
    accounts = _accounts(connection, sorted({r.order_no for r in new}))
    intake_id = open_intake(connection, "refunds", actor, now)
    journals = [
        _write(connection, each, accounts[each.order_no], intake_id, now)
        for each in sorted(new, key=lambda r: (r.refunded_at, r.refund_no))
    ]
    post(connection, journals, intake_id=intake_id, now=now)
    connection.execute(
        changed_customer.insert(),
        [{"customer_id": c} for c in sorted({accounts[r.order_no].order.customer_id for r in new})],
    )


def _new_ones(connection: Connection, refunds: Sequence[RefundIn]) -> list[RefundIn]:
    """The key rows are ours or a rival's by now; whose, the refund table tells. A rival in flight
    was waited for."""
    written = known_hashes(connection, [r.refund_no for r in refunds])
    for each in refunds:
        if each.refund_no in written and written[each.refund_no] != each.body_hash():
            raise RefundReused(
                f"The refund {each.refund_no!r} is known with another content; nothing was "
                "written. Use a new number for a new refund."
            )
    return [r for r in refunds if r.refund_no not in written]


def known_hashes(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    """Body hashes of the refund numbers that are recorded."""
    written: dict[str, str] = {}
    for some in pieces(numbers, 500):
        rows = connection.execute(
            select(refund_key)
            .join(refund, refund.c.refund_no == refund_key.c.refund_no)
            .where(refund_key.c.refund_no.in_(some))
        )
        written |= {r.refund_no: r.body_hash for r in rows}
    return written


def count_of(connection: Connection, numbers: Sequence[str]) -> int:
    """How many refunds these orders have."""
    found = 0
    for some in pieces(numbers, 500):
        query = (
            select(func.count())
            .select_from(refund)
            .join(sales_order, sales_order.c.id == refund.c.order_id)
        )
        found += int(connection.execute(query.where(sales_order.c.order_no.in_(some))).scalar_one())
    return found


def accounts_of(
    connection: Connection, numbers: Sequence[str], lock: bool = False
) -> dict[str, Account]:
    """The orders that exist, with `lock` held in id order, so that refunds of one order queue
    up."""
    found: dict[str, Account] = {}
    for some in pieces(numbers, 500):
        query = (
            select(sales_order, dealer.c.dealer_code)
            .outerjoin(dealer, dealer.c.id == sales_order.c.dealer_id)
            .where(sales_order.c.order_no.in_(some))
            .order_by(sales_order.c.id)
        )
        rows = connection.execute(query.with_for_update(of=sales_order) if lock else query).all()
        by_id = {r.id: Account(r, {}, {}, 0) for r in rows}
        for line in connection.execute(
            select(order_line.c.order_id, order_line.c.line_no, order_line.c.amount_minor).where(
                order_line.c.order_id.in_(by_id)
            )
        ):
            by_id[line.order_id].lines[line.line_no] = by_id[line.order_id].left[line.line_no] = (
                line.amount_minor
            )
        back = (
            select(
                refund.c.order_id,
                refund_line.c.line_no,
                func.sum(refund_line.c.amount_minor).label("amount"),
            )
            .join(refund, refund.c.id == refund_line.c.refund_id)
            .where(refund.c.order_id.in_(by_id))
            .group_by(refund.c.order_id, refund_line.c.line_no)
        )
        for r in connection.execute(back):
            by_id[r.order_id].left[r.line_no] -= int(r.amount)
            by_id[r.order_id].refunded_minor += int(r.amount)
        found |= {a.order.order_no: a for a in by_id.values()}
    return found


def _accounts(connection: Connection, numbers: Sequence[str]) -> dict[str, Account]:
    """The orders, locked. Raises NotFound."""
    found = accounts_of(connection, numbers, lock=True)
    unknown = [n for n in numbers if n not in found]
    if unknown:
        raise NotFound(
            f"There is no order {unknown[0]!r}; record the order before its refund.",
            code="unknown_order",
            errors=[FieldFault("original_order_no", "is unknown")],
        )
    return found


def _write(
    connection: Connection, each: RefundIn, account: Account, intake_id: int, now: dt.datetime
) -> Journal:
    order, day = account.order, business_day(each.refunded_at)
    refunded_before_minor, lines = account.refunded_minor, account.take(each)
    refund_id = int(
        connection.execute(
            refund.insert()
            .values(
                refund_no=each.refund_no,
                order_id=order.id,
                refunded_at=each.refunded_at,
                business_day=day,
                total_minor=each.total_minor,
                intake_id=intake_id,
                received_at=now,
            )
            .returning(refund.c.id)
        ).scalar_one()
    )
    connection.execute(
        refund_line.insert(),
        [
            {"refund_id": refund_id, "line_no": n, "amount_minor": a}
            for n, a in sorted(lines.items())
        ],
    )
    rows = list(_credit_rows(connection, order.id, refund_id, each.total_minor, day))
    if rows:
        connection.execute(order_credit.insert(), rows)
    terms = Terms(
        order.dealer_id,
        order.dealer_code,
        order.store_id,
        order.contract_id,
        order.platform_fee_bp,
        order.channel_fee_bp,
        order.collection_mode,
    )
    return refund_journal(
        order.id,
        refund_id,
        each.refund_no,
        each.total_minor,
        refunded_before_minor,
        order.total_minor,
        order.currency,
        Fees(order.platform_fee_minor, order.channel_fee_minor),
        terms,
        each.refunded_at,
        day,
    )


def _spread(each: RefundIn, account: Account) -> dict[int, int]:
    """Amount by line; a refund that names no line is spread over what remains, by largest
    remainder."""
    wanted: dict[int, int] = {}
    for line_no, amount in each.lines:
        if line_no is None:
            numbers = sorted(account.left)
            remaining = [account.left[n] - wanted.get(n, 0) for n in numbers]
            if sum(remaining) < amount:
                raise _above(each, account)
            for n, part in zip(numbers, share(amount, remaining), strict=True):
                wanted[n] = wanted.get(n, 0) + part
        elif line_no not in account.lines:
            raise InvalidInput(
                f"The order {each.order_no!r} has no line {line_no}.",
                code="unknown_line",
                errors=[FieldFault("line_no", f"{line_no} is no line of the order")],
            )
        else:
            wanted[line_no] = wanted.get(line_no, 0) + amount
    if any(amount > account.left[n] for n, amount in wanted.items()):
        raise _above(each, account)
    return {n: amount for n, amount in wanted.items() if amount > 0}


def _above(each: RefundIn, account: Account) -> Conflict:
    left = sum(account.left.values())
    return Conflict(
        f"The refund {each.refund_no!r} takes more than is left; of the order {each.order_no!r} "
        f"{left} minor units can still be refunded.",
        code="refund_above_order",
        errors=[FieldFault("amount_minor", "exceeds what is left of the line")],
    )


def _credit_rows(
    connection: Connection, order_id: int, refund_id: int, amount_minor: int, day: dt.date
) -> Iterable[dict[str, Any]]:
    """B13: every credit of the order goes back in proportion; at full weight that is the refunded
    amount."""
    c = order_credit.c
    for r in connection.execute(
        select(c.kind, c.store_id, c.guide_id, c.branch_id)
        .where(c.order_id == order_id, c.refund_id.is_(None))
        .order_by(c.id)
    ):
        if amount_minor:
            yield {
                "order_id": order_id,
                "refund_id": refund_id,
                "kind": r.kind,
                "store_id": r.store_id,
                "guide_id": r.guide_id,
                "branch_id": r.branch_id,
                "amount_minor": -amount_minor,
                "business_day": day,
            }
