"""Months of incentives: open, approved, closed. A closed month's lines are kept as they were and never rewritten (B13, C6)."""
from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

import db

incentive_period = Table(
    "incentive_period", db.metadata,
    Column("period", db.Code(7), primary_key=True),
    Column("state", db.Code(16), nullable=False),
    Column("approved_at", db.Instant),
    Column("closed_at", db.Instant),
    Column("seal_no", BigInteger),
    Column("plan_version_id", BigInteger),  # the newest plan version known at closing: later ones do not re-judge the month (M2)
    Column("hash", db.Code(64)),
)
closed_line = db.append_only(Table(
    "closed_line", db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("period", db.Code(7), nullable=False),  # the sheet it stands on
    Column("origin_period", db.Code(7), nullable=False),
    Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
    Column("component", db.Code(64), nullable=False),
    Column("line_id", db.Code(160), nullable=False),
    Column("amount_minor", db.Minor, nullable=False),
    Column("body", db.Json, nullable=False),
))
Index("ix_closed_line_guide", closed_line.c.guide_id, closed_line.c.period)
Index("ix_closed_line_origin", closed_line.c.guide_id, closed_line.c.origin_period)
