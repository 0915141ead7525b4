"""Where an order differs from the one that was recorded under its number: what the caller is told
with the refusal (M9, I1 of the stories)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from ledger.faults import FieldFault
from stores.customers import people
from stores.facts.orders import order_line, sales_order
from stores.network.guides import guide
from stores.network.stores import store
from stores.orders.inputs import LineIn, OrderIn

PLAIN = (
    "paid_at",
    "currency",
    "entry_id",
    "region_code",
    "channel",
    "delivery",
    "freight_minor",
    "postal_code",
)
OF_LINES = ("sku", "category", "quantity", "amount_minor", "subsidy_minor", "tax_minor", "measure")
REASON = "differs from what was recorded"


def order_differences(connection: Connection, given: OrderIn) -> list[FieldFault]:
    """The fields as the API names them, never what was recorded in them. None when the number is
    unknown, or when only the place or a guide differs that was not kept: of a place its order
    remembers nothing (P2)."""
    o = sales_order.c
    row = connection.execute(
        select(sales_order, guide.c.guide_code, store.c.store_code.label("fulfilment_store_code"))
        .outerjoin(guide, guide.c.id == o.guide_id)
        .outerjoin(store, store.c.id == o.fulfilment_store_id)
        .where(o.order_no == given.order_no)
    ).one_or_none()
    if row is None:
        return []
    lines = {
        line.line_no: line
        for line in connection.execute(select(order_line).where(order_line.c.order_id == row.id))
    }
    named = people.by_customer_id(connection, [given.customer_id]).get(given.customer_id)
    found = [*_facts(row, given, named.id if named else None), *_lines(lines, given.lines)]
    return [FieldFault(field, REASON) for field in found]


def _facts(row: Any, given: OrderIn, customer_id: int | None) -> Iterator[str]:
    if customer_id != row.customer_id:
        yield "customer_id"
    yield from (name for name in PLAIN if getattr(row, name) != getattr(given, name))
    if (row.guide_code if row.guide_basis == "assisted" else None) != given.guide_code:
        yield "guide_code"
    usual = row.fulfilment_store_id in (None, row.store_id)
    if (
        not usual
        if given.fulfilment_store_code is None
        else given.fulfilment_store_code != row.fulfilment_store_code
    ):
        yield "fulfilment_store_code"


def _lines(recorded: Mapping[int, Any], given: tuple[LineIn, ...]) -> Iterator[str]:
    if {line.line_no for line in given} != recorded.keys():
        yield "lines"
        return
    for n, line in enumerate(given):
        yield from (
            f"lines.{n}.{name}"
            for name in OF_LINES
            if getattr(recorded[line.line_no], name) != getattr(line, name)
        )
