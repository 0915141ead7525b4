"""The cube beside the facts it was made from: both read, and compared."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from ledger.journals import transfer
from stores.base.ordering import Order
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.figures import cube_reading, first_orders, revenue
from stores.figures.cube import FIGURES, entry_cell, guide_cell, sale_cell
from stores.figures.within import Within

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 12, 31)


def of_ledger(connection, by):
    """Revenue straight from the transfers."""
    t, found = transfer.c, {}
    for r in connection.execute(
        select(t.business_day, t.store_id, t.dealer_id, t.kind, t.amount_minor)
    ):
        key = {"day": r.business_day, "store": r.store_id, "dealer": r.dealer_id}[by]
        for name, (adds, takes) in FIGURES.items():
            sign = (r.kind in adds) - (r.kind in takes)
            if sign:
                found.setdefault(key, dict.fromkeys(FIGURES, 0))[name] += sign * r.amount_minor
    return found


def of_cube(connection, cells, by, measures, key):
    found = cube_reading.figures(connection, cells, FIRST, LAST, measures, by)
    rows = connection.execute(
        select(found.c[key], *(func.sum(found.c[m]).label(m) for m in measures)).group_by(
            found.c[key]
        )
    )
    sums = {r[0]: {m: int(v) for m, v in zip(measures, r[1:], strict=True)} for r in rows}
    return {key: each for key, each in sums.items() if any(each.values())}


def check(connection):
    names = tuple(FIGURES)
    assert of_cube(connection, sale_cell, "day", names, "day") == of_ledger(connection, "day")
    assert of_cube(connection, sale_cell, "chain", names, "day") == of_ledger(connection, "day")
    assert of_cube(connection, sale_cell, "sum", names, "store_id") == of_ledger(
        connection, "store"
    )
    assert of_cube(connection, sale_cell, "sum", names, "dealer_id") == of_ledger(
        connection, "dealer"
    )
    entries = dict(
        connection.execute(select(entry.c.rung, func.count()).group_by(entry.c.rung)).all()
    )
    for by in ("day", "sum", "chain"):
        assert {
            k: v["entries"]
            for k, v in of_cube(connection, entry_cell, by, ("entries",), "rung").items()
        } == entries
    adds = dict(
        connection.execute(
            select(event.c.guide_id, func.count())
            .where(event.c.type == "contact.confirmed")
            .group_by(event.c.guide_id)
        ).all()
    )
    assert {
        k: v["adds"]
        for k, v in of_cube(connection, guide_cell, "sum", ("adds",), "guide_id").items()
    } == adds
    check_firsts(connection)
    for first, last in (
        (FIRST, LAST),
        (dt.date(2025, 3, 5), dt.date(2025, 3, 20)),
        (dt.date(2025, 12, 1), LAST),
    ):
        t = transfer.c
        right = list(
            connection.execute(
                select(t.id)
                .where(t.kind == "sale", t.business_day.between(first, last))
                .order_by(t.id.desc())
            ).scalars()
        )
        assert [
            r.id
            for r in revenue.movements(
                connection, first, last, "gross_minor", Order("booked", True, limit=10_000)
            )
        ] == right


def check_firsts(connection):
    firsts = {}
    for r in connection.execute(
        select(sales_order).order_by(sales_order.c.paid_at, sales_order.c.id)
    ):
        firsts.setdefault(r.customer_id, r)
    chain, dealer = Within(LAST), Within(LAST, dealer_ids=(1,))
    for first, last in (
        (FIRST, LAST),
        (dt.date(2025, 3, 5), dt.date(2025, 3, 20)),
        (dt.date(2025, 3, 21), LAST),
    ):
        found = [r for r in firsts.values() if first <= r.business_day <= last]
        assert first_orders.count(connection, chain, first, last) == len(found)
        assert first_orders.count(connection, dealer, first, last) == sum(
            r.dealer_id == 1 for r in found
        )
