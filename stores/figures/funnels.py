"""From an arrival to the first order, and which rung led visitors; of the actor's rows (P6, H1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading, first_orders
from stores.figures.cube import entry_cell, sale_cell
from stores.figures.within import within

PICKER = "PICKER"


@dataclass(frozen=True, slots=True)
class Funnel:
    """Facts of one span, not one crowd followed: `visits` arrivals, `located` of them with a point,
    `led` to a store (not to the list of stores), `orders` paid, `first_orders` of them the first of
    their customer ever."""

    visits: int
    located: int
    led: int
    orders: int
    first_orders: int


@dataclass(frozen=True, slots=True)
class RungShare:
    """`share_bp` of all entries, in basis points; shares are rounded one by one."""

    rung: str
    entries: int
    located: int
    share_bp: int


def funnel(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
) -> Funnel:
    """For those within a branch, a dealer or a store, `visits` are the ones led there: nobody
    else's can be theirs."""
    whose = within(
        actor, today, branch_code=branch_code, dealer_code=dealer_code, store_code=store_code
    )
    e = cube_reading.figures(
        connection,
        entry_cell,
        first,
        last,
        ("entries", "located"),
        whose.by("sum"),
        whose.limits(entry_cell),
    ).c
    led = func.sum(case((e.rung != PICKER, e.entries), else_=0))
    visits, located, found = connection.execute(
        select(func.sum(e.entries), func.sum(e.located), led)
    ).one()
    o = cube_reading.figures(
        connection, sale_cell, first, last, ("orders",), whose.by("sum"), whose.limits(sale_cell)
    ).c
    orders = connection.execute(select(func.sum(o.orders))).scalar()
    return Funnel(
        int(visits or 0),
        int(located or 0),
        int(found or 0),
        int(orders or 0),
        first_orders.count(connection, whose, first, last),
    )


def rung_shares(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
) -> list[RungShare]:
    """Entries by the rung that led them, most first; rungs that led nobody are absent."""
    whose = within(
        actor, today, branch_code=branch_code, dealer_code=dealer_code, store_code=store_code
    )
    e = cube_reading.figures(
        connection,
        entry_cell,
        first,
        last,
        ("entries", "located"),
        whose.by("sum"),
        whose.limits(entry_cell),
    ).c
    rows = [
        (r[0], int(r[1]), int(r[2]))
        for r in connection.execute(
            select(e.rung, func.sum(e.entries), func.sum(e.located)).group_by(e.rung)
        )
        if r[1]
    ]
    total = sum(entries for _, entries, _ in rows)
    return [
        RungShare(rung, entries, located, (20_000 * entries + total) // (2 * total))
        for rung, entries, located in sorted(rows, key=lambda r: (-r[1], r[0]))
    ]
