"""Events about customers and guides as they came in: friend adds and losses, referrals,
registrations, chat days. Append-only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table

from ledger import schema

event_key = schema.append_only(
    Table(
        "event_key",
        schema.metadata,
        Column("event_id", schema.Code(128), primary_key=True),
        Column("body_hash", schema.Code(64), nullable=False),
    )
)
event = schema.append_only(
    Table(
        "event",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column(
            "event_id",
            schema.Code(128),
            ForeignKey("event_key.event_id"),
            nullable=False,
            unique=True,
        ),
        Column("type", schema.Code(32), nullable=False),
        Column("occurred_at", schema.Instant, nullable=False),
        Column("business_day", Date, nullable=False),
        Column("guide_id", BigInteger, ForeignKey("guide.id")),
        Column("customer_id", BigInteger, ForeignKey("customer.id")),
        Column("from_guide_id", BigInteger, ForeignKey("guide.id")),
        Column("inviter_customer_id", BigInteger, ForeignKey("customer.id")),
        Column("source", schema.Code(32)),
        Column("transfer_state", schema.Code(32)),
        Column("chats", Integer),
        Column("messages", Integer),
        Column("replies", Integer),
        Column("avg_first_reply_seconds", Integer),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False),
        Column("received_at", schema.Instant, nullable=False),
    )
)
Index("ix_event_guide_day", event.c.guide_id, event.c.business_day)
Index("ix_event_customer", event.c.customer_id)
Index("ix_event_day", event.c.business_day, event.c.type)
