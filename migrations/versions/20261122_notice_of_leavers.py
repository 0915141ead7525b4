"""When the last day of a guide became known (B9): of those stored already, with the version that says so."""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db

revision = 'd81f02c7a9be'
down_revision = 'c4d07b1e93fa'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('employment', sa.Column('notice_at', db.Instant(), nullable=True))
    op.execute("""UPDATE employment SET notice_at = (SELECT at FROM network_change WHERE version = employment.version_from)
        WHERE valid_to IS NOT NULL AND version_to IS NULL AND NOT EXISTS (SELECT 1 FROM employment AS later
            WHERE later.guide_id = employment.guide_id AND later.version_to IS NULL AND later.valid_from = employment.valid_to)""")


def downgrade() -> None:
    op.drop_column('employment', 'notice_at')
