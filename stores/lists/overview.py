"""What happened in the chain on some days, in the actor's rows: the figures of the first page, and
the work that waits (P6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from stores.base.actors import Actor
from stores.figures import cube, cube_reading
from stores.figures.within import within
from stores.lists import directory, entry_lists, event_lists
from stores.lists.directory import StoreFilter
from stores.lists.entry_lists import EntryFilter
from stores.lists.event_lists import AddFilter
from stores.network.dealers import dealer
from stores.orders import lists
from stores.orders.lists import UNATTRIBUTED, OrderFilter

WORK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """`sales_minor`: attributed sales less refunds, each on its own day, as the ledger has them;
    unattributed sales stand beside."""

    entries: int
    located: int
    picker: int
    default_store: int
    orders: int
    sales_minor: int
    adds: int

    @property
    def empty(self) -> bool:
        return not (self.entries or self.orders or self.adds or self.sales_minor)


def figures(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date, today: dt.date
) -> Figures:
    entries = entry_lists.totals(connection, actor, EntryFilter(first, last))
    whose = within(actor, today)
    c = cube_reading.figures(
        connection,
        cube.sale_cell,
        first,
        last,
        ("orders", "gross_minor", "refunds_minor"),
        whose.by("sum"),
        whose.limits(cube.sale_cell),
    ).c
    orders, gross, refunds = (
        int(each or 0)
        for each in connection.execute(
            select(func.sum(c.orders), func.sum(c.gross_minor), func.sum(c.refunds_minor))
        ).one()
    )
    adds = event_lists.total(connection, actor, AddFilter(first, last, today))
    return Figures(
        entries["entries"],
        entries["located"],
        entries["picker"],
        entries["default_store"],
        orders,
        gross - refunds,
        adds,
    )


def top_dealers(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date, today: dt.date, most: int
) -> list[dict[str, Any]]:
    """{"dealer_code", "name", "sales_minor"} of those who sold most, less refunds."""
    whose = within(actor, today)
    c = cube_reading.figures(
        connection,
        cube.sale_cell,
        first,
        last,
        ("gross_minor", "refunds_minor"),
        "sum",
        whose.limits(cube.sale_cell),
    ).c
    sums = (
        select(
            c.dealer_id,
            func.sum(c.gross_minor - c.refunds_minor).label("sold"),
            func.sum(c.gross_minor).label("gross"),
        )
        .group_by(c.dealer_id)
        .subquery()
    )
    query = (
        select(sums.c.sold, dealer.c.dealer_code)
        .join(dealer, dealer.c.id == sums.c.dealer_id)
        .where(sums.c.gross > 0)
    )
    best = [
        (int(r.sold), r.dealer_code)
        for r in connection.execute(
            query.order_by(sums.c.sold.desc(), dealer.c.dealer_code).limit(most)
        )
    ]
    names = directory.dealer_names(connection, [code for _, code in best])
    return [{"dealer_code": code, "name": names[code], "sales_minor": sold} for sold, code in best]


def work(connection: Connection, actor: Actor, today: dt.date) -> dict[str, int]:
    """What needs somebody: unattributed orders of the last 30 days, stores in service that no entry
    was led to for 7 days."""
    since = today - dt.timedelta(days=WORK_DAYS - 1)
    found = {
        "silent_stores": directory.store_count(connection, actor, StoreFilter(today, silent=True))
    }
    if actor.scope_kind == "all":  # an order that nobody owns is in nobody's rows but headquarters'
        found["unattributed"] = lists.totals(
            connection, actor, OrderFilter(since, today, today, owner_basis=UNATTRIBUTED)
        )["orders"]
    return found
