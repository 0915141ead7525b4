"""Proofs over orders and refunds: what is frozen on them is what the ledger holds (D1-D5, B13,
`flask verify`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from ledger.journals import transfer
from ledger.money import proportion
from ledger.verification import Check, Finding, count, finding
from stores.base.accepted_files import files_are_whole
from stores.base.brand import brand
from stores.facts.credits import order_credit
from stores.facts.orders import order_key, order_line, sales_order
from stores.facts.refunds import refund, refund_key, refund_line

_O, _T = sales_order.c, transfer.c
SALES = ("sale", "sale_unattributed", "platform_fee", "channel_fee")
REFUNDS = ("refund", "refund_unattributed", "platform_fee_return", "channel_fee_return")


def orders_are_booked(connection: Connection) -> Finding:
    """Lines sum to the total, fees of lines to the frozen fees, and the transfers of each order are
    its frozen amounts."""
    return finding(
        "orders",
        f"{count(connection, sales_order):,} orders, each equals its lines and its transfers",
        _order_faults(connection),
    )


def _order_faults(connection: Connection) -> Iterator[str]:
    line = order_line.c
    lines = (
        select(
            line.order_id,
            *(
                func.sum(line[name]).label(name)
                for name in ("amount_minor", "platform_fee_minor", "channel_fee_minor")
            ),
        )
        .group_by(line.order_id)
        .subquery()
    )
    query = (
        select(_O.order_no, _O.total_minor, lines.c.amount_minor)
        .outerjoin(lines, lines.c.order_id == _O.id)
        .where(
            or_(
                lines.c.order_id.is_(None),
                lines.c.amount_minor != _O.total_minor,
                lines.c.platform_fee_minor != _O.platform_fee_minor,
                lines.c.channel_fee_minor != _O.channel_fee_minor,
            )
        )
        .order_by(_O.id)
    )
    for r in connection.execute(query):
        yield (
            f"order {r.order_no}: its lines sum to {r.amount_minor}, its total is "
            f"{r.total_minor}; or "
            "the fees of its lines differ from the order's"
        )
    booked = _booked(SALES, _T.refund_id.is_(None))
    owned = _O.dealer_id.is_not(None)
    wrong = (
        select(_O.order_no, _O.total_minor, *(_amount(booked, kind).label(kind) for kind in SALES))
        .outerjoin(booked, booked.c.order_id == _O.id)
        .where(
            or_(
                _amount(booked, "sale") != case((owned, _O.total_minor), else_=0),
                _amount(booked, "sale_unattributed") != case((owned, 0), else_=_O.total_minor),
                _amount(booked, "platform_fee") != case((owned, _O.platform_fee_minor), else_=0),
                _amount(booked, "channel_fee") != case((owned, _O.channel_fee_minor), else_=0),
            )
        )
        .order_by(_O.id)
    )
    for r in connection.execute(wrong):
        yield (
            f"order {r.order_no}: its total is {r.total_minor}, booked are sale "
            f"{r.sale + r.sale_unattributed}, "
            f"platform fee {r.platform_fee}, channel fee {r.channel_fee}"
        )
    yield from _misplaced(connection)
    stray = (
        select(order_key.c.order_no)
        .outerjoin(sales_order, _O.order_no == order_key.c.order_no)
        .where(_O.id.is_(None))
        .order_by(order_key.c.order_no)
    )
    for r in connection.execute(stray):
        yield f"order_key {r.order_no}: has no order"


def _misplaced(connection: Connection) -> Iterator[str]:
    """Transfers of a sale stand with the dealer, store and currency that are frozen on the order,
    and belong to an order at all."""
    query = (
        select(_T.id, _T.kind, _O.order_no)
        .outerjoin(sales_order, _O.id == _T.order_id)
        .where(
            _T.kind.in_(SALES + REFUNDS),
            or_(
                _O.id.is_(None),
                func.coalesce(_T.dealer_id, 0) != func.coalesce(_O.dealer_id, 0),
                func.coalesce(_T.store_id, 0) != func.coalesce(_O.store_id, 0),
                _T.currency != _O.currency,
            ),
        )
        .order_by(_T.id)
    )
    for r in connection.execute(query):
        yield (
            f"transfer {r.id} ({r.kind}): stands with another dealer, store or currency than its "
            f"order {r.order_no}"
        )
    for r in connection.execute(
        select(_O.order_no, _O.currency).where(_O.currency != brand().currency).order_by(_O.id)
    ):
        yield f"order {r.order_no}: is in {r.currency}, this installation in {brand().currency}"


def refunds_are_booked(connection: Connection) -> Finding:
    """Refunds never exceed the order nor any of its lines; what came back of the fees is cumulative
    and in proportion (D5)."""
    return finding(
        "refunds",
        f"{count(connection, refund):,} refunds, each within its order and booked",
        _refund_faults(connection),
    )


def _refund_faults(connection: Connection) -> Iterator[str]:
    r_, l_ = refund.c, refund_line.c
    sums = (
        select(l_.refund_id, func.sum(l_.amount_minor).label("amount"))
        .group_by(l_.refund_id)
        .subquery()
    )
    query = (
        select(r_.refund_no, r_.total_minor, sums.c.amount)
        .outerjoin(sums, sums.c.refund_id == r_.id)
        .where(func.coalesce(sums.c.amount, 0) != r_.total_minor)
        .order_by(r_.id)
    )
    for r in connection.execute(query):
        yield f"refund {r.refund_no}: its lines sum to {r.amount}, its total is {r.total_minor}"
    back = (
        select(r_.order_id, l_.line_no, func.sum(l_.amount_minor).label("amount"))
        .join(refund, r_.id == l_.refund_id)
        .group_by(r_.order_id, l_.line_no)
        .subquery()
    )
    over = (
        select(_O.order_no, back.c.line_no, back.c.amount, order_line.c.amount_minor)
        .join(sales_order, _O.id == back.c.order_id)
        .outerjoin(
            order_line,
            and_(order_line.c.order_id == back.c.order_id, order_line.c.line_no == back.c.line_no),
        )
        .where(back.c.amount > func.coalesce(order_line.c.amount_minor, 0))
        .order_by(_O.id)
    )
    for r in connection.execute(over):
        yield f"order {r.order_no}: of line {r.line_no}, {r.amount_minor}, {r.amount} were refunded"
    yield from _refund_bookings(connection)
    stray = (
        select(refund_key.c.refund_no)
        .outerjoin(refund, r_.refund_no == refund_key.c.refund_no)
        .where(r_.id.is_(None))
        .order_by(refund_key.c.refund_no)
    )
    for r in connection.execute(stray):
        yield f"refund_key {r.refund_no}: has no refund"


def _refund_bookings(connection: Connection) -> Iterator[str]:
    booked = (
        select(
            _T.refund_id,
            func.sum(
                case((_T.kind.in_(("refund", "refund_unattributed")), _T.amount_minor), else_=0)
            ).label("amount"),
        )
        .where(_T.kind.in_(REFUNDS))
        .group_by(_T.refund_id)
        .subquery()
    )
    wrong = (
        select(refund.c.refund_no, refund.c.total_minor, booked.c.amount)
        .outerjoin(booked, booked.c.refund_id == refund.c.id)
        .where(func.coalesce(booked.c.amount, 0) != refund.c.total_minor)
        .order_by(refund.c.id)
    )
    for r in connection.execute(wrong):
        yield f"refund {r.refund_no}: its total is {r.total_minor}, booked is {r.amount or 0}"
    totals = (
        select(refund.c.order_id, func.sum(refund.c.total_minor).label("back"))
        .group_by(refund.c.order_id)
        .subquery()
    )
    fees = _booked(REFUNDS, _T.refund_id.is_not(None))
    query = (
        select(
            _O.order_no,
            _O.dealer_id,
            _O.total_minor,
            _O.platform_fee_minor,
            _O.channel_fee_minor,
            func.coalesce(totals.c.back, 0).label("back"),
            _amount(fees, "platform_fee_return").label("platform"),
            _amount(fees, "channel_fee_return").label("channel"),
        )
        .outerjoin(totals, totals.c.order_id == _O.id)
        .outerjoin(fees, fees.c.order_id == _O.id)
        .where(or_(totals.c.order_id.is_not(None), fees.c.order_id.is_not(None)))
        .order_by(_O.id)
        .execution_options(yield_per=5_000)
    )
    for r in connection.execute(query):
        if r.back > r.total_minor:
            yield f"order {r.order_no}: of {r.total_minor}, {r.back} were refunded"
            continue
        due = [
            proportion(fee, int(r.back), r.total_minor) if r.total_minor and r.dealer_id else 0
            for fee in (r.platform_fee_minor, r.channel_fee_minor)
        ]
        if [r.platform, r.channel] != due:
            yield (
                f"order {r.order_no}: of the fees {r.platform} and {r.channel} came back, in "
                "proportion "
                f"it is {due[0]} and {due[1]} (D5)"
            )


def credits_are_whole(connection: Connection) -> Finding:
    """Every credit counts the whole order once for one score, and refunds take back no more than
    that (B12, B13)."""
    c = order_credit.c
    own = case((c.refund_id.is_(None), c.amount_minor), else_=0)
    sums = (
        select(
            c.order_id,
            c.kind,
            c.store_id,
            c.guide_id,
            c.branch_id,
            func.sum(own).label("given"),
            func.sum(c.amount_minor).label("left"),
            func.min(own).label("least"),
        )
        .group_by(c.order_id, c.kind, c.store_id, c.guide_id, c.branch_id)
        .subquery()
    )
    query = (
        select(_O.order_no, sums.c.kind, sums.c.given, sums.c.left, _O.total_minor)
        .outerjoin(sales_order, _O.id == sums.c.order_id)
        .where(
            or_(_O.id.is_(None), sums.c.given != _O.total_minor, sums.c.left < 0, sums.c.least < 0)
        )
        .order_by(_O.id)
    )
    faults = (
        f"order {r.order_no}: the credit {r.kind} gives {r.given} of {r.total_minor}, {r.left} "
        "are left"
        for r in connection.execute(query)
    )
    return finding(
        "credits", f"{count(connection, order_credit):,} credits, none above its order", faults
    )


def _booked(kinds: tuple[str, ...], which: ColumnElement[bool]) -> Subquery:
    """What the ledger holds of each order, one column a kind."""
    sums = (
        func.sum(case((_T.kind == kind, _T.amount_minor), else_=0)).label(kind) for kind in kinds
    )
    return (
        select(_T.order_id, *sums).where(_T.kind.in_(kinds), which).group_by(_T.order_id).subquery()
    )


def _amount(booked: Subquery, kind: str) -> Any:
    return func.coalesce(booked.c[kind], 0)


CHECKS: tuple[Check, ...] = (
    orders_are_booked,
    refunds_are_booked,
    credits_are_whole,
    files_are_whole,
)
