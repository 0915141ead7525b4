"""What tables are made of: the one metadata, column types that say the same on both engines, and the
protection of append-only tables (M10)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ledger.canonical import canonical

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


# -- column types ----------------------------------------------------------------------------------

BigId = BigInteger().with_variant(
    Integer, "sqlite"
)  # SQLite numbers rows by itself only for INTEGER
Minor = BigInteger  # money: whole minor units


class Code(TypeDecorator[str]):
    """Text compared by Unicode code point on both engines (M26): business codes, keys, kinds."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(self.impl_instance.length, collation="C"))
        return dialect.type_descriptor(String(self.impl_instance.length))


class Instant(TypeDecorator[dt.datetime]):
    """An aware moment, UTC inside. PostgreSQL: timestamptz. SQLite: fixed-width text that sorts.
    Refuses naive values."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone was given to the database: {value!r}")
        value = value.astimezone(dt.UTC)
        return value if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else instant(value)


def instant(value: Any) -> dt.datetime:
    """What a driver gives for an Instant, as a moment in UTC."""
    return (
        value.astimezone(dt.UTC)
        if isinstance(value, dt.datetime)
        else dt.datetime.fromisoformat(value)
    )


def instant_text(value: dt.datetime) -> str:
    utc = value if value.tzinfo is dt.UTC else value.astimezone(dt.UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"  # for +00:00


class Json(TypeDecorator[Any]):
    """JSON kept as canonical text, so that a hash over it means the same on both engines."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


# -- append-only tables (M10) ----------------------------------------------------------------------


def append_only(table: Table) -> Table:
    """Mark a table whose rows are never changed or removed; `triggers()` makes the database refuse
    it too."""
    table.info["append_only"] = True
    return table


def append_only_names() -> list[str]:
    return sorted(t.name for t in metadata.tables.values() if t.info.get("append_only"))


def trigger_ddl(dialect: str, names: list[str]) -> list[str]:
    """The statements that protect these tables; the one list for migrations, verify and /readyz."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER ao_{name}_{verb.lower()} BEFORE {verb} ON {name} BEGIN SELECT "
            f"RAISE(ABORT, '{name} is append-only'); END"
            for name in names
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    rows = [
        f"CREATE TRIGGER ao_{name}_row BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE "
        "FUNCTION refuse_change()"
        for name in names
    ]
    whole = [
        f"CREATE TRIGGER ao_{name}_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE "
        "FUNCTION refuse_change()"
        for name in names
    ]
    return [function, *rows, *whole] if names else []


def missing_triggers(connection: Connection) -> list[str]:
    """Names of protecting triggers that should exist and do not; empty when all is well."""
    if connection.dialect.name == "sqlite":
        wanted = {
            f"ao_{name}_{verb}" for name in append_only_names() for verb in ("update", "delete")
        }
        found = set(
            connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
        )
    else:
        wanted = {
            f"ao_{name}_{verb}" for name in append_only_names() for verb in ("row", "truncate")
        }
        found = set(
            connection.execute(
                text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
            ).scalars()
        )
    return sorted(wanted - found)
