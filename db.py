"""The database: engine and transactions. `commit` stands in this file alone; column types and
protection of append-only tables in ledger/schema.py.

Three ways to talk to it (MECHANISMS M13, M21):
- `transaction()`: one deed, all or nothing. SQLite: BEGIN IMMEDIATE, synchronous FULL. Joins a
  transaction that is open.
- `read()`: several SELECTs that see one state. PostgreSQL: REPEATABLE READ, read only. Joins what
  is open.
- `statement()`: the entry path. PostgreSQL: autocommit, a statement is a round trip. SQLite: a
  short immediate transaction.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import psycopg
from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

BUSY_SECONDS = 30
RECYCLE_SECONDS = 1800
CONNECT_SECONDS = 10
# Of every PostgreSQL connection.
SESSION = {"options": "-c timezone=UTC -c lock_timeout=15000", "connect_timeout": CONNECT_SECONDS}
# A statement's values are people's: its error does not list them (PostgreSQL's own detail may
# name one).
QUIET: dict[str, Any] = {"hide_parameters": True}
INTEGRITY_ERRORS = (IntegrityError, sqlite3.IntegrityError)  # ledger/driver.py speaks to SQLite's
FAULTS = (DBAPIError, PoolTimeout, sqlite3.Error)  # of a statement, or of asking for a connection
# Connection, resources, shut down, a lock not given in time, serialization, deadlock.
_AWAY_STATES = ("08", "53", "57P", "55P03", "40001", "40P01")
_AWAY_WORDS = ("is locked", "unable to open database", "disk i/o error", "disk is full")


def is_away(error: BaseException) -> bool:
    """Whether a fault says that the database is busy or cannot be reached, so that the same deed
    may succeed a little later."""
    if (
        isinstance(error, PoolTimeout)
        or isinstance(error, DBAPIError)
        and error.connection_invalidated
    ):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.OperationalError):
        return cause.sqlstate is None or cause.sqlstate.startswith(_AWAY_STATES)
    if isinstance(cause, psycopg.Error):
        return (cause.sqlstate or "").startswith(_AWAY_STATES)
    return isinstance(cause, sqlite3.OperationalError) and any(
        words in str(cause).lower() for words in _AWAY_WORDS
    )


# -- the engine ------------------------------------------------------------------------------------


class Database:
    """Engine and pools of one process for one URL."""

    def __init__(self, url: str):
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.write_lock = (
            threading.Lock()
        )  # SQLite has one writer; queueing here is fair, its busy handler is not
        self.gate: Any = threading.Lock() if self.sqlite else nullcontext()
        if self.sqlite:
            self.engine = self._sqlite_engine(url, "FULL", says_begin=True)
            self.entry_engine = self._sqlite_engine(url, "NORMAL", says_begin=False, pooled=False)
            self.apart_engine = self._sqlite_engine(url, "FULL", says_begin=True, pooled=False)
        else:
            self.engine = create_engine(
                url,
                **QUIET,
                pool_size=10,
                max_overflow=30,
                pool_recycle=RECYCLE_SECONDS,
                pool_timeout=30,
                connect_args=SESSION,
            )
            self.entry_engine = create_engine(
                url, **QUIET, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=SESSION
            )
            self.apart_engine = create_engine(
                url, **QUIET, poolclass=NullPool, connect_args=SESSION
            )
        self.kept = _Kept(self.entry_engine)

    def _sqlite_engine(
        self, url: str, synchronous: str, *, says_begin: bool, pooled: bool = True
    ) -> Engine:
        pool: dict[str, Any] = (
            {"pool_size": 20, "max_overflow": 60} if pooled else {"poolclass": NullPool}
        )
        engine = create_engine(
            url, **QUIET, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **pool
        )

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, record: Any) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            cursor = connection.cursor()
            # A checkpoint waits for the disk while the writer is held: one for each 16 MB, not for
            # each 4.
            for pragma in (
                "journal_mode=WAL",
                f"synchronous={synchronous}",
                "foreign_keys=ON",
                "recursive_triggers=ON",
                "temp_store=MEMORY",
                "secure_delete=ON",
                "cache_size=-65536",
                "mmap_size=268435456",
                "wal_autocheckpoint=4000",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            if says_begin:
                connection.exec_driver_sql(
                    "BEGIN"
                    if connection.get_execution_options().get("doorstep_read")
                    else "BEGIN IMMEDIATE"
                )

        return engine

    def dispose(self, close: bool = True) -> None:
        self.engine.dispose(close=close)
        self.kept.dispose(close)


class _Kept:
    """Connections of the entry path. They stay open from one visitor to the next: handing one out
    and cleaning it afterwards, as a pool does, costs more than the statement it is taken for, and
    of an autocommitted statement there is nothing to clean."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._idle: list[tuple[Connection, float]] = []
        self._not_ours: list[tuple[Connection, float]] = []

    def take(self) -> tuple[Connection, float]:
        """A connection and until when (monotonic) it may be used."""
        while self._idle:
            try:
                found = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if found[1] > time.monotonic():
                return found
            found[0].close()
        return self._engine.connect(), time.monotonic() + RECYCLE_SECONDS

    def give(self, taken: tuple[Connection, float]) -> None:
        """Keep it for the next visitor; what a fault has passed through is closed instead, by its
        taker."""
        self._idle.append(taken)

    def dispose(self, close: bool) -> None:
        """Close all that are idle; without `close` (after a fork) they belong to the other process
        and are neither used nor closed here."""
        idle, self._idle = self._idle, []
        if close:
            for connection, _ in idle:
                connection.close()
        else:
            self._not_ours += idle


