"""Dealers (franchisees) and their default terms; a contract may state its own."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from ledger import schema
from stores.network.found_by import folded_column

DEFAULT_PLATFORM_FEE_BP = 500  # D4
DEFAULT_CHANNEL_FEE_BP = 0
DEFAULT_COLLECTION_MODE = "store_collects"  # D6
DEFAULT_EXPRESS_RULE, DEFAULT_EXPRESS_SPLIT_BP = "keep", 0  # A13

dealer = Table(
    "dealer",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("dealer_code", schema.Code(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    folded_column("folded", "dealer_code", "name"),
    Column("branch_id", BigInteger, ForeignKey("branch.id")),
    Column("platform_fee_bp", Integer, nullable=False),
    Column("channel_fee_bp", Integer, nullable=False),
    Column("collection_mode", schema.Code(16), nullable=False),
    Column(
        "express_rule", schema.Code(8), nullable=False, server_default="keep"
    ),  # express into another dealer's territory (A13)
    Column(
        "express_split_bp", Integer, nullable=False, server_default="0"
    ),  # of a split: the territory dealer's part
)
