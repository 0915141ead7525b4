"""Fills `schema.metadata` with every table of the product."""

from __future__ import annotations

import importlib
from pathlib import Path

from sqlalchemy import MetaData

from ledger import schema

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ledger", "stores", "incentives", "app")


def import_tables() -> MetaData:
    """Import each file that declares a table, and no other: a migration needs neither Flask nor the
    index libraries."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "Table(" in path.read_text(encoding="utf-8"):
                parts = path.relative_to(ROOT).with_suffix("").parts
                importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return schema.metadata
