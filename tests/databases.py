"""Fresh migrated databases on both engines, in milliseconds: each is a copy of one migrated
template per test run.

The processes of a test run (`-n 2`) share a folder. The first that needs an engine builds its
template there under a file lock; PostgreSQL is started the same way and ends when the process that
began the run ends, even if that was killed."""

from __future__ import annotations

import fcntl
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from migrations import commands

ENGINES = ("sqlite", "postgresql")
_first_engines: dict[tuple[str, str], Engine] = {}
TEMPLATE = "doorstep_template"
ROOT = Path(__file__).resolve().parent.parent


def create_engine_that_shares(url: str, **options: Any) -> Engine:
    """As SQLAlchemy's: statements that an engine of this process has compiled are compiled for
    every other one of the same dialect, too."""
    engine = sqlalchemy.create_engine(url, **options)
    kind = (engine.dialect.name, str(options.get("isolation_level")))
    first = _first_engines.get(kind)
    if first is None:
        try:
            engine.connect().close()  # a dialect asks its server for what it can do, once
        except SQLAlchemyError:
            return engine
        _first_engines[kind] = engine
    else:
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine


class Databases:
    """Makes databases for one process of a test run; `folder` is shared by all of them, `owner`
    began the run."""

    def __init__(self, folder: Path, owner: int, worker: str):
        self.folder, self.owner, self.worker = folder, owner, worker
        self._numbers = itertools.count(1)
        self._ready: set[str] = set()

    def create(self, engine: str, migrated: bool = True) -> str:
        """A new database; returns its URL. `migrated=False`: empty, for tests of the migrations."""
        name = f"{self.worker}_{next(self._numbers)}"
        if engine == "sqlite":
            return self._create_sqlite(name, migrated)
        return self._create_postgresql(name, migrated)

    def copy(self, url: str) -> str:
        """A new database that holds what that one holds, to which nobody is connected."""
        name, original = f"{self.worker}_{next(self._numbers)}", make_url(url).database
        assert original is not None
        if url.startswith("sqlite"):
            if Path(f"{original}-wal").exists():
                raise RuntimeError(
                    f"{original} is open, so its file is not all of it; dispose of its engine first"
                )
            shutil.copyfile(original, self.folder / f"{name}.db")
            return f"sqlite:///{self.folder / name}.db"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{original}" STRATEGY FILE_COPY')
        return self.postgresql_url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `create` made; connections to it are cut."""
        name = make_url(url).database
        assert name is not None
        if url.startswith("sqlite"):
            for suffix in ("", "-wal", "-shm"):
                Path(name + suffix).unlink(missing_ok=True)
            return
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def postgresql_url(self, name: str = "postgres") -> str:
        """The server of this test run, started on first use."""
        return make_url(self._server()).set(database=name).render_as_string(hide_password=False)

    def _create_sqlite(self, name: str, migrated: bool) -> str:
        path = self.folder / f"{name}.db"
        if migrated:
            shutil.copyfile(self._sqlite_template(), path)
        return f"sqlite:///{path}"

    def _sqlite_template(self) -> Path:
        template = self.folder / f"{TEMPLATE}.db"
        if "sqlite" not in self._ready:
            with self._alone("sqlite"):
                if not template.exists():
                    building = template.with_suffix(".building")
                    commands.upgrade(f"sqlite:///{building}")
                    building.rename(template)
            self._ready.add("sqlite")
        return template

    def _create_postgresql(self, name: str, migrated: bool) -> str:
        if migrated and "postgresql" not in self._ready:
            self._make_postgresql_template()
        self._administer(
            f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE if migrated else "template0"} STRATEGY '
            "FILE_COPY"
        )
        return self.postgresql_url(name)

    def _make_postgresql_template(self) -> None:
        self._server()
        with self._alone("postgresql"):
            mark = self.folder / "postgresql.migrated"
            if not mark.exists():
                self._administer(f"CREATE DATABASE {TEMPLATE}")
                commands.upgrade(self.postgresql_url(TEMPLATE))
                mark.touch()
        self._ready.add("postgresql")

    def _server(self) -> str:
        address = self.folder / "postgresql.url"
        if not address.exists():
            with self._alone("postgresql"):
                if not address.exists():
                    address.write_text(self._start_server())
        return address.read_text()

    def _start_server(self) -> str:
        command = [
            sys.executable,
            "-m",
            "tests.postgres",
            "--while",
            str(self.owner),
            "--scratch",
            str(self.folder),
        ]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        with process.stdout:
            url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(
                f"PostgreSQL did not start (status {process.wait()}); try: python -m tests.postgres"
            )
        process.returncode = (
            0  # it outlives us and ends with the run's owner; nothing here waits for it
        )
        return url

    def _administer(self, statement: str) -> None:
        address = (
            make_url(self._server())
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with open(self.folder / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
