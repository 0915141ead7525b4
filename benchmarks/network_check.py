"""How long the check of a whole network takes, beside the second that a page may wait for it:
`python -m benchmarks.network_check`."""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time

import config
import db
from app import create_app
from benchmarks.entries import _open_chain
from benchmarks.table import Line
from migrations import commands
from stores import network_check
from stores.base.brand import business_day

STORES, ROUNDS, AIM_MS = 3_000, 5, 1_000.0


def run() -> list[Line]:
    """3,000 stores in SQLite; the snapshot and the tables of places are there."""
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "DATABASE_URL": f"sqlite:///{folder}/check.db",
            "INSTANCE_PATH": folder,
            "LOG_LEVEL": "ERROR",
        }
        commands.upgrade(given["DATABASE_URL"])
        create_app(config.load(given))
        _open_chain(config.load(given), STORES)
        today, taken = business_day(dt.datetime.now(dt.UTC)), []
        for _ in range(ROUNDS + 1):
            network_check.forget()
            with db.read() as connection:
                began = time.perf_counter()
                network_check.check(connection, today)
                taken.append((time.perf_counter() - began) * 1000)
        db.database().dispose()
    took = statistics.median(taken[1:])
    return [
        Line(
            f"check of a network of {STORES:,} stores / one second",
            took,
            AIM_MS,
            "ms",
            AIM_MS / took,
            1.0,
        )
    ]


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
