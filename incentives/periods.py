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

from ledger import schema

incentive_period = Table(
    "incentive_period",
    schema.metadata,
    Column("period", schema.Code(7), primary_key=True),
    Column("state", schema.Code(16), nullable=False),
    Column("approved_at", schema.Instant),
    Column("closed_at", schema.Instant),
    Column("seal_no", BigInteger),
    Column(
        "plan_version_id", BigInteger
    ),  # the newest plan version known at closing: later ones do not re-judge the month (M2)
    Column("network_version", BigInteger),
    Column("policy_version", BigInteger),
    Column(
        "transfer_id", BigInteger
    ),  # the newest transfer: what is booked for this month later is an adjustment (C6)
    Column("hash", schema.Code(64)),
)
closed_line = schema.append_only(
    Table(
        "closed_line",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("period", schema.Code(7), nullable=False),  # the sheet it stands on
        Column("origin_period", schema.Code(7), nullable=False),
        Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
        Column("component", schema.Code(64), nullable=False),
        Column("line_id", schema.Code(200), nullable=False),
        Column("amount_minor", schema.Minor, nullable=False),
        Column("body", schema.Json, nullable=False),
    )
)
Index("ix_closed_line_guide", closed_line.c.guide_id, closed_line.c.period)
Index("ix_closed_line_origin", closed_line.c.guide_id, closed_line.c.origin_period)

incentive_restatement = schema.append_only(
    Table(  # a closed month that no longer comes out as it was closed (M2)
        "incentive_restatement",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("period", schema.Code(7), nullable=False),
        Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
        Column("found_at", schema.Instant, nullable=False),
        Column("expected_hash", schema.Code(64), nullable=False),
        Column("found_hash", schema.Code(64), nullable=False),
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
