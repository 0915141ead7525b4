"""Booking rewards: compute the total, post the difference (DESIGN 4, M3-M5).

What is due: guides' months whose customers' facts changed, months marked by a new plan, and months in which time alone vests
something. For each, the movements up to now are compared with what the ledger holds for (guide, origin month, component) and only the
difference is posted, day by day; a day in a closed month moves to the next open one (B13). Booking is a deed like any other: it runs in
the worker, before figures are read, and from the command line, and doing it twice does nothing.

    reward_pending  payer/reward_provision -> guide/pending      reward_vest  guide/pending -> guide/vested
    reward          dealer/earnings -> dealer/reward_provision   (hq: hq/rewards -> hq/reward_provision, kind reward_hq)
and the same the other way round with `_return`.
"""
from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement

import db
from incentives import loading
from incentives.calculate import EARNED, VEST, Result, calculate
from incentives.periods import incentive_period
from incentives.plan import Rate
from incentives.scopes import reward_due, reward_mark, reward_scope
from ledger.accounts import AccountKey
from ledger.intakes import open_intake
from ledger.journals import Journal, Transfer, post, transfer
from ledger.seals import seal_now
from ledger.upsert import insert_missing, insert_or_update
from stores import network, versions
from stores.brand import brand, business_day, day_bounds
from stores.changes import changed_customer
from stores.dealers import dealer
from stores.events import event
from stores.orders import sales_order
from stores.snapshot import Snapshot

BOOKING_LOCK = 7_301_002
GUIDES_AT_ONCE = 200
KINDS = {EARNED: ("reward_pending", "reward_pending_return"), VEST: ("reward_vest", "reward_vest_return")}
Month = tuple[int, str]  # guide id, YYYY-MM
Place = tuple[str, int | None, int | None]  # kind, dealer (None: headquarters pays), store
Progress = Callable[[int, int], None]
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Booked:
    """How many guides' months were looked at, and how many journals and transfers were new."""

    months: int = 0
    journals: int = 0
    transfers: int = 0


def book_due(now: dt.datetime, progress: Progress | None = None) -> Booked:
    """Book everything that is due; quick when nothing is."""
    if not anything_due(now):
        return Booked()
    with _one_at_a_time, db.transaction() as connection:
        if db.lock_clause(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BOOKING_LOCK})
        seal_no = seal_now(now)
        queue, marks = _taken(connection)
        months = _months(connection, queue) | marks | _due(connection, now)
        return _book(connection, months, seal_no, now, progress)


def anything_due(now: dt.datetime) -> bool:
    """Whether booking would find something to look at."""
    with db.read() as connection:
        return any(connection.execute(query.limit(1)).first() is not None for query in (
            select(changed_customer.c.id), select(reward_mark.c.id), select(reward_due.c.guide_id).where(reward_due.c.next_at <= now)))


def _taken(connection: Connection) -> tuple[set[int], set[Month]]:
    """Empty the queue and the marks by the ids that were read, so that what comes in meanwhile stays."""
    queue = connection.execute(select(changed_customer.c.id, changed_customer.c.customer_id)).all()
    marks = connection.execute(select(reward_mark)).all()
    for table, ids in ((changed_customer, [r.id for r in queue]), (reward_mark, [r.id for r in marks])):
        for start in range(0, len(ids), 500):
            connection.execute(delete(table).where(table.c.id.in_(ids[start:start + 500])))
    return {r.customer_id for r in queue}, {(r.guide_id, r.period) for r in marks}


def _months(connection: Connection, customers: Collection[int]) -> set[Month]:
    """The guides' months that the facts of these customers may touch: their orders, adds and invitations, and the first orders of invitees."""
    found: set[Month] = set()
    for part in loading._chunks(customers):
        o, e = sales_order.c, event.c
        ordered: dict[int, set[str]] = defaultdict(set)
        for r in connection.execute(select(o.customer_id, o.guide_id, o.business_day).where(o.customer_id.in_(part)).distinct()):
            ordered[r.customer_id].add(r.business_day.isoformat()[:7])
            if r.guide_id is not None:
                found.add((r.guide_id, r.business_day.isoformat()[:7]))
        for r in connection.execute(select(e.customer_id, e.guide_id, e.type, e.business_day).where(
                e.customer_id.in_(part), e.guide_id.is_not(None), e.type.in_(("contact.confirmed", "referral.invited")))):
            found.add((r.guide_id, r.business_day.isoformat()[:7]))
            if r.type == "referral.invited":
                found |= {(r.guide_id, month) for month in ordered[r.customer_id]}
    return found


