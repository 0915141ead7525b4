"""The channel of a remembered parameter, and the network version that revoked a channel (A17, A18). What was remembered before names none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c47e08d1a5f3"
down_revision = "5a1f0c6b92de"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer_state", sa.Column("param_channel_id", sa.BigInteger(), nullable=True))
    op.add_column("channel", sa.Column("revoked_version", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel", "revoked_version")
    op.drop_column("customer_state", "param_channel_id")
