"""Files for the import tests: small tables written as CSV or XLSX, and the settings of a Chinese
chain."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from stores.imports.cells import Context
from stores.imports.check import Checked, check
from stores.imports.columns import COLUMNS
from stores.imports.faults import ImportFault
from stores.imports.sheets import Sheet, read_sheet

CHAIN = Context(ZoneInfo("Asia/Shanghai"), "CNY", {"CNY": 2, "JPY": 0, "KWD": 3})
GOOD: dict[str, dict[str, str]] = {
    "branches": {"branch_code": "B1", "name": "华东"},
    "dealers": {"dealer_code": "D1", "name": "永和"},
    "stores": {
        "store_code": "S1",
        "name": "人民广场店",
        "dealer_code": "D1",
        "latitude": "31.2304",
        "longitude": "121.4737",
        "crs": "wgs84",
    },
    "guides": {"guide_code": "G1", "name": "Mei", "store_code": "S1"},
    "customers": {"customer_id": "C1"},
    "orders": {
        "order_no": "O1",
        "customer_id": "C1",
        "paid_at": "2025-03-01T10:00:00+08:00",
        "amount": "12.50",
    },
    "events": {
        "event_id": "E1",
        "type": "contact.confirmed",
        "occurred_at": "2025-03-01T10:00:00Z",
        "guide_code": "G1",
        "customer_id": "C1",
    },
    "offers": {"store_code": "S1", "kind": "promotion", "reference": "P-1"},
    "targets": {
        "period": "2025-03",
        "level": "guide",
        "code": "G1",
        "metric": "adds",
        "target": "60",
    },
}


def as_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, list(dict.fromkeys(name for row in rows for name in row)), restval=""
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_xlsx(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm", "in_memory": True})
    sheet = book.add_worksheet()
    for place, cells in enumerate(rows):
        sheet.write_row(place, 0, cells)
    book.close()
    return out.getvalue()


def read(
    folder: Path, content: bytes | str, kind: str, name: str = "file.csv", **limits: int
) -> Sheet:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sheet(path, COLUMNS[kind], **limits)


def checked(folder: Path, kind: str, *rows: dict[str, str]) -> Checked:
    """Each row completes the good row of its kind."""
    return check(kind, read(folder, as_csv([GOOD[kind] | row for row in rows]), kind), CHAIN)


def found(faults: Any) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in faults.in_order()]


def only(faults: Any) -> ImportFault:
    assert faults.total == 1, faults.kept
    return faults.kept[0]
