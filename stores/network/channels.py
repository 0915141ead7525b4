"""Channels (F2): every QR, link, advert and card has a code; entry parameters name it by its short
number."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Table

from ledger import schema

channel = Table(
    "channel",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("channel_code", schema.Code(64), nullable=False, unique=True),
    Column("store_id", BigInteger, ForeignKey("store.id")),
    Column("guide_id", BigInteger, ForeignKey("guide.id")),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("revoked_at", schema.Instant),
    Column(
        "revoked_version", BigInteger
    ),  # of the network; what was decided on an earlier one still sees the channel (A17)
)
