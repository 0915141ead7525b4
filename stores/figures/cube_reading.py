"""What comes out of the cube: cells up to the mark and the facts above it (M16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Connection,
    Table,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Subquery

from stores.figures.cube import CHAIN, DAY, KEYS, MONTH, NOBODY, ORIGIN
from stores.figures.cube_feeds import FEEDS, Feed, marks

By = Literal["day", "sum", "chain", "origin"]
Limits = Callable[[Mapping[str, ColumnElement[Any]]], Iterable[ColumnElement[bool]]]


def everything(keys: Mapping[str, ColumnElement[Any]]) -> Iterable[ColumnElement[bool]]:
    """The limits of who may see all rows: no conditions, whatever the columns in `keys`."""
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
