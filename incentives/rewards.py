"""A guide's rewards as he sees them: the balance from the ledger, and the lines of a month with their why (G1, C11)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from incentives import booking
from incentives.booking import closed_periods, results
from incentives.calculate import RewardLine
from incentives.loading import month_days
from incentives.periods import closed_line
from ledger.journals import transfer

ADJUSTMENT = "closed_period_adjustment"


def balance(connection: Connection, guide_id: int) -> dict[str, int]:
    """pending, vested, payable, paid, receivable in minor units, from the transfers of the guide's accounts (M5, M25).

    payable = max(0, vested - paid), receivable = max(0, paid - vested). Book what is due before, so that clocks count."""
    return balances(connection, [guide_id])[guide_id]


def _balance(sums: dict[str, int]) -> dict[str, int]:
    vested = sums.get("reward_vest", 0) - sums.get("reward_vest_return", 0)
    pending = sums.get("reward_pending", 0) - sums.get("reward_pending_return", 0) - vested
    paid = sums.get("reward_paid", 0)
    return {"pending_minor": pending, "vested_minor": vested, "payable_minor": max(0, vested - paid), "paid_minor": paid, "receivable_minor": max(0, paid - vested)}


def balances(connection: Connection, guide_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """`balance` of several guides in one statement."""
    t = transfer.c
    sums: dict[int, dict[str, int]] = {g: {} for g in guide_ids}
    for r in connection.execute(select(t.guide_id, t.kind, func.sum(t.amount_minor).label("amount")).where(
            t.guide_id.in_(list(guide_ids))).group_by(t.guide_id, t.kind)):
        sums[r.guide_id][r.kind] = int(r.amount)
    return {guide_id: _balance(own) for guide_id, own in sums.items()}


def lines(connection: Connection, guide_id: int, period: str, now: dt.datetime) -> list[dict[str, Any]]:
    """The lines of one month: as they were sealed when it is closed, else as the facts stand, with adjustments of closed months (C6)."""
    if period in closed_periods(connection):
        c = closed_line.c
        return [r.body for r in connection.execute(select(c.body).where(c.guide_id == guide_id, c.period == period).order_by(c.id))]
    return live_lines(connection, guide_id, period, now)


def live_lines(connection: Connection, guide_id: int, period: str, now: dt.datetime) -> list[dict[str, Any]]:
    """The lines of an open month, computed from the facts as committed now."""
    found = [line_answer(line) for _, result in results(connection, [(guide_id, period)], now) for line in result.lines]
    return found + _adjustments(connection, guide_id, period)


def line_answer(line: RewardLine) -> dict[str, Any]:
    """A line as the API and the pages show it."""
    return {"line_id": line.line_id, "component": line.component, "state": line.state, "amount_minor": line.amount_minor, "occurred_at": _iso(line.occurred_at),
            "vests_at": _iso(line.vests_at) if line.vests_at else None, "reason": line.reason, "order_no": line.order_no,
            "trace": {**line.trace, "plan_version_id": line.plan_version_id}}


def _adjustments(connection: Connection, guide_id: int, period: str) -> list[dict[str, Any]]:
    """What this month books for months that were closed before: one line per origin month and component."""
    closed = closed_periods(connection)
    if not closed:
        return []
    first, last = month_days(period)
    t = transfer.c
    query = select(t.origin_period, t.component, t.kind, func.sum(t.amount_minor).label("amount"), func.max(t.effective_at).label("at")).where(
        t.guide_id == guide_id, t.origin_period.in_(sorted(closed)), t.business_day >= first, t.business_day <= last,
        t.kind.in_(booking.KINDS["earned"])).group_by(t.origin_period, t.component, t.kind)
    sums: dict[tuple[str, str], int] = {}
    moments: dict[tuple[str, str], Any] = {}
    for r in connection.execute(query):
        key = (r.origin_period, r.component)
        sums[key] = sums.get(key, 0) + int(r.amount) * (1 if r.kind == "reward_pending" else -1)
        moments[key] = r.at if isinstance(r.at, str) else _iso(r.at)
    return [{"line_id": f"{component}:adjustment:{origin}", "component": component, "state": "vested", "amount_minor": amount, "occurred_at": moments[origin, component],
             "vests_at": moments[origin, component], "reason": ADJUSTMENT, "order_no": None,
             "trace": {"rule": "C6", "origin_period": origin, "arithmetic": f"new total - sheet of {origin} = {amount}"}}
            for (origin, component), amount in sorted(sums.items()) if amount]


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
