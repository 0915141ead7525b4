"""Stores, dealers, branches and guides keep what they are found by: code and name folded, of stores the address too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from stores.network.found_by import folded_of

revision = "c41d7e90b2a8"
down_revision = "e4b07d2a6c91"
branch_labels = None
depends_on = None
TABLES = {
    "store": "store_code",
    "dealer": "dealer_code",
    "branch": "branch_code",
    "guide": "guide_code",
}
ROWS = 2_000


def upgrade() -> None:
    for name, code in TABLES.items():
        _add(name, "folded", code, "name")
    _add("store", "folded_address", "address")


def _add(table: str, column: str, *texts: str) -> None:
    op.add_column(table, sa.Column(column, sa.Text(), server_default=sa.text("''"), nullable=False))
    connection, last = op.get_bind(), 0
    rows = sa.table(table, sa.column("id"), sa.column(column), *(sa.column(text) for text in texts))
    change = (
        rows.update()
        .where(rows.c.id == sa.bindparam("key"))
        .values({column: sa.bindparam("folded_text")})
    )
    while found := connection.execute(
        sa.select(rows.c.id, *(rows.c[text] for text in texts))
        .where(rows.c.id > last)
        .order_by(rows.c.id)
        .limit(ROWS)
    ).all():
        folded: list[dict[str, Any]] = [
            {"key": each[0], "folded_text": folded_of(*each[1:])} for each in found
        ]
        connection.execute(change, folded)
        last = found[-1][0]


def downgrade() -> None:
    op.drop_column("store", "folded_address")
    for name in TABLES:
        op.drop_column(name, "folded")
