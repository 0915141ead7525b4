"""Dealers (franchisees) and their default terms; a contract may state its own."""
from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

import db

DEFAULT_PLATFORM_FEE_BP = 500  # D4
DEFAULT_CHANNEL_FEE_BP = 0
DEFAULT_COLLECTION_MODE = "store_collects"  # D6

dealer = Table(
    "dealer", db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("dealer_code", db.Code(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("branch_id", BigInteger, ForeignKey("branch.id")),
    Column("platform_fee_bp", Integer, nullable=False),
    Column("channel_fee_bp", Integer, nullable=False),
    Column("collection_mode", db.Code(16), nullable=False),
)
