"""Lists people can work in: one declaration of columns makes the table, its sorting, its choice of
columns, its pages and its files.

A view says `table = table_answers.asked(...)`, then `return table_answers.answer(table, fetch,
template, ...)` inside its `db.read()`; the template draws the rows with `data_list(table)`. What is
exported is fetched by the same query, so the file equals the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from flask_babel import LazyString

from app.ui import paging
from app.ui.labels import Words, label
from stores.base.ordering import Order

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CARD_WORDS = 16  # letters that fit beside another value on a phone
RIGHT = frozenset({"count", "money", "percent", "number"})


Fetch = Callable[[Order], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names the column in addresses and files. `kind` says how a value is written: text,
    code, count, number, money (minor units), percent (basis points), day, moment, words (a code
    looked up in `words`), tag (the same, as a status), chip (a pair of code and name), masked,
    reasons (of words, meaning, sentence, door).

    `value(row)`: default the row's attribute `key`. `sort`: a name of the query's sort expressions.
    `door(row)`: the address behind the cell."""

    key: str
    name: LazyString
    kind: str = "text"
    value: Callable[[Any], Any] | None = None
    sort: str | None = None
    door: Callable[[Any], str | None] | None = None
    words: Words | None = None
    meanings: Mapping[str, str] | None = None
    shown: bool = True

    @property
    def right(self) -> bool:
        return self.kind in RIGHT

    def of(self, row: Any) -> Any:
        return self.value(row) if self.value else getattr(row, self.key)

    def url(self, row: Any) -> str | None:
        return self.door(row) if self.door else None


@dataclass(slots=True)
class Table:
    """What was asked for, and once filled the rows of this page. `total` is the foot: values by
    column key. `own_form`: (form, address) of files that can be edited and imported again."""

    name: str
    columns: tuple[Column, ...]
    chosen: tuple[Column, ...]
    order: Order
    export: str | None
    rows: Sequence[Any] = ()
    next: str | None = None
    first: str | None = None
    total: Mapping[str, Any] = field(default_factory=dict)
    saved: Sequence[Any] = ()
    own_form: Sequence[tuple[str, str]] = ()

    @property
    def figure(self) -> Column | None:
        """The number that a card shows beside its first column: what the list is sorted by, else
        the first money, else the first number."""
        numbers = [column for column in self.chosen[1:] if column.right]
        if self.chosen and self.chosen[0].right:
            return None
        return (
            next(
                (column for column in numbers if column.sort and column.sort == self.order.by), None
            )
            or next((column for column in numbers if column.kind == "money"), None)
            or next(iter(numbers), None)
        )

    def place_in_card(self, column: Column, value: Any) -> str:
        """The class of a cell, by which a card places it: its head, its figure, what is missing,
        what takes a whole line, and the rest."""
        if column == self.chosen[0]:
            return "card-head"
        if column == self.figure:
            return "card-figure"
        if value is None or value == "" or (column.kind == "chip" and not value[0]):
            return "none"
        if column.kind == "reasons":
            return "long over"
        long_words = (
            column.kind == "words"
            and column.words is not None
            and len(label(column.words, value)) > CARD_WORDS
        )
        return "long" if long_words or column.kind in ("text", "chip") else ""

    def sorted_by(self, column: Column) -> str | None:
        """`ascending`, `descending` or None, as aria-sort says it."""
        if column.sort != self.order.by:
            return None
        return "descending" if self.order.descending else "ascending"

    def sort_url(self, column: Column) -> str:
        """Sorted by this column; a second click turns it round. Numbers and moments begin with the
        greatest."""
        turned = self.sorted_by(column)
        down = turned == "ascending" or (
            turned is None and (column.right or column.kind in ("day", "moment"))
        )
        return paging.same_filter(sort=f"-{column.sort}" if down else str(column.sort))

    def export_url(self, kind: str) -> str:
        return paging.same_filter(export=kind)


def heads(table: Table) -> list[str]:
    """The first line of a file; a chip is two columns, its code and its name."""
    found: list[str] = []
    for column in table.chosen:
        found += (
            [f"{column.name} ({column.key})", str(column.name)]
            if column.kind == "chip"
            else [str(column.name)]
        )
    return found


def plain(column: Column, row: Any) -> list[Any]:
    """The cells of a file: codes in words, money in major units as exact text, moments in the
    brand's zone."""
    value = column.of(row)
    if column.kind == "chip":
        return list(value) if value else [None, None]
    if value is None:
        return [None]
    if column.kind == "money":
        return [major(value)]
    if column.kind == "percent":
        return [f"{value // 100}.{value % 100:02}"]
    if column.kind == "day" and isinstance(value, dt.datetime):
        value = value.astimezone(current_app.extensions["doorstep"].timezone).date()
    if column.kind == "moment":
        return [
            value.astimezone(current_app.extensions["doorstep"].timezone).isoformat(
                timespec="seconds"
            )
        ]
    if column.kind in ("words", "tag") and column.words is not None:
        return [label(column.words, value)]
    if column.kind == "reasons":
        return [" ".join(f"{words} {sentence}" for words, _meaning, sentence, _door in value)]
    if column.kind == "masked":
        from stores.network.sight import masked

        return [masked(value)]
    if isinstance(value, dt.datetime):  # a moment of which only the day is shown
        value = value.astimezone(current_app.extensions["doorstep"].timezone).date()
    return [value.isoformat() if isinstance(value, dt.date) else value]


def major(minor: int) -> str:
    """Minor units of the brand's currency as a plain number with its decimals, for files."""
    decimals = current_app.extensions["doorstep"].currency_decimals
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}{f'.{rest:0{decimals}}' if decimals else ''}"
