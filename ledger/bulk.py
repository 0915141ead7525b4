"""Many rows at once: ids handed out ahead, and inserts that go past the statement builder (N2: the lock is held for moments)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Date, Table, func, insert, select, text

import db

COPY_FROM = 200  # rows


def allocate(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for `count` new rows, ascending, inside the transaction that writes them: on SQLite, whose writer is alone, the next free ones."""
    if not count:
        return []
    if connection.dialect.name == "postgresql":
        query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return sorted(connection.execute(query, {"name": table.name, "count": count}).scalars())
    first = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1
    return list(range(first, first + count))


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Many rows that name the same columns; a column that none names is NULL. PostgreSQL takes many by COPY."""
    if not rows:
        return
    if len(rows) < COPY_FROM:
        connection.execute(insert(table), rows)
    elif connection.dialect.name == "postgresql":
        copy_rows(connection, table, table.name, rows)
    else:
        _insert_many(connection, table, rows)


def insert_missing_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """INSERT ... ON CONFLICT DO NOTHING of many rows, in the order given."""
    if connection.dialect.name != "postgresql":
        _insert_many(connection, table, rows, " ON CONFLICT DO NOTHING")
        return
    names, into = ", ".join(rows[0]), f"new_{table.name}"
    connection.exec_driver_sql(f"CREATE TEMP TABLE {into} ON COMMIT DROP AS SELECT {names} FROM {table.name} WHERE false")  # noqa: S608 - our own names
    copy_rows(connection, table, into, rows)
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {into} ON CONFLICT DO NOTHING")  # noqa: S608 - our own names
    connection.exec_driver_sql(f"DROP TABLE {into}")


def _insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], ending: str = "") -> None:
    names = list(rows[0])
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}){ending}"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, _bound(connection, table, names, rows))


def copy_rows(connection: Connection, table: Table, into: str, rows: Sequence[dict[str, Any]]) -> None:
    """COPY of rows with the columns of `table` into a table of that shape."""
    names = list(rows[0])
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {into} ({', '.join(names)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in _bound(connection, table, names, rows):
            copy.write_row(row)


def _bound(connection: Connection, table: Table, names: list[str], rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows as tuples, values as the driver wants them; a value of a bound column is turned once."""
    get = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    binders = [(place, binder) for place, name in enumerate(names) if (binder := _binder(connection, table.c[name].type)) is not None]
    plain = map(get, rows)
    if not binders:
        return list(plain)
    memories: dict[int, dict[Any, Any]] = {place: {None: None} for place, _ in binders}
    found = []
    for values in plain:
        row = list(values)
        for place, binder in binders:
            value, memory = row[place], memories[place]
            if isinstance(value, dict | list):  # JSON
                row[place] = binder(value)
                continue
            if value not in memory:
                memory[value] = binder(value)
            row[place] = memory[value]
        found.append(tuple(row))
    return found


def _binder(connection: Connection, kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, db.Instant):
        return lambda value: kind.process_bind_param(value, connection.dialect)
    if isinstance(kind, db.Json):
        return db.canonical
    if isinstance(kind, Date) and connection.dialect.name == "sqlite":
        return dt.date.isoformat
    return None
