"""Large files: staged, accepted whole, written piece by piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "b7d20e91c4f8"
down_revision = "3d1f7a60c2b9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accepted_file",
        sa.Column("id", schema.BigId, nullable=False),
        sa.Column("actor", schema.Code(96), nullable=False),
        sa.Column("received_at", schema.Instant, nullable=False),
        sa.Column("accepted_at", schema.Instant, nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accepted_file")),
    )
    op.create_table(
        "accepted_piece",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("piece_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", schema.Code(16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["accepted_file.id"], name=op.f("fk_accepted_piece_file_id")
        ),
        sa.PrimaryKeyConstraint("file_id", "piece_no", name=op.f("pk_accepted_piece")),
    )
    op.create_table(
        "accepted_number",
        sa.Column("kind", schema.Code(16), nullable=False),
        sa.Column("number", schema.Code(128), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("piece_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["accepted_file.id"], name=op.f("fk_accepted_number_file_id")
        ),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_accepted_number")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_accepted_number_piece", "accepted_number", ["file_id", "piece_no"], unique=False
    )


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM accepted_file")).scalar_one():
        raise RuntimeError(
            "a large file is being written; let it come to its end first: flask worker --once"
        )
    op.drop_table("accepted_number")
    op.drop_table("accepted_piece")
    op.drop_table("accepted_file")
