"""Files to begin an import with, and what each of their columns may hold (CONTRACT 2)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import xlsxwriter

from app.imports.examples import AREAS_EXAMPLE, CHOICES, EXAMPLES
from stores.imports.area_file import PROPERTIES
from stores.imports.columns import COLUMNS

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
WIDTH = 18


def formats(kind: str) -> tuple[str, ...]:
    """In which forms a file to begin with is given."""
    return ("geojson",) if kind == "areas" else ("xlsx", "csv")


def template_file(kind: str, form: str) -> bytes:
    """All columns of a kind and one row as an example. KeyError for a form that the kind does not
    have."""
    if form not in formats(kind):
        raise KeyError(form)
    if form == "geojson":
        return json.dumps(AREAS_EXAMPLE, indent=1, ensure_ascii=False).encode()
    names = [column.name for column in COLUMNS[kind]]
    cells = [EXAMPLES[kind][name] for name in names]
    return _workbook(kind, names, cells) if form == "xlsx" else _text(names, cells)


def _text(names: list[str], cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows((names, cells))
    return out.getvalue().encode("utf-8-sig")


def _workbook(kind: str, names: list[str], cells: list[str]) -> bytes:
    """Every cell is text, so that the spreadsheet does not cut long codes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold, plain = (
        book.add_worksheet(kind),
        book.add_format({"bold": True, "num_format": "@"}),
        book.add_format({"num_format": "@"}),
    )
    sheet.set_column(0, len(names) - 1, WIDTH, plain)
    for place, (name, cell) in enumerate(zip(names, cells, strict=True)):
        required = next(column.required for column in COLUMNS[kind] if column.name == name)
        sheet.write_string(0, place, name, bold)
        sheet.write_string(1, place, cell, plain)
        if required:
            sheet.write_comment(0, place, "required")
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def columns_of(kind: str) -> list[tuple[str, bool, str]]:
    """(column or property, required, what may stand in it) in the order of the template."""
    if kind == "areas":
        given = AREAS_EXAMPLE["features"][0]["properties"]
        return [
            (
                name,
                name in ("area_code", "kind"),
                CHOICES.get((kind, name)) or _plain(given.get(name)),
            )
            for name in PROPERTIES
        ]
    return [
        (
            column.name,
            column.required,
            CHOICES.get((kind, column.name)) or EXAMPLES[kind][column.name],
        )
        for column in COLUMNS[kind]
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value is not None else ""
