"""Room for visitors: how many a store, or a guide, may be given on one day (M15).

A place is taken by one statement that counts up only below the limit, in the transaction that
writes the entry: whoever finds no place writes nothing and is decided again without that store or
guide. Only visitors whom the ladder leads by place or default take a place; who is named to a store
(rungs 1-7) is never turned away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Connection, Date, Integer, Table, delete

import db
from ledger import driver, schema
from stores.facts.decision import Decision
from stores.network.snapshot import Snapshot

CHOSEN_RUNGS = frozenset({"TERRITORY", "SERVICE_AREA", "RADIUS", "NEAREST", "REGION", "DEFAULT"})
KEPT_DAYS = 7
STORE, GUIDE = "store", "guide"

day_load = Table(
    "day_load",
    schema.metadata,
    Column("kind", schema.Code(8), primary_key=True),
    Column("thing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("n", Integer, nullable=False),
)
_TAKE = (
    "INSERT INTO day_load (kind, thing_id, day, n) VALUES (:kind, :thing, :day, 1) "
    "ON CONFLICT (kind, thing_id, day) DO UPDATE SET n = day_load.n + 1 WHERE day_load.n < :most "
    "RETURNING n"
)


def wanted(decision: Decision, snapshot: Snapshot) -> list[tuple[str, int, int]]:
    """The places this decision takes: (kind, surrogate, most a day). Empty where nothing is
    limited, which is the usual case."""
    found = []
    store = snapshot.by_id.get(decision.store_id) if decision.store_id is not None else None
    if store is not None and store.daily_capacity is not None and decision.rung in CHOSEN_RUNGS:
        found.append((STORE, store.id, store.daily_capacity))
    most = snapshot.policy.guide_daily_capacity
    if (
        most is not None
        and decision.guide_id is not None
        and decision.served.why == "fewest_assigned"
    ):
        found.append((GUIDE, decision.guide_id, most))
    return found


def take(connection: Connection, kind: str, thing: int, day: dt.date, most: int) -> bool:
    """One place of the day; False when there is none left. Stands or falls with the caller's
    transaction."""
    if most <= 0:
        return False
    return bool(
        driver.run(
            connection,
            _TAKE,
            driver.driver_values(
                connection, {"kind": kind, "thing": thing, "day": day, "most": most}
            ),
        )
    )


def taken(connection: Connection, kind: str, day: dt.date) -> Mapping[int, int]:
    """Places taken on a day, by surrogate."""
    rows = driver.run(
        connection,
        "SELECT thing_id, n FROM day_load WHERE kind = :kind AND day = :day",
        driver.driver_values(connection, {"kind": kind, "day": day}),
    )
    return dict(rows)


def full_stores(connection: Connection, day: dt.date, snapshot: Snapshot) -> frozenset[int]:
    """Stores without a place left on that day."""
    if not snapshot.has_capacity:
        return frozenset()
    used = taken(connection, STORE, day)
    return frozenset(
        s.id
        for s in snapshot.stores
        if s.daily_capacity is not None and used.get(s.id, 0) >= s.daily_capacity
    )


def busy_guides(connection: Connection, day: dt.date, snapshot: Snapshot) -> frozenset[int]:
    """Guides who were given as many visitors as the policy allows a day."""
    most = snapshot.policy.guide_daily_capacity
    return (
        frozenset()
        if most is None
        else frozenset(guide for guide, n in taken(connection, GUIDE, day).items() if n >= most)
    )


def forget_old(today: dt.date) -> int:
    """Drop the counts of days gone by; how many rows."""
    with db.transaction() as connection:
        return int(
            connection.execute(
                delete(day_load).where(day_load.c.day < today - dt.timedelta(days=KEPT_DAYS))
            ).rowcount
        )
