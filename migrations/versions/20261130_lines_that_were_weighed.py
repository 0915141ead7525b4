"""lines of orders that were weighed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "7c20e5b1d4aa"
down_revision = "b7d20e91c4f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_line", sa.Column("measure", schema.Code(24), nullable=True))


def downgrade() -> None:
    op.drop_column("order_line", "measure")
