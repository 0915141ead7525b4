"""Orders, refunds and ledger lines as the portals of headquarters and dealers both show them; the
actor's rows decide what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

import db
from app.ui import customer_labels, doors, labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor
from incentives import booking
from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.figures import revenue
from stores.lists import directory
from stores.network import sight
from stores.network.scope import visible_store_ids
from stores.orders import lists, reading
from stores.orders.lists import OrderFilter


def order_filter(span: shown_days.Span, today: dt.date) -> OrderFilter:
    """What the query string asks for."""
    asked = {
        name: request.args.get(name) or None
        for name in ("store", "dealer", "guide", "owner", "order_no")
    }
    return OrderFilter(
        span.first,
        span.last,
        today,
        asked["store"],
        asked["dealer"],
        asked["guide"],
        asked["owner"],
        asked["order_no"],
    )


def order_list(portal: str) -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = order_filter(span, today)
    table = table_answers.asked("orders", order_columns(portal), "-paid_at")
    with db.read() as connection:
        totals = lists.totals(connection, actor, wanted)
        return table_answers.answer(
            table,
            lambda order: lists.rows(connection, actor, wanted, order),
            "orders/list.html",
            total={"total": totals["total_minor"]},
            portal=portal,
            now=now,
            span=span,
            wanted=wanted,
            totals=totals,
            refunds=lists.refund_totals(connection, actor, wanted),
        )


def order_columns(portal: str) -> tuple[Column, ...]:
    """The columns of a portal's orders; a dealer needs no column that is always himself."""
    return tuple(
        column
        for column in (
            Column("paid_at", _l("Paid at"), "moment", sort="paid_at"),
            Column(
                "order_no",
                _l("Order"),
                "code",
                sort="order_no",
                door=lambda row: url_for(f"{portal}.order", order_no=row.order_no),
            ),
            Column(
                "customer",
                _l("Customer"),
                "masked",
                value=lambda row: row.customer_text,
                door=_customer_door(portal),
            ),
            Column(
                "store",
                _l("Store"),
                "chip",
                value=lambda row: (row.store_code, row.store_name),
                sort="store",
                door=_door(portal, "store", "store_code"),
            ),
            Column(
                "dealer",
                _l("Dealer"),
                "chip",
                value=lambda row: (row.dealer_code, row.dealer_name),
                sort="dealer",
                door=_door(portal, "dealer", "dealer_code"),
            ),
            Column(
                "guide",
                _l("Guide"),
                "chip",
                value=_guide,
                door=_door(portal, "guide", "guide_code"),
            ),
            Column(
                "owner",
                _l("Owner decided by"),
                "tag",
                value=lambda row: row.owner_basis,
                words=customer_labels.OWNER_BASIS_SHORT,
                meanings={"unattributed": "wait"},
            ),
            Column(
                "credited",
                _l("Guide decided by"),
                "words",
                value=lambda row: row.guide_basis,
                words=customer_labels.GUIDE_BASIS,
                shown=False,
            ),
            Column(
                "fulfilment",
                _l("Fulfilled by"),
                "chip",
                shown=False,
                value=lambda row: labels.named(
                    row.fulfilled_by,
                    row.fulfilment_store_code,
                    row.fulfilment_store_name,
                    labels.OTHER_STORE,
                ),
                door=_door(portal, "store", "fulfilment_store_code"),
            ),
            Column("channel", _l("Channel"), "words", words=labels.SALES_CHANNELS, shown=False),
            Column("total", _l("Amount"), "money", value=lambda row: row.total_minor, sort="total"),
        )
        if portal == "hq" or column.key != "dealer"
    )


def _guide(row: Any) -> labels.Chip:
    return labels.named(row.guide_id, row.guide_code, row.guide_name, labels.OTHER_GUIDE)


def _door(portal: str, page: str, code: str) -> Callable[[Any], str | None]:
    """To a page of headquarters; a dealer's order may name a store that is no longer his."""

    def address(row: Any) -> str | None:
        value = getattr(row, code)
        return url_for(f"{portal}.{page}", code=value) if value and portal == "hq" else None

    return address


def _customer_door(portal: str) -> Callable[[Any], str | None]:
    """To the customer's time line; a dealer's page tells only of those at home with him."""
    return lambda row: url_for("hq.customer", number=row.customer_id) if portal == "hq" else None


def refund_list(portal: str) -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = order_filter(span, today)
    table = table_answers.asked("refunds", refund_columns(portal), "-refunded_at")
    with db.read() as connection:
        totals = lists.refund_totals(connection, actor, wanted)
        return table_answers.answer(
            table,
            lambda order: lists.refund_rows(connection, actor, wanted, order),
            "orders/refunds.html",
            total={"total": totals["total_minor"]},
            portal=portal,
            now=now,
            span=span,
            wanted=wanted,
            totals=totals,
        )


