"""Who a guide is as a customer: nobody owns himself (B5)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e2b6c90d4a17"
down_revision = "d81f02c7a9be"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("guide") as batch_op:
        batch_op.add_column(sa.Column("own_customer_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_guide_own_customer_id_customer"), "customer", ["own_customer_id"], ["id"]
        )
        batch_op.create_index(
            batch_op.f("ix_guide_own_customer_id"), ["own_customer_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("guide") as batch_op:
        batch_op.drop_index(batch_op.f("ix_guide_own_customer_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_guide_own_customer_id_customer"), type_="foreignkey"
        )
        batch_op.drop_column("own_customer_id")
