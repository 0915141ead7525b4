"""findings of imports by code, and what was wished of an upload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "3d1f7a60c2b9"
down_revision = "f3a91c6e20d5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_fault", sa.Column("code", schema.Code(40), nullable=True))
    op.add_column("import_fault", sa.Column("parameters", schema.Json(), nullable=True))
    op.add_column("upload", sa.Column("wishes", schema.Json(), nullable=True))


def downgrade() -> None:
    op.drop_column("upload", "wishes")
    op.drop_column("import_fault", "parameters")
    op.drop_column("import_fault", "code")
