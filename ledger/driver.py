"""The statements of the entry path, spoken to the database's driver itself (M12, M13)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ledger.canonical import canonical
from ledger.schema import instant_text


def run(connection: Connection, sql: str, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """The entry path's statements, without the statement builder, which costs more than the
    database: `:name` parameters, taken from `driver_values`. Returns the rows as tuples. Raises
    INTEGRITY_ERRORS."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "postgresql":
        return _run_psycopg(connection, driver, sql, values)
    return driver.execute(sql, values or {}).fetchall()  # type: ignore[no-any-return]


def _run_psycopg(
    connection: Connection, driver: Any, sql: str, values: Mapping[str, Any] | None
) -> Sequence[Any]:
    try:
        cursor = driver.execute(_for_psycopg(sql), values)
        return cursor.fetchall() if cursor.description else ()
    except (
        psycopg.Error
    ) as error:  # as SQLAlchemy would have raised it, without the values, which are a person's
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=driver.closed,
            dialect=connection.dialect,
        ) from error


def driver_values(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters for `run`: days, aware moments, dicts and lists as the column types would write
    them."""
    if connection.dialect.name == "postgresql":
        return {
            name: canonical(value) if type(value) in (dict, list) else value
            for name, value in values.items()
        }
    found = dict(values)
    for name, value in values.items():
        convert = _FOR_SQLITE.get(type(value))
        if convert is not None:
            found[name] = convert(value)
    return found


_FOR_SQLITE: dict[type, Callable[[Any], str]] = {
    dt.datetime: instant_text,
    dt.date: dt.date.isoformat,
    dict: canonical,
    list: canonical,
}


@cache
def _for_psycopg(sql: str) -> str:
    return re.sub(r":([a-z_]\w*)", r"%(\1)s", sql)
