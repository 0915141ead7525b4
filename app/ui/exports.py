"""Every kind of import as a file of what is stored, in the import's own form: edited and brought in
again, only the edits change anything."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import xlsxwriter
from sqlalchemy import Connection

from incentives import targets
from ledger import audit
from ledger.faults import InvalidInput, NotFound
from stores.base.actors import Actor
from stores.exports import facts, registers
from stores.imports.columns import COLUMNS
from stores.imports.protection import protected

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
DATED = ("orders", "events")  # of these days alone
LEFT_OUT = {
    "customers": ("phone",),
    "orders": ("latitude", "longitude", "crs"),
    "events": ("external_userid",),
}  # not kept, or not to be read
FIRST, LAST = dt.date(1970, 1, 1), dt.date(2100, 12, 31)
SHEET_ROWS = 1_048_575
WIDTH = 18
Cells = Iterator[dict[str, str]]
Source = Callable[
    [Connection, Actor, dt.date, dt.date, dt.date], Cells
]  # connection, actor, today, first and last day

KINDS: dict[str, Source] = {
    **{
        kind: (
            lambda connection, actor, today, first, last, kind=kind: registers.rows(
                connection, kind, actor, today
            )
        )  # type: ignore[misc]
        for kind in ("branches", "dealers", "stores", "guides", "terms")
    },
    "offers": lambda connection, actor, today, first, last: registers.offers(
        connection, actor, today
    ),
    "customers": lambda connection, actor, today, first, last: registers.customers(
        connection, actor
    ),
    "orders": lambda connection, actor, today, first, last: facts.orders(
        connection, actor, first, last
    ),
    "events": lambda connection, actor, today, first, last: facts.events(
        connection, actor, first, last, today
    ),
    "targets": lambda connection, actor, today, first, last: targets.exported(connection),
}


def formats(kind: str) -> tuple[str, ...]:
    return ("geojson",) if kind == "areas" else ("xlsx", "csv")


def columns(kind: str) -> list[str]:
    """Those that say something of what is stored."""
    return [column.name for column in COLUMNS[kind] if column.name not in LEFT_OUT.get(kind, ())]


def write(
    kind: str,
    form: str,
    out: IO[bytes],
    connection: Connection,
    *,
    actor: Actor,
    today: dt.date,
    first: dt.date = FIRST,
    last: dt.date = LAST,
    watermark: str = "",
) -> int:
    """Write what is stored of a kind, page by page; how many rows. `watermark`: who and when, kept
    in the properties of a workbook (P7). Raises NotFound for a form that the kind does not have,
    NotAllowed, InvalidInput when it does not fit into a sheet."""
    actor.require("import:write")
    if form not in formats(kind):
        raise NotFound(f"There is no export of {kind} as {form}.")
    if kind == "areas":
        return _geojson(registers.features(connection, actor, today), out)
    rows = KINDS[kind](connection, actor, today, first, last)
    return (
        _csv(columns(kind), rows, out)
        if form == "csv"
        else _xlsx(kind, columns(kind), rows, out, watermark)
    )


def note(
    connection: Connection, kind: str, form: str, count: int, *, actor: Actor, now: dt.datetime
) -> None:
    """Every export stands in the audit log (P7)."""
    audit.record(
        connection, actor.name, "export", "own_form", kind, {"rows": count, "format": form}, at=now
    )


def _csv(names: list[str], rows: Cells, out: IO[bytes]) -> int:
    text, count = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True), 0
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        writer.writerow([protected(row.get(name, "")) for name in names])
        count += 1
    text.detach()
    return count


def _xlsx(kind: str, names: list[str], rows: Cells, out: IO[bytes], watermark: str) -> int:
    """Every cell is text, so that the spreadsheet keeps codes and dates as they are."""
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"comments": watermark})
    sheet, bold, plain = (
        book.add_worksheet(kind),
        book.add_format({"bold": True, "num_format": "@"}),
        book.add_format({"num_format": "@"}),
    )
    sheet.set_column(0, len(names) - 1, WIDTH, plain)
    sheet.freeze_panes(1, 0)
    count = 0
    _row(sheet, 0, names, bold)
    for count, row in enumerate(rows, 1):
        if count > SHEET_ROWS:
            raise InvalidInput(f"A sheet holds {SHEET_ROWS:,} rows; export CSV, or fewer days.")
        _row(sheet, count, [row.get(name, "") for name in names], plain)
    book.close()
    return count


def _row(sheet: Any, line: int, cells: Iterable[str], form: Any) -> None:
    for place, text in enumerate(cells):
        if text:
            sheet.write_string(line, place, text, form)


def _geojson(features: Iterator[dict[str, Any]], out: IO[bytes]) -> int:
    count = 0
    out.write(b'{"type": "FeatureCollection", "features": [')
    for count, feature in enumerate(features, 1):
        out.write(
            (",\n" if count > 1 else "\n").encode()
            + json.dumps(feature, ensure_ascii=False).encode()
        )
    out.write(b"\n]}\n")
    return count
