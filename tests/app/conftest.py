"""A small installation of its own for each test: Petra is HQ, Omar owns dealer D1, Mei guides, Sam is a stranger."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert

import config
import db
from app import api_keys, create_app
from app.sign_in import users
from stores import brand, network
from stores.actors import COMMAND_LINE
from stores.dealers import dealer
from tests import clock
from tests.databases import ENGINES, Databases

PASSWORD = "a door ajar 2026"


@dataclass
class House:
    """One running installation and its people."""

    app: Any

    def stranger(self) -> Any:
        return self.app.test_client()

    def user(self, name: str, role: str, scope_id: int | None = None, must_change: bool = False) -> int:
        return users.create(name, role, scope_id, by=COMMAND_LINE, password=PASSWORD, must_change=must_change)[0]

    def sign_in(self, client: Any, name: str, password: str = PASSWORD, next_page: str | None = None) -> Any:
        query = {"next": next_page} if next_page is not None else {}
        form = client.get("/sign-in", query_string=query)
        return client.post("/sign-in", query_string=query, data={"csrf_token": token_of(form), "name": name, "password": password})

    def signed_in(self, name: str) -> Any:
        client = self.stranger()
        assert self.sign_in(client, name).status_code == 303
        return client


def token_of(page: Any) -> str:
    """The form token of a page."""
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)


def settings_of(url: str, folder: Path, **more: str) -> config.Settings:
    return config.load({"INSTANCE_PATH": str(folder), "DATABASE_URL": url, "LOG_LEVEL": "WARNING", "BRAND_TIMEZONE": clock.ZONE.key, **more})


def fill() -> None:
    """Two dealers, as far as sign-in needs them."""
    terms = {"platform_fee_bp": 500, "channel_fee_bp": 0, "collection_mode": "store_collects"}
    with db.transaction() as connection:
        connection.execute(insert(dealer), [{"dealer_code": code, "name": code, **terms} for code in ("D1", "D2")])


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its lowest cost: these tests are not about how long a guess takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)
    nobody = quick.hash("nobody")
    monkeypatch.setattr(users, "_dummy_hash", lambda: nobody)


@pytest.fixture
def house(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path, cheap_passwords: None) -> Iterator[House]:
    """On SQLite, or on the engine of `@on_both_engines`."""
    url = databases.create(getattr(request, "param", "sqlite"))
    before = brand._brand
    app = create_app(settings_of(url, tmp_path))
    fill()
    api_keys.forget()
    network.forget()
    yield House(app)
    db.database().dispose()
    db._database, brand._brand = None, before
    databases.drop(url)


on_both_engines = pytest.mark.parametrize("house", ENGINES, indirect=True)
