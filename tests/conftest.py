"""Fixtures of every test. `database`: a fresh migrated database, once on SQLite and once on
PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import db
from stores.base import brand, keys
from tests import clock
from tests.databases import ENGINES, Databases, create_engine_that_shares
from tests.network import Network
from tests.postgres import scratch_folder

settings.register_profile(
    "doorstep", deadline=None, print_blob=True
)  # these machines are noisy: a slow example is no fault
settings.load_profile("doorstep")


@pytest.fixture(scope="session", autouse=True)
def clock_of_children() -> None:
    clock.hand_on()


@pytest.fixture(autouse=True)
def moment(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a moment was asked for, each test begins at it; what tests share, as a server for a
    browser, has the run's clock."""
    if clock.EACH_TEST_BEGINS_THERE and not request.node.get_closest_marker("browser"):
        with clock.again():
            yield
    else:
        yield


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """Makes and drops databases; for tests that need several, or one per module."""
    shared = request.config.stash[SHARED]
    return Databases(Path(shared[0]), shared[1], os.environ.get("PYTEST_XDIST_WORKER", "gw"))


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a fresh migrated database; the test runs on both engines."""
    url = databases.create(request.param)
    yield url
    databases.drop(url)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a database in which nothing was migrated; the test runs on both engines."""
    url = databases.create(request.param, migrated=False)
    yield url
    databases.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[db.Database]:
    """This process bound to a fresh migrated database: `db.transaction()` and the services work on
    it."""
    base = db.configure(database_url)
    yield base
    base.dispose()
    db._database = None  # the next test, with or without a database, starts unbound


@pytest.fixture
def network(database: db.Database) -> Iterator[Network]:
    """Branch B1 with B2 under it, dealers D1 and D2, and a way to load more; the brand's zone is
    Shanghai."""
    before = brand._brand, keys._data_key, keys._entry_param_keys
    brand.configure(brand.Brand(clock.ZONE, "CNY", 2))
    keys.configure(b"data key of the tests, 32 bytes.", (b"parameter key, 32 bytes or more.",))
    made = Network()
    made.begin()
    yield made
    brand._brand = before[0]
    keys.configure(before[1], before[2])


# -- what the processes of one run share -----------------------------------------------------------

SHARED = pytest.StashKey[tuple[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    clock.begin()
    db.create_engine = create_engine_that_shares
    given = getattr(config, "workerinput", None)
    config.stash[SHARED] = (
        given["doorstep_shared"] if given else (scratch_folder("doorstep-tests-"), os.getpid())
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    node.workerinput["doorstep_shared"] = node.config.stash[SHARED]  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and SHARED in config.stash:
        shutil.rmtree(config.stash[SHARED][0], ignore_errors=True)
