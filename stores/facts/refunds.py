"""Refunds: cumulative reversals of an order, on their own day (D5, B13)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, Table

from ledger import schema

refund_key = schema.append_only(
    Table(
        "refund_key",
        schema.metadata,
        Column("refund_no", schema.Code(64), primary_key=True),
        Column("body_hash", schema.Code(64), nullable=False),
    )
)
refund = schema.append_only(
    Table(
        "refund",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column(
            "refund_no",
            schema.Code(64),
            ForeignKey("refund_key.refund_no"),
            nullable=False,
            unique=True,
        ),
        Column("order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False, index=True),
        Column("refunded_at", schema.Instant, nullable=False),
        Column("business_day", Date, nullable=False, index=True),
        Column("total_minor", schema.Minor, nullable=False),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False),
        Column("received_at", schema.Instant, nullable=False),
    )
)
refund_line = schema.append_only(
    Table(
        "refund_line",
        schema.metadata,
        Column(
            "refund_id", BigInteger, ForeignKey("refund.id"), primary_key=True, autoincrement=False
        ),
        Column("line_no", Integer, primary_key=True, autoincrement=False),
        Column("amount_minor", schema.Minor, nullable=False),
    )
)
