"""A small installation of its own for each test: Petra is HQ, Omar owns dealer D1, Mei guides, Sam
is a stranger."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert

import config
import db
from app import bind, create_app
from app.accounts import api_keys, passwords, users
from stores.base import brand
from stores.base.actors import COMMAND_LINE
from stores.network import network
from stores.network.dealers import dealer
from tests import clock
from tests.databases import ENGINES, Databases

PASSWORD = "a door ajar 2026"


@dataclass
class House:
    """One running installation and its people. `filled_with`: what the database held from the
    beginning, of a world that was kept."""

    app: Any
    filled_with: Any = None

    def stranger(self) -> Any:
        return self.app.test_client()

    def user(
        self, name: str, role: str, scope_id: int | None = None, must_change: bool = False
    ) -> int:
        return users.create(
            name, role, scope_id, by=COMMAND_LINE, password=PASSWORD, must_change=must_change
        )[0]

    def sign_in(
        self, client: Any, name: str, password: str = PASSWORD, next_page: str | None = None
    ) -> Any:
        query = {"next": next_page} if next_page is not None else {}
        form = client.get("/sign-in", query_string=query)
        return client.post(
            "/sign-in",
            query_string=query,
            data={"csrf_token": token_of(form), "name": name, "password": password},
        )

    def signed_in(self, name: str) -> Any:
        client = self.stranger()
        assert self.sign_in(client, name).status_code == 303
        return client


def token_of(page: Any) -> str:
    """The form token of a page."""
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)


def settings_of(url: str, folder: Path, **more: str) -> config.Settings:
    return config.load(
        {
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": url,
            "LOG_LEVEL": "WARNING",
            "BRAND_TIMEZONE": clock.ZONE.key,
            **more,
        }
    )


def installed(settings: config.Settings) -> Any:
    """The application of this process, bound to an installation: putting it together takes longer
    than most tests."""
    if not _put_together:
        _put_together.append(create_app(settings))
    else:
        bind(_put_together[0], settings)
    return _put_together[0]


_put_together: list[Any] = []


class Worlds:
    """Databases that fixtures filled, copied for each test that begins with the same: filling takes
    longer than most tests."""

    def __init__(self, databases: Databases):
        self.databases = databases
        self._kept: dict[tuple[str, str, dt.date], tuple[str, Any]] = {}
        self._day = dt.date.min  # on which the test of this moment began

    def begin(self, engine: str, names: Sequence[str]) -> tuple[str, Any]:
        """The URL of a database for a test that uses fixtures of these names, and what `keep` was
        given with it; None with an empty one."""
        self._day = dt.datetime.now(clock.ZONE).date()  # what a world tells ends the day before
        found = next(
            (
                name
                for name, through in WORLDS.items()
                if through <= set(names) and (engine, name, self._day) in self._kept
            ),
            None,
        )
        if (
            found is None or clock.EACH_TEST_BEGINS_THERE
        ):  # a world of a second later is another day's
            return self.databases.create(engine), None
        kept, content = self._kept[engine, found, self._day]
        return self.databases.copy(kept), copy.deepcopy(content)

    def keep(self, name: str, content: Any) -> None:
        """The database of this moment is what tests with that fixture begin with from now on."""
        base = db.database()
        base.dispose()
        self._kept["sqlite" if base.sqlite else "postgresql", name, self._day] = (
            self.databases.copy(base.url),
            copy.deepcopy(content),
        )


WORLDS = {
    "chain": {"bare_chain", "chain"},
    "bare_chain": {"bare_chain"},
}  # the fixtures that fill a house so, the fuller first


@pytest.fixture(scope="session")
def worlds(databases: Databases) -> Worlds:
    return Worlds(databases)


def fill() -> None:
    """Two dealers, as far as sign-in needs them."""
    terms = {"platform_fee_bp": 500, "channel_fee_bp": 0, "collection_mode": "store_collects"}
    with db.transaction() as connection:
        connection.execute(
            insert(dealer), [{"dealer_code": code, "name": code, **terms} for code in ("D1", "D2")]
        )


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its lowest cost: these tests are not about how long a guess takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)
    nobody = quick.hash("nobody")
    monkeypatch.setattr(passwords, "dummy_hash", lambda: nobody)


@pytest.fixture
def own_app() -> None:
    """For tests that change the application itself: `house` puts a new one together."""


@pytest.fixture
def house(
    request: pytest.FixtureRequest,
    databases: Databases,
    worlds: Worlds,
    tmp_path: Path,
    cheap_passwords: None,
) -> Iterator[House]:
    """On SQLite, or on the engine of `@on_both_engines`."""
    url, filled_with = worlds.begin(getattr(request, "param", "sqlite"), request.fixturenames)
    before = brand._brand
    make = create_app if "own_app" in request.fixturenames else installed
    app = make(settings_of(url, tmp_path))
    if filled_with is None:
        fill()
    api_keys.forget()
    network.forget()
    yield House(app, filled_with)
    db.database().dispose()
    db._database, brand._brand = None, before
    databases.drop(url)


on_both_engines = pytest.mark.parametrize("house", ENGINES, indirect=True)
