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
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Connection, Row, and_, case, delete, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement

import db
from incentives import loading
from incentives.calculate import EARNED, VEST, Result
from incentives.periods import Closing, closings
from incentives.restatements import changed_history
from incentives.results import is_cumulative, results
from incentives.scopes import reward_due, reward_mark, reward_scope
from ledger.accounts import AccountKey
from ledger.bulk import insert_rows
from ledger.intakes import open_intake
from ledger.journals import Journal, Transfer, post, transfer
from ledger.seals import seal_now
from ledger.upsert import insert_missing, insert_or_update
from stores.base import versions
from stores.base.brand import brand, business_day, day_bounds
from stores.facts.changes import changed_customer
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.network import network
from stores.network.dealers import dealer
from stores.network.snapshot import Snapshot

BOOKING_LOCK = 7_301_002
GUIDES_AT_ONCE = (
    100  # months in one transaction, which holds up other writers for well under a second
)
KINDS = {
    EARNED: ("reward_pending", "reward_pending_return"),
    VEST: ("reward_vest", "reward_vest_return"),
}
Month = tuple[int, str]  # guide id, YYYY-MM
Place = tuple[str, int | None, int | None]  # kind, dealer (None: headquarters pays), store
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
            _waiting(connection, now, guides=guides), key=lambda month: (month[1], month[0])
        )
    done, booked = 0, Booked()
    for part in _parts(waiting):
        with _one_at_a_time, db.transaction() as connection:
            alone(connection)
            booked += book(connection, set(part) & _waiting(connection, now, part), now)
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


