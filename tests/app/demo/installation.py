"""A tiny demo chain in an installation of its own, started and released."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, func, select

import db
from app import create_app
from stores.base import brand
from stores.network import network
from tests.app.conftest import settings_of

NOW = dt.datetime(
    2026, 11, 22, 0, 30, tzinfo=dt.UTC
)  # 08:30 in Shanghai: the demo ends on 21 November
SECRET = "a secret of at least thirty-two characters"


@dataclass
class Demo:
    """A tiny demo chain on one engine."""

    url: str
    folder: Path


def ignore(what: str, done: int, total: int) -> None:
    """No bars in tests."""


def start(demo: Demo) -> None:
    """This process bound to that installation, remembering nothing of another."""
    create_app(settings_of(demo.url, demo.folder, SECRET_KEY=SECRET))
    network.forget()


def release(before: brand.Brand | None) -> None:
    """The next test, with or without a database, starts unbound."""
    if db._database is not None:
        db._database.dispose()
    db._database, brand._brand = None, before


def rows(query: object) -> list[tuple[object, ...]]:
    with db.read() as connection:
        return [tuple(r) for r in connection.execute(query)]  # type: ignore[call-overload]


def count(table: Table, *where: object) -> int:
    return int(rows(select(func.count()).select_from(table).where(*where))[0][0])  # type: ignore[arg-type, call-overload]
