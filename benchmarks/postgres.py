"""A PostgreSQL of our own for benchmarks, beside SQLite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The URL of a server that runs until the end; None where none can be started, or with
    BENCH_POSTGRESQL=off.

    It does not write through to disk, as `tests.postgres` does not: both sides of a ratio alike."""
    if os.environ.get("BENCH_POSTGRESQL") == "off":
        yield None
        return
    from tests.postgres import Server

    try:
        server = Server()
    except RuntimeError as reason:
        print(f"PostgreSQL is left out: {reason}")
        yield None
        return
    try:
        yield server.url()
    finally:
        server.stop()
