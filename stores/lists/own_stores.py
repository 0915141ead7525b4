"""A dealer's stores with their figures of some days, those he no longer holds but still has figures
of among them (D4, D12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from stores.base.actors import Actor
from stores.figures import cube_reading, revenue
from stores.figures.cube import entry_cell
from stores.figures.within import within
from stores.lists import directory
from stores.lists.directory import StoreFilter
from stores.network.guides import guide
from stores.network.scope import visible_store_ids
from stores.network.stores import store

MOST = 5_000
FIGURES = (*revenue.FIGURES, "net_minor")


@dataclass(frozen=True, slots=True)
class OwnStore:
    """`status` None: no longer under contract with the dealer. `guides` are those of today."""

    store_code: str
    name: str
    status: str | None
    cloud_shop: bool
    guides: int
    entries: int
    gross_minor: int
    refunds_minor: int
    fees_minor: int
    rewards_minor: int
    net_minor: int


SORTS: Mapping[str, Callable[[OwnStore], Any]] = {
    "store": lambda row: row.store_code,
    "entries": lambda row: row.entries,
    "gross": lambda row: row.gross_minor,
    "net": lambda row: row.net_minor,
    "guides": lambda row: row.guides,
}


def of_dealer(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    silent: bool = False,
) -> list[OwnStore]:
    """Every store of today (`silent`: only those in service without an entry for 7 days), then
    those that only have figures. Five statements."""
    sold = {
        r["store_code"]: r
        for r in revenue.of(connection, first, last, "store", dealer_id=actor.scope_id)["rows"]
    }
    led = _entries(connection, actor, first, last, today)
    people = _guides(connection, actor, today)
    rows = directory.store_rows(connection, actor, StoreFilter(today, silent=silent), limit=MOST)
    found = [
        _row(r.store_code, r.name, r.status, bool(r.cloud_shop), people.get(r.id, 0), led, sold)
        for r in rows
    ]
    gone = (
        []
        if silent
        else sorted({code for code in (*sold, *led) if code} - {r.store_code for r in rows})
    )
    names = directory.store_names(connection, gone) if gone else {}
    return found + [_row(code, names[code], None, False, 0, led, sold) for code in gone]


def _row(
    code: str,
    name: str,
    status: str | None,
    cloud_shop: bool,
    guides: int,
    led: Mapping[str, int],
    sold: Mapping[Any, dict[str, Any]],
) -> OwnStore:
    figures = sold.get(code) or dict.fromkeys(FIGURES, 0)
    return OwnStore(
        code,
        name,
        status,
        cloud_shop,
        guides,
        led.get(code, 0),
        **{name: figures[name] for name in FIGURES},
    )


def _entries(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date, today: dt.date
) -> dict[str, int]:
    """Arrivals led to the dealer by store."""
    c = cube_reading.figures(
        connection,
        entry_cell,
        first,
        last,
        ("entries",),
        "sum",
        within(actor, today).limits(entry_cell),
    ).c
    query = (
        select(store.c.store_code, func.sum(c.entries).label("n"))
        .join(store, store.c.id == c.store_id)
        .group_by(store.c.store_code)
    )
    return {r.store_code: int(r.n) for r in connection.execute(query)}


def _guides(connection: Connection, actor: Actor, today: dt.date) -> dict[int, int]:
    """Guides at work today by store id."""
    g, visible = guide.c, visible_store_ids(actor, today)
    query = (
        select(g.store_id, func.count().label("n"))
        .where(or_(g.left_on.is_(None), g.left_on >= today))
        .group_by(g.store_id)
    )
    return {
        r.store_id: r.n
        for r in connection.execute(
            query if visible is None else query.where(g.store_id.in_(visible))
        )
    }
