"""Customers whose facts changed since rewards were last booked: a queue that every ingest feeds and
`incentives` empties."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table

import db

changed_customer = Table(
    "changed_customer",
    db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
)
