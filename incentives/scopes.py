"""Reward scopes: (guide, origin period, component); `posted_seq` numbers the bookings, so two runs
at once cannot both pay (M3)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, UniqueConstraint

from ledger import schema

reward_scope = Table(
    "reward_scope",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
    Column("period", schema.Code(7), nullable=False),
    Column("component", schema.Code(64), nullable=False),
    Column("posted_seq", BigInteger, nullable=False),
    Column("seal_no", BigInteger, nullable=False),  # the newest watermark booked
    UniqueConstraint("guide_id", "period", "component"),
)
reward_due = Table(  # when time alone will next change what is booked for a guide's period
    "reward_due",
    schema.metadata,
    Column("guide_id", BigInteger, ForeignKey("guide.id"), primary_key=True, autoincrement=False),
    Column("period", schema.Code(7), primary_key=True),
    Column("next_at", schema.Instant, nullable=False, index=True),
)
# a guide's period to recompute whatever its facts say, for instance after a plan was published
reward_mark = Table(
    "reward_mark",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("guide_id", BigInteger, ForeignKey("guide.id"), nullable=False),
    Column("period", schema.Code(7), nullable=False),
)