def _due(connection: Connection, now: dt.datetime) -> set[Month]:
    return {(r.guide_id, r.period) for r in connection.execute(select(reward_due.c.guide_id, reward_due.c.period).where(reward_due.c.next_at <= now))}


def mark(connection: Connection, guides: Iterable[int], periods: Collection[str]) -> None:
    """Ask for these months to be computed again, whatever their facts say."""
    rows = [{"guide_id": g, "period": p} for g in guides for p in periods]
    if rows:
        connection.execute(reward_mark.insert(), rows)


def results(connection: Connection, months: Iterable[Month], as_of: dt.datetime, *, seal_no: int | None = None,
            progress: Progress | None = None) -> Iterable[tuple[Month, Result]]:
    """Calculate many guides' months, set-based by month; without a seal number everything committed counts."""
    plans = loading.plan_versions(connection)
    known = {r.period: r.plan_version_id for r in connection.execute(select(incentive_period.c.period, incentive_period.c.plan_version_id).where(
        incentive_period.c.state == "closed"))}
    cumulative = any(isinstance(c, Rate) and c.per == "cumulative" for v in plans for c in v.plan.components)
    snapshot = network.snapshot(versions.current(connection))
    by_period: dict[str, list[int]] = defaultdict(list)
    for guide_id, period in sorted(months):
        by_period[period].append(guide_id)
    total, done = sum(map(len, by_period.values())), 0
    for period, guides in sorted(by_period.items()):
        for start in range(0, len(guides), GUIDES_AT_ONCE):
            for facts in loading.load(connection, guides[start:start + GUIDES_AT_ONCE], period, snapshot, seal_no=seal_no, cumulative=cumulative):
                yield (facts.guide_id, period), calculate(facts, [v for v in plans if v.id <= (known.get(period) or v.id)], as_of)
            done += len(guides[start:start + GUIDES_AT_ONCE])
            if progress is not None:
                progress(done, total)


# -- the difference -------------------------------------------------------------------------------------------------------------------

def _book(connection: Connection, months: set[Month], seal_no: int, now: dt.datetime, progress: Progress | None) -> Booked:
    closed = closed_periods(connection)
    snapshot = network.snapshot(versions.current(connection))
    dealers = {r.id: r.dealer_code for r in connection.execute(select(dealer.c.id, dealer.c.dealer_code))}
    next_times: list[dict[str, object]] = []
    batch: list[tuple[Month, Result]] = []
    intake_id: int | None = None
    posted_journals = posted_transfers = 0

    def flush() -> None:
        nonlocal intake_id, posted_journals, posted_transfers
        posted = _posted(connection, [month for month, _ in batch])
        needed: dict[tuple[int, str, str], list[Transfer]] = {}
        for month, result in batch:
            for component, transfers in _differences(month, result, posted.get(month, {}), closed, snapshot, dealers, now).items():
                needed[(*month, component)] = transfers
        if needed:
            intake_id = intake_id or open_intake(connection, "rewards", "system", now)
            journals = _numbered(connection, needed, seal_no, now)
            posted_journals += post(connection, journals, intake_id=intake_id, now=now)
            posted_transfers += sum(len(j.transfers) for j in journals)
        batch.clear()

    looked = 0
    for month, result in results(connection, months, now, seal_no=seal_no, progress=progress):
        looked += 1
        batch.append((month, result))
        later = [m.at for m in result.movements if m.at > now]
        next_times.append({"guide_id": month[0], "period": month[1], "next_at": min(later) if later else None})
        if len(batch) >= GUIDES_AT_ONCE:
            flush()
    flush()
    _remember_next(connection, next_times)
    return Booked(looked, posted_journals, posted_transfers)


def closed_periods(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(incentive_period.c.period).where(incentive_period.c.state == "closed")).scalars())


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
    signs = {kind: (name, sign) for name, pair in KINDS.items() for kind, sign in zip(pair, (1, -1), strict=True)}
    for period, guides in by_period.items():
        query = select(t.guide_id, t.component, t.kind, t.dealer_id, t.store_id, t.business_day, func.sum(t.amount_minor).label("amount")).where(
            t.guide_id.in_(guides), t.origin_period == period, t.kind.in_(list(signs)))
        for r in connection.execute(query.group_by(t.guide_id, t.component, t.kind, t.dealer_id, t.store_id, t.business_day)):
            name, sign = signs[r.kind]
            days = found.setdefault((r.guide_id, period), {}).setdefault((r.component, (name, r.dealer_id, r.store_id)), {})
            days[r.business_day] = days.get(r.business_day, 0) + sign * int(r.amount)
    return found


