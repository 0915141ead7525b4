"""How many entries a second one server process takes, beside plain Flask routes on the same server:
`python -m benchmarks.entries`.

SQLite, 2,000 stores, a waitress of four threads, four clients over HTTP; who returns comes back to
his place. The rounds take turns, so that the machine's other guests meet them all; what counts is
the median of the rounds' ratios."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import config
import db
from app import create_app
from app.accounts import api_keys
from benchmarks.postgres import postgresql
from benchmarks.table import Line
from migrations import commands
from stores.base.actors import COMMAND_LINE
from stores.imports.cells import Context
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.sheets import Sheet
from stores.registers import dealers, stores

ROOT = Path(__file__).resolve().parent.parent
STORES, DEALERS, CLIENTS, ROUNDS, SECONDS = 2_000, 50, 4, 7, 1.0
BODY = '{{"customer":{{"customer_id":"{}"}},"location":{{"latitude":{:.6f},"longitude":{:.6f},"crs":"wgs84","accuracy_m":30}}}}'
Request = Callable[[int], bytes]


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Line]:
    """Requests a second of new and of returning visitors; SQLite, and PostgreSQL where it can be
    started. Some eighty seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lines = _beside_bare(
            "SQLite", f"sqlite:///{folder}/entries.db", Path(folder), rounds, seconds
        )
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        return (
            lines
            if url is None
            else lines + _beside_bare("PostgreSQL", url, Path(folder), rounds, seconds)
        )


def _beside_bare(engine: str, url: str, folder: Path, rounds: int, seconds: float) -> list[Line]:
    with _server(folder, url) as (port, key):
        new, returning = _entry(key, "n{}"), _entry(key, "r{}", again=400)
        kinds: dict[str, Request] = {
            "hello": lambda n: b"GET /bare/hello HTTP/1.1\r\nHost: x\r\n\r\n",
            "insert": _post("/bare/insert", "", "i{}"),
            "new": new,
            "returning": returning,
            "route": _post("/api/v1/routes", f"Authorization: Bearer {key}\r\n", "r{}", 400),
        }
        for n in range(400):
            _ask(port, [returning(n)])
        rates: dict[str, list[float]] = {name: [] for name in kinds}
        started = 0
        for _ in range(rounds):
            for name, make in kinds.items():
                started += 1_000_000
                rates[name].append(_rate(port, make, started, seconds))
    return [
        _line(
            f"entry of a new customer, {engine} / Flask + one insert", rates, "new", "insert", 0.75
        ),
        _line(
            f"entry of a returning customer, {engine} / Flask + one insert",
            rates,
            "returning",
            "insert",
            0.75,
        ),
        _line(f"entry of a new customer, {engine} / Flask hello", rates, "new", "hello", 0.12),
        _line(
            f"entry of a returning customer, {engine} / Flask hello",
            rates,
            "returning",
            "hello",
            0.20,
        ),
        _line(
            f"route of a returning customer, nothing stored, {engine} / Flask hello",
            rates,
            "route",
            "hello",
            0.55,
        ),
    ]


def _line(
    name: str, rates: dict[str, list[float]], ours: str, theirs: str, aim: float | None
) -> Line:
    ratio = statistics.median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))
    return Line(
        name, statistics.median(rates[ours]), statistics.median(rates[theirs]), "/s", ratio, aim
    )


# -- asking ----------------------------------------------------------------------------------------


def _entry(key: str, name: str, again: int | None = None) -> Request:
    return _post("/api/v1/entries", f"Authorization: Bearer {key}\r\n", name, again)


def _post(path: str, headers: str, name: str, again: int | None = None) -> Request:
    def make(n: int) -> bytes:
        who = n if again is None else n % again
        place = random.Random(who)
        body = BODY.format(name.format(who), place.uniform(30.2, 32.2), place.uniform(120.2, 122.2))
        return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    return make


def _rate(port: int, make: Request, first: int, seconds: float) -> float:
    done: list[int] = []
    until = time.perf_counter() + seconds

    def client(number: int) -> None:
        asked = 0
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.perf_counter() < until:
                _exchange(connection, make(first + number * 100_100 + asked))
                asked += 1
        done.append(asked)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def _ask(port: int, requests: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for each in requests:
            _exchange(connection, each)


def _exchange(connection: socket.socket, request: bytes) -> None:
    """One request and its whole answer. Raises RuntimeError for anything but 2xx."""
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if head[9:10] != b"2":
        raise RuntimeError(answer.decode(errors="replace"))
    left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]) - len(body)
    while left > 0:
        left -= len(connection.recv(65536))


# -- the server ------------------------------------------------------------------------------------


@contextmanager
def _server(folder: Path, url: str | None = None) -> Iterator[tuple[int, str]]:
    """A chain in a fresh database (SQLite in the folder, or the one of the URL), served by a
    process of its own: the port and an API key."""
    given = {
        "DATABASE_URL": url or f"sqlite:///{folder / 'entries.db'}",
        "INSTANCE_PATH": str(folder),
        "LOG_LEVEL": "ERROR",
    }
    port, key = prepared(given, "write")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server", str(port)],
        cwd=ROOT,
        env={**os.environ, **given},
    )
    try:
        _wait(port, process)
        yield port, key
    finally:
        ended = process.poll()
        process.terminate()
        process.wait()
        if ended is not None:
            raise RuntimeError(f"the server ended in the middle, with status {ended}")


def prepared(given: dict[str, str], scope: str) -> tuple[int, str]:
    """The chain in the database of these settings; a free port and an API key of that scope."""
    commands.upgrade(given["DATABASE_URL"])
    create_app(config.load(given))
    _open_chain(config.load(given))
    key = api_keys.create_key("benchmark", scope, by=COMMAND_LINE)
    db.database().dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]), key


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            return _ask(port, [b"GET /bare/hello HTTP/1.1\r\nHost: x\r\n\r\n"])
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _open_chain(settings: config.Settings, count: int = STORES) -> None:
    chance = random.Random(3)
    context = Context(settings.timezone, settings.currency, config.CURRENCY_DECIMALS)
    _apply(
        dealers,
        "dealers",
        context,
        [{"dealer_code": f"D{n}", "name": f"Dealer {n}"} for n in range(DEALERS)],
    )
    _apply(
        stores,
        "stores",
        context,
        [
            {
                "store_code": f"S{n:05}",
                "name": f"Shop {n}",
                "dealer_code": f"D{n % DEALERS}",
                "latitude": f"{chance.uniform(30, 32.4):.6f}",
                "longitude": f"{chance.uniform(120, 122.4):.6f}",
                "crs": "wgs84",
                "hours": "09:00-21:00",
                "cloud_shop_url": f"/pages/shop?code=S{n:05}",
            }
            for n in range(count)
        ],
    )


def _apply(register: object, kind: str, context: Context, rows: list[dict[str, str]]) -> None:
    names = tuple(column.name for column in COLUMNS[kind] if column.name in rows[0])
    checked = check(kind, Sheet(names, list(enumerate(rows, 2)), FaultList(), "utf-8"), context)
    if checked.faults:
        raise RuntimeError(json.dumps([str(each) for each in checked.faults.kept]))
    register.apply(checked.rows, actor=COMMAND_LINE, now=dt.datetime.now(dt.UTC))  # type: ignore[attr-defined]


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
