"""Months of incentives: open, approved, closed. A closed month's lines are kept as they were and
never rewritten (B13, C6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Table,
    UniqueConstraint,
    select,
)

import db

incentive_period = Table(
    "incentive_period",
    db.metadata,
    Column("period", db.Code(7), primary_key=True),
    Column("state", db.Code(16), nullable=False),
    Column("approved_at", db.Instant),
    Column("closed_at", db.Instant),
    Column("seal_no", BigInteger),
    Column(
        "plan_version_id", BigInteger
    ),  # the newest plan version known at closing: later ones do not re-judge the month (M2)
    Column("network_version", BigInteger),
    Column("policy_version", BigInteger),
    Column(
        "transfer_id", BigInteger
    ),  # the newest transfer: what is booked for this month later is an adjustment (C6)
    Column("hash", db.Code(64)),
)
closed_line = db.append_only(
    Table(
        "closed_line",
        db.metadata,
        Column("id", db.BigId, primary_key=True),
        Column("period", db.Code(7), nullable=False),  # the sheet it stands on
        Column("origin_period", db.Code(7), nullable=False),
        Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
        Column("component", db.Code(64), nullable=False),
        Column("line_id", db.Code(200), nullable=False),
        Column("amount_minor", db.Minor, nullable=False),
        Column("body", db.Json, nullable=False),
    )
)
Index("ix_closed_line_guide", closed_line.c.guide_id, closed_line.c.period)
Index("ix_closed_line_origin", closed_line.c.guide_id, closed_line.c.origin_period)

incentive_restatement = db.append_only(
    Table(  # a closed month that no longer comes out as it was closed (M2)
        "incentive_restatement",
        db.metadata,
        Column("id", db.BigId, primary_key=True),
        Column("period", db.Code(7), nullable=False),
        Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
        Column("found_at", db.Instant, nullable=False),
        Column("expected_hash", db.Code(64), nullable=False),
        Column("found_hash", db.Code(64), nullable=False),
        UniqueConstraint("period", "guide_id", "found_hash"),
    )
)


@dataclass(frozen=True, slots=True)
class Closing:
    """What went into the closing of a month."""

    at: dt.datetime
    seal_no: int
    plan_version_id: int
    network_version: int
    policy_version: int
    transfer_id: int


def closings(connection: Connection) -> dict[str, Closing]:
    """What each closed month (YYYY-MM) was closed at: moment, seal, plan version, network and
    policy versions, transfer."""
    p = incentive_period.c
    rows = connection.execute(
        select(
            p.period,
            p.closed_at,
            p.seal_no,
            p.plan_version_id,
            p.network_version,
            p.policy_version,
            p.transfer_id,
        ).where(p.state == "closed")
    )
    return {r[0]: Closing(*r[1:]) for r in rows}