def _differences(month: Month, result: Result, posted: Sums, closed: frozenset[str], snapshot: Snapshot, dealers: dict[int, str],
                 now: dt.datetime) -> dict[str, list[Transfer]]:
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
            found.setdefault(component, []).extend(_transfers(month, component, version_of.get(component), place, day, amount, snapshot, dealers))
    return {component: sorted(transfers, key=lambda t: _FIRST.index(t.kind) if t.kind in _FIRST else len(_FIRST)) for component, transfers in found.items()}


def _by_day(target: dict[dt.date, int], posted: dict[dt.date, int], closed: frozenset[str]) -> Iterable[tuple[dt.date, int]]:
    """What to post on which open day, so that the running sums agree on every open day; closed days stay as they are."""
    days = sorted({*target, *(open_day(day, closed) for day in posted)})
    done = 0
    for day in days:
        wanted = sum(a for d, a in target.items() if d <= day) - sum(a for d, a in posted.items() if d <= day) - done
        if wanted:
            yield day, wanted
            done += wanted


_FIRST = ("reward_pending", "reward_vest_return", "reward_vest", "reward_pending_return")  # then the payer's side


def _transfers(month: Month, component: str, version_id: int | None, place: Place, day: dt.date, amount: int, snapshot: Snapshot,
               dealers: dict[int, str]) -> list[Transfer]:
    kind, dealer_id, store_id = place
    currency = brand().currency
    payer = f"dealer:{dealers[dealer_id]}" if dealer_id is not None else "hq"
    guide = f"guide:{snapshot.guides[month[0]].code}"
    provision = AccountKey(payer, "reward_provision", currency)
    pending, vested = (AccountKey(guide, purpose, currency, payer) for purpose in ("pending", "vested"))
    at = day_bounds(day)[0]

    def move(debit: AccountKey, credit: AccountKey, names: tuple[str, str]) -> Transfer:
        forth = amount > 0
        return Transfer(debit if forth else credit, credit if forth else debit, abs(amount), names[0] if forth else names[1], at, day,
                        dealer_id=dealer_id, store_id=store_id, guide_id=month[0], origin_period=month[1], component=component,
                        plan_version_id=version_id)

    if kind == EARNED:
        return [move(provision, pending, KINDS[EARNED])]
    cost = AccountKey(payer, "earnings" if dealer_id is not None else "rewards", currency)
    return [move(pending, vested, KINDS[VEST]), move(cost, provision, ("reward", "reward_return") if dealer_id is not None else ("reward_hq", "reward_hq_return"))]


def _numbered(connection: Connection, needed: dict[tuple[int, str, str], list[Transfer]], seal_no: int, now: dt.datetime) -> list[Journal]:
    """One journal per scope under the key (scope, posted_seq + 1): a second run at once finds the key taken (M3)."""
    keys = sorted(needed)
    insert_missing(connection, reward_scope, [{"guide_id": g, "period": p, "component": c, "posted_seq": 0, "seal_no": 0} for g, p, c in keys])
    s = reward_scope.c
    found = {}
    guides, wanted = sorted({k[0] for k in keys}), set(keys)
    for r in connection.execute(select(reward_scope).where(s.guide_id.in_(guides), s.period.in_(sorted({k[1] for k in keys}))).order_by(s.id).with_for_update()):
        if (r.guide_id, r.period, r.component) in wanted:
            found[r.guide_id, r.period, r.component] = r
    journals, changed = [], []
    for key in keys:
        row = found[key]
        if row.seal_no > seal_no:
            continue  # somebody booked from a newer watermark; this run knows less
        journals.append(Journal(f"reward:{key[0]}:{key[1]}:{key[2]}:{row.posted_seq + 1}", "reward", now, tuple(needed[key])))
        changed.append(row.id)
    for start in range(0, len(changed), 500):
        connection.execute(update(reward_scope).where(s.id.in_(changed[start:start + 500])).values(posted_seq=s.posted_seq + 1, seal_no=seal_no))
    return journals


def _remember_next(connection: Connection, rows: list[dict[str, object]]) -> None:
    """When time alone changes each month next; months that time no longer changes are forgotten."""
    over = [(r["guide_id"], r["period"]) for r in rows if r["next_at"] is None]
    for start in range(0, len(over), 200):
        connection.execute(delete(reward_due).where(_any_of(over[start:start + 200])))
    insert_or_update(connection, reward_due, [r for r in rows if r["next_at"] is not None], ["guide_id", "period"])


def _any_of(pairs: list[tuple[object, object]]) -> ColumnElement[bool]:
    return or_(*(and_(reward_due.c.guide_id == g, reward_due.c.period == p) for g, p in pairs))