def refund_columns(portal: str) -> tuple[Column, ...]:
    return tuple(
        column
        for column in (
            Column("refunded_at", _l("Refunded at"), "moment", sort="refunded_at"),
            Column("refund_no", _l("Refund"), "code", sort="refund_no"),
            Column(
                "order_no",
                _l("Order"),
                "code",
                door=lambda row: url_for(f"{portal}.order", order_no=row.order_no),
            ),
            Column("paid_at", _l("Paid at"), "moment", sort="paid_at"),
            Column(
                "customer",
                _l("Customer"),
                "masked",
                value=lambda row: row.customer_text,
                door=_customer_door(portal),
                shown=False,
            ),
            Column(
                "store",
                _l("Store"),
                "chip",
                value=lambda row: (row.store_code, row.store_name),
                door=_door(portal, "store", "store_code"),
            ),
            Column(
                "dealer",
                _l("Dealer"),
                "chip",
                value=lambda row: (row.dealer_code, row.dealer_name),
                door=_door(portal, "dealer", "dealer_code"),
            ),
            Column("guide", _l("Guide"), "chip", value=_guide, shown=False),
            Column("total", _l("Amount"), "money", value=lambda row: row.total_minor, sort="total"),
        )
        if portal == "hq" or column.key != "dealer"
    )


def order_page(portal: str, order_no: str) -> str:
    actor, (_now, today) = current_actor(), now_and_today()
    seen = sight.of(actor, today)
    with db.read() as connection:
        row = reading.find(connection, order_no, seen)
        if row is None:
            raise NotFound(f"There is no order {order_no!r}.")
        opens = doors.of(
            connection,
            actor,
            today,
            stores=[row.store_code or "", row.fulfilment_store_code or ""],
            guides=[row.guide_code or ""],
        )
        order = reading.as_answer(connection, row, seen)
        refunds = [
            reading.refund_answer(connection, row, each["refund_no"], seen)
            for each in order["refunds"]
        ]
        return render_template(
            "orders/order.html", portal=portal, row=row, order=order, refunds=refunds, doors=opens
        )


def movement_list(portal: str, figure: str) -> Any:
    """The ledger lines behind one figure of revenue: `fees`, `rewards`, `refunds`, `gross`; page or
    file."""
    name = f"{figure}_minor"
    if name not in revenue.FIGURES:
        raise NotFound(f"There is no figure {figure!r}.")
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    table = table_answers.asked(f"ledger-{figure}", movement_columns(portal, figure), "-booked")
    booking.book_due(now)
    with db.read() as connection:
        limits = revenue_limits(
            connection,
            actor,
            today,
            request.args.get("dealer"),
            request.args.get("store"),
            request.args.get("guide"),
        )
        number, total = revenue.movement_totals(connection, span.first, span.last, name, **limits)
        return table_answers.answer(
            table,
            lambda order: revenue.movements(
                connection, span.first, span.last, name, order, **limits
            ),
            "orders/movements.html",
            total={"amount": total},
            portal=portal,
            now=now,
            span=span,
            figure=name,
            number=number,
            sum=total,
        )


def movement_columns(portal: str, figure: str) -> tuple[Column, ...]:
    """What moved a figure: of rewards the guide and what he earned it for, of the others the
    order."""
    earned = figure == "rewards"
    return (
        Column("day", _l("Day"), "day", value=lambda row: row.business_day),
        Column("kind", _l("Kind"), "words", words=customer_labels.TRANSFERS),
        Column(
            "order",
            _l("Order"),
            "code",
            value=lambda row: row.order_no,
            shown=not earned,
            door=lambda row: (
                url_for(f"{portal}.order", order_no=row.order_no) if row.order_no else None
            ),
        ),
        Column(
            "guide",
            _l("Guide"),
            "chip",
            value=lambda row: (row.guide_code, row.guide_name),
            shown=earned,
            door=lambda row: (
                url_for(f"{portal}.guide", code=row.guide_code, month=row.origin_period)
                if row.guide_code
                else None
            ),
        ),
        Column("component", _l("For"), "words", words=labels.COMPONENTS, shown=earned),
        Column("month", _l("Earned in"), "text", value=lambda row: row.origin_period, shown=earned),
        Column("store", _l("Store"), "chip", value=lambda row: (row.store_code, row.store_name)),
        Column("amount", _l("Amount"), "money", value=lambda row: row.amount_minor),
    )


def revenue_limits(
    connection: Connection,
    actor: Actor,
    today: Any,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> dict[str, Any]:
    """The arguments that keep `revenue.of` and `revenue.movements` within the actor's rows and the
    codes asked for. Raises NotFound.

    A dealer is limited by what the ledger booked for him, so a store he sold or bought shows his
    own days only (D12)."""
    limits: dict[str, Any] = {
        "stores": visible_store_ids(actor, today)
        if actor.scope_kind not in ("all", "dealer")
        else None
    }
    if actor.scope_kind == "dealer":
        limits["dealer_id"] = actor.scope_id
    if dealer_code:
        limits["dealer_id"] = _id(
            directory.find_dealer(connection, actor, dealer_code, today), dealer_code
        )
    if store_code:
        limits["store_id"] = directory.sold_at(connection, actor, store_code, today)
    if guide_code:
        limits["guide_id"] = _id(
            directory.find_guide(connection, actor, today, code=guide_code), guide_code
        )
    return limits


def _id(row: Any, code: str) -> int:
    if row is None:
        raise NotFound(f"There is no {code!r}.")
    return int(row.id)
