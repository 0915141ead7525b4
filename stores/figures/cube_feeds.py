"""What goes into the cube: of which facts each cell is the sum, and up to which id they are in it
(M16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Table,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

import db
from ledger.journals import transfer
from stores.facts.credits import order_credit
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.figures.cube import (
    CHAIN,
    CONFIRMED,
    DAY,
    FIGURES,
    KINDS,
    LOST,
    MONTH,
    MOVES,
    NOBODY,
    ORIGIN,
    cube_mark,
    entry_cell,
    first_of,
    guide_cell,
    month_of,
    sale_cell,
)


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
