"""Each customer's first order, kept beside the cube: distinct people are counted by their firsts,
never summed (M16).

The row of a customer is his earliest order up to the mark of the orders; a late order that was paid
before it takes its place. Orders above the mark are compared when figures are read. Customers are
counted as recorded: whoever was merged later had a first order each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    Subquery,
    Table,
    and_,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

import db
from ledger import schema
from stores.facts.orders import sales_order
from stores.figures.cube_feeds import marks
from stores.figures.within import Within

first_order = Table(
    "first_order",
    schema.metadata,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_id", BigInteger, nullable=False),
    Column("paid_at", schema.Instant, nullable=False),
    Column("day", Date, nullable=False),
    Column("store_id", BigInteger, nullable=False),  # 0: nobody
    Column("dealer_id", BigInteger, nullable=False),
    Column("guide_id", BigInteger, nullable=False),
)
Index("ix_first_order_day", first_order.c.day, first_order.c.dealer_id, first_order.c.store_id)
_O, _F = sales_order.c, first_order.c
_NAMES = [column.name for column in first_order.columns]


def _firsts(behind: int, upto: int | None = None) -> Subquery:
    """The first order of each customer among those above `behind`, up to `upto`."""
    customer = func.coalesce(
        _O.customer_id, 0
    )  # an expression: SQLite would walk the whole index of customers for the sake of its order
    place = (
        func.row_number().over(partition_by=customer, order_by=(_O.paid_at, _O.id)).label("place")
    )
    query = select(
        _O.customer_id,
        _O.id.label("order_id"),
        _O.paid_at,
        _O.business_day.label("day"),
        *(func.coalesce(_O[name], 0).label(name) for name in ("store_id", "dealer_id", "guide_id")),
        place,
    ).where(_O.id > behind)
    ranked = (query if upto is None else query.where(_O.id <= upto)).subquery()
    return select(*(ranked.c[name] for name in _NAMES)).where(ranked.c.place == 1).subquery()


def add(connection: Connection, behind: int, upto: int) -> None:
    """One step of the cube: firsts among these orders, where they come before what is kept."""
    found = _firsts(behind, upto)
    insert = (
        (postgresql if db.lock_clause(connection) else sqlite)
        .insert(first_order)
        .from_select(_NAMES, select(found).where(found.c.customer_id > 0))
    )
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[_F.customer_id],
            set_={name: insert.excluded[name] for name in _NAMES[1:]},
            where=tuple_(insert.excluded.paid_at, insert.excluded.order_id)
            < tuple_(_F.paid_at, _F.order_id),
        )
    )


def count(connection: Connection, whose: Within, first: dt.date, last: dt.date) -> int:
    """Orders paid on these days before which their customer had none anywhere."""
    mark = marks(connection)["sales_order"]
    kept = connection.execute(
        select(func.count()).select_from(first_order).where(*_within(_F, whose, first, last))
    ).scalar_one()
    new = _firsts(mark)
    earlier = or_(
        _F.customer_id.is_(None),
        tuple_(new.c.paid_at, new.c.order_id) < tuple_(_F.paid_at, _F.order_id),
    )
    query = (
        select(func.count())
        .select_from(new.outerjoin(first_order, _F.customer_id == new.c.customer_id))
        .where(earlier)
    )
    come = connection.execute(query.where(*_within(new.c, whose, first, last))).scalar_one()
    gone = connection.execute(
        query.where(_F.customer_id.is_not(None), *_within(_F, whose, first, last))
    ).scalar_one()
    return int(kept) + int(come) - int(gone)


def _within(c: Any, whose: Within, first: dt.date, last: dt.date) -> list[Any]:
    places = whose.places({"store_id": c.store_id, "dealer_id": c.dealer_id})
    return [
        c.day >= first,
        c.day <= last,
        *places,
        *(c.guide_id == each for each in whose.guide_ids),
    ]


def faults(connection: Connection, mark: int) -> Iterator[str]:
    """Customers whose kept first order is not their first up to the mark."""
    right = _firsts(0, mark)
    same = and_(*(_F[name] == right.c[name] for name in _NAMES))
    missing = (
        select(right.c.customer_id).outerjoin(first_order, same).where(_F.customer_id.is_(None))
    )
    stray = select(_F.customer_id).outerjoin(right, same).where(right.c.customer_id.is_(None))
    for customer in sorted(
        set(connection.execute(missing).scalars()) | set(connection.execute(stray).scalars())
    ):
        yield f"first_order of customer {customer}: is not the first of the orders"
