"""What each kind of import is called, needs and looks like: words for pages, and files to begin
with (CONTRACT 2)."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ledger.faults import InvalidInput
from stores.customers.event_shapes import TYPES
from stores.geo.coordinates import CRS_NAMES
from stores.geo.territories import KINDS as AREA_KINDS
from stores.imports import workbooks
from stores.imports.area_file import PROPERTIES
from stores.imports.columns import COLUMNS, KEYS, METRICS
from stores.imports.sheets import MAX_BYTES, SEPARATORS, read_content
from stores.network.bundles import KINDS as OFFER_KINDS
from stores.network.guides import ROLES
from stores.network.stores import STATUSES


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` in the plural, `about` what it is for and what must be there before, `icon` in
    static/icons.svg."""

    code: str
    name: LazyString
    about: LazyString
    icon: str


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(
            "branches",
            _l("Branches"),
            _l("The tree of branches. A parent may stand later in the file."),
            "network",
        ),
        Kind(
            "dealers",
            _l("Dealers"),
            _l("Dealers with their fees. Branches must be known."),
            "people",
        ),
        Kind(
            "stores",
            _l("Stores"),
            _l(
                "Stores with their place, dealer and contract. Dealers and branches must be known; "
                "every point names its system of coordinates."
            ),
            "pin",
        ),
        Kind(
            "guides",
            _l("Guides"),
            _l("Guides and store managers at their stores. Stores must be known."),
            "account",
        ),
        Kind(
            "areas",
            _l("Areas"),
            _l(
                "Territories, service areas and isolated areas as GeoJSON. Dealers and stores "
                "must be known."
            ),
            "routing",
        ),
        Kind(
            "offers",
            _l("Store offers"),
            _l(
                "Promotions and ranges of the mall, by its ids, switched on or off for single "
                "stores. "
                "Stores must be known."
            ),
            "sales",
        ),
        Kind(
            "terms",
            _l("Contract terms"),
            _l(
                "Fees and collection of single stores, where they are not the dealer's own. "
                "Stores must be known."
            ),
            "money",
        ),
        Kind(
            "customers",
            _l("Customers"),
            _l(
                "Customers with the identities by which they are known elsewhere. Identities are "
                "added, never taken away."
            ),
            "people",
        ),
        Kind(
            "orders",
            _l("Orders and refunds"),
            _l("Orders and refunds, one row for each line. A known order is never changed."),
            "sales",
        ),
        Kind(
            "events",
            _l("Events"),
            _l(
                "Friend adds, losses, referrals and chats. A known event is never changed. Guides "
                "must be known."
            ),
            "share",
        ),
        Kind(
            "targets",
            _l("Targets"),
            _l("Targets of a month for guides, stores, dealers or branches."),
            "award",
        ),
    )
}

