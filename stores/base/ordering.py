"""How a list is sorted and paged: by one expression that is never NULL, ties by the row's own key.

The next page begins after the pair (sort value, key) of the last row, so a page costs the same
wherever it lies and no row is shown twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, or_
from sqlalchemy.sql.elements import ColumnElement

from ledger.faults import Malformed


@dataclass(frozen=True, slots=True)
class Order:
    """`by`: a name of the list's sort expressions; `after`: (sort_value, sort_key) of the last row
    before; `limit`: rows asked for."""

    by: str
    descending: bool = False
    after: tuple[Any, Any] | None = None
    limit: int = 51

    def following(self, row: Any) -> Order:
        """This order, going on behind `row`, which carries `sort_value` and `sort_key`."""
        return replace(self, after=(row.sort_value, row.sort_key))


@dataclass(frozen=True, slots=True)
class Lead:
    """A column with an index that rises with a sort expression, and how to tell its value from the
    expression's: a moment's business day.

    Sorting by it first changes no order and lets the database begin at the right end."""

    column: ColumnElement[Any]
    of: Callable[[Any], Any]


def ordered(
    query: Select[Any],
    keys: Mapping[str, ColumnElement[Any]],
    tie: ColumnElement[Any],
    order: Order,
    leads: Mapping[str, Lead] | None = None,
) -> Select[Any]:
    """`query` sorted and cut, with `sort_value` and `sort_key` added to each row. Raises Malformed
    for a sort that the list does not have."""
    if order.by not in keys:
        raise Malformed(
            f"This list cannot be sorted by {order.by!r}; use one of {', '.join(keys)}."
        )
    by = keys[order.by]
    query = query.add_columns(by.label("sort_value"), tie.label("sort_key"))
    if order.after is not None:
        value, key = order.after
        beyond, further = (by < value, tie < key) if order.descending else (by > value, tie > key)
        query = query.where(or_(beyond, and_(by == value, further)))
    lead = (leads or {}).get(order.by)
    if lead is not None and order.after is not None:
        day = lead.of(order.after[0])
        query = query.where(lead.column <= day if order.descending else lead.column >= day)
    ways = [
        each.desc() if order.descending else each.asc()
        for each in (*([lead.column] if lead else []), by, tie)
    ]
    return query.order_by(*ways).limit(order.limit)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row sorted in memory, with its place; its own values are read through it."""

    row: Any
    sort_value: Any
    sort_key: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def placed(
    rows: Iterable[Any],
    keys: Mapping[str, Callable[[Any], Any]],
    tie: Callable[[Any], Any],
    order: Order,
) -> list[Placed]:
    """What `ordered` does, for rows few enough to be in memory whole. Raises Malformed for a sort
    that the list does not have."""
    if order.by not in keys:
        raise Malformed(
            f"This list cannot be sorted by {order.by!r}; use one of {', '.join(keys)}."
        )
    found = sorted(
        (Placed(row, keys[order.by](row), tie(row)) for row in rows),
        key=_place,
        reverse=order.descending,
    )
    if order.after is not None:
        found = [
            each
            for each in found
            if (_place(each) < order.after if order.descending else _place(each) > order.after)
        ]
    return found[: order.limit]


def _place(row: Placed) -> tuple[Any, Any]:
    return row.sort_value, row.sort_key
