"""Offers of single stores, and the store that fulfils an order (A1)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "99dda30f26db"
down_revision = "65650cd4077f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "store_offer",
        sa.Column("id", schema.BigId, nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", schema.Code(9), nullable=False),
        sa.Column("reference", schema.Code(64), nullable=False),
        sa.Column("switched_on", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version_from", sa.BigInteger(), nullable=False),
        sa.Column("version_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_store_offer_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_offer")),
    )
    op.create_index("ix_store_offer_store", "store_offer", ["store_id", "version_to"], unique=False)
    op.add_column("sales_order", sa.Column("fulfilment_store_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("sales_order", "fulfilment_store_id")
    op.drop_index("ix_store_offer_store", table_name="store_offer")
    op.drop_table("store_offer")
