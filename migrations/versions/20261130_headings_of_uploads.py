"""Headings of uploads: which column of a file is which of ours, for this file and the next one like it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "9c41d7e0b2a6"
down_revision = "7c20e5b1d4aa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_headings",
        sa.Column("kind", schema.Code(16), nullable=False),
        sa.Column("digest", schema.Code(64), nullable=False),
        sa.Column("body", schema.Json(), nullable=False),
        sa.Column("saved_at", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "digest", name=op.f("pk_import_headings")),
    )
    op.add_column("upload", sa.Column("headings", schema.Json(), nullable=True))
    op.add_column("upload", sa.Column("heading_map", schema.Json(), nullable=True))


def downgrade() -> None:
    op.drop_column("upload", "heading_map")
    op.drop_column("upload", "headings")
    op.drop_table("import_headings")
