"""Incentive plans: versioned, effective-dated, read-only once published (C10, CONTRACT 4)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, String, Table, UniqueConstraint

from ledger import schema

plan_version = schema.append_only(
    Table(
        "plan_version",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("plan_code", schema.Code(64), nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("body", schema.Json, nullable=False),
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date),  # the last day that counts
        Column("published_at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("note", String(500), nullable=False),
        UniqueConstraint("plan_code", "version"),
    )
)
