"""What stops a start, in one line on stderr that says what to do: `wsgi:app`, and with it every
`flask` command (M26)."""

from __future__ import annotations

import sys

from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

import config
import db
from app import create_app
from app.cli.deeds import in_one_line
from app.web import limits
from migrations import commands


def started() -> Flask:
    """The application of the environment's settings, or the end of the process with status 1."""
    try:
        settings = config.load()
        app = create_app(settings)
        _require_database()
        _require_counts(app, settings.rate_limit_storage)
    except config.ConfigurationError as error:
        sys.exit(f"Doorstep does not start: {error}")
    return app


def _require_database() -> None:
    """One that answers, and that no newer Doorstep has migrated; an empty one is for `flask db
    upgrade`. Raises ConfigurationError."""
    if db.database().sqlite and not commands.sqlite_file(db.database().url).parent.exists():
        return  # `flask db upgrade` makes the folder
    try:
        with db.read(apart=True) as connection:
            there = inspect(connection).has_table("alembic_version")
            stands_at = (
                set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
                if there
                else set()
            )
    except DBAPIError as error:
        advice = (
            "Name a file that this user may write to."
            if db.database().sqlite
            else "Start the server, or correct DATABASE_URL and its password."
        )
        raise config.ConfigurationError(
            f"the database of DATABASE_URL does not answer ({in_one_line(error)}). {advice}"
        ) from None
    if unknown := stands_at - commands.known():
        raise config.ConfigurationError(
            f"the database stands at migration {', '.join(sorted(unknown))}, which this version "
            "of Doorstep does not know: "
            "a newer one has migrated it. Run that one, or set another DATABASE_URL."
        )


def _require_counts(app: Flask, storage: str) -> None:
    """A shared storage that is not there at the start is a wrong address; one that is lost later
    shuts nobody out."""
    if not limits.of(app).answers():
        raise config.ConfigurationError(
            f"RATE_LIMIT_STORAGE does not answer ({storage.rpartition('@')[2]}). Start the Redis "
            "server, correct the address, "
            "or set memory://."
        )
