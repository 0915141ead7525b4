"""How long the server takes for each page of each role, 95th percentile: `python -m
benchmarks.pages [REPEAT]`.

With DATABASE_URL the demo chain that stands there (`flask demo --size full` is the size to aim at),
else a small one made for it. Every page that can be read is opened, those with an object in their
address with one of the reader's, and the lists over a year as well. The aim is a second."""

from __future__ import annotations

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

import config
import db
from app import create_app
from app.accounts import sessions, users
from app.accounts.users import User, app_user
from app.demo.cast import fill
from app.demo.sizes import SIZES
from benchmarks.table import Line
from migrations import commands
from stores.facts.entries import entry
from stores.facts.orders import sales_order
from stores.figures import cube_steps
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store

REPEAT, AIM_SECONDS = 5, 1.0
ROLES = (
    "hq_admin",
    "branch_coordinator",
    "dealer",
    "store_manager",
    "guide",
)  # other roles of headquarters open the same pages
YEAR = (
    "/hq/entries",
    "/hq/orders",
    "/hq/adds",
    "/hq/refunds",
    "/hq/dealers",
    "/hq/ledger/fees",
    "/hq/ledger/rewards",
    "/dealer/orders",
    "/dealer/ledger/fees",
)
MORE = (
    "/hq?period=today",
    "/hq?period=30d",
    "/hq/stores?silent=yes",
    "/hq/orders?owner=unattributed",
    "/hq/entries?rung=PICKER",
    "/hq/orders?sort=total",
)


def run(repeat: int = REPEAT) -> list[Line]:
    """One line a page, slowest first."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/pages.db"
        commands.upgrade(url)
        app = create_app(
            config.load({"INSTANCE_PATH": folder, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"})
        )
        fill(Path(folder), SIZES["small"], None, dt.datetime.now(dt.UTC))
        cube_steps.advance()
        lines = [line for role in ROLES for line in _role(app, role, repeat)]
    return sorted(lines, key=lambda line: -line.figure)


def _role(app: Any, role: str, repeat: int) -> Iterator[Line]:
    with db.read() as connection:
        number = connection.execute(
            select(app_user.c.id)
            .where(app_user.c.role == role, app_user.c.disabled_at.is_(None))
            .order_by(app_user.c.id)
        ).scalar()
        if number is None:
            return
        user = users.load(connection, number)
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(
            {
                "_user_id": sessions.open_session(
                    user, "benchmark", dt.datetime.now(dt.UTC)
                ).get_id(),
                "_fresh": True,
            }
        )
    for path in _paths(app, user):
        times = []
        for _ in range(repeat):
            began = time.perf_counter()
            answer = client.get(path)
            answer.get_data()
            times.append(time.perf_counter() - began)
            if answer.status_code != 200:
                break
        if answer.status_code == 200:
            p95 = (
                statistics.quantiles(times, n=20, method="inclusive")[-1]
                if len(times) > 1
                else times[0]
            )
            yield Line(
                f"{role:<19}{path}", p95 * 1000, AIM_SECONDS * 1000, "ms", AIM_SECONDS / p95, 1.0
            )
        elif answer.status_code not in (302, 303, 403, 404):
            print(f"{role} {path}: {answer.status_code}", file=sys.stderr)


def _paths(app: Any, user: User) -> Iterator[str]:
    objects = _objects(user)
    span = _span()
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        if (
            rule.methods is None
            or "GET" not in rule.methods
            or not rule.rule.startswith(("/hq", "/dealer", "/guide"))
        ):
            continue
        path = rule.rule
        for name in rule.arguments:
            for kind in (name, _kind(path)):
                if kind in objects:
                    path = path.replace(f"<{name}>", objects[kind])
        if "<" not in path:
            yield path.rstrip("/")
    yield from (f"{path}?{span}" for path in YEAR)
    yield from MORE


def _kind(path: str) -> str:
    return next(
        (kind for kind in ("stores", "dealers", "guides", "team", "ledger") if f"/{kind}/" in path),
        "",
    )


def _objects(user: User) -> dict[str, str]:
    """One of each kind within the user's rows, by the name in an address."""
    limit = {"dealer": "dealer_id", "store": "store_id"}.get(user.scope_kind)
    o, e = sales_order.c, entry.c
    with db.read() as connection:
        order = (
            select(o.order_no, o.store_id, o.dealer_id, o.guide_id)
            .where(o.guide_id.is_not(None), o.store_id.is_not(None))
            .order_by(o.id.desc())
            .limit(1)
        )
        found = connection.execute(
            order.where(o[limit] == user.scope_id) if limit else order
        ).first()
        if found is None:
            return {}
        return {
            "order_no": found.order_no,
            "stores": _code(connection, store, found.store_id),
            "dealers": _code(connection, dealer, found.dealer_id),
            "guides": _code(connection, guide, found.guide_id),
            "team": _code(connection, guide, found.guide_id),
            "ledger": "fees",
            "entry_id": connection.execute(
                select(e.entry_id).order_by(e.id.desc()).limit(1)
            ).scalar_one(),
        }


def _code(connection: Any, table: Any, number: int) -> str:
    return str(
        connection.execute(
            select(table.c[f"{table.name}_code"]).where(table.c.id == number)
        ).scalar_one()
    )


def _span() -> str:
    last = dt.datetime.now(dt.UTC).date()
    return f"from={last - dt.timedelta(days=364)}&to={last}"


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run(int(sys.argv[1]) if len(sys.argv) > 1 else REPEAT))
