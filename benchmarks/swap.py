"""What visitors feel while the network is edited: `python -m benchmarks.swap`. The 99th percentile
of `POST /entries` during edits, beside quiet times.

Two processes of gunicorn and 50 clients that send at a steady pace, some 40 % of what the servers
can take: their own answers must not be their own queue. Quiet seconds and seconds with EDITS edits
each take turns; stores close and open again, so every edit is a new snapshot in both processes.
Nobody is led to a store that was closed before he asked (M14), and no answer is a fault: else there
is no figure. SQLite, and PostgreSQL where it can be started."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.entries import ROOT, prepared
from benchmarks.postgres import postgresql
from benchmarks.table import Line

CLIENTS, ROUNDS, SECONDS, EDITS, SHARE = 50, 4, 5.0, 1, 0.4
EDITED = 20  # stores that take turns in closing and opening again


@dataclass(slots=True)
class _Truth:
    """When each edited store was closed for sure: from the answer to the closing until the opening
    is sent."""

    closed_since: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Line]:
    """Some two minutes for both engines."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        lines += _measured(f"sqlite:///{folder}/swap.db", "SQLite", Path(folder), rounds, seconds)
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        if url is not None:
            lines += _measured(url, "PostgreSQL", Path(folder), rounds, seconds)
    return lines


def _measured(url: str, engine: str, folder: Path, rounds: int, seconds: float) -> list[Line]:
    with _served(url, folder) as (port, key):
        truth, numbers = _Truth(), itertools.count()
        rate = len(_asked(port, key, truth, numbers, 3.0, None)) / 3.0 * SHARE
        quiet: list[float] = []
        edited: list[float] = []
        for _ in range(rounds):
            quiet.append(_p99(_asked(port, key, truth, numbers, seconds, rate)))
            stop = threading.Event()
            editor = threading.Thread(target=_edit, args=(port, key, truth, stop))
            editor.start()
            edited.append(_p99(_asked(port, key, truth, numbers, seconds, rate)))
            stop.set()
            editor.join()
    if truth.faults:
        raise RuntimeError(f"{len(truth.faults)} wrong answers, such as {truth.faults[0]}")
    before, during = statistics.median(quiet), statistics.median(edited)
    return [
        Line(
            f"p99 of entries, an edit of the network each second / none, {engine}",
            during,
            before,
            "ms",
            2 * before / during,
            1.0,
        )
    ]


def _p99(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


# -- clients ---------------------------------------------------------------------------------------


def _asked(
    port: int, key: str, truth: _Truth, numbers: Iterator[int], seconds: float, rate: float | None
) -> list[float]:
    """How long each entry took. `rate` a second, over all clients; None: as fast as they are
    answered."""
    taken: list[float] = []
    began = time.perf_counter()

    def client(number: int) -> None:
        chance, turn = random.Random(f"{number}{next(numbers)}"), number / CLIENTS
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (now := time.perf_counter() - began) < seconds:
            if rate is not None:
                due = turn * CLIENTS / rate
                turn += 1.0
                if due > now:
                    time.sleep(min(due, seconds) - now)
            body = {
                "customer": {"customer_id": f"c{next(numbers)}"},
                "location": {
                    "latitude": chance.uniform(30.2, 32.2),
                    "longitude": chance.uniform(120.2, 122.2),
                    "crs": "wgs84",
                },
            }
            shut, asked = dict(truth.closed_since), time.perf_counter()
            try:
                status, answer = _send(connection, "POST", "/api/v1/entries", key, body)
            except OSError as fault:
                truth.faults.append(repr(fault))
                return
            taken.append(time.perf_counter() - asked)
            code = answer.get("store_code")
            if status != 201 or code in shut and truth.closed_since.get(code) == shut[code]:
                truth.faults.append(f"{status} {code}")

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _edit(port: int, key: str, truth: _Truth, stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for n in itertools.count():
        if stop.wait(1 / EDITS):
            break
        code, opens = f"S{n // 2 % EDITED:05}", n % 2 == 1
        if opens:
            truth.closed_since.pop(code, None)
        status, answer = _send(
            connection,
            "PUT",
            f"/api/v1/stores/{code}",
            key,
            {"status": "active" if opens else "closed"},
        )
        if status != 200:
            truth.faults.append(f"edit: {status} {answer}")
        if not opens:
            truth.closed_since[code] = time.perf_counter()
    for code in list(truth.closed_since):
        truth.closed_since.pop(code)
        _send(connection, "PUT", f"/api/v1/stores/{code}", key, {"status": "active"})


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, key: str, body: object
) -> tuple[int, dict[str, object]]:
    connection.request(
        method,
        path,
        json.dumps(body),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


# -- the server ------------------------------------------------------------------------------------


@contextmanager
def _served(url: str, folder: Path) -> Iterator[tuple[int, str]]:
    """A chain in a fresh database under two processes of 32 threads: the port and an API key."""
    given = {
        "DATABASE_URL": url,
        "INSTANCE_PATH": str(folder),
        "LOG_LEVEL": "ERROR",
        "APP_ENV": "development",
    }
    port, key = prepared(given, "admin")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--preload",
            "--workers",
            "2",
            "--threads",
            "32",
            "--keep-alive",
            "30",
            "--backlog",
            "256",
            "--bind",
            f"127.0.0.1:{port}",
            "--log-level",
            "error",
            "wsgi:app",
        ],
        cwd=ROOT,
        env={**os.environ, **given},
    )
    try:
        for _ in range(600):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield port, key
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
