"""The bindings of customers as known: one row an interval of a binding; superseded rows keep what
was known before (B1, B4).

`ended_at` in the future is when the clock will end it, unless another fact comes first; a row may
begin in the future (B3)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from ledger import schema

binding = Table(
    "binding",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
    Column("kind", schema.Code(8), nullable=False),  # home, owner
    Column("store_id", BigInteger),
    Column("guide_id", BigInteger),
    Column("started_at", schema.Instant, nullable=False),
    Column("protected_until", schema.Instant, nullable=False),
    Column("valid_until", schema.Instant, nullable=False),
    Column("ended_at", schema.Instant),
    Column("reason", schema.Code(48), nullable=False),
    Column("end_reason", schema.Code(48)),
    Column("source_kind", schema.Code(16), nullable=False),
    Column("source_id", BigInteger, nullable=False),
    Column("recorded_at", schema.Instant, nullable=False),
    Column("superseded_at", schema.Instant),
)
Index("ix_binding_customer", binding.c.customer_id, binding.c.kind)
Index(
    "ix_binding_store_end",
    binding.c.store_id,
    binding.c.ended_at,
    sqlite_where=binding.c.store_id.is_not(None),
    postgresql_where=binding.c.store_id.is_not(None),
)
