"""Migrate a database up and down. Each command is one transaction on both engines: it happens whole
or not at all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text

import config
import db
from ledger import schema

HERE = Path(__file__).resolve().parent
MIGRATION_LOCK = (
    7_305_771  # PostgreSQL advisory lock: two deployments at once migrate one after the other
)


class BrokenReferences(Exception):
    """A migration left rows that refer to rows which are not there; it was rolled back."""


def upgrade(url: str, revision: str = "head") -> str | None:
    """Migrate up, protect the append-only tables and, at the head, install what every chain starts
    with; returns the revision."""
    with _migrating(url) as connection:
        command.upgrade(_config(connection), revision)
        protect_append_only_tables(connection)
        reached = _revision(connection)
        if reached == head():
            _install(connection)
        return reached


def _install(connection: Connection) -> None:
    """The brand's pins, the first policy and the first plan (CONTRACT 4); repeatable."""
    from incentives.plan_versions import install_default_plan
    from stores.base.brand import Brand
    from stores.network.installation import install

    settings, now = config.load(), dt.datetime.now(dt.UTC)
    install(
        connection, Brand(settings.timezone, settings.currency, settings.currency_decimals), now
    )
    install_default_plan(connection, now, settings.currency_decimals)


def downgrade(url: str, revision: str = "-1") -> str | None:
    """Migrate down (`base` empties the database); returns the revision reached, None for base."""
    with _migrating(url) as connection:
        command.downgrade(_config(connection), revision)
        protect_append_only_tables(connection)
        return _revision(connection)


def current(url: str) -> str | None:
    """The revision a database stands at; None where nothing was migrated."""
    base = db.Database(url)
    try:
        with base.engine.connect() as connection:
            return _revision(connection)
    finally:
        base.dispose()


def head() -> str | None:
    """The newest revision of the code."""
    return history().get_current_head()


@cache
def known() -> frozenset[str]:
    """Every revision in the code, read from the files without running them: each start asks."""
    texts = (path.read_text("utf-8") for path in (HERE / "versions").glob("*.py"))
    return frozenset(
        found[1]
        for found in (
            re.search(r"^revision(?:: str)? = ['\"](\w+)['\"]", each, re.MULTILINE)
            for each in texts
        )
        if found
    )


def sqlite_file(url: str) -> Path:
    return Path(make_url(url).database or "")


def history() -> ScriptDirectory:
    """The migrations in the code, in their order."""
    return ScriptDirectory.from_config(_config(None))


def write_revision(url: str, message: str) -> Path:
    """Write a migration from the difference between the tables in code and this database (which
    stands at head)."""
    with _migrating(url) as connection:
        script = command.revision(_config(connection), message, autogenerate=True)
    assert isinstance(script, Script)
    return Path(script.path)


def protect_append_only_tables(connection: Connection) -> list[str]:
    """Create the triggers that are missing on tables that exist (M10); returns their names."""
    there = set(inspect(connection).get_table_names())
    names = [name for name in schema.append_only_names() if name in there]
    missing = set(schema.missing_triggers(connection))
    created = []
    for statement in schema.trigger_ddl(connection.dialect.name, names):
        words = statement.split()
        if words[1] != "TRIGGER":  # the function they call on PostgreSQL
            connection.execute(text(statement))
        elif words[2] in missing:
            connection.execute(text(statement))
            created.append(words[2])
    return created


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    """A connection inside one transaction. On SQLite foreign keys are off before BEGIN (the pragma
    does nothing inside) and checked before the commit, because rebuilding a parent table would
    otherwise delete or block its children."""
    from migrations.tables import import_tables

    import_tables()
    _make_folder(url)
    base = db.Database(url)
    try:
        with base.engine.connect() as connection:
            if base.sqlite:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                if base.sqlite:
                    yield connection
                    _check_references(connection)
                else:
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
                    )
                    yield connection
    finally:
        base.dispose()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        rows = [
            f"{table} row {row} refers to a missing row of {parent}"
            for table, row, parent, _ in broken[:20]
        ]
        raise BrokenReferences("; ".join(rows))


def _make_folder(url: str) -> None:
    name = make_url(url).database
    if url.startswith("sqlite") and name and name != ":memory:":
        Path(name).parent.mkdir(parents=True, exist_ok=True)


def _config(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
