"""Lists people can work in: one declaration of columns makes the table, its sorting, its choice of
columns, its pages and its files.

A view says `table = tables.asked(...)`, then `return tables.answer(table, fetch, template, ...)`
inside its `db.read()`; the template draws the rows with `data_list(table)`. What is exported is
fetched by the same query, so the file equals the list."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from flask import Response, after_this_request, current_app, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _

import db
from app.ui import exports, paging, saved_views
from app.ui.labels import Words, label
from app.web.clock import now_and_today
from app.web.cursors import decode, encode
from app.web.permissions import current_actor
from ledger import audit
from ledger.faults import InvalidInput, Malformed
from stores.base.formulas import inert
from stores.base.ordering import Order

EXPORT_ROWS = 100_000
CHUNK = 1_000
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CARD_WORDS = 16  # letters that fit beside another value on a phone
RIGHT = frozenset({"count", "money", "percent", "number"})
OWN_FORMS = (
    "branches",
    "dealers",
    "stores",
    "guides",
    "areas",
    "orders",
    "customers",
)  # lists named as the import of their rows
NO_FILTER = frozenset({"export", "cursor", "col", "lang", "sort"})
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


def asked(name: str, columns: Sequence[Column], usual: str) -> Table:
    """What the query string asks for: `sort=-paid_at`, `col=` (repeated), `cursor=`,
    `export=csv|xlsx`. `usual` is the sort without a wish.

    Raises Malformed for a sort, cursor or file format that the list does not have."""
    wish = request.args.get("sort") or usual
    by, descending = wish.removeprefix("-"), wish.startswith("-")
    if by != usual.removeprefix("-") and by not in {column.sort for column in columns}:
        raise Malformed(f"This list cannot be sorted by {by!r}.")
    export = request.args.get("export")
    if export is not None and export not in FORMATS:
        raise Malformed(f"A list is exported as {' or '.join(FORMATS)}.")
    wanted = set(request.args.getlist("col"))
    chosen = tuple(column for column in columns if column.key in wanted) or tuple(
        column for column in columns if column.shown
    )
    return Table(
        name,
        tuple(columns),
        chosen,
        Order(by, descending, _after(f"{name} {wish}"), paging.PAGE + 1),
        export,
    )


def answer(
    table: Table,
    fetch: Fetch,
    template: str,
    *,
    total: Mapping[str, Any] | None = None,
    **context: Any,
) -> Any:
    """The page with its rows, or the file. Call it inside the view's `db.read()`. Raises
    InvalidInput when a file would be too long."""
    table.total = total or {}
    if table.export:
        return _file(table, fetch)
    rows = fetch(table.order)
    table.rows = rows[: paging.PAGE]
    if len(rows) > paging.PAGE:
        table.next = paging.same_filter(
            cursor=encode(f"{table.name} {_wish(table.order)}", _key(rows[paging.PAGE - 1]))
        )
    table.first = paging.same_filter() if request.args.get("cursor") else None
    table.own_form = _own_form(table)
    table.saved = saved_views.of_reader(request.path)
    return render_template(template, table=table, **context)


def _own_form(table: Table) -> list[tuple[str, str]]:
    """For those who import; facts for the days shown."""
    if (
        request.blueprint != "hq"
        or table.name not in OWN_FORMS
        or not current_actor().may("import:write")
    ):
        return []
    days = (
        {
            name: request.args[name]
            for name in ("from", "to", "day", "month")
            if request.args.get(name)
        }
        if table.name in exports.DATED
        else {}
    )
    return [
        (form, url_for("hq.own_form", kind=table.name, form=form, **days))
        for form in exports.formats(table.name)
    ]


class Ranked:
    """A row that was summed here and not in the database, with its place in the order."""

    __slots__ = ("row", "sort_key", "sort_value")

    def __init__(self, row: Any, sort_value: Any, sort_key: str) -> None:
        self.row, self.sort_value, self.sort_key = row, sort_value, sort_key

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def ranked(rows: Sequence[Any], tie: str = "code") -> Fetch:
    """Fetch from rows that are all here: sorted by an attribute, ties by a text that tells them
    apart. None sorts as an empty text."""

    def fetch(order: Order) -> list[Any]:
        def pair(row: Any) -> tuple[Any, str]:
            value = getattr(row, order.by)
            return "" if value is None else value, getattr(row, tie)

        found = [
            Ranked(row, *pair(row)) for row in sorted(rows, key=pair, reverse=order.descending)
        ]
        if order.after is not None:
            found = [row for row in found if _beyond((row.sort_value, row.sort_key), order)]
        return found[: order.limit]

    return fetch


def _beyond(place: tuple[Any, Any], order: Order) -> bool:
    return bool(place < order.after if order.descending else place > order.after)  # type: ignore[operator]


# -- where a page begins ---------------------------------------------------------------------------


def _wish(order: Order) -> str:
    return f"-{order.by}" if order.descending else order.by


def _key(row: Any) -> tuple[str | int, str | int]:
    def plain(value: Any) -> str | int:
        if isinstance(value, dt.datetime):
            return f"m{value.isoformat()}"
        return (
            f"d{value.isoformat()}"
            if isinstance(value, dt.date)
            else f"t{value}"
            if isinstance(value, str)
            else int(value)
        )

    return plain(row.sort_value), plain(row.sort_key)


def _after(kind: str) -> tuple[Any, Any] | None:
    cursor = request.args.get("cursor")
    if not cursor:
        return None
    for types in ((str, int), (int, int), (str, str), (int, str)):
        try:
            first, second = decode(kind, cursor, types)
        except Malformed:
            continue
        return _value(first), _value(second)
    raise Malformed("This is no cursor of this list; take the link of the page before, unchanged.")


def _value(plain: str | int) -> Any:
    if isinstance(plain, int):
        return plain
    mark, text = plain[:1], plain[1:]
    try:
        return (
            dt.datetime.fromisoformat(text)
            if mark == "m"
            else dt.date.fromisoformat(text)
            if mark == "d"
            else text
        )
    except ValueError:
        raise Malformed(
            "This is no cursor of this list; take the link of the page before, unchanged."
        ) from None


# -- files -----------------------------------------------------------------------------------------


def _file(table: Table, fetch: Fetch) -> Response:
    content, count = {"csv": _csv, "xlsx": _xlsx}[str(table.export)](
        table, _everything(table, fetch)
    )
    answer = Response(content, content_type=FORMATS[str(table.export)])
    name = f"{table.name}-{now_and_today()[1].isoformat()}.{table.export}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    actor = current_actor()

    @after_this_request
    def note(response: Response) -> Response:
        with db.transaction() as connection:
            audit.record(
                connection,
                actor.name,
                "export",
                "list",
                table.name,
                {"rows": count, "format": str(table.export)},
            )
        return response

    return answer


def _everything(table: Table, fetch: Fetch) -> Iterator[Any]:
    order, number = Order(table.order.by, table.order.descending, None, CHUNK), 0
    while True:
        rows = fetch(order)
        number += len(rows)
        if number > EXPORT_ROWS:
            raise InvalidInput(
                f"A file holds at most {EXPORT_ROWS:,} rows; choose fewer days or narrow the "
                "filter."
            )
        yield from rows
        if len(rows) < CHUNK:
            return
        order = order.following(rows[-1])


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
        return [_major(value)]
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


def _major(minor: int) -> str:
    decimals = current_app.extensions["doorstep"].currency_decimals
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}{f'.{rest:0{decimals}}' if decimals else ''}"


def number_format(decimals: int) -> str:
    """Of a spreadsheet; without a stray point where a currency has no minor unit."""
    return "#,##0." + "0" * decimals if decimals else "#,##0"


def _cells(column: Column, row: Any) -> list[Any]:
    """For CSV: numbers as they are, and no text that a spreadsheet would run."""
    return [
        ""
        if value is None
        else inert(value)
        if isinstance(value, str) and not column.right
        else value
        for value in plain(column, row)
    ]


def _csv(table: Table, rows: Iterator[Any]) -> tuple[bytes, int]:
    out, count = io.StringIO(), 0
    writer = csv.writer(out)
    writer.writerow(heads(table))
    for row in rows:
        writer.writerow([value for column in table.chosen for value in _cells(column, row)])
        count += 1
    return out.getvalue().encode("utf-8-sig"), count


def _xlsx(table: Table, rows: Iterator[Any]) -> tuple[bytes, int]:
    out, count = io.BytesIO(), 0
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, bold = book.add_worksheet(table.name[:31]), book.add_format({"bold": True})
    amount = book.add_format(
        {"num_format": number_format(current_app.extensions["doorstep"].currency_decimals)}
    )
    sheet.write_row(0, 0, heads(table), bold)
    sheet.freeze_panes(1, 0)
    for row in rows:
        count += 1
        place = 0
        for column in table.chosen:
            for value in plain(column, row):
                if column.kind == "money" and value is not None:
                    sheet.write_number(
                        count, place, float(value), amount
                    )  # shown to the cent; exact below 10 ** 13
                elif value is not None:
                    sheet.write(count, place, value)
                place += 1
    _sums(book, table, count, bold, amount)
    book.close()
    return out.getvalue(), count


def _sums(book: xlsxwriter.Workbook, table: Table, count: int, bold: Any, amount: Any) -> None:
    """A second sheet: the filter, how many rows, and the sums at the foot of the page."""
    sheet = book.add_worksheet(_("Sums")[:31])
    lines: list[tuple[str, Any, str]] = [
        (name, value, "text")
        for name, value in request.args.items(multi=True)
        if name not in NO_FILTER
    ]
    lines += [
        (_("Rows"), count, "count"),
        *(
            (str(column.name), table.total[column.key], column.kind)
            for column in table.chosen
            if column.key in table.total
        ),
    ]
    for line, (name, value, kind) in enumerate(lines):
        sheet.write(line, 0, name, bold)
        if kind == "money":
            sheet.write_number(line, 1, float(_major(value)), amount)
        else:
            sheet.write(line, 1, value)
