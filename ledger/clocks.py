"""Whether this machine's clock can be believed: what was sealed or booked at a later moment than it
shows, was so by another clock.

Nobody can tell which of the two is right, so while they disagree nothing new is booked
(`in_doubt`). A doubt ends when the clock shows the later moment, or when ten minutes passed in
which nothing later came: then the other clock no longer runs."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Column, Connection, Select, Table, func, select

import db
from ledger import schema
from ledger.intakes import seal
from ledger.journals import journal

APART = dt.timedelta(seconds=5)  # clocks of machines that are kept right differ by less
QUIET = dt.timedelta(minutes=10)
NEWEST = 1_000  # journals and seals: times are not in the order of numbers

clock_doubt = Table(
    "clock_doubt",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("seen_at", schema.Instant, nullable=False),
    Column("ahead_at", schema.Instant, nullable=False),  # the newest moment that was known then
)


def in_doubt(now: dt.datetime) -> dt.datetime | None:
    """The newest sealed or booked moment while it lies ahead of this clock and nobody knows yet
    which is right; a new doubt is written down."""
    with db.read() as connection:
        newest, known = _newest(connection), doubted(connection, now)
    if newest is None or newest <= now + APART:
        return known
    if known is None or newest > known:
        with db.transaction() as connection:
            settled = connection.execute(select(func.max(clock_doubt.c.ahead_at))).scalar()
            if settled is None or newest > settled:
                connection.execute(clock_doubt.insert().values(seen_at=now, ahead_at=newest))
                return newest
    return known


def doubted(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """The moment that a worker found ahead of the clock and that keeps it from booking."""
    d = clock_doubt.c
    return connection.execute(
        select(func.max(d.ahead_at)).where(d.ahead_at > now, d.seen_at > now - QUIET)
    ).scalar()


def _newest(connection: Connection) -> dt.datetime | None:
    found = [
        connection.execute(_last(column, number)).scalar()
        for column, number in (
            (seal.c.sealed_at, seal.c.seal_no),
            (journal.c.booked_at, journal.c.id),
        )
    ]
    return max((each for each in found if each is not None), default=None)


def _last(column: Column[dt.datetime], number: Column[int]) -> Select[tuple[dt.datetime]]:
    last = select(column.label("at")).order_by(number.desc()).limit(NEWEST).subquery()
    return select(func.max(last.c.at))
