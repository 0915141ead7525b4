"""Lists and figures of orders and refunds under one filter; only those the actor sees (P6). Orders
by the day paid, refunds by their own day (B13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, select

from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.ordering import Lead, Order, ordered
from stores.facts.customers import customer
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.figures import cube, cube_reading
from stores.figures.within import within
from stores.network import sight
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.sight import Sight
from stores.network.stores import store
from stores.orders.reading import by_whom
from stores.orders.scope import limit_orders

UNATTRIBUTED, ATTRIBUTED = "unattributed", "attributed"
ORDER_SORTS = {
    "paid_at": sales_order.c.paid_at,
    "total": sales_order.c.total_minor,
    "order_no": sales_order.c.order_no,
    "store": func.coalesce(store.c.store_code, ""),
    "dealer": func.coalesce(dealer.c.dealer_code, ""),
}
REFUND_SORTS = {
    "refunded_at": refund.c.refunded_at,
    "total": refund.c.total_minor,
    "refund_no": refund.c.refund_no,
    "paid_at": sales_order.c.paid_at,
}
ORDER_LEADS, REFUND_LEADS = (
    {"paid_at": Lead(sales_order.c.business_day, business_day)},
    {"refunded_at": Lead(refund.c.business_day, business_day)},
)
NEWEST, NEWEST_REFUND = Order("paid_at", descending=True), Order("refunded_at", descending=True)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Brand days, inclusive; `today` decides what may be named. `owner_basis` as on the order,
    among them `unattributed`, or `attributed` for all others; `order_no` is exact."""

    first: dt.date
    last: dt.date
    today: dt.date
    store_code: str | None = None
    dealer_code: str | None = None
    guide_code: str | None = None
    owner_basis: str | None = None
    order_no: str | None = None


def _of(query: Select[Any], actor: Actor, wanted: OrderFilter, day: Any) -> Select[Any]:
    o = sales_order.c
    query = limit_orders(query, actor).where(day >= wanted.first, day <= wanted.last)
    guides = sight.of(actor, wanted.today).guides  # by whom he may not name, nobody filters either
    for code, table, column in (
        (wanted.store_code, store, o.store_id),
        (wanted.dealer_code, dealer, o.dealer_id),
        (wanted.guide_code, guide, o.guide_id),
    ):
        if code is not None:
            named = select(table.c.id).where(table.c[f"{table.name}_code"] == code)
            query = query.where(
                column
                == (
                    named
                    if table is not guide or guides is None
                    else named.where(guide.c.id.in_(guides))
                ).scalar_subquery()
            )
    if wanted.owner_basis == ATTRIBUTED:
        query = query.where(o.owner_basis != UNATTRIBUTED)
    elif wanted.owner_basis is not None:
        query = query.where(o.owner_basis == wanted.owner_basis)
    return query.where(o.order_no == wanted.order_no) if wanted.order_no is not None else query


def totals(connection: Connection, actor: Actor, wanted: OrderFilter) -> dict[str, int]:
    """How many orders were paid, and their sum."""
    found = _figures(connection, actor, wanted, "sum")
    row = connection.execute(
        select(
            func.sum(found.c.orders).label("orders"),
            func.sum(found.c.orders_minor).label("total_minor"),
        )
    ).one()
    return {name: int(value or 0) for name, value in row._mapping.items()}


def by_day(connection: Connection, actor: Actor, wanted: OrderFilter) -> dict[dt.date, int]:
    """Orders paid a day; days without any are absent."""
    found = _figures(connection, actor, wanted, "day")
    return {
        r.day: int(r.n)
        for r in connection.execute(
            select(found.c.day, func.sum(found.c.orders).label("n")).group_by(found.c.day)
        )
        if r.n
    }


