"""What a request asks of a list, and its page, its file or its rows in answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, request, url_for

from app.ui import exports, paging, saved_views
from app.ui.table_files import file_of
from app.ui.tables import FORMATS, Column, Fetch, Table
from app.web.cursors import decode, encode
from app.web.permissions import current_actor
from ledger.faults import Malformed
from stores.base.ordering import Order

OWN_FORMS = (
    "branches",
    "dealers",
    "stores",
    "guides",
    "areas",
    "orders",
    "customers",
)  # lists named as the import of their rows


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
        return file_of(table, fetch)
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
