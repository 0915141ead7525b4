"""The files of a list: its rows as CSV or as a workbook, as many as it may hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from flask import Response, after_this_request, current_app, request
from flask_babel import gettext as _

import db
from app.ui.tables import FORMATS, Column, Fetch, Table, heads, major, plain
from app.web.clock import now_and_today
from app.web.permissions import current_actor
from ledger import audit
from ledger.faults import InvalidInput
from stores.base.formulas import inert
from stores.base.ordering import Order

EXPORT_ROWS = 100_000
CHUNK = 1_000


NO_FILTER = frozenset({"export", "cursor", "col", "lang", "sort"})


def file_of(table: Table, fetch: Fetch) -> Response:
    """All rows as the file asked for, noted in the audit log. InvalidInput where it is too long."""
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
            sheet.write_number(line, 1, float(major(value)), amount)
        else:
            sheet.write(line, 1, value)
