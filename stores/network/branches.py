"""Branches: the tree of regional units between headquarters and stores."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from ledger import schema
from stores.network.found_by import folded_column

# levels; the path of the deepest branch fits its column whatever the ids are, so a tree that one
# engine takes the other takes too
DEEPEST = 24
branch = Table(
    "branch",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("branch_code", schema.Code(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    folded_column("folded", "branch_code", "name"),
    Column("parent_id", BigInteger, ForeignKey("branch.id")),
    Column(
        "path", schema.Code(512), nullable=False, index=True
    ),  # /1/7/: the ids from the root down, so a subtree is a prefix
)
