"""Erased customers get a name that nobody can send: a caller could take `erased-1` and so make the erasure of customer 1 fail."""

from __future__ import annotations

from alembic import op

revision = "e4b07d2a6c91"
down_revision = "7c1e5a90d3b4"
branch_labels = None
depends_on = None

_NO_ID = "NOT EXISTS (SELECT 1 FROM customer_identity i WHERE i.customer_id = customer.id)"


def upgrade() -> None:
    op.execute(
        f"UPDATE customer SET customer_id = ' erased-' || id WHERE customer_id = 'erased-' || id AND {_NO_ID}"
    )


def downgrade() -> None:
    """A caller may have taken the old name meanwhile: then the new one stays, which the old version reads as well."""
    op.execute(
        "UPDATE customer SET customer_id = 'erased-' || id WHERE customer_id = ' erased-' || id "
        "AND NOT EXISTS (SELECT 1 FROM customer other WHERE other.customer_id = 'erased-' || customer.id)"
    )
