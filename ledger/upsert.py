"""INSERT that leaves existing rows alone, on both engines; the key tables' way to say who was
first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from ledger import bulk


def insert_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """INSERT ... ON CONFLICT DO NOTHING of many rows; how many were missing. On PostgreSQL it waits
    for a rival in flight."""
    return bulk.insert_missing_rows(connection, table, rows) if rows else 0


def claim(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert one row of a key table; False when the key is taken (a rival in flight is waited
    for)."""
    statement = (
        _insert(connection, table)
        .values(**row)
        .on_conflict_do_nothing()
        .returning(*table.primary_key.columns)
    )
    return (
        connection.execute(statement).first() is not None
    )  # the rowcount of an INSERT is not known on PostgreSQL


def insert_or_update(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], key: Sequence[str]
) -> None:
    """Upsert by `key`; the other columns given take the new values."""
    if not rows:
        return
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    statement = (
        statement.on_conflict_do_update(index_elements=list(key), set_=changed)
        if changed
        else statement.on_conflict_do_nothing()
    )
    connection.execute(statement, rows)


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
