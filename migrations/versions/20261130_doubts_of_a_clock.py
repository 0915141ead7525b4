"""What was sealed or booked at a later moment than a worker's clock showed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "7c1e5a90d3b4"
down_revision = "9c41d7e0b2a6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_doubt",
        sa.Column("id", schema.BigId, nullable=False),
        sa.Column("seen_at", schema.Instant(), nullable=False),
        sa.Column("ahead_at", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_doubt")),
    )


def downgrade() -> None:
    op.drop_table("clock_doubt")
