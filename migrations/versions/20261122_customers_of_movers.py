"""Whether the customers of a guide follow him to another store of the same dealer (B10); of moves before this nobody decided: they followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c4d07b1e93fa"
down_revision = "c47e08d1a5f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("employment", sa.Column("customers_follow", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("employment", "customers_follow")
