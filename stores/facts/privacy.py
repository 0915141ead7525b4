"""Forgetting where visitors were: exact points after 24 hours, the record of candidates after 30
days (P2, A16, M11)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Table, delete, select

import db
from stores.facts.entries import entry_point, entry_trace

POINTS_FOR = dt.timedelta(hours=24)
TRACES_FOR = dt.timedelta(days=30)
ROWS_AT_ONCE = 2_000  # visitors write in between


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows were deleted: exact points, and traces of decisions."""

    points: int
    traces: int


def forget_points(now: dt.datetime) -> Forgotten:
    """Delete what is older than it may be kept, in short transactions; repeatable, and harmless
    when two do it at once."""
    return Forgotten(_empty(entry_point, now - POINTS_FOR), _empty(entry_trace, now - TRACES_FOR))


def _empty(table: Table, before: dt.datetime) -> int:
    gone = 0
    while True:
        with db.transaction() as connection:
            old = (
                select(table.c.entry_id)
                .where(table.c.recorded_at < before)
                .order_by(table.c.recorded_at)
                .limit(ROWS_AT_ONCE)
            )
            ids = list(connection.execute(old).scalars())
            if ids:
                gone += connection.execute(delete(table).where(table.c.entry_id.in_(ids))).rowcount
        if len(ids) < ROWS_AT_ONCE:
            return gone
