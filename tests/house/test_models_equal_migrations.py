"""Migrations are tested code: the head equals the tables in the code, and every way up leads down
again (M10)."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url, text

import db
from ledger import schema
from migrations import commands
from migrations.autogenerate import options
from migrations.tables import import_tables


def test_the_head_of_the_migrations_equals_the_tables(database):
    import_tables()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options(connection.dialect.name))
        assert compare_metadata(context, schema.metadata) == []


def test_checks_and_collations_equal_the_tables_too(database, databases):
    """What Alembic does not compare (also which tables have no row ids, which indexes are partial):
    a database made straight from the tables says the same of itself."""
    import_tables()
    straight = databases.create("sqlite" if database.sqlite else "postgresql", migrated=False)
    other = db.Database(straight)
    try:
        with other.engine.connect() as connection, connection.begin():
            schema.metadata.create_all(connection)
        with other.engine.connect() as wanted, database.engine.connect() as found:
            assert details(found) == details(wanted)
    finally:
        other.dispose()
        databases.drop(straight)


def test_every_append_only_table_is_protected_at_head(database):
    """M10: triggers come from one list."""
    with database.engine.connect() as connection:
        assert schema.missing_triggers(connection) == []


def test_down_to_nothing_and_up_again_gives_the_same_database(database_url, databases):
    """M10: tables, rows of the first fill and triggers are the same after base and back."""
    before = picture(database_url)
    assert commands.downgrade(database_url, "base") is None
    assert tables(database_url) <= {"alembic_version"}
    assert commands.upgrade(database_url) == commands.head()
    assert picture(database_url) == before


def test_each_step_can_be_taken_back_alone(empty_database_url):
    for revision in revisions():
        commands.upgrade(empty_database_url, revision)
        before = picture(empty_database_url)
        commands.downgrade(empty_database_url, "-1")
        commands.upgrade(empty_database_url, revision)
        assert picture(empty_database_url) == before
        assert commands.current(empty_database_url) == revision


def test_upgrading_twice_changes_nothing(database_url):
    before = picture(database_url)
    assert commands.upgrade(database_url) == commands.head()
    assert picture(database_url) == before


def test_the_history_has_one_head():
    script = commands.history()
    assert len(script.get_heads()) <= 1
    assert len(script.get_bases()) <= 1


def revisions() -> list[str]:
    return [script.revision for script in reversed(list(commands.history().walk_revisions()))]


def details(connection: Connection) -> dict[str, object]:
    inspector = inspect(connection)
    found: dict[str, object] = {}
    for name in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[name] = {
            "checks": sorted(
                (c["name"] or "", str(c["sqltext"])) for c in inspector.get_check_constraints(name)
            ),
            "columns": sorted(
                (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)
            ),
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
        }
    for kind in ("table", "index") if connection.dialect.name == "sqlite" else ():
        found[kind] = sorted(
            (
                row.name,
                (row.sql or "").rstrip().endswith("WITHOUT ROWID"),
                "WHERE" in (row.sql or ""),
            )
            for row in connection.execute(
                text(
                    "SELECT name, sql FROM sqlite_master WHERE type = :kind AND name <> "
                    "'alembic_version' AND tbl_name <> 'alembic_version'"
                ),
                {"kind": kind},
            )
        )
    return found


def tables(url: str) -> set[str]:
    base = db.Database(url)
    try:
        with base.engine.connect() as connection:
            return set(inspect(connection).get_table_names())
    finally:
        base.dispose()


def picture(url: str) -> dict[str, object]:
    """Structure, number of rows and triggers of a database."""
    base = db.Database(url)
    try:
        with base.engine.connect() as connection:
            names = sorted(inspect(connection).get_table_names())
            return {
                "structure": details(connection),
                "rows": {
                    name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar()
                    for name in names
                },
                "triggers": sorted(
                    connection.execute(
                        text(TRIGGERS["sqlite" if base.sqlite else "postgresql"])
                    ).scalars()
                ),
                "missing": schema.missing_triggers(connection)
                if make_url(url).database and names
                else [],
            }
    finally:
        base.dispose()


TRIGGERS = {
    "sqlite": "SELECT name || ' ' || sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}
