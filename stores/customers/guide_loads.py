"""How many visitors each guide was given on a day, as this process knows it: A15 gives the next one
to who has fewest.

A picture for fairness, not a reservation: the counts of the entries are read once a day and
process, what this process gives is added at once, what others gave within seconds. So nothing is
written for it and nobody waits. What may never be exceeded is `stores.routing.room`."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

import structlog
from sqlalchemy import Connection, func, select

import db
from stores.facts.entries import entry

REFRESH_SECONDS = 5.0
REMEMBERED_DAYS = 4
log = structlog.get_logger("guides")


class _Day:
    """`known` up to the entry `mark`; `counts` is what callers see, with what was given here
    since."""

    def __init__(self, day: dt.date):
        self.day = day
        self.mark = 0
        self.known: dict[int, int] = {}
        self.counts: dict[int, int] = {}
        self.read_at = 0.0
        self.busy = threading.Lock()

    def read(self) -> None:
        """Bring `known` up to date; a second caller does not wait for the first."""
        if not self.busy.acquire(blocking=False):
            return
        try:
            with db.read(apart=True) as connection:
                newest = _newest(connection)
                more = given(connection, self.day, self.mark, newest)
            for guide, number in more.items():
                self.known[guide] = self.known.get(guide, 0) + number
            self.mark, self.counts, self.read_at = newest, dict(self.known), time.monotonic()
        finally:
            self.busy.release()


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.max(entry.c.id))).scalar() or 0)


def given(
    connection: Connection, day: dt.date, after: int = 0, up_to: int | None = None
) -> dict[int, int]:
    """Entries of a day by guide, of those with an id above `after` up to `up_to`."""
    e = entry.c
    query = (
        select(e.guide_id, func.count())
        .where(e.business_day == day, e.guide_id.is_not(None))
        .group_by(e.guide_id)
    )
    query = query.where(e.id <= up_to) if up_to is not None else query
    return {
        row[0]: row[1] for row in connection.execute(query.where(e.id > after) if after else query)
    }


class _Memory:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.base: object = None
        self.days: OrderedDict[dt.date, _Day] = OrderedDict()

    def day(self, day: dt.date) -> _Day:
        base = db.database()
        with self.lock:
            if self.base is not base:
                self.days.clear()
                self.base = base
            found = self.days.get(day)
            if found is None:
                found = self.days[day] = _Day(day)
                while len(self.days) > REMEMBERED_DAYS:
                    self.days.popitem(last=False)
            return found


_memory = _Memory()


def _after_fork() -> None:
    global _memory
    _memory = _Memory()


os.register_at_fork(after_in_child=_after_fork)


def of_day(day: dt.date) -> Mapping[int, int]:
    """Visitors given to each guide (by surrogate) on that brand day. Reads on the first call of a
    day; later behind the caller's back."""
    found = _memory.day(day)
    if found.read_at == 0.0:
        found.read()
    elif time.monotonic() - found.read_at > REFRESH_SECONDS and not found.busy.locked():
        found.read_at = time.monotonic()
        threading.Thread(target=_refresh, args=(found,), daemon=True, name="guide-loads").start()
    return found.counts


def _refresh(found: _Day) -> None:
    try:
        found.read()
    except Exception:
        log.exception("guide loads were not read")


def note(day: dt.date, guide_id: int | None) -> None:
    """One more visitor was given to a guide by this process."""
    if guide_id is not None:
        counts = _memory.day(day).counts
        counts[guide_id] = counts.get(guide_id, 0) + 1


def forget() -> None:
    """Drop what this process holds (tests that change the database under it)."""
    _memory.days.clear()
