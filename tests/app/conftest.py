"""A small installation of its own for each test: Petra is HQ, Omar owns dealer D1, Mei guides, Sam is a stranger."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Column, Table, insert, text

import config
import db
from app import api_keys, create_app
from app.limits import limiter
from app.sign_in import users
from stores.actors import COMMAND_LINE

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


def settings_of(folder: Path, **more: str) -> config.Settings:
    return config.load({"INSTANCE_PATH": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'house.db'}", "LOG_LEVEL": "WARNING", **more})


def build_tables() -> None:
    """The tables of the code and their triggers, as the migrations make them."""
    for kind in ("branch", "dealer", "store", "guide"):
        if kind not in db.metadata.tables:
            Table(kind, db.metadata, Column("id", db.BigId, primary_key=True), Column(f"{kind}_code", db.Code(64), unique=True))
    with db.transaction() as connection:
        db.metadata.create_all(connection)
        for statement in db.trigger_ddl(connection.dialect.name, db.append_only_names()):
            connection.execute(text(statement))
        for number in (1, 2):
            connection.execute(insert(db.metadata.tables["dealer"]).values(id=number, dealer_code=f"D{number}"))


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its lowest cost: these tests are not about how long a guess takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)
    monkeypatch.setattr(users, "_dummy_hash", quick.hash("nobody"))


@pytest.fixture
def house(tmp_path: Path, cheap_passwords: None) -> Iterator[House]:
    app = create_app(settings_of(tmp_path))
    build_tables()
    limiter.reset()
    api_keys.forget()
    yield House(app)
    db.database().dispose()