_database: Database | None = None
_current: ContextVar[Connection | None] = ContextVar("doorstep_connection", default=None)
_after: ContextVar[list[Callable[[], None]] | None] = ContextVar(
    "doorstep_after_commit", default=None
)


def configure(url: str) -> Database:
    """Bind this process to a database; the same URL again keeps the pools."""
    global _database
    if _database is not None and _database.url != url:
        _database.dispose()
        _database = None
    if _database is None:
        _database = Database(url)
    return _database


def database() -> Database:
    if _database is None:
        raise RuntimeError("db.configure(url) was not called")
    return _database


def _forget_connections_after_fork() -> None:
    if _database is not None:
        _database.write_lock = threading.Lock()
        _database.gate = threading.Lock() if _database.sqlite else nullcontext()
        _database.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections_after_fork)


@contextmanager
def transaction() -> Iterator[Connection]:
    """One deed: commits at the end, rolls back on an exception; inside an open transaction it joins
    that one."""
    current = _current.get()
    if current is not None:
        if current.get_execution_options().get("doorstep_read"):
            raise RuntimeError("a write was begun inside read()")
        yield current
        return
    base = database()
    hooks: list[Callable[[], None]] = []
    if base.sqlite:
        base.write_lock.acquire()
    try:
        with base.engine.connect() as connection, connection.begin():
            with _as_current(connection), _collecting(hooks):
                yield connection
    finally:
        if base.sqlite:
            base.write_lock.release()
    for hook in hooks:
        hook()


def write_if_free(statement: Executable) -> bool:
    """One small write that may as well be left out: False at once while somebody else writes on
    SQLite, which an import does for a minute.

    Not inside `read()` or `transaction()`."""
    base = database()
    if not base.sqlite:
        with transaction() as connection:
            connection.execute(statement)
        return True
    if not base.write_lock.acquire(blocking=False):
        return False
    try:
        with base.engine.connect() as connection:
            return _at_once(connection, statement)
    finally:
        base.write_lock.release()


def _at_once(connection: Connection, statement: Executable) -> bool:
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        with connection.begin():
            connection.execute(statement)
        return True
    except OperationalError:  # another process is writing
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


@contextmanager
def read(*, apart: bool = False) -> Iterator[Connection]:
    """Several SELECTs of one state; inside an open transaction it joins that one. `apart` takes a
    connection of its own outside the pool: for work that threads holding every pooled connection
    may be waiting for."""
    current = _current.get()
    if current is not None:
        yield current
        return
    base = database()
    level = (
        {} if base.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    engine = base.apart_engine if apart else base.engine
    with (
        engine.connect().execution_options(doorstep_read=True, **level) as connection,
        connection.begin(),
    ):
        with _as_current(connection):
            yield connection


@contextmanager
def statement(*, writes: bool = True) -> Iterator[Connection]:
    """The entry path's connection: autocommit on PostgreSQL (each statement is one round trip and
    commits itself).

    On SQLite those who write take turns, one thread of the process at a time: there a statement
    lasts microseconds, and handing the interpreter to another thread and back around each of them
    costs more than it brings. Who only reads never waits for a writer."""
    if _current.get() is not None:
        raise RuntimeError("statement() stands alone; it cannot join a transaction")
    base = database()
    with base.gate if writes else nullcontext():
        taken = base.kept.take()
        try:
            yield taken[0]
        except BaseException as error:
            taken[0].close()
            if not base.sqlite and is_away(
                error
            ):  # the others were cut with it: one visitor notices, not each of the next
                base.kept.dispose(close=True)
            raise
        base.kept.give(taken)


@contextmanager
def short_write(connection: Connection) -> Iterator[Connection]:
    """SQLite's half of M12: several statements of the entry path as one immediate transaction on
    its autocommit connection; joins a transaction that is open. On PostgreSQL nothing: there each
    statement stands alone."""
    base = database()
    if not base.sqlite or _current.get() is connection:
        yield connection
        return
    with base.write_lock:
        _say(connection, "BEGIN IMMEDIATE")
        try:
            yield connection
            _say(connection, "COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _say(connection: Connection, sql: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(sql)


def _roll_back(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if driver.in_transaction:
        driver.execute("ROLLBACK")


def forget_what_was_deleted() -> None:
    """SQLite keeps the pages of before in its log until they are carried over: carry them over now,
    so that the log holds nobody who was erased. Deleted rows themselves are overwritten
    (secure_delete). Not inside a transaction; where somebody is reading just then, the next
    checkpoint does it."""
    base = database()
    if base.sqlite:
        with base.write_lock, base.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the open transaction has committed; never when it rolls back."""
    hooks = _after.get()
    if hooks is None:
        raise RuntimeError("after_commit() needs an open transaction")
    hooks.append(hook)


@contextmanager
def _as_current(connection: Connection) -> Iterator[None]:
    token = _current.set(connection)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def _collecting(hooks: list[Callable[[], None]]) -> Iterator[None]:
    token = _after.set(hooks)
    try:
        yield
    finally:
        _after.reset(token)


def lock_clause(connection: Connection) -> bool:
    """True where SELECT ... FOR UPDATE is needed; SQLite's writer is alone already."""
    return connection.dialect.name == "postgresql"
