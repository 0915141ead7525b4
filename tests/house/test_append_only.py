"""Rows of append-only tables cannot be rewritten by any verb of either engine (M10)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

import db
from ledger import schema
from migrations.tables import import_tables


def test_no_verb_rewrites_a_row_of_an_append_only_table(database):
    import_tables()
    for name in schema.append_only_names():
        table = schema.metadata.tables[name]
        row = {
            column.name: value(column, place + 100 * isinstance(column.type, Integer))
            for place, column in enumerate(table.columns, 1)
            if column.computed is None
        }
        put_in(database, table, row)
        before = rows(database, table)  # some tables hold what the first migration installed
        assert row in before
        for verb, statement in rewriting(table, row, database.sqlite).items():
            with pytest.raises(DBAPIError, match="is append-only"):
                run(database, statement)
            assert rows(database, table) == before, f"{verb} changed {name}"


def test_append_only_tables_cascade_nothing():
    """M10: a cascade would delete a protected row for its parent's sake."""
    import_tables()
    cascading = [
        f"{table.name}.{key.parent.name}"
        for table in schema.metadata.tables.values()
        for key in table.foreign_keys
        if key.ondelete
    ]
    assert cascading == []


def rewriting(table: Table, row: dict[str, Any], on_sqlite: bool) -> dict[str, Any]:
    """Every verb that would change or remove `row`, by its name."""
    keys, last = list(table.primary_key.columns), list(table.columns)[-1].name
    same = {last: literal_column(f'"{last}"')}
    upsert = (sqlite if on_sqlite else postgresql).insert(table).values(row)
    verbs = {
        "UPDATE": table.update().values(same),
        "DELETE": table.delete().where(keys[0] == row[keys[0].name]),
        "DELETE of all": table.delete(),
        "UPSERT": upsert.on_conflict_do_update(
            index_elements=keys, set_={last: upsert.excluded[last]}
        ),
    }
    if on_sqlite:
        verbs["INSERT OR REPLACE"] = insert(table).prefix_with("OR REPLACE").values(row)
        verbs["UPDATE OR REPLACE"] = table.update().prefix_with("OR REPLACE").values(same)
    else:
        verbs["TRUNCATE"] = text(f'TRUNCATE "{table.name}" CASCADE')
    return verbs


def put_in(database: db.Database, table: Table, row: dict[str, Any]) -> None:
    """One row, whatever its references and checks ask for: only the protection is under test."""
    with database.engine.connect() as connection:
        if database.sqlite:
            pragma(connection, "foreign_keys=OFF")
            pragma(connection, "ignore_check_constraints=ON")
        with connection.begin():
            if not database.sqlite:
                drop_constraints(connection, table)
            connection.execute(insert(table).values(row))
        connection.invalidate()  # the next connection has its pragmas again


def drop_constraints(connection: Connection, table: Table) -> None:
    inspector = inspect(connection)
    for constraint in [
        *inspector.get_foreign_keys(table.name),
        *inspector.get_check_constraints(table.name),
    ]:
        connection.execute(
            text(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{constraint["name"]}"')
        )


def run(database: db.Database, statement: Any) -> None:
    """Execute as the product does, but for SQLite's checks, which would refuse the made-up row
    before its triggers do."""
    with database.engine.connect() as connection:
        if database.sqlite:
            pragma(connection, "ignore_check_constraints=ON")
        with connection.begin():
            connection.execute(statement)


def pragma(connection: Connection, setting: str) -> None:
    """Set outside a transaction, where alone it has an effect."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA {setting}")


def rows(database: db.Database, table: Table) -> list[dict[str, Any]]:
    with database.engine.connect() as connection:
        return [
            dict(row)
            for row in connection.execute(
                select(*[c for c in table.columns if c.computed is None])
            ).mappings()
        ]


def value(column: Column[Any], place: int) -> Any:
    """Something of the column's type, another in every column."""
    kind = column.type
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=place)
    if isinstance(kind, schema.Json):
        return {"place": place}
    if isinstance(kind, schema.Instant | DateTime):
        return moment
    if isinstance(kind, Date):
        return moment.date()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return place
    if isinstance(kind, Float):
        return float(place)
    if isinstance(kind, Numeric):
        return Decimal(place)
    if isinstance(kind, LargeBinary):
        return bytes([place])
    length = (
        kind.impl_instance.length
        if isinstance(kind, schema.Code)
        else kind.length
        if isinstance(kind, String)
        else 0
    )
    return str(place)[: length or None]