def anything_due(now: dt.datetime, guides: Collection[int] | None = None) -> bool:
    """Whether booking would find something to look at; in one statement."""
    marks, dues = (
        select(reward_mark.c.id),
        select(reward_due.c.guide_id).where(reward_due.c.next_at <= now),
    )
    if guides is not None:
        marks, dues = (
            marks.where(reward_mark.c.guide_id.in_(guides)),
            dues.where(reward_due.c.guide_id.in_(guides)),
        )
    with db.read() as connection:
        return any(
            connection.execute(
                select(select(changed_customer.c.id).exists(), marks.exists(), dues.exists())
            ).one()
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


def sort_queue(connection: Connection) -> None:
    """Turn the customers whose facts changed into marks of guides' months. Rows are removed by the
    ids that were read: what comes in meanwhile stays."""
    queue = connection.execute(select(changed_customer.c.id, changed_customer.c.customer_id)).all()
    if not queue:
        return
    months = _months(connection, {r.customer_id for r in queue})
    insert_rows(connection, reward_mark, [{"guide_id": g, "period": p} for g, p in sorted(months)])
    _remove(connection, changed_customer.c.id, [r.id for r in queue])


def _remove(connection: Connection, column: Column[int], ids: list[int]) -> None:
    for start in range(0, len(ids), 500):
        connection.execute(delete(column.table).where(column.in_(ids[start : start + 500])))


def _waiting(
    connection: Connection,
    now: dt.datetime,
    among: Collection[Month] | None = None,
    guides: Collection[int] | None = None,
) -> set[Month]:
    """Months that are marked, and months in which time changes something by now. `among`: months of
    one period; `guides`: theirs."""
    m, d = reward_mark.c, reward_due.c
    marked, due = select(m.guide_id, m.period), select(d.guide_id, d.period).where(d.next_at <= now)
    if among is not None:
        own, period = sorted({g for g, _ in among}), next(p for _, p in among)
        marked, due = (
            marked.where(m.guide_id.in_(own), m.period == period),
            due.where(d.guide_id.in_(own), d.period == period),
        )
    if guides is not None:
        marked, due = marked.where(m.guide_id.in_(guides)), due.where(d.guide_id.in_(guides))
    return {(r.guide_id, r.period) for query in (marked, due) for r in connection.execute(query)}


def _months(connection: Connection, customers: Collection[int]) -> set[Month]:
    """The guides' months that the facts of these customers may touch: their orders, adds and
    invitations, and the first orders of invitees. Where tiers count since a plan's beginning, a
    guide's later months as well."""
    found: set[Month] = set()
    person_of = loading.persons(connection, customers)
    ordered: dict[int, set[str]] = defaultdict(set)
    inviting: set[tuple[int, int]] = set()
    o, e = sales_order.c, event.c
    for part in loading.chunks(person_of):
        for r in connection.execute(
            select(o.customer_id, o.guide_id, o.business_day)
            .where(o.customer_id.in_(part))
            .distinct()
        ):
            ordered[person_of[r.customer_id]].add(r.business_day.isoformat()[:7])
            if r.guide_id is not None:
                found.add((r.guide_id, r.business_day.isoformat()[:7]))
        for r in connection.execute(
            select(e.customer_id, e.guide_id, e.type, e.business_day).where(
                e.customer_id.in_(part),
                e.guide_id.is_not(None),
                e.type.in_(("contact.confirmed", "referral.invited")),
            )
        ):
            found.add((r.guide_id, r.business_day.isoformat()[:7]))
            if r.type == "referral.invited":
                inviting.add((r.guide_id, person_of[r.customer_id]))
    found |= {(guide_id, month) for guide_id, person in inviting for month in ordered[person]}
    return (
        found | _later_months(connection, found)
        if is_cumulative(loading.plan_versions(connection))
        else found
    )


def _later_months(connection: Connection, months: set[Month]) -> set[Month]:
    """Booked months of the same guides after the earliest of theirs."""
    first: dict[int, str] = {}
    for guide_id, period in months:
        first[guide_id] = min(period, first.get(guide_id, period))
    s = reward_scope.c
    return {
        (r.guide_id, r.period)
        for part in loading.chunks(first)
        for r in connection.execute(
            select(s.guide_id, s.period).where(s.guide_id.in_(part)).distinct()
        )
        if r.period > first[r.guide_id]
    }


def marked(connection: Connection, period: str) -> list[int]:
    """Guides whose month is to be computed again."""
    return sorted(
        set(
            connection.execute(
                select(reward_mark.c.guide_id).where(reward_mark.c.period == period)
            ).scalars()
        )
    )


def mark(connection: Connection, guides: Iterable[int], periods: Collection[str]) -> None:
    """Ask for these months to be computed again, whatever their facts say."""
    insert_rows(
        connection, reward_mark, [{"guide_id": g, "period": p} for g in guides for p in periods]
    )


# -- the difference --------------------------------------------------------------------------------


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
    _remove(
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
    posted = _posted(connection, part)
    needed = _needed(connection, found, posted, known, now)
    refused = changed_history(connection, {m for m in needed if m[1] in known}, now)
    scopes = {
        (*month, component): transfers
        for month, by_component in needed.items()
        if month not in refused
        for component, transfers in by_component.items()
    }
    journals = _numbered(connection, scopes, seal_no, now) if scopes else []
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
    _remember_next(
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
        month: _differences(month, result, posted.get(month, {}), closed, snapshot, dealers, now)
        for month, result in found.items()
    }
    return {month: by_component for month, by_component in needed.items() if by_component}


def open_day(day: dt.date, closed: frozenset[str]) -> dt.date:
    """The day itself, or the first day of the next month that is open."""
    while day.isoformat()[:7] in closed:
        day = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return day


Sums = dict[tuple[str, Place], dict[dt.date, int]]


def _posted(connection: Connection, months: list[Month]) -> dict[Month, Sums]:
    """What the ledger holds, by component and place and day, returns subtracted."""
    found: dict[Month, Sums] = {}
    t = transfer.c
    by_period: dict[str, list[int]] = defaultdict(list)
    for guide_id, period in months:
        by_period[period].append(guide_id)
    signs = {
        kind: (name, sign)
        for name, pair in KINDS.items()
        for kind, sign in zip(pair, (1, -1), strict=True)
    }
    for period, guides in by_period.items():
        query = select(
            t.guide_id,
            t.component,
            t.kind,
            t.dealer_id,
            t.store_id,
            t.business_day,
            func.sum(t.amount_minor).label("amount"),
        ).where(t.guide_id.in_(guides), t.origin_period == period, t.kind.in_(list(signs)))
        for r in connection.execute(
            query.group_by(t.guide_id, t.component, t.kind, t.dealer_id, t.store_id, t.business_day)
        ):
            name, sign = signs[r.kind]
            days = found.setdefault((r.guide_id, period), {}).setdefault(
                (r.component, (name, r.dealer_id, r.store_id)), {}
            )
            days[r.business_day] = days.get(r.business_day, 0) + sign * int(r.amount)
    return found


def _differences(
    month: Month,
    result: Result,
    posted: Sums,
    closed: frozenset[str],
    snapshot: Snapshot,
    dealers: dict[int, str],
    now: dt.datetime,
) -> dict[str, list[Transfer]]:
    """Transfers by component that bring what is posted to what is earned and vested by now."""
    target: Sums = {}
    version_of: dict[str, int] = {}
    for m in result.movements:
        if m.at <= now:
            days = target.setdefault((m.component, (m.kind, m.dealer_id, m.store_id)), {})
            day = open_day(business_day(m.at), closed)
            days[day] = days.get(day, 0) + m.amount_minor
            version_of[m.component] = max(m.plan_version_id, version_of.get(m.component, 0))
    found: dict[str, list[Transfer]] = {}
    for key in sorted(set(target) | set(posted), key=repr):
        component, place = key
        for day, amount in _by_day(target.get(key, {}), posted.get(key, {}), closed):
            found.setdefault(component, []).extend(
                _transfers(
                    month,
                    component,
                    version_of.get(component),
                    place,
                    day,
                    amount,
                    snapshot,
                    dealers,
                )
            )
    return {
        component: sorted(
            transfers, key=lambda t: _FIRST.index(t.kind) if t.kind in _FIRST else len(_FIRST)
        )
        for component, transfers in found.items()
    }


def _by_day(
    target: dict[dt.date, int], posted: dict[dt.date, int], closed: frozenset[str]
) -> Iterable[tuple[dt.date, int]]:
    """What to post on which open day, so that the running sums agree on every open day; closed days
    stay as they are."""
    days = sorted({*target, *(open_day(day, closed) for day in posted)})
    done = 0
    for day in days:
        wanted = (
            sum(a for d, a in target.items() if d <= day)
            - sum(a for d, a in posted.items() if d <= day)
            - done
        )
        if wanted:
            yield day, wanted
            done += wanted


_FIRST = (
    "reward_pending",
    "reward_vest_return",
    "reward_vest",
    "reward_pending_return",
)  # then the payer's side


def _transfers(
    month: Month,
    component: str,
    version_id: int | None,
    place: Place,
    day: dt.date,
    amount: int,
    snapshot: Snapshot,
    dealers: dict[int, str],
) -> list[Transfer]:
    kind, dealer_id, store_id = place
    currency = brand().currency
    payer = f"dealer:{dealers[dealer_id]}" if dealer_id is not None else "hq"
    guide = f"guide:{snapshot.guides[month[0]].code}"
    provision = AccountKey(payer, "reward_provision", currency)
    pending, vested = (
        AccountKey(guide, purpose, currency, payer) for purpose in ("pending", "vested")
    )
    at = day_bounds(day)[0]

    def move(debit: AccountKey, credit: AccountKey, names: tuple[str, str]) -> Transfer:
        forth = amount > 0
        return Transfer(
            debit if forth else credit,
            credit if forth else debit,
            abs(amount),
            names[0] if forth else names[1],
            at,
            day,
            dealer_id=dealer_id,
            store_id=store_id,
            guide_id=month[0],
            origin_period=month[1],
            component=component,
            plan_version_id=version_id,
        )

    if kind == EARNED:
        return [move(provision, pending, KINDS[EARNED])]
    cost = AccountKey(payer, "earnings" if dealer_id is not None else "rewards", currency)
    return [
        move(pending, vested, KINDS[VEST]),
        move(
            cost,
            provision,
            ("reward", "reward_return")
            if dealer_id is not None
            else ("reward_hq", "reward_hq_return"),
        ),
    ]


def _numbered(
    connection: Connection,
    needed: dict[tuple[int, str, str], list[Transfer]],
    seal_no: int,
    now: dt.datetime,
) -> list[Journal]:
    """One journal per scope under the key (scope, posted_seq + 1): a second run at once finds the
    key taken (M3)."""
    keys = sorted(needed)
    insert_missing(
        connection,
        reward_scope,
        [
            {"guide_id": g, "period": p, "component": c, "posted_seq": 0, "seal_no": 0}
            for g, p, c in keys
        ],
    )
    s = reward_scope.c
    found = {}
    guides, wanted = sorted({k[0] for k in keys}), set(keys)
    for r in connection.execute(
        select(reward_scope)
        .where(s.guide_id.in_(guides), s.period.in_(sorted({k[1] for k in keys})))
        .order_by(s.id)
        .with_for_update()
    ):
        if (r.guide_id, r.period, r.component) in wanted:
            found[r.guide_id, r.period, r.component] = r
    journals, changed = [], []
    for key in keys:
        row = found[key]
        if row.seal_no > seal_no:
            continue  # somebody booked from a newer watermark; this run knows less
        journals.append(
            Journal(
                f"reward:{key[0]}:{key[1]}:{key[2]}:{row.posted_seq + 1}",
                "reward",
                now,
                tuple(needed[key]),
            )
        )
        changed.append(row.id)
    for start in range(0, len(changed), 500):
        connection.execute(
            update(reward_scope)
            .where(s.id.in_(changed[start : start + 500]))
            .values(posted_seq=s.posted_seq + 1, seal_no=seal_no)
        )
    return journals


def _remember_next(connection: Connection, rows: list[dict[str, object]]) -> None:
    """When time alone changes each month next; months that time no longer changes are forgotten."""
    over = [(r["guide_id"], r["period"]) for r in rows if r["next_at"] is None]
    for start in range(0, len(over), 200):
        connection.execute(delete(reward_due).where(_any_of(over[start : start + 200])))
    insert_or_update(
        connection,
        reward_due,
        [r for r in rows if r["next_at"] is not None],
        ["guide_id", "period"],
    )


def _any_of(pairs: list[tuple[object, object]]) -> ColumnElement[bool]:
    return or_(*(and_(reward_due.c.guide_id == g, reward_due.c.period == p) for g, p in pairs))
