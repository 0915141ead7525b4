"""What one customer did, as counts within the actor's rows (P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from stores.base.actors import Actor
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.routing.entry_reading import limit_entries

AFTER_HOURS = 24


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted within the actor's rows; sales before refunds."""

    entries: int
    orders: int
    sales_minor: int
    refunds: int
    refunds_minor: int


def figures(connection: Connection, actor: Actor, number: int) -> Figures:
    o, r = sales_order.c, refund.c
    entries = connection.execute(
        limit_entries(select(func.count()).select_from(entry), actor).where(
            entry.c.customer_id == number
        )
    ).scalar_one()
    paid = connection.execute(
        limit_orders(
            select(
                func.count().label("n"), func.coalesce(func.sum(o.total_minor), 0).label("sum")
            ).select_from(sales_order),
            actor,
        ).where(o.customer_id == number)
    ).one()
    back = connection.execute(
        limit_orders(
            select(
                func.count().label("n"), func.coalesce(func.sum(r.total_minor), 0).label("sum")
            ).select_from(refund.join(sales_order, o.id == r.order_id)),
            actor,
        ).where(o.customer_id == number)
    ).one()
    return Figures(int(entries), int(paid.n), int(paid.sum), int(back.n), int(back.sum))


def orders_after(
    connection: Connection, actor: Actor, number: int, at: dt.datetime, hours: int = AFTER_HOURS
) -> Sequence[Row[Any]]:
    """His orders paid in the hours after a moment, as far as the actor may see them."""
    o = sales_order.c
    query = (
        select(
            o.order_no,
            o.paid_at,
            o.total_minor,
            o.owner_basis,
            store.c.store_code,
            store.c.name.label("store_name"),
        )
        .outerjoin(store, store.c.id == o.store_id)
        .where(o.customer_id == number, o.paid_at >= at, o.paid_at < at + dt.timedelta(hours=hours))
    )
    return connection.execute(limit_orders(query, actor).order_by(o.paid_at, o.id).limit(20)).all()
