"""Figures of stores, ranked; each of the actor's rows (P6, M16)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.figures import SALES, Figures, cell_of, grouped
from stores.figures.ranking import Sort, ranked
from stores.figures.within import Within, stores_below, within
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_store_ids,
)
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class StoreFigures(Figures):
    """One store; WGS-84, None for a point that was withdrawn; dealer of today."""

    store_id: int = 0
    code: str = ""
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    status: str = ""
    cloud_shop: bool = False
    dealer_code: str | None = None
    dealer_name: str | None = None
    branch_code: str | None = None
    branch_name: str | None = None


def store_figures(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    sort: Sort = "sales_minor",
    ascending: bool = False,
    limit: int | None = None,
) -> list[StoreFigures]:
    """Every store the actor sees, those with nothing too, most sales first. With a dealer: his
    stores of today, and what was led to and booked for him there."""
    whose = within(actor, today, branch_code=branch_code, dealer_code=dealer_code)
    entries, sales, adds = _by_store(connection, whose, first, last)
    rows = []
    for r in connection.execute(_stores(actor, today, branch_code, dealer_code)):
        sold = sales.get(r.id, {})
        rows.append(
            StoreFigures(
                cell_of(entries, r.id, "entries"),
                sold.get("orders", 0),
                sold.get("gross_minor", 0) - sold.get("refunds_minor", 0),
                cell_of(adds, r.id, "adds"),
                r.id,
                r.store_code,
                r.name,
                None if r.coordinates_withdrawn else r.latitude,
                None if r.coordinates_withdrawn else r.longitude,
                r.status,
                bool(r.cloud_shop),
                r.dealer_code,
                r.dealer_name,
                r.branch_code,
                r.branch_name,
            )
        )
    return ranked(rows, sort, ascending, limit)


def _by_store(
    connection: Connection, whose: Within, first: dt.date, last: dt.date
) -> tuple[dict[Any, dict[str, int]], ...]:
    """Entries, sales and adds by store id."""
    led = cube_reading.figures(
        connection, entry_cell, first, last, ("entries",), "sum", whose.limits(entry_cell)
    )
    sold = cube_reading.figures(
        connection, sale_cell, first, last, SALES, "sum", whose.limits(sale_cell)
    )
    added = cube_reading.figures(
        connection, guide_cell, first, last, ("adds",), "sum", whose.limits(guide_cell)
    )
    return (
        grouped(connection, led.c.store_id, led, ("entries",)),
        grouped(connection, sold.c.store_id, sold, SALES),
        grouped(
            connection, guide.c.store_id, added, ("adds",), (guide, guide.c.id == added.c.guide_id)
        ),
    )


def _stores(actor: Actor, today: dt.date, branch_code: str | None, dealer_code: str | None) -> Any:
    s, visible = store.c, visible_store_ids(actor, today)
    query = (
        select(
            s.id,
            s.store_code,
            s.name,
            s.latitude,
            s.longitude,
            s.coordinates_withdrawn,
            s.status,
            s.cloud_shop,
            s.branch_id,
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
        )
        .outerjoin(branch, branch.c.id == s.branch_id)
        .outerjoin(dealer_contract, (dealer_contract.c.store_id == s.id) & contract_in_force(today))
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
    )
    if visible is not None:
        query = query.where(s.id.in_(visible))
    if branch_code is not None:
        query = query.where(s.id.in_(stores_below(branch_code)))
    return query if dealer_code is None else query.where(dealer.c.dealer_code == dealer_code)
