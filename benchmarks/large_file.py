"""What visitors feel while a large file of orders is written: `python -m benchmarks.large_file
[ORDERS]`.

A server process as in benchmarks.entries, CLIENTS that enter at a steady pace, and a process of its
own that brings in a file, as `flask import` does, then what the worker does with it: seal, book,
count the figures. The worst entry is held to two seconds (N2); an answer that is a fault ends the
run. SQLite, and PostgreSQL where it can be started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.entries import ROOT, _ask, _entry, _exchange, _server
from benchmarks.postgres import postgresql
from benchmarks.table import Line

ORDERS, CLIENTS, PAUSE = 30_000, 4, 0.05
AIM_SECONDS = 2.0
BRING = """
import datetime as dt, sys
import config
from app import create_app
from app.services.schedule import JOBS
from stores.base.actors import COMMAND_LINE
from stores.imports.order_rows import FileLine, FileOrder
from stores.orders import filing

create_app(config.load())
now = dt.datetime.now(dt.UTC)
orders = [FileOrder(n + 2, f"F{n:07}", f"f{n // 2}", now - dt.timedelta(minutes=n % 50_000), "CNY", (FileLine(n + 2, 1, 19_900, 1, "A", None),), None, None, None,
                    f"S{n % 2_000:05}", None, None) for n in range(int(sys.argv[1]))]
filing.file_orders(orders, [], actor=COMMAND_LINE, now=now)
print("written", flush=True)
for job in JOBS:
    if job.name in ("seal", "rewards", "figures"):
        job.run(dt.datetime.now(dt.UTC))
"""


def run(orders: int = ORDERS) -> list[Line]:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        lines += _measured("SQLite", f"sqlite:///{folder}/file.db", Path(folder), orders)
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        if url is not None:
            lines += _measured("PostgreSQL", url, Path(folder), orders)
    return lines


def _measured(engine: str, url: str, folder: Path, orders: int) -> list[Line]:
    with _server(folder, url) as (port, key):
        make, waits, over = _entry(key, "r{}", again=2_000), [], threading.Event()
        _ask(port, [make(n) for n in range(200)])

        def client(number: int) -> None:
            asked = number * 1_000_000
            with socket.create_connection(("127.0.0.1", port)) as connection:
                while not over.is_set():
                    began = time.perf_counter()
                    _exchange(connection, make(asked))
                    waits.append(time.perf_counter() - began)
                    asked += 1
                    time.sleep(PAUSE)

        team = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
        for each in team:
            each.start()
        began = time.perf_counter()
        given = {"DATABASE_URL": url, "INSTANCE_PATH": str(folder), "LOG_LEVEL": "ERROR"}
        brings = subprocess.Popen(
            [sys.executable, "-c", BRING, str(orders)],
            cwd=ROOT,
            env={**os.environ, **given},
            stdout=subprocess.PIPE,
        )
        assert brings.stdout is not None
        with brings.stdout:
            done = brings.stdout.readline() == b"written\n"
            took = time.perf_counter() - began
            brings.stdout.read()
        ended = brings.wait()
        over.set()
        for each in team:
            each.join()
    if not done or ended:
        raise RuntimeError(f"the file was not written, status {ended}")
    name = f"a file of {orders:,} orders is written, {engine}"
    p99 = sorted(waits)[int(len(waits) * 0.99)]
    # the ratio is the share of the two seconds that is left over: 1 and more holds
    return [
        Line(
            f"worst entry while {name} / {AIM_SECONDS:.0f} s",
            max(waits),
            AIM_SECONDS,
            "s",
            AIM_SECONDS / max(waits),
            1.0,
        ),
        Line(
            f"99th percentile of entries meanwhile, {engine} / {AIM_SECONDS:.0f} s",
            p99,
            AIM_SECONDS,
            "s",
            AIM_SECONDS / p99,
            None,
        ),
        Line(f"seconds until {name} / a minute", took, 60.0, "s", 60.0 / took, None),
    ]


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run(*(int(given) for given in sys.argv[1:])))
