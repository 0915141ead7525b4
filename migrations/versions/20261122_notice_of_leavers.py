"""When it was known that a guide leaves (B9): of those at work with a last day, from now on, so that nobody loses whom they have."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

import db
from ledger import schema

revision = "d81f02c7a9be"
down_revision = "c4d07b1e93fa"
branch_labels = None
depends_on = None

employment = sa.table(
    "employment",
    sa.column("guide_id", sa.BigInteger),
    sa.column("valid_from", sa.Date),
    sa.column("valid_to", sa.Date),
    sa.column("version_to", sa.BigInteger),
    sa.column("notices", schema.Json()),
)


def upgrade() -> None:
    op.add_column("employment", sa.Column("notices", schema.Json(), nullable=True))
    now, later = dt.datetime.now(dt.UTC), employment.alias()
    follows = sa.exists().where(
        later.c.guide_id == employment.c.guide_id,
        later.c.version_to.is_(None),
        later.c.valid_from == employment.c.valid_to,
    )
    op.execute(
        employment.update()
        .where(employment.c.version_to.is_(None), employment.c.valid_to > now.date(), ~follows)
        .values(notices=[[now.isoformat(), None]])
    )


def downgrade() -> None:
    op.drop_column("employment", "notices")
