"""Orders, refunds and ledger lines as the portals of headquarters and dealers both show them; the actor's rows decide what is there."""
from __future__ import annotations

from typing import Any

from flask import render_template, request
from sqlalchemy import Connection

import db
from app import paging, shown_days
from app.clock import now_and_today
from app.permissions import current_actor
from incentives import booking
from ledger.faults import NotFound
from stores import directory, revenue
from stores.actors import Actor
from stores.sales import lists, reading
from stores.sales.lists import OrderFilter
from stores.scope import visible_store_ids


def order_filter(span: shown_days.Span) -> OrderFilter:
    """What the query string asks for."""
    asked = {name: request.args.get(name) or None for name in ("store", "dealer", "guide", "owner", "order_no")}
    return OrderFilter(span.first, span.last, asked["store"], asked["dealer"], asked["guide"], asked["owner"], asked["order_no"])


def order_list(portal: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = order_filter(span)
    with db.read() as connection:
        page = paging.listed("orders", lists.rows(connection, actor, wanted, paging.after_moment("orders"), paging.PAGE + 1), paging.by_moment("paid_at"))
        return render_template("orders/list.html", portal=portal, now=now, span=span, wanted=wanted, page=page, totals=lists.totals(connection, actor, wanted),
                               refunds=lists.refund_totals(connection, actor, wanted))


def refund_list(portal: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = order_filter(span)
    with db.read() as connection:
        page = paging.listed("refunds", lists.refund_rows(connection, actor, wanted, paging.after_moment("refunds"), paging.PAGE + 1), paging.by_moment("refunded_at"))
        return render_template("orders/refunds.html", portal=portal, now=now, span=span, wanted=wanted, page=page,
                               totals=lists.refund_totals(connection, actor, wanted))


def order_page(portal: str, order_no: str) -> str:
    actor = current_actor()
    with db.read() as connection:
        row = reading.find(connection, order_no, actor)
        if row is None:
            raise NotFound(f"There is no order {order_no!r}.")
        refunds = [reading.refund_answer(connection, row, each["refund_no"]) for each in reading.as_answer(connection, row)["refunds"]]
        return render_template("orders/order.html", portal=portal, row=row, order=reading.as_answer(connection, row), refunds=refunds)


def movement_list(portal: str, figure: str) -> str:
    """The ledger lines behind one figure of revenue: `fees`, `rewards`, `refunds`, `gross`."""
    name = f"{figure}_minor"
    if name not in revenue.FIGURES:
        raise NotFound(f"There is no figure {figure!r}.")
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    booking.book_due(now)
    with db.read() as connection:
        limits = revenue_limits(connection, actor, today, request.args.get("dealer"), request.args.get("store"), request.args.get("guide"))
        rows = revenue.movements(connection, span.first, span.last, name, **limits, after=paging.after_id("movements"), limit=paging.PAGE + 1)
        number, total = revenue.movement_totals(connection, span.first, span.last, name, **limits)
        page = paging.listed("movements", rows, lambda row: (row.id,))
        return render_template("orders/movements.html", portal=portal, now=now, span=span, figure=name, page=page, number=number, total=total)


def revenue_limits(connection: Connection, actor: Actor, today: Any, dealer_code: str | None = None, store_code: str | None = None,
                   guide_code: str | None = None) -> dict[str, Any]:
    """The arguments that keep `revenue.of` and `revenue.movements` within the actor's rows and the codes asked for. Raises NotFound.

    A dealer is limited by what the ledger booked for him, so a store he sold or bought shows his own days only (D12)."""
    limits: dict[str, Any] = {"stores": visible_store_ids(actor, today) if actor.scope_kind not in ("all", "dealer") else None}
    if actor.scope_kind == "dealer":
        limits["dealer_id"] = actor.scope_id
    if dealer_code:
        limits["dealer_id"] = _id(directory.find_dealer(connection, actor, dealer_code, today), dealer_code)
    if store_code:
        limits["store_id"] = directory.sold_at(connection, actor, store_code, today)
    if guide_code:
        limits["guide_id"] = _id(directory.find_guide(connection, actor, today, code=guide_code), guide_code)
    return limits


def _id(row: Any, code: str) -> int:
    if row is None:
        raise NotFound(f"There is no {code!r}.")
    return int(row.id)
