"""How many orders a second are recorded, beside bare inserts into the same database: `python -m
benchmarks.orders`.

An order is some twenty rows: keys, lines, credits, transfers, bindings. The yardstick is one bare
row, as safely on disk. Rounds take turns, so that the machine's other guests meet both; what counts
is the median of the rounds' ratios."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, insert

import config
import db
from app import create_app
from benchmarks.entries import Request, _ask, _line, _open_chain, _rate, _server
from benchmarks.postgres import postgresql
from benchmarks.table import Line
from migrations import commands
from stores.orders.inputs import LineIn, OrderIn
from stores.orders.writing import record_orders

ROUNDS, SECONDS, BATCH, THREADS = 5, 1.0, 30_000, 8
PAID_AT = dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)
BODY = (
    '{{"order_no":"{0}{1}","customer_id":"{2}","paid_at":"2025-03-01T02:00:00Z","currency":"CNY","location":{{"latitude":31.2,"longitude":121.4,'
    '"crs":"wgs84"}},"lines":[{{"line_no":1,"sku":"A","quantity":1,"amount_minor":29900}},{{"line_no":2,"quantity":2,"amount_minor":1000}}]}}'
)
BARE = Table("bare", MetaData(), Column("order_no", String(64), primary_key=True))
_numbers = itertools.count(1)


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Line]:
    """Over HTTP, as a service, and a file of 30,000; SQLite, and PostgreSQL where it can be
    started. Some ninety seconds."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (port, key):
        lines = list(_over_http(port, key, rounds, seconds))
    with tempfile.TemporaryDirectory() as folder:
        lines += _as_service(
            f"sqlite:///{folder}/orders.db", "SQLite", Path(folder), rounds, seconds
        )
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        if url is not None:
            lines += _as_service(url, "PostgreSQL", Path(folder), rounds, seconds)
    return lines


def _over_http(port: int, key: str, rounds: int, seconds: float) -> Iterator[Line]:
    kinds: dict[str, Request] = {
        "hello": lambda n: b"GET /bare/hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "new": _post(key, "n", lambda n: f"n{n}"),
        "returning": _post(key, "r", lambda n: f"r{n % 400}"),
    }
    _ask(port, [_post(key, "w", lambda n: f"r{n % 400}")(n) for n in range(400)])
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    started = 0
    for _ in range(rounds):
        for name, make in kinds.items():
            started += 1_000_000
            rates[name].append(_rate(port, make, started, seconds))
    yield _line("order of a new customer, HTTP, SQLite / Flask hello", rates, "new", "hello", None)
    yield _line(
        "order of a returning customer, HTTP, SQLite / Flask hello",
        rates,
        "returning",
        "hello",
        None,
    )


def _post(key: str, mark: str, customer: Callable[[int], str]) -> Request:
    def make(n: int) -> bytes:
        body = BODY.format(mark, n, customer(n))
        return (
            "POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            f"{key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return make


# -- as a service ----------------------------------------------------------------------------------


def _as_service(url: str, engine: str, folder: Path, rounds: int, seconds: float) -> Iterator[Line]:
    given = {"DATABASE_URL": url, "INSTANCE_PATH": str(folder), "LOG_LEVEL": "ERROR"}
    commands.upgrade(url)
    create_app(config.load(given))
    _open_chain(config.load(given))
    with db.transaction() as connection:
        BARE.create(connection, checkfirst=True)
    kinds: dict[str, Callable[[], object]] = {
        "bare": lambda: _bare(f"b{next(_numbers)}"),
        "new": lambda: _record([_order(f"n{next(_numbers)}")]),
        "returning": lambda: _record([_order("r", next(_numbers) % 400)]),
    }
    _record([_order("r", n) for n in range(400)])
    rates: dict[str, list[float]] = {
        f"{name}{threads}": [] for name in kinds for threads in (1, THREADS)
    }
    for _, (name, deed), threads in itertools.product(range(rounds), kinds.items(), (1, THREADS)):
        rates[f"{name}{threads}"].append(_deeds(deed, threads, seconds))
    for threads in (1, THREADS):
        for name in ("new", "returning"):
            yield _line(
                f"order of a {name} customer, service, {threads} threads, {engine} / one bare row",
                rates,
                f"{name}{threads}",
                f"bare{threads}",
                None,
            )
    yield _batch(engine)
    db.database().dispose()
    db._database = None


def _batch(engine: str) -> Line:
    """A file of 30,000 orders of 20,000 customers, beside 30,000 bare rows by one executemany."""
    orders = [_order("z", n % 20_000) for n in range(BATCH)]
    began = time.perf_counter()
    _record(orders)
    ours = BATCH / (time.perf_counter() - began)
    began = time.perf_counter()
    with db.transaction() as connection:
        connection.execute(insert(BARE), [{"order_no": f"z{n}"} for n in range(BATCH)])
    bare = BATCH / (time.perf_counter() - began)
    return Line(
        f"file of 30,000 orders, {engine} / bare executemany", ours, bare, "/s", ours / bare
    )


def _deeds(deed: Callable[[], object], threads: int, seconds: float) -> float:
    done: list[int] = []
    until = time.perf_counter() + seconds

    def work() -> None:
        count = 0
        while time.perf_counter() < until:
            deed()
            count += 1
        done.append(count)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return sum(done) / (time.perf_counter() - began)


def _order(name: str, again: int | None = None) -> OrderIn:
    number = next(_numbers)
    return OrderIn(
        f"O{number}",
        name if again is None else f"{name}{again}",
        PAID_AT,
        "CNY",
        (LineIn(1, 1, 29_900, "A"), LineIn(2, 2, 1_000)),
        store_code=f"S{number % 2_000:05}",
    )


def _record(orders: list[OrderIn]) -> None:
    record_orders(orders, actor="benchmark", now=PAID_AT)


def _bare(number: str) -> None:
    with db.transaction() as connection:
        connection.execute(insert(BARE).values(order_no=number))


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
