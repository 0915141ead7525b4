"""Rows without a statement builder between: ids handed out ahead, inserts whose text is made once
(N2: the lock is held for moments)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Date, Table, bindparam, update
from sqlalchemy.engine import Dialect

from ledger import schema
from ledger.canonical import canonical

COPY_FROM = 200  # rows, where a temporary table is made for them
INSERT_FROM = 40  # rows, where they go straight into their table


def allocate(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for `count` new rows, ascending, inside the transaction that writes them: on SQLite,
    whose writer is alone, the next free ones."""
    if not count:
        return []
    if connection.dialect.name == "postgresql":
        query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        return sorted(connection.exec_driver_sql(query, (table.name, count)).scalars())
    last = connection.exec_driver_sql(f"SELECT max(id) FROM {table.name}").scalar()  # noqa: S608 - our own names
    first = int(last or 0) + 1
    return list(range(first, first + count))


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Rows that name the same columns; a column that none names is NULL. PostgreSQL takes many by
    COPY."""
    if not rows:
        return
    if len(rows) >= INSERT_FROM and connection.dialect.name == "postgresql":
        copy_rows(connection, table, table.name, rows)
    else:
        _insert(connection, table, rows)


def insert_missing_rows(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]]
) -> int:
    """INSERT ... ON CONFLICT DO NOTHING of many rows, in the order given; how many were missing."""
    if len(rows) < COPY_FROM or connection.dialect.name != "postgresql":
        return _insert(connection, table, rows, " ON CONFLICT DO NOTHING")
    names = ", ".join(rows[0])
    with copied(connection, table, rows) as new:
        statement = (
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {new} ON CONFLICT DO NOTHING"  # noqa: S608 - our own names
        )
        return connection.exec_driver_sql(statement).rowcount


def update_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    key: str = "id",
    counts: str | None = None,
) -> None:
    """Many rows by the column `key`; each names the same columns. `counts`: a column that goes up
    by one in each of them."""
    if not rows:
        return
    names = [name for name in rows[0] if name != key]
    if len(rows) >= COPY_FROM and connection.dialect.name == "postgresql":
        said = ", ".join(
            [
                *(f"{name} = n.{name}" for name in names),
                *([f"{counts} = t.{counts} + 1"] if counts else []),
            ]
        )
        with copied(connection, table, rows) as new:
            statement = f"UPDATE {table.name} t SET {said} FROM {new} n WHERE n.{key} = t.{key}"  # noqa: S608 - our own names
            connection.exec_driver_sql(statement)
        return
    counted = {counts: table.c[counts] + 1} if counts else {}
    statement = (
        update(table)
        .where(table.c[key] == bindparam("the_key"))
        .values({**{name: bindparam(f"new_{name}") for name in names}, **counted})
    )
    connection.execute(
        statement,
        [{"the_key": row[key], **{f"new_{name}": row[name] for name in names}} for row in rows],
    )


@contextmanager
def copied(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """PostgreSQL: the name of a temporary table that holds these rows."""
    names, into = ", ".join(rows[0]), f"new_{table.name}"
    empty = f"SELECT {names} FROM {table.name} WHERE false"  # noqa: S608 - our own names
    connection.exec_driver_sql(f"CREATE TEMP TABLE {into} ON COMMIT DROP AS {empty}")
    copy_rows(connection, table, into, rows)
    yield into
    connection.exec_driver_sql(f"DROP TABLE {into}")


def _insert(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], ending: str = ""
) -> int:
    names = list(rows[0])
    bound = _bound(connection, table, names, rows)
    statement = _insert_text(
        table.name, tuple(names), "%s" if connection.dialect.name == "postgresql" else "?", ending
    )
    return connection.exec_driver_sql(statement, bound if len(bound) > 1 else bound[0]).rowcount


@cache
def _insert_text(table: str, names: tuple[str, ...], mark: str, ending: str) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))}){ending}"  # noqa: S608 - our own names


def copy_rows(
    connection: Connection, table: Table, into: str, rows: Sequence[dict[str, Any]]
) -> None:
    """COPY of rows with the columns of `table` into a table of that shape."""
    names = list(rows[0])
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {into} ({', '.join(names)}) FROM STDIN") as copy,
    ):  # type: ignore[attr-defined]
        for row in _bound(connection, table, names, rows):
            copy.write_row(row)


def _bound(
    connection: Connection, table: Table, names: list[str], rows: Sequence[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    """The rows as tuples, values as the driver wants them; a value of a bound column is turned
    once."""
    get = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    binders = _binders(table, tuple(names), connection.dialect)
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


@lru_cache(500)
def _binders(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> list[tuple[int, Callable[[Any], Any]]]:
    return [
        (place, binder)
        for place, name in enumerate(names)
        if (binder := _binder(dialect, table.c[name].type)) is not None
    ]


def _binder(dialect: Dialect, kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, schema.Instant):
        return lambda value: kind.process_bind_param(value, dialect)
    if isinstance(kind, schema.Json):
        return canonical
    if isinstance(kind, Date) and dialect.name == "sqlite":
        return dt.date.isoformat
    return None
