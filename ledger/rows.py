"""Writing many rows at once: COPY on PostgreSQL, executemany on SQLite."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, update

import db

COPY_FROM = 200  # rows


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Many rows with the same columns; a column that no row names is NULL. PostgreSQL takes many by COPY, which is thrice as fast."""
    if len(rows) >= COPY_FROM and connection.dialect.name == "postgresql":
        _copy(connection, table, table.name, rows)
    elif rows:
        connection.execute(insert(table), rows)


def update_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], key: str = "id") -> None:
    """Many rows by the column `key`; each names the same columns."""
    if not rows:
        return
    names = [name for name in rows[0] if name != key]
    if len(rows) >= COPY_FROM and connection.dialect.name == "postgresql":
        columns = ", ".join((key, *names))
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE new_{table.name} ON COMMIT DROP AS SELECT {columns} FROM {table.name} WHERE false")  # noqa: S608 - our own names
        _copy(connection, table, f"new_{table.name}", rows)
        said = ", ".join(f"{name} = n.{name}" for name in names)
        connection.exec_driver_sql(f"UPDATE {table.name} t SET {said} FROM new_{table.name} n WHERE n.{key} = t.{key}")  # noqa: S608 - our own names
        connection.exec_driver_sql(f"DROP TABLE new_{table.name}")
        return
    statement = update(table).where(table.c[key] == bindparam("the_key")).values({name: bindparam(f"new_{name}") for name in names})
    connection.execute(statement, [{"the_key": row[key], **{f"new_{name}": row[name] for name in names}} for row in rows])


def _copy(connection: Connection, table: Table, into: str, rows: Sequence[dict[str, Any]]) -> None:
    """COPY, with values bound as the table's column types bind them."""
    names = list(rows[0])
    binders = [table.c[name].type.process_bind_param if isinstance(table.c[name].type, db.Instant | db.Json) else None for name in names]
    bound = [(name, binder) for name, binder in zip(names, binders, strict=True) if binder is not None]
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {into} ({', '.join(names)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            if bound:
                row = row | {name: binder(row[name], connection.dialect) for name, binder in bound}
            copy.write_row([row[name] for name in names])
