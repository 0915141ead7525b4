"""Stores: the current row of each, and every revision by network version, so that any past snapshot
can be rebuilt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from ledger import schema
from stores.network.found_by import folded_column

STATUSES = ("active", "paused", "closed")


def _facts() -> list[Column[Any]]:
    """The columns that a revision repeats; times of day and dates are the brand's, coordinates
    WGS-84 with their source kept (A3)."""
    return [
        Column("name", String(200), nullable=False),
        Column("branch_id", BigInteger, ForeignKey("branch.id")),
        Column("latitude", Float, nullable=False),
        Column("longitude", Float, nullable=False),
        Column("crs", schema.Code(8), nullable=False),
        Column("source_latitude", Float, nullable=False),
        Column("source_longitude", Float, nullable=False),
        Column("coordinates_withdrawn", Boolean, nullable=False, default=False),
        Column("country", schema.Code(2)),
        Column("region_code", schema.Code(16)),
        Column("address", String(400)),
        Column("status", schema.Code(8), nullable=False),
        Column("cloud_shop", Boolean, nullable=False),
        Column("opened_on", Date),
        Column("closed_on", Date),
        Column("paused_until", Date),
        Column("priority", Integer, nullable=False),
        Column("service_radius_m", Integer),
        Column("hours", String(200)),
        Column("timezone", schema.Code(64)),
        Column("successor_store_id", BigInteger, ForeignKey("store.id")),
        Column("cloud_shop_url", String(500)),
        Column(
            "daily_capacity", Integer
        ),  # visitors a day that place or default may lead there (M15); None: no limit
    ]


store = Table(
    "store",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("store_code", schema.Code(64), nullable=False, unique=True),
    folded_column("folded", "store_code", "name"),
    folded_column("folded_address", "address"),
    *_facts(),
    Index("ix_store_branch", "branch_id"),
)
store_revision = Table(
    "store_revision",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
    *_facts(),
    Column("version_from", BigInteger, nullable=False),
    Column("version_to", BigInteger),
    Index("ix_store_revision_store", "store_id", "version_from"),
)
FACTS = tuple(column.name for column in _facts())
