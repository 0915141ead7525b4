"""Targets by month, level and metric (C8), with the time they were known."""
from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

import db

target = Table(
    "target", db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("period", db.Code(7), nullable=False),
    Column("level", db.Code(8), nullable=False),  # guide, store, dealer, branch
    Column("subject_id", BigInteger, nullable=False),
    Column("metric", db.Code(32), nullable=False),
    Column("target", BigInteger, nullable=False),  # in the metric's smallest unit: money in minor units, rates in basis points
    Column("recorded_at", db.Instant, nullable=False),
    Column("superseded_at", db.Instant),
)
Index("ix_target_subject", target.c.period, target.c.level, target.c.subject_id)
