"""Routing policies: versioned, read-only once published (A4, A5, CONTRACT 4)."""
from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

import db

policy_version = db.append_only(Table(
    "policy_version", db.metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("body", db.Json, nullable=False),
    Column("published_at", db.Instant, nullable=False),
    Column("actor", db.Code(96), nullable=False),
    Column("note", String(500), nullable=False),
))
