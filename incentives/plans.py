"""Incentive plans: versioned, effective-dated, read-only once published (C10, CONTRACT 4)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, String, Table, UniqueConstraint

import db

plan_version = db.append_only(
    Table(
        "plan_version",
        db.metadata,
        Column("id", db.BigId, primary_key=True),
        Column("plan_code", db.Code(64), nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("body", db.Json, nullable=False),
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date),  # the last day that counts
        Column("published_at", db.Instant, nullable=False),
        Column("actor", db.Code(96), nullable=False),
        Column("note", String(500), nullable=False),
        UniqueConstraint("plan_code", "version"),
    )
)
