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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    Select,
    Table,
    case,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.selectable import Subquery

import db
from ledger.journals import transfer
from stores.facts.credits import order_credit
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import sales_order

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
        db.metadata,
        Column("grain", db.Code(8), primary_key=True),
        Column("day", Date, primary_key=True),
        *keys,
        *(
            Column(each, db.Minor if each.endswith("_minor") else BigInteger, nullable=False)
            for each in measures
        ),
        sqlite_with_rowid=False,
        info={"measures": tuple(measures)},
    )


def _key(name: str) -> Column[Any]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


cube_mark = Table(
    "cube_mark",
    db.metadata,
    Column("source", db.Code(32), primary_key=True),
    Column("upto", BigInteger, nullable=False),
)
entry_cell = _cells(
    "entry_cell",
    (_key("store_id"), _key("dealer_id"), Column("rung", db.Code(16), primary_key=True)),
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


# -- what goes in ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Feed:
    """How rows of an append-only table become cells: the day and the keys of a row, what it adds to
    each measure, which rows count."""

    source: Table
    cells: Table
    day: ColumnElement[Any]
    keys: Mapping[str, ColumnElement[Any]]
    adds: Mapping[str, ColumnElement[Any]]
    which: tuple[ColumnElement[bool], ...] = ()
    grains: tuple[str, ...] = (DAY, MONTH, CHAIN)

    def keys_of(self, grain: str) -> list[ColumnElement[Any]]:
        """The keys in a grain; in the chain's days nobody is named."""
        return [
            literal_column("0", BigInteger) if grain == CHAIN and name.endswith("_id") else key
            for name, key in self.keys.items()
        ]

    def day_of(self, grain: str) -> ColumnElement[Any]:
        return month_of(self.day) if grain == MONTH else self.day


def _or_nobody(column: Any) -> ColumnElement[int]:
    return func.coalesce(column, NOBODY)


def _one_if(condition: Any, value: Any = 1) -> ColumnElement[int]:
    return case((condition, value), else_=0)


def _net(column: Any, adds: Iterable[str], takes: Iterable[str]) -> ColumnElement[int]:
    t = transfer.c
    return (
        case((t.kind.in_(list(adds)), column), (t.kind.in_(list(takes)), -column), else_=0)
        if takes
        else _one_if(t.kind.in_(list(adds)), column)
    )


def _place(table: Table) -> dict[str, ColumnElement[Any]]:
    return {"store_id": _or_nobody(table.c.store_id), "dealer_id": _or_nobody(table.c.dealer_id)}


_E, _O, _T, _V, _C = entry.c, sales_order.c, transfer.c, event.c, order_credit.c
_ONE = literal_column("1", BigInteger)
FEEDS: tuple[Feed, ...] = (
    Feed(
        entry,
        entry_cell,
        _E.business_day,
        {**_place(entry), "rung": _E.rung},
        {"entries": _ONE, "located": _one_if(_E.located != 0)},
    ),
    Feed(
        entry,
        guide_cell,
        _E.business_day,
        {"guide_id": _E.guide_id},
        {"entries": _ONE},
        (_E.guide_id.is_not(None),),
    ),
    Feed(
        sales_order,
        sale_cell,
        _O.business_day,
        _place(sales_order),
        {"orders": _ONE, "orders_minor": _O.total_minor},
    ),
    Feed(
        sales_order,
        guide_cell,
        _O.business_day,
        {"guide_id": _O.guide_id},
        {"orders": _ONE},
        (_O.guide_id.is_not(None),),
    ),
    Feed(
        transfer,
        sale_cell,
        _T.business_day,
        _place(transfer),
        {
            **{name: _net(_T.amount_minor, *kinds) for name, kinds in FIGURES.items()},
            **{
                MOVES[name]: _one_if(_T.kind.in_((*adds, *takes)))
                for name, (adds, takes) in FIGURES.items()
            },
        },
        (_T.kind.in_(KINDS),),
    ),
    Feed(
        transfer,
        guide_cell,
        first_of(_T.origin_period),
        {"guide_id": _T.guide_id},
        {  # by the month they were earned in, whenever booked
            "accrued_minor": _net(_T.amount_minor, ("reward_pending",), ("reward_pending_return",)),
            "vested_minor": _net(_T.amount_minor, ("reward_vest",), ("reward_vest_return",)),
        },
        (
            _T.guide_id.is_not(None),
            _T.origin_period.is_not(None),
            _T.kind.in_(
                ("reward_pending", "reward_pending_return", "reward_vest", "reward_vest_return")
            ),
        ),
        (ORIGIN,),
    ),
    Feed(
        event,
        guide_cell,
        _V.business_day,
        {"guide_id": _V.guide_id},
        {"adds": _one_if(_V.type == CONFIRMED), "lost": _one_if(_V.type.in_(LOST))},
        (_V.guide_id.is_not(None), _V.type.in_((CONFIRMED, *LOST))),
    ),
    Feed(
        order_credit,
        guide_cell,
        _C.business_day,
        {"guide_id": _C.guide_id},
        {"credits_minor": _C.amount_minor},
        (_C.guide_id.is_not(None),),
    ),
)
SOURCES: tuple[Table, ...] = tuple(dict.fromkeys(feed.source for feed in FEEDS))


_MARKS = "doorstep_cube_marks"


def marks(connection: Connection) -> dict[str, int]:
    """Up to which id each source is in the cells, 0 for one that is not yet. In a transaction that
    is no `db.read()` the marks are held, so that the cells read next belong to them. In a
    `db.read()`, which sees one state, they are asked for once."""
    query, known = select(cube_mark.c.source, cube_mark.c.upto), connection.info.get(_MARKS)
    if connection.get_execution_options().get("doorstep_read"):
        if known is None or known[0] is not connection.get_transaction():
            known = connection.info[_MARKS] = (
                connection.get_transaction(),
                _marks(connection, query),
            )
        return dict(known[1])
    return _marks(
        connection, query.with_for_update(read=True) if db.lock_clause(connection) else query
    )


def _marks(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return dict.fromkeys((source.name for source in SOURCES), 0) | {
        r.source: int(r.upto) for r in connection.execute(query)
    }


# -- what comes out --------------------------------------------------------------------------------

By = Literal["day", "sum", "chain", "origin"]
Limits = Callable[[Mapping[str, ColumnElement[Any]]], Iterable[ColumnElement[bool]]]


def everything(keys: Mapping[str, ColumnElement[Any]]) -> Iterable[ColumnElement[bool]]:
    """No limit."""
    return ()


def figures(
    connection: Connection,
    cells: Table,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
    by: By = "sum",
    limits: Limits = everything,
) -> Subquery:
    """Rows (day, keys, measures) that add up to the figures from `first` to `last`, inclusive brand
    days; several may name the same keys.

    `by`: `day` gives rows of single days; `sum` fewer rows, of which a whole month has its first
    day; `chain` days of the whole chain, keys empty but the rung; `origin` months of rewards.
    `limits` answers conditions over the keys (0: nobody). One or two statements (M16)."""
    if by == CHAIN and limits is not everything:
        raise ValueError("the chain's days name nobody who could be limited")
    kept = marks(connection)
    parts = _kept(cells, first, last, measures, by, limits)
    parts += _above(cells, first, last, measures, by, limits, kept)
    return union_all(*parts).subquery("figures")


def since(
    connection: Connection,
    cells: Table,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
    by: By = "sum",
) -> Subquery:
    """The part of `figures` that the cells do not hold yet: few rows."""
    kept = marks(connection)
    return union_all(*_above(cells, first, last, measures, by, everything, kept)).subquery("since")


def _kept(
    cells: Table, first: dt.date, last: dt.date, measures: Sequence[str], by: By, limits: Limits
) -> list[Any]:
    """One part a grain: each is a range of the primary key."""
    c = cells.c
    keys = {name: c[name] for name in KEYS[cells.name]}
    pieces = (
        [("day", first, last)]
        if by == "day"
        else [(by, first, last)]
        if by != "sum"
        else spans(first, last)
    )
    return [
        select(c.day, *keys.values(), *(c[name] for name in measures)).where(
            c.grain == grain, c.day >= begin, c.day <= end, *limits(keys)
        )
        for grain, begin, end in pieces
    ]


def among(key: ColumnElement[Any], ids: Any) -> ColumnElement[bool]:
    """Whether a key is one of many (a subquery). Written as an expression, so that no database
    visits the cells of each of the many in turn: the days asked for are read once, in order."""
    return func.coalesce(key, NOBODY).in_(ids)


def _above(
    cells: Table,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
    by: By,
    limits: Limits,
    kept: Mapping[str, int],
) -> list[Any]:
    return [
        _since(feed, first, last, measures, by, limits, kept[feed.source.name])
        for feed in FEEDS
        if feed.cells is cells
        and (by == ORIGIN) == (ORIGIN in feed.grains)
        and not set(measures).isdisjoint(feed.adds)
    ]


def _since(
    feed: Feed,
    first: dt.date,
    last: dt.date,
    measures: Sequence[str],
    by: By,
    limits: Limits,
    mark: int,
) -> Any:
    """The facts above the mark, one row each."""
    adds = [feed.adds.get(name, literal_column("0", BigInteger)).label(name) for name in measures]
    grain = CHAIN if by == CHAIN else DAY
    keys = [key.label(name) for name, key in zip(feed.keys, feed.keys_of(grain), strict=True)]
    return select(feed.day.label("day"), *keys, *adds).where(
        feed.source.c.id > mark,
        feed.day >= first,
        feed.day <= last,
        *feed.which,
        *limits(feed.keys),
    )


def spans(first: dt.date, last: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """A span in whole months and the days that are left over: (grain, first, last)."""
    months_from = first if first.day == 1 else _next_month(first)
    months_to = _next_month(last) if (last + dt.timedelta(days=1)).day == 1 else last.replace(day=1)
    if months_from >= months_to:
        return [(DAY, first, last)]
    found = [(MONTH, months_from, months_to - dt.timedelta(days=1))]
    one = dt.timedelta(days=1)
    if first < months_from:
        found.append((DAY, first, months_from - one))
    if months_to <= last:
        found.append((DAY, months_to, last))
    return found


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
