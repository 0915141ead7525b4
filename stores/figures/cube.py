"""The cube: stored day sums of entries, sales and guides, so that a figure is read from few rows
(M16).

Facts are append-only, so a cell is the sum of the facts up to an id, and what came in later is
added when a figure is read:

    figure = cells up to the mark + the facts above it          `figures`, one state in `db.read()`

No figure waits for a worker. `cube_steps.advance` moves the marks. Three grains: a day by store (or
guide), a month likewise, and a day of the whole chain, in which store, dealer and guide are 0. 0
stands for nobody too: sales that no store owns, visitors led nowhere. Counts are of facts. Distinct
people are never summed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from ledger import schema

NOBODY = 0
FIGURES = {  # figure of revenue: (kinds of transfers that add, kinds that take away)
    "gross_minor": (("sale",), ()),
    "refunds_minor": (("refund",), ()),
    "fees_minor": (("platform_fee", "channel_fee"), ("platform_fee_return", "channel_fee_return")),
    "rewards_minor": (("reward",), ("reward_return",)),
}
KINDS = tuple(kind for adds, takes in FIGURES.values() for kind in (*adds, *takes))
MOVES = {
    name: f"{name.removesuffix('_minor')}_moves" for name in FIGURES
}  # how many transfers make up the figure
CONFIRMED = "contact.confirmed"
LOST = ("contact.deleted_by_customer", "contact.deleted_by_guide")


# -- tables ----------------------------------------------------------------------------------------


def _cells(name: str, keys: Sequence[Column[Any]], measures: Iterable[str]) -> Table:
    """Cells by (grain, first day, keys); each measure is a sum, of minor units where it ends in
    `_minor`."""
    return Table(
        name,
        schema.metadata,
        Column("grain", schema.Code(8), primary_key=True),
        Column("day", Date, primary_key=True),
        *keys,
        *(
            Column(each, schema.Minor if each.endswith("_minor") else BigInteger, nullable=False)
            for each in measures
        ),
        sqlite_with_rowid=False,
        info={"measures": tuple(measures)},
    )


def _key(name: str) -> Column[Any]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


cube_mark = Table(
    "cube_mark",
    schema.metadata,
    Column("source", schema.Code(32), primary_key=True),
    Column("upto", BigInteger, nullable=False),
)
entry_cell = _cells(
    "entry_cell",
    (_key("store_id"), _key("dealer_id"), Column("rung", schema.Code(16), primary_key=True)),
    ("entries", "located"),
)
sale_cell = _cells(
    "sale_cell",
    (_key("store_id"), _key("dealer_id")),
    ("orders", "orders_minor", *FIGURES, *MOVES.values()),
)
guide_cell = _cells(
    "guide_cell",
    (_key("guide_id"),),
    ("entries", "adds", "lost", "orders", "credits_minor", "accrued_minor", "vested_minor"),
)
for _table in (entry_cell, sale_cell):
    Index(f"ix_{_table.name}_store", _table.c.store_id, _table.c.grain, _table.c.day)
    Index(f"ix_{_table.name}_dealer", _table.c.dealer_id, _table.c.grain, _table.c.day)
Index("ix_guide_cell_guide", guide_cell.c.guide_id, guide_cell.c.grain, guide_cell.c.day)
CELLS = (entry_cell, sale_cell, guide_cell)
KEYS: dict[str, tuple[str, ...]] = {
    t.name: tuple(c.name for c in t.primary_key.columns if c.name not in ("grain", "day"))
    for t in CELLS
}
DAY, MONTH, CHAIN, ORIGIN = "day", "month", "chain", "origin"


class month_of(GenericFunction[dt.date]):
    """The first day of a day's month."""

    type = Date()
    inherit_cache = True


class first_of(GenericFunction[dt.date]):
    """The first day of a month given as YYYY-MM."""

    type = Date()
    inherit_cache = True


@compiles(month_of, "sqlite")
def _month_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"date({compiler.process(element.clauses, **more)}, 'start of month')"


@compiles(month_of, "postgresql")
def _month_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"CAST(date_trunc('month', {compiler.process(element.clauses, **more)}) AS date)"


@compiles(first_of, "sqlite")
def _first_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"({compiler.process(element.clauses, **more)} || '-01')"


@compiles(first_of, "postgresql")
def _first_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"to_date({compiler.process(element.clauses, **more)}, 'YYYY-MM')"
