"""How many customers a second are re-assigned, beside bare inserts of as many facts in the same
database: `python -m benchmarks.reassign`.

What counts is that 1.2 million customers are re-assigned in less than two minutes;
`BENCH_CUSTOMERS` says how many are made (default 200,000), and the line tells what 1.2 million
would take at that rate. Each customer is four rows and two changes. They are made by sets, as a
first order leaves them: one binding in force and a state that names its store."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import BigInteger, Column, MetaData, String, Table

import config
import db
from app import create_app
from benchmarks.entries import _open_chain
from benchmarks.postgres import postgresql
from benchmarks.table import Line
from ledger.bulk import insert_rows
from migrations import commands
from stores.base.actors import COMMAND_LINE
from stores.customer_deeds import reassign, reassign_check
from stores.customer_deeds.reassign_plan import Plan
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_state

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "200000"))
WANTED, SECONDS = 1_200_000, 120.0
PART = 20_000
BARE = Table(
    "bare_fact",
    MetaData(),
    Column("reassignment_id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(27)),
)


def run(customers: int = CUSTOMERS) -> list[Line]:
    """SQLite, and PostgreSQL where it can be started."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [_measured(f"sqlite:///{folder}/reassign.db", "SQLite", Path(folder), customers)]
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        if url is not None:
            lines.append(_measured(url, "PostgreSQL", Path(folder), customers))
    return lines


def _measured(url: str, engine: str, folder: Path, customers: int) -> Line:
    given = {"DATABASE_URL": url, "INSTANCE_PATH": str(folder), "LOG_LEVEL": "ERROR"}
    commands.upgrade(url)
    create_app(config.load(given))
    _open_chain(config.load(given))
    now = dt.datetime.now(dt.UTC)
    _make(customers, now)
    bare = customers / _bare(customers)
    began = time.perf_counter()
    codes = tuple(f"S{n:05}" for n in range(1_000))
    number = reassign_check.ask(Plan("benchmark", codes), actor=COMMAND_LINE, now=now)
    reassign_check.check(number, actor=COMMAND_LINE, now=now)
    reassign.start(number, actor=COMMAND_LINE, now=now)
    row = reassign.proceed(number, actor=COMMAND_LINE)
    if row.moved != customers:
        raise RuntimeError(f"{row.moved} of {customers} were moved")
    seconds = time.perf_counter() - began
    db.database().dispose()
    db._database = None
    would = WANTED * seconds / customers
    return Line(
        f"re-assign {customers:,} customers, {engine}: 1.2 million in {would:.0f} s / 120 s",
        customers / seconds,
        bare,
        "/s",
        SECONDS / would,
        1.0,
    )


def _make(customers: int, now: dt.datetime) -> None:
    """Customers at home in one of a thousand stores since two months, protected no more."""
    with db.read() as connection:
        stores = [
            r[0]
            for r in connection.exec_driver_sql(
                "SELECT id FROM store ORDER BY store_code LIMIT 1000"
            )
        ]
    at = now - dt.timedelta(days=60)
    protected, valid = at + dt.timedelta(days=30), at + dt.timedelta(days=365)
    for numbers in _parts(customers):
        with db.transaction() as connection:
            insert_rows(
                connection,
                customer,
                [
                    {"id": n, "customer_id": f"c{n}", "employee": False, "created_at": at}
                    for n in numbers
                ],
            )
            insert_rows(
                connection,
                customer_state,
                [
                    {
                        "customer_id": n,
                        "rv": 1,
                        "home_store_id": stores[n % 1_000],
                        "home_protected_until": protected,
                        "home_valid_until": valid,
                        "no_switch": False,
                    }
                    for n in numbers
                ],
            )
            insert_rows(
                connection,
                binding,
                [
                    {
                        "customer_id": n,
                        "kind": "home",
                        "store_id": stores[n % 1_000],
                        "started_at": at,
                        "protected_until": protected,
                        "valid_until": valid,
                        "ended_at": valid,
                        "reason": "first_order",
                        "end_reason": "validity_over",
                        "source_kind": "order",
                        "source_id": n,
                        "recorded_at": at,
                    }
                    for n in numbers
                ],
            )


def _bare(customers: int) -> float:
    """Seconds to insert as many facts of three columns by the same bulk path and in the same parts,
    and nothing else."""
    with db.transaction() as connection:
        BARE.create(connection, checkfirst=True)
    began = time.perf_counter()
    for numbers in _parts(customers):
        with db.transaction() as connection:
            insert_rows(
                connection,
                BARE,
                [
                    {"reassignment_id": 1, "customer_id": n, "at": "2026-01-01T00:00:00.000000Z"}
                    for n in numbers
                ],
            )
    return time.perf_counter() - began


def _parts(customers: int) -> Iterator[range]:
    for begin in range(1, customers + 1, PART):
        yield range(begin, min(begin + PART, customers + 1))


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
