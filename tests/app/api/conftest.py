from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import db
from ledger.idempotency import idempotency_key
from stores.base import brand
from tests import clock
from tests.app.api import sample
from tests.app.api.till import Till


@pytest.fixture(autouse=True)
def _brand() -> Iterator[None]:
    before = brand._brand
    brand.configure(brand.Brand(clock.ZONE, "CNY", 2))
    sample.deeds.clear()
    yield
    brand._brand = before


@pytest.fixture
def app() -> Flask:
    return sample.make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def kept(database: db.Database) -> db.Database:
    """A database that remembers answers."""
    with db.transaction() as connection:
        idempotency_key.create(connection, checkfirst=True)
    return database


@pytest.fixture
def till(database_url: str, tmp_path: Path) -> Iterator[Till]:
    before = brand._brand
    yield Till(database_url, tmp_path)
    db.database().dispose()
    db._database, brand._brand = None, before
