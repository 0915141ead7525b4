"""Refunds: cumulative reversals of an order, on their own day (D5, B13)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, Table

import db

refund_key = db.append_only(
    Table(
        "refund_key",
        db.metadata,
        Column("refund_no", db.Code(64), primary_key=True),
        Column("body_hash", db.Code(64), nullable=False),
    )
)
refund = db.append_only(
    Table(
        "refund",
        db.metadata,
        Column("id", db.BigId, primary_key=True),
        Column(
            "refund_no",
            db.Code(64),
            ForeignKey("refund_key.refund_no"),
            nullable=False,
            unique=True,
        ),
        Column("order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False, index=True),
        Column("refunded_at", db.Instant, nullable=False),
        Column("business_day", Date, nullable=False, index=True),
        Column("total_minor", db.Minor, nullable=False),
        Column("intake_id", BigInteger, ForeignKey("intake.id"), nullable=False),
        Column("received_at", db.Instant, nullable=False),
    )
)
refund_line = db.append_only(
    Table(
        "refund_line",
        db.metadata,
        Column(
            "refund_id", BigInteger, ForeignKey("refund.id"), primary_key=True, autoincrement=False
        ),
        Column("line_no", Integer, primary_key=True, autoincrement=False),
        Column("amount_minor", db.Minor, nullable=False),
    )
)
