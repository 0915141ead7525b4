"""What each kind of import is called and needs, and which kind a file looks like (CONTRACT 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ledger.faults import InvalidInput
from stores.imports import workbooks
from stores.imports.columns import COLUMNS, KEYS
from stores.imports.sheets import MAX_BYTES, SEPARATORS, read_content


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


_POINT, _SHAPE = (
    re.compile(rb'"type"\s{0,9}:\s{0,9}"Point"'),
    re.compile(rb'"type"\s{0,9}:\s{0,9}"(?:Multi)?Polygon"'),
)


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