EXAMPLES: dict[str, dict[str, str]] = {
    "branches": {"branch_code": "EAST", "name": "华东分公司", "parent_code": ""},
    "dealers": {
        "dealer_code": "D001",
        "name": "上海晨光贸易",
        "branch_code": "EAST",
        "platform_fee_bp": "500",
        "channel_fee_bp": "0",
        "collection_mode": "store_collects",
        "express_rule": "keep",
        "express_split_bp": "0",
    },
    "stores": {
        "store_code": "S001",
        "name": "南京东路店",
        "dealer_code": "D001",
        "branch_code": "EAST",
        "latitude": "31.2397",
        "longitude": "121.4900",
        "crs": "gcj02",
        "country": "CN",
        "region_code": "310101",
        "address": "上海市黄浦区南京东路 1 号",
        "status": "active",
        "cloud_shop": "on",
        "opened_on": "2025-03-01",
        "closed_on": "",
        "paused_until": "",
        "contract_from": "2025-03-01",
        "priority": "0",
        "daily_capacity": "",
        "service_radius_m": "5000",
        "hours": "mon-fri 09:00-21:00;sat 10:00-22:00;sun 10:00-22:00",
        "timezone": "",
        "successor_store_code": "",
        "cloud_shop_url": "pages/shop/index?id=S001",
    },
    "guides": {
        "guide_code": "G001",
        "name": "李梅",
        "store_code": "S001",
        "wecom_userid": "limei",
        "own_customer_id": "",
        "hired_on": "2025-03-01",
        "left_on": "",
        "role": "guide",
        "customers": "",
    },
    "offers": {
        "store_code": "S001",
        "kind": "promotion",
        "reference": "NEW-YEAR-2025",
        "switch": "on",
        "valid_from": "2025-12-20",
        "valid_to": "2026-01-03",
    },
    "terms": {
        "store_code": "S001",
        "terms_from": "2026-01-01",
        "platform_fee_bp": "400",
        "channel_fee_bp": "",
        "collection_mode": "",
    },
    "customers": {
        "customer_id": "C0001",
        "unionid": "oUnion0001",
        "openid": "oOpen0001",
        "external_userid": "wmExternal0001",
        "phone": "13800000000",
        "employee": "no",
        "join": "",
    },
    "orders": {
        "order_no": "O20251101001",
        "customer_id": "C0001",
        "paid_at": "2025-11-01 10:20:30",
        "amount": "128.00",
        "currency": "",
        "kind": "order",
        "original_order_no": "",
        "latitude": "31.2397",
        "longitude": "121.4900",
        "crs": "gcj02",
        "region_code": "310101",
        "store_code": "S001",
        "fulfilment_store_code": "",
        "guide_code": "G001",
        "channel": "",
        "category": "tea",
        "sku": "TEA-001",
        "quantity": "2",
        "line_no": "1",
    },
    "events": {
        "event_id": "E20251101001",
        "type": "contact.confirmed",
        "occurred_at": "2025-11-01 10:00:00",
        "guide_code": "G001",
        "customer_id": "C0001",
        "external_userid": "wmExternal0001",
        "source": "qr",
        "payload": "",
    },
    "targets": {
        "period": "2025-11",
        "level": "guide",
        "code": "G001",
        "metric": "adds",
        "target": "60",
    },
}
AREAS_EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "area_code": "A001",
                "kind": "territory",
                "dealer_code": "D001",
                "valid_from": "2025-03-01",
                "crs": "gcj02",
                "region_codes": ["310101"],
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [121.47, 31.22],
                        [121.51, 31.22],
                        [121.51, 31.25],
                        [121.47, 31.25],
                        [121.47, 31.22],
                    ]
                ],
            },
        }
    ],
}
CHOICES = {  # where the example alone would not say what else there is
    ("stores", "crs"): " ".join(CRS_NAMES),
    ("stores", "status"): " ".join(STATUSES),
    ("stores", "cloud_shop"): "on off",
    ("orders", "crs"): " ".join(CRS_NAMES),
    ("dealers", "collection_mode"): "store_collects hq_collects",
    ("dealers", "express_rule"): "keep transfer split refuse",
    ("terms", "collection_mode"): "store_collects hq_collects",
    ("guides", "role"): " ".join(ROLES),
    ("guides", "customers"): "follow stay",
    ("customers", "employee"): "yes no",
    ("customers", "join"): "yes no",
    ("orders", "kind"): "order refund",
    ("events", "type"): " ".join(TYPES),
    ("events", "payload"): "{...}",
    ("targets", "level"): "guide store dealer branch",
    ("offers", "kind"): " ".join(OFFER_KINDS),
    ("offers", "switch"): "on off",
    ("targets", "metric"): " ".join(METRICS),
    ("areas", "kind"): " ".join(AREA_KINDS),
    ("areas", "crs"): " ".join(CRS_NAMES),
}
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
WIDTH = 18
_POINT, _SHAPE = (
    re.compile(rb'"type"\s{0,9}:\s{0,9}"Point"'),
    re.compile(rb'"type"\s{0,9}:\s{0,9}"(?:Multi)?Polygon"'),
)


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


def likely_kind(path: Path) -> str | None:
    """Which kind a file looks like by its header; None when it fits none."""
    try:
        content = read_content(path, MAX_BYTES)
        header = _header(content)
    except InvalidInput:
        return None
    if header is None:  # GeoJSON: points are a list of stores, anything else is areas
        return "stores" if _POINT.search(content) and not _SHAPE.search(content) else "areas"
    best, fits = None, 0.0
    for kind, columns in COLUMNS.items():
        known, required = (
            {column.name for column in columns},
            {column.name for column in columns if column.required},
        )
        found = {name.strip().strip('"').casefold() for name in header if name.strip()}
        score = (
            len(found & known) / max(len(found), 1)
            + len(found & required) / len(required)
            + (KEYS.get(kind, ("order_no",))[0] in found)
        )
        if found & required and score > fits:
            best, fits = kind, score
    return best if fits >= 2 else None


def _header(content: bytes) -> list[str] | None:
    """Names of the first row; None for GeoJSON. Raises InvalidInput."""
    if workbooks.looks_like_one(content):
        return next((cells for _, cells in workbooks.read_rows(content) if any(cells)), [])
    text = content[:20_000].decode("utf-8-sig", "replace").lstrip()
    if text.startswith("{") and "FeatureCollection" in text:
        return None
    line = text.split("\n", 1)[0]
    return max((line.split(mark) for mark in SEPARATORS), key=len)


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
