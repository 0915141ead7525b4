"""Customers whose facts changed since rewards were last booked: a queue that every ingest feeds and
`incentives` empties."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from ledger import schema

changed_customer = Table(
    "changed_customer",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("customer_id", BigInteger, ForeignKey("customer.id"), nullable=False),
)
