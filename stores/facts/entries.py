"""Entries: one arrival each, with the decision that led it. Points and traces live in side tables
that a job empties (P2, M11)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Float, ForeignKey, Index, Integer, Table, text

from ledger import schema

entry = Table(
    "entry",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("entry_id", schema.Code(36), nullable=False, unique=True),
    Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
    Column("store_id", BigInteger),
    Column("dealer_id", BigInteger),
    Column("guide_id", BigInteger),
    Column("rung", schema.Code(16), nullable=False),
    Column("reason", schema.Code(48), nullable=False),
    Column("touchpoint", schema.Code(64)),
    Column("channel_id", BigInteger),
    Column("param_guide_id", BigInteger),
    Column("occurred_at", schema.Instant, nullable=False),
    Column("decided_at", schema.Instant, nullable=False),
    Column("business_day", Date, nullable=False),
    Column("network_version", BigInteger, nullable=False),
    Column("policy_version", BigInteger, nullable=False),
    Column(
        "located", Integer, nullable=False
    ),  # 1: an exact point was used, 2: a fuzzy one, 0: none
)
schema.append_only(entry)
Index("ix_entry_customer", entry.c.customer_id, entry.c.occurred_at)
Index("ix_entry_day", entry.c.business_day, entry.c.store_id)
_CODE = text("rung = 'ENTRY_PARAM'")
Index(
    "ix_entry_code",
    entry.c.dealer_id,
    entry.c.business_day,
    sqlite_where=_CODE,
    postgresql_where=_CODE,
)  # what printed codes and links brought
entry_point = Table(  # exact; emptied after 24 h
    "entry_point",
    schema.metadata,
    Column("entry_id", schema.Code(36), primary_key=True),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("crs", schema.Code(8), nullable=False),
    Column("source_latitude", Float, nullable=False),
    Column("source_longitude", Float, nullable=False),
    Column("accuracy_m", Float),
    Column("fuzzy", Integer, nullable=False),
    Column("distances", schema.Json, nullable=False),  # exact metres by store id
    Column("recorded_at", schema.Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)
entry_trace = Table(  # what the ladder saw and said, without metres; emptied after 30 days
    "entry_trace",
    schema.metadata,
    Column("entry_id", schema.Code(36), primary_key=True),
    Column("visit", schema.Json, nullable=False),
    Column("state", schema.Json, nullable=False),
    Column("trace", schema.Json, nullable=False),
    Column("distance_class_km", Integer),  # of the winner
    Column("recorded_at", schema.Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)
