"""Figures of a scope, day by day and in sum: the chain, a branch, a dealer, a store or a guide, of
the actor's rows (P6, M16). Rankings: `store_figures`, `dealer_figures`.

Every figure is of inclusive brand days. `entries`: arrivals led there. `orders`: paid, on the day
paid. `sales_minor`: attributed sales less refunds, each on its own day, as the ledger has them.
`adds`: confirmed friend adds, paid or not, of guides by their present store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import entry_cell, guide_cell, sale_cell
from stores.figures.within import Within, within

SALES = ("orders", "gross_minor", "refunds_minor")


@dataclass(frozen=True, slots=True)
class Figures:
    """The four figures of some days: visits, orders, sales in minor units, friend adds."""

    entries: int = 0
    orders: int = 0
    sales_minor: int = 0
    adds: int = 0


@dataclass(frozen=True, slots=True)
class DayFigures(Figures):
    day: dt.date = dt.date.min


def totals(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> Figures:
    """The four figures of whom the codes name, within the actor's rows."""
    days = by_day(
        connection,
        actor,
        first,
        last,
        today,
        branch_code=branch_code,
        dealer_code=dealer_code,
        store_code=store_code,
        guide_code=guide_code,
    )
    return Figures(
        *(
            sum(getattr(each, name) for each in days)
            for name in ("entries", "orders", "sales_minor", "adds")
        )
    )


def by_day(
    connection: Connection,
    actor: Actor,
    first: dt.date,
    last: dt.date,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> list[DayFigures]:
    """Every day of the span, oldest first, days without anything too. A guide's sales are his
    credits less refunds (B12)."""
    whose = within(
        actor,
        today,
        branch_code=branch_code,
        dealer_code=dealer_code,
        store_code=store_code,
        guide_code=guide_code,
    )
    if whose.guide_ids:
        own = _days(
            connection,
            guide_cell,
            whose,
            first,
            last,
            ("entries", "orders", "credits_minor", "adds"),
        )
        found = {
            day: (r["entries"], r["orders"], r["credits_minor"], r["adds"])
            for day, r in own.items()
        }
    else:
        entries = _days(connection, entry_cell, whose, first, last, ("entries",))
        sales = _days(connection, sale_cell, whose, first, last, SALES)
        adds = _days(connection, guide_cell, whose, first, last, ("adds",))
        found = {
            day: (
                cell_of(entries, day, "entries"),
                cell_of(sales, day, "orders"),
                cell_of(sales, day, "gross_minor") - cell_of(sales, day, "refunds_minor"),
                cell_of(adds, day, "adds"),
            )
            for day in {*entries, *sales, *adds}
        }
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [DayFigures(*found.get(day, (0, 0, 0, 0)), day=day) for day in days]


def _days(
    connection: Connection,
    cells: Table,
    whose: Within,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
) -> dict[Any, dict[str, int]]:
    found = cube_reading.figures(
        connection, cells, first, last, measures, whose.by("day"), whose.limits(cells)
    )
    return grouped(connection, found.c.day, found, measures)


def cell_of(found: dict[Any, dict[str, int]], key: Any, name: str) -> int:
    """A sum of `grouped`; 0 for a key without cells."""
    return found[key][name] if key in found else 0


def grouped(
    connection: Connection, key: Any, found: Any, measures: Iterable[str], *joined: tuple[Any, Any]
) -> dict[Any, dict[str, int]]:
    """Sums by key, after joining (table, condition)."""
    names = list(measures)
    source = found
    for table, condition in joined:
        source = source.join(table, condition)
    query = (
        select(key, *(func.sum(found.c[name]) for name in names)).select_from(source).group_by(key)
    )
    return {
        r[0]: {name: int(value) for name, value in zip(names, r[1:], strict=True)}
        for r in connection.execute(query)
    }
