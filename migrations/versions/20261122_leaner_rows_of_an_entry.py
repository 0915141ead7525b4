"""Fewer trees to write for an entry: rows kept in the tree of their key on SQLite, no index entry of a binding that is not there."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "5a1f0c6b92de"
down_revision = "df2a4cce0426"
branch_labels = None
depends_on = None

TABLES = ("customer_identity", "customer_state", "entry_point", "entry_trace")
BINDINGS = {"ix_customer_state_home": "home_store_id", "ix_customer_state_owner": "owner_guide_id"}


def upgrade() -> None:
    _rebuild(" WITHOUT ROWID")
    for name, column in BINDINGS.items():
        op.drop_index(name, table_name="customer_state")
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name,
            "customer_state",
            [column],
            unique=False,
            sqlite_where=there,
            postgresql_where=there,
        )


def downgrade() -> None:
    for name, column in BINDINGS.items():
        op.drop_index(name, table_name="customer_state")
        op.create_index(name, "customer_state", [column], unique=False)
    _rebuild("")


def _rebuild(ending: str) -> None:
    """Copy the tables into new ones whose definition ends so; nothing refers to them and none has triggers. PostgreSQL has no such choice."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in TABLES:
        asked = {"table": table}
        made = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), asked
        ).scalar_one()
        indexes = (
            connection.execute(
                sa.text(
                    "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
                ),
                asked,
            )
            .scalars()
            .all()
        )
        body = re.sub(r" WITHOUT ROWID\s*$", "", made[made.index("(") :].rstrip())
        connection.exec_driver_sql(f'CREATE TABLE "{table}_new" {body}{ending}')
        columns = ", ".join(
            f'"{row[1]}"' for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')
        )
        connection.exec_driver_sql(
            f'INSERT INTO "{table}_new" ({columns}) SELECT {columns} FROM "{table}"'
        )
        connection.exec_driver_sql(f'DROP TABLE "{table}"')
        connection.exec_driver_sql(f'ALTER TABLE "{table}_new" RENAME TO {table}')
        for index in indexes:
            connection.exec_driver_sql(index)
