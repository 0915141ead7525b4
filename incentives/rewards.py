"""A guide's rewards as he sees them: the balance from the ledger, and the lines of a month with
their why (G1, C11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, case, func, select
from sqlalchemy.sql.elements import ColumnElement

from incentives.judging.reward_lines import PENDING, VESTED
from incentives.line_answers import line_answer, told
from incentives.loading import month_days
from incentives.periods import closed_line, closings, incentive_period
from incentives.posting import differences
from incentives.results import months_of, results
from incentives.sealed.chunks import chunks
from ledger import schema
from ledger.journals import transfer
from stores.base.brand import business_day
from stores.base.months import month_of

ADJUSTMENT = "closed_period_adjustment"


def balance(connection: Connection, guide_id: int) -> dict[str, int]:
    """pending, vested, payable, paid, receivable in minor units, from the transfers of the guide's
    accounts (M5, M25).

    payable = max(0, vested - paid), receivable = max(0, paid - vested). Book what is due before, so
    that clocks count."""
    return balances(connection, [guide_id])[guide_id]


def _balance(sums: dict[str, int]) -> dict[str, int]:
    vested = sums.get("reward_vest", 0) - sums.get("reward_vest_return", 0)
    pending = sums.get("reward_pending", 0) - sums.get("reward_pending_return", 0) - vested
    paid = sums.get("reward_paid", 0)
    return {
        "pending_minor": pending,
        "vested_minor": vested,
        "payable_minor": max(0, vested - paid),
        "paid_minor": paid,
        "receivable_minor": max(0, paid - vested),
    }


def balances(connection: Connection, guide_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """`balance` of several guides in one statement."""
    t = transfer.c
    sums: dict[int, dict[str, int]] = {g: {} for g in guide_ids}
    for r in connection.execute(
        select(t.guide_id, t.kind, func.sum(t.amount_minor).label("amount"))
        .where(t.guide_id.in_(list(guide_ids)))
        .group_by(t.guide_id, t.kind)
    ):
        sums[r.guide_id][r.kind] = int(r.amount)
    return {guide_id: _balance(own) for guide_id, own in sums.items()}


@dataclass(frozen=True, slots=True)
class Earnings:
    """A guide's money: `balance` as `balance()` says; `lines` of the month asked for; `current` of
    the month of `now`; `pending`: every line of any month that has yet to vest, whose amounts sum
    to the balance's `pending_minor`; `closed`: when the month was closed, None while open."""

    balance: dict[str, int]
    lines: list[dict[str, Any]]
    current: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    closed: dt.datetime | None


def earnings(connection: Connection, guide_id: int, period: str, now: dt.datetime) -> Earnings:
    """Everything about a guide's money from one set of statements. Book what is due before."""
    known, this_month = closings(connection), month_of(business_day(now))
    sums, waiting = _sums_by_period(connection, guide_id)
    found = months_of(connection, guide_id, {this_month, period, *waiting}, now, known)
    booked = adjustments_of(connection, guide_id)

    def of(month: str) -> list[dict[str, Any]]:
        return [line_answer(line) for line in found[month].lines] if month in found else []

    def shown(month: str) -> list[dict[str, Any]]:
        return (
            _sealed(connection, guide_id, month)
            if month in known
            else of(month) + booked.get(month, [])
        )

    pending = [
        line
        for month in sorted(waiting)
        for line in of(month)
        if line["state"] == PENDING and line["amount_minor"]
    ]
    lines_of_month = shown(period)
    current = lines_of_month if period == this_month else shown(this_month)
    return Earnings(
        _balance(sums),
        lines_of_month,
        current,
        pending,
        known[period].at if period in known else None,
    )


def _sums_by_period(connection: Connection, guide_id: int) -> tuple[dict[str, int], set[str]]:
    """Sums by kind, and the months of which something is pending."""
    t, sums, pending = transfer.c, dict[str, int](), dict[str, int]()
    (earned, unearned), (vested, unvested) = differences.KINDS["earned"], differences.KINDS["vest"]
    signs = {earned: 1, unearned: -1, vested: -1, unvested: 1}
    query = select(t.kind, t.origin_period, func.sum(t.amount_minor).label("amount")).where(
        t.guide_id == guide_id
    )
    for r in connection.execute(query.group_by(t.kind, t.origin_period)):
        sums[r.kind] = sums.get(r.kind, 0) + int(r.amount)
        if r.kind in signs:
            pending[r.origin_period] = pending.get(r.origin_period, 0) + signs[r.kind] * int(
                r.amount
            )
    return sums, {period for period, amount in pending.items() if amount}


def lines(
    connection: Connection, guide_id: int, period: str, now: dt.datetime
) -> list[dict[str, Any]]:
    """The lines of one month: as they were sealed when it is closed, else as the facts stand, with
    adjustments of closed months (C6)."""
    if period in closings(connection):
        return _sealed(connection, guide_id, period)
    found = [
        line_answer(line)
        for _, result in results(connection, [(guide_id, period)], now)
        for line in result.lines
    ]
    return found + adjustments(connection, period, [guide_id]).get(guide_id, [])


