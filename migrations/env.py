"""Run by Alembic inside the connection and transaction that migrations/commands.py opened."""

from __future__ import annotations

from alembic import context

from migrations.autogenerate import options
from migrations.tables import import_tables

import_tables()
connection = context.config.attributes["connection"]
context.configure(connection=connection, **options(connection.dialect.name))
with context.begin_transaction():
    context.run_migrations()
