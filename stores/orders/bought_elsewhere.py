"""What a dealer's bound customers bought at another shop of the chain: why, and what the home store
is credited with (D3 of the stories, B12).

Nothing tells which shop it was or who sold: of the order only its day, amount and the reason that
gave it away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, or_, select

from stores.base.ordering import Order, ordered
from stores.facts.credits import order_credit
from stores.facts.customers import customer
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.network.holdings import ever_held, held_on
from stores.network.stores import store

SORTS = {
    "paid_at": sales_order.c.paid_at,
    "total": sales_order.c.total_minor,
    "store": store.c.store_code,
}
HOME = literal("home", literal_execute=True)  # written out, as its index knows it


@dataclass(frozen=True, slots=True)
class ElsewhereFilter:
    """Brand days of the orders, inclusive; the customer's home store then."""

    first: dt.date
    last: dt.date
    store_code: str | None = None
    customer_id: int | None = None


def _of(query: Select[Any], dealer_id: int, wanted: ElsewhereFilter) -> Select[Any]:
    c, o = order_credit.c, sales_order.c
    query = query.select_from(
        order_credit.join(sales_order, o.id == c.order_id).join(store, store.c.id == c.store_id)
    ).where(
        c.kind == HOME,
        c.store_id.in_(ever_held(dealer_id)),
        c.refund_id.is_(None),
        c.business_day >= wanted.first,
        c.business_day <= wanted.last,
        held_on(dealer_id, c.store_id, c.business_day),
        or_(o.dealer_id.is_(None), o.dealer_id != dealer_id),
    )
    if wanted.store_code is not None:
        query = query.where(store.c.store_code == wanted.store_code)
    return query if wanted.customer_id is None else query.where(o.customer_id == wanted.customer_id)


def _left() -> Any:
    """The home credit of the order less what refunds took back since; found by the order."""
    every = order_credit.alias("every").c
    return (
        select(func.sum(every.amount_minor))
        .where(every.order_id == order_credit.c.order_id, every.kind == "home")
        .correlate(order_credit)
        .scalar_subquery()
    )


def totals(connection: Connection, dealer_id: int, wanted: ElsewhereFilter) -> dict[str, int]:
    """{"orders", "total_minor" (as paid), "credit_minor" (after refunds)}."""
    query = select(
        func.count().label("orders"),
        func.coalesce(func.sum(sales_order.c.total_minor), 0).label("total_minor"),
        func.coalesce(func.sum(_left()), 0).label("credit_minor"),
    )
    return {
        name: int(value)
        for name, value in connection.execute(_of(query, dealer_id, wanted)).one()._mapping.items()
    }


def rows(
    connection: Connection, dealer_id: int, wanted: ElsewhereFilter, order: Order
) -> Sequence[Row[Any]]:
    """`rung`: of the visit that led the customer away, None where no visit did."""
    o = sales_order.c
    query = select(
        o.id,
        o.customer_id,
        o.paid_at,
        o.business_day,
        o.total_minor,
        o.owner_basis,
        entry.c.rung,
        store.c.store_code,
        store.c.name.label("store_name"),
        customer.c.customer_id.label("customer_text"),
        _left().label("credit_minor"),
    )
    query = (
        _of(query, dealer_id, wanted)
        .outerjoin(entry, entry.c.entry_id == o.entry_id)
        .join(customer, customer.c.id == o.customer_id)
    )
    return connection.execute(ordered(query, SORTS, o.id, order)).all()
