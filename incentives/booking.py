"""Booking rewards: compute the total, post the difference (DESIGN 4, M3-M5).

What is due: guides' months whose customers' facts changed, months marked by a new plan, and months
in which time alone vests something. For each, the movements up to now are compared with what the
ledger holds for (guide, origin month, component) and only the difference is posted, day by day; a
day in a closed month moves to the next open one (B13). Booking is a deed like any other: it runs in
the worker, before figures are read, and from the command line, and doing it twice does nothing.

    reward_pending  payer/reward_provision -> guide/pending      reward_vest  guide/pending -> guide/vested
    reward          dealer/earnings -> dealer/reward_provision   (hq: hq/rewards -> hq/reward_provision, kind reward_hq)
and the same the other way round with `_return`.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, text

import db
from incentives.judging.reward_lines import Result
from incentives.periods import Closing, closings
from incentives.posting.differences import KINDS, Sums, differences, numbered, posted_sums
from incentives.posting.due_months import (
    Month,
    anything_due,
    remember_next,
    remove,
    sort_queue,
    waiting_months,
)
from incentives.restatements import changed_history
from incentives.results import results
from incentives.scopes import reward_mark
from ledger.intakes import open_intake
from ledger.journals import Transfer, post, transfer
from ledger.seals import seal_now
from stores.base import versions
from stores.base.brand import business_day
from stores.network import network
from stores.network.dealers import dealer

BOOKING_LOCK = 7_301_002
GUIDES_AT_ONCE = (
    100  # months in one transaction, which holds up other writers for well under a second
)


Progress = Callable[[int, int], None]
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Booked:
    """How many guides' months were looked at, how many journals and transfers were new, how many
    closed months were left alone (M2)."""

    months: int = 0
    journals: int = 0
    transfers: int = 0
    refused: int = 0

    def __add__(self, other: Booked) -> Booked:
        return Booked(
            self.months + other.months,
            self.journals + other.journals,
            self.transfers + other.transfers,
            self.refused + other.refused,
        )


def book_due(
    now: dt.datetime, progress: Progress | None = None, guides: Collection[int] | None = None
) -> Booked:
    """Book everything that is due; quick when nothing is. Some guides' months at a time, each in a
    transaction of its own, so that entries and orders get their turn; what is not done yet stays
    marked, whatever happens.

    `guides`: only theirs, for a page that shows them alone; the rest stays due for the worker or
    for whoever asks for it."""
    if not anything_due(now, guides):
        return Booked()
    with _one_at_a_time, db.transaction() as connection:
        alone(connection)
        sort_queue(connection)
    with db.read() as connection:
        waiting = sorted(
            waiting_months(connection, now, guides=guides), key=lambda month: (month[1], month[0])
        )
    done, booked = 0, Booked()
    for part in _parts(waiting):
        with _one_at_a_time, db.transaction() as connection:
            alone(connection)
            booked += book(connection, set(part) & waiting_months(connection, now, part), now)
        done += len(part)
        if progress is not None:
            progress(done, len(waiting))
    return booked


def take_back(now: dt.datetime) -> Booked:
    """Bring those months to what they earned by now in which something is booked for a day to come:
    a clock ran ahead. The ledger is not rewritten: what was booked too early returns on its own
    day, and comes again when it is due."""
    with db.read() as connection:
        ahead = {(r.guide_id, r.origin_period) for r in booked_ahead(connection, business_day(now))}
    booked = Booked()
    for part in _parts(sorted(ahead, key=lambda month: (month[1], month[0]))):
        with _one_at_a_time, db.transaction() as connection:
            alone(connection)
            booked += book(connection, set(part), now)
    return booked


def booked_ahead(connection: Connection, today: dt.date) -> list[Row[Any]]:
    """Rows (guide_id, origin_period, component, business_day, amount_minor) of what stands booked
    for days after `today`, returns subtracted."""
    t = transfer.c
    back = [kind for _, kind in KINDS.values()]
    movement = case(*((t.kind.in_(pair), name) for name, pair in KINDS.items()))
    amount = func.sum(case((t.kind.in_(back), -t.amount_minor), else_=t.amount_minor)).label(
        "amount_minor"
    )
    query = select(t.guide_id, t.origin_period, t.component, t.business_day, amount).where(
        t.business_day > today, t.kind.in_([kind for pair in KINDS.values() for kind in pair])
    )
    return list(
        connection.execute(
            query.group_by(
                t.guide_id,
                t.origin_period,
                t.component,
                t.business_day,
                t.dealer_id,
                t.store_id,
                movement,
            )
            .having(amount != 0)
            .order_by(t.guide_id, t.origin_period, t.component, t.business_day)
        )
    )


def alone(connection: Connection) -> None:
    """One transaction books, publishes plans or closes months at a time, on any number of machines;
    the others wait, however long."""
    if db.lock_clause(connection):
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BOOKING_LOCK})
        connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def _parts(months: list[Month]) -> Iterable[list[Month]]:
    """Months of one period together: their facts are loaded as a set."""
    for _, group in groupby(months, key=lambda month: month[1]):
        same = list(group)
        yield from (
            same[start : start + GUIDES_AT_ONCE] for start in range(0, len(same), GUIDES_AT_ONCE)
        )


def book(connection: Connection, months: set[Month], now: dt.datetime) -> Booked:
    """Bring the ledger to what these months earned by now. The caller is alone(); their marks go in
    the same transaction.

    The seal comes after the marks were read, so it covers all facts behind them; what is sealed
    later has marks of its own (M4)."""
    total = Booked()
    known = closings(connection)
    for part in _parts(sorted(months, key=lambda month: (month[1], month[0]))):
        _unmark(connection, part)
        total += _book(connection, part, seal_now(now), known, now)
    return total


def _unmark(connection: Connection, part: list[Month]) -> None:
    m = reward_mark.c
    remove(
        connection,
        m.id,
        list(
            connection.execute(
                select(m.id).where(m.period == part[0][1], m.guide_id.in_([g for g, _ in part]))
            ).scalars()
        ),
    )


def _book(
    connection: Connection,
    part: list[Month],
    seal_no: int,
    known: Mapping[str, Closing],
    now: dt.datetime,
) -> Booked:
    found = dict(results(connection, part, now, seal_no=seal_no))
    posted = posted_sums(connection, part)
    needed = _needed(connection, found, posted, known, now)
    refused = changed_history(connection, {m for m in needed if m[1] in known}, now)
    scopes = {
        (*month, component): transfers
        for month, by_component in needed.items()
        if month not in refused
        for component, transfers in by_component.items()
    }
    journals = numbered(connection, scopes, seal_no, now) if scopes else []
    new = (
        post(
            connection,
            journals,
            intake_id=open_intake(connection, "rewards", "system", now),
            now=now,
        )
        if journals
        else 0
    )
    remember_next(
        connection,
        [
            {
                "guide_id": g,
                "period": p,
                "next_at": min((m.at for m in found[g, p].movements if m.at > now), default=None)
                if (g, p) in found
                else None,
            }
            for g, p in part
        ],
    )
    return Booked(len(part), new, sum(len(j.transfers) for j in journals), len(refused))


def _needed(
    connection: Connection,
    found: Mapping[Month, Result],
    posted: dict[Month, Sums],
    known: Mapping[str, Closing],
    now: dt.datetime,
) -> dict[Month, dict[str, list[Transfer]]]:
    closed, snapshot = frozenset(known), network.snapshot(versions.current(connection))
    dealers = {
        r.id: r.dealer_code for r in connection.execute(select(dealer.c.id, dealer.c.dealer_code))
    }
    needed = {
        month: differences(month, result, posted.get(month, {}), closed, snapshot, dealers, now)
        for month, result in found.items()
    }
    return {month: by_component for month, by_component in needed.items() if by_component}
