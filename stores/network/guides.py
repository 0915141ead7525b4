"""Guides and their employment: where each worked from which day to which, and as what (valid time
and known time)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, String, Table

from ledger import schema
from stores.network.found_by import folded_column

ROLES = ("guide", "store_manager")

guide = Table(
    "guide",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("guide_code", schema.Code(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    folded_column("folded", "guide_code", "name"),
    Column("wecom_userid", schema.Code(64)),
    Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False, index=True),
    Column("role", schema.Code(16), nullable=False),
    Column("hired_on", Date),
    Column("left_on", Date),  # the last day at work
    Column(
        "own_customer_id", BigInteger, ForeignKey("customer.id"), index=True
    ),  # who the guide is as a customer (B5)
)
employment = Table(
    "employment",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
    Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
    Column("role", schema.Code(16), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),  # the first day that no longer counts
    Column(
        "notices", schema.Json
    ),  # of the last stretch of an employment: [from, until] in which its end was known, until None: still (B9)
    Column(
        "customers_follow", Boolean
    ),  # of a move from another store (B10); None: nobody decided, they follow within the same dealer
    Column("version_from", BigInteger, nullable=False),
    Column("version_to", BigInteger),
)
Index("ix_employment_guide", employment.c.guide_id, employment.c.version_to)