def _sealed(connection: Connection, guide_id: int, period: str) -> list[dict[str, Any]]:
    c = closed_line.c
    return [
        r.body
        for r in connection.execute(
            select(c.body).where(c.guide_id == guide_id, c.period == period).order_by(c.id)
        )
    ]


def adjustments(
    connection: Connection, period: str, guides: Sequence[int] | None = None
) -> dict[int, list[dict[str, Any]]]:
    """What this month books for months closed before, beyond what their sheets say: by guide, one
    line per origin month and component."""
    t = transfer.c
    first, last = month_days(period)
    query = _adjusted(t.guide_id).where(t.business_day >= first, t.business_day <= last)
    rows = [
        r
        for part in ([None] if guides is None else chunks(guides))
        for r in connection.execute(query if part is None else query.where(t.guide_id.in_(part)))
        if r.amount
    ]
    pending = _pending(connection, {r.guide_id for r in rows})
    found: dict[int, list[dict[str, Any]]] = {}
    for r in sorted(rows, key=lambda r: (r.origin_period, r.guide_id, r.component)):
        found.setdefault(r.guide_id, []).append(
            _adjustment(r, r.origin_period, (r.origin_period, r.guide_id, r.component) in pending)
        )
    return found


def adjustments_of(connection: Connection, guide_id: int) -> dict[str, list[dict[str, Any]]]:
    """The same of one guide for all months, by the month that books them."""
    t = transfer.c
    by_month: dict[tuple[str, str, str], list[Any]] = {}
    for r in connection.execute(
        _adjusted(t.guide_id, t.business_day).where(t.guide_id == guide_id)
    ):
        by_month.setdefault((month_of(r.business_day), r.origin_period, r.component), []).append(r)
    pending = _pending(connection, {guide_id}) if by_month else set()
    found: dict[str, list[dict[str, Any]]] = {}
    for (month, origin, component), rows in sorted(by_month.items()):
        whole = _Adjusted(component, max(r.at for r in rows), sum(int(r.amount) for r in rows))
        if whole.amount:
            found.setdefault(month, []).append(
                _adjustment(whole, origin, (origin, guide_id, component) in pending)
            )
    return found


@dataclass(frozen=True, slots=True)
class _Adjusted:
    component: str
    at: dt.datetime
    amount: int


def _adjusted(*by: Column[Any]) -> Select[Any]:
    """Sums of what was earned beyond the sheets of closed months."""
    t, p = transfer.c, incentive_period.c
    columns = (*by, t.origin_period, t.component)
    return (
        select(
            *columns,
            func.max(t.effective_at, type_=schema.Instant).label("at"),
            _net(differences.KINDS["earned"]).label("amount"),
        )
        .join(incentive_period, p.period == t.origin_period)
        .where(p.state == "closed", t.id > p.transfer_id, t.kind.in_(differences.KINDS["earned"]))
        .group_by(*columns)
    )


def _adjustment(r: Any, origin: str, pending: bool) -> dict[str, Any]:
    return {
        "line_id": f"{r.component}:adjustment:{origin}",
        "component": r.component,
        "state": PENDING if pending else VESTED,
        "amount_minor": int(r.amount),
        "occurred_at": told(r.at),
        "vests_at": None if pending else told(r.at),
        "reason": ADJUSTMENT,
        "order_no": None,
        "trace": {
            "rule": "C6",
            "origin_period": origin,
            "arithmetic": f"new total - sheet of {origin} = {int(r.amount)}",
        },
    }


def _pending(connection: Connection, guides: set[int]) -> set[tuple[str, int, str]]:
    """Months, guides and components of closed months of which something has yet to vest."""
    t, p, (earned, vested) = (
        transfer.c,
        incentive_period.c,
        (differences.KINDS["earned"], differences.KINDS["vest"]),
    )
    found = set()
    for part in chunks(guides):
        query = (
            select(
                t.origin_period,
                t.guide_id,
                t.component,
                _net(earned).label("earned"),
                _net(vested).label("vested"),
            )
            .join(incentive_period, p.period == t.origin_period)
            .where(p.state == "closed", t.guide_id.in_(part), t.kind.in_((*earned, *vested)))
        )
        found |= {
            (r.origin_period, r.guide_id, r.component)
            for r in connection.execute(query.group_by(t.origin_period, t.guide_id, t.component))
            if r.earned != r.vested
        }
    return found


def _net(kinds: tuple[str, str]) -> ColumnElement[int]:
    t = transfer.c
    return func.sum(
        case((t.kind == kinds[0], t.amount_minor), (t.kind == kinds[1], -t.amount_minor), else_=0)
    )