def _figures(connection: Connection, actor: Actor, wanted: OrderFilter, by: cube_reading.By) -> Any:
    """Rows (day, orders, orders_minor) that sum to the orders asked for: from the cube, unless what
    is asked for is no key of it."""
    o = sales_order.c
    if (
        actor.scope_kind == "guide"
        or wanted.guide_code
        or wanted.order_no
        or wanted.owner_basis not in (None, ATTRIBUTED, UNATTRIBUTED)
    ):
        return _of(
            select(
                o.business_day.label("day"),
                literal(1).label("orders"),
                o.total_minor.label("orders_minor"),
            ),
            actor,
            wanted,
            o.business_day,
        ).subquery()
    whose = within(actor, wanted.last, dealer_code=wanted.dealer_code, store_code=wanted.store_code)

    def limits(keys: Mapping[str, Any]) -> Iterable[Any]:
        yield from whose.places(keys)
        if wanted.owner_basis is not None:
            yield (
                keys["store_id"] == cube.NOBODY
                if wanted.owner_basis == UNATTRIBUTED
                else keys["store_id"] != cube.NOBODY
            )

    plain = whose.everybody and wanted.owner_basis is None
    return cube_reading.figures(
        connection,
        cube.sale_cell,
        wanted.first,
        wanted.last,
        ("orders", "orders_minor"),
        "chain" if plain else by,
        cube_reading.everything if plain else limits,
    )


def rows(
    connection: Connection, actor: Actor, wanted: OrderFilter, order: Order = NEWEST
) -> Sequence[Row[Any]]:
    """Sorted by a name of ORDER_SORTS. Names are None where the actor may not know them, beside the
    keys `guide_id` and `fulfilled_by` (P4)."""
    o, seen = sales_order.c, sight.of(actor, wanted.today)
    fulfilling = store.alias("fulfilling")
    query = _named(
        select(
            o.id,
            o.order_no,
            o.paid_at,
            o.total_minor,
            o.owner_basis,
            o.guide_basis,
            o.channel,
            func.coalesce(o.fulfilment_store_id, o.store_id).label("fulfilled_by"),
            fulfilling.c.store_code.label("fulfilment_store_code"),
            fulfilling.c.name.label("fulfilment_store_name"),
        ),
        seen,
    )
    query = query.outerjoin(fulfilling, by_whom(seen, fulfilling))
    return connection.execute(
        ordered(_of(query, actor, wanted, o.business_day), ORDER_SORTS, o.id, order, ORDER_LEADS)
    ).all()


def visible_numbers(connection: Connection, actor: Actor, numbers: Sequence[str]) -> set[str]:
    """Those of the order numbers whose order the actor may open."""
    query = select(sales_order.c.order_no).where(sales_order.c.order_no.in_(numbers))
    return set(connection.execute(limit_orders(query, actor)).scalars())


def refund_totals(connection: Connection, actor: Actor, wanted: OrderFilter) -> dict[str, int]:
    """How many refunds fell on these days, and their sum."""
    query = select(
        func.count().label("refunds"),
        func.coalesce(func.sum(refund.c.total_minor), 0).label("total_minor"),
    ).select_from(refund.join(sales_order, sales_order.c.id == refund.c.order_id))
    return {
        name: int(value)
        for name, value in connection.execute(_of(query, actor, wanted, refund.c.business_day))
        .one()
        ._mapping.items()
    }


def refund_rows(
    connection: Connection, actor: Actor, wanted: OrderFilter, order: Order = NEWEST_REFUND
) -> Sequence[Row[Any]]:
    """Refunds of these days, sorted by a name of REFUND_SORTS."""
    o, r = sales_order.c, refund.c
    query = _named(
        select(r.id, r.refund_no, r.refunded_at, r.total_minor, o.order_no, o.paid_at).join(
            sales_order, o.id == r.order_id
        ),
        sight.of(actor, wanted.today),
    )
    return connection.execute(
        ordered(_of(query, actor, wanted, r.business_day), REFUND_SORTS, r.id, order, REFUND_LEADS)
    ).all()


def _named(query: Select[Any], seen: Sight) -> Select[Any]:
    """With customer and with code and name of store, dealer and guide."""
    o = sales_order.c
    query = query.add_columns(o.store_id, o.dealer_id, o.guide_id)
    return (
        query.add_columns(
            o.customer_id,
            customer.c.customer_id.label("customer_text"),
            store.c.store_code,
            store.c.name.label("store_name"),
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .join(customer, customer.c.id == o.customer_id)
        .outerjoin(store, seen.seller(store, o.store_id, o.store_id))
        .outerjoin(dealer, seen.seller(dealer, o.dealer_id, o.store_id))
        .outerjoin(guide, seen.guide(guide, o.guide_id))
    )
