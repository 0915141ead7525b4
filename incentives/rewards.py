"""A guide's rewards as he sees them: the balance from the ledger, and the lines of a month with their why (G1, C11)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, case, func, select
from sqlalchemy.sql.elements import ColumnElement

import db
from incentives import booking
from incentives.calculate import PENDING, VESTED
from incentives.line_answers import line_answer, told
from incentives.loading import chunks, month_days
from incentives.periods import closed_line, closings
from incentives.results import results
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
    if period in closings(connection):
        c = closed_line.c
        return [r.body for r in connection.execute(select(c.body).where(c.guide_id == guide_id, c.period == period).order_by(c.id))]
    found = [line_answer(line) for _, result in results(connection, [(guide_id, period)], now) for line in result.lines]
    return found + adjustments(connection, period, [guide_id]).get(guide_id, [])


def adjustments(connection: Connection, period: str, guides: Sequence[int] | None = None) -> dict[int, list[dict[str, Any]]]:
    """What this month books for months closed before, beyond what their sheets say: by guide, one line per origin month and component."""
    t = transfer.c
    first, last = month_days(period)
    found: dict[int, list[dict[str, Any]]] = {}
    for origin, closing in sorted(closings(connection).items()):
        query = select(t.guide_id, t.component, func.max(t.effective_at, type_=db.Instant).label("at"), _net(booking.KINDS["earned"]).label("amount")).where(
            t.origin_period == origin, t.id > closing.transfer_id, t.business_day >= first, t.business_day <= last, t.kind.in_(booking.KINDS["earned"]))
        for part in [None] if guides is None else chunks(guides):
            some = query if part is None else query.where(t.guide_id.in_(part))
            rows = [r for r in connection.execute(some.group_by(t.guide_id, t.component).order_by(t.guide_id, t.component)) if r.amount]
            pending = _pending(connection, origin, {r.guide_id for r in rows})
            for r in rows:
                found.setdefault(r.guide_id, []).append(_adjustment(r, origin, (r.guide_id, r.component) in pending))
    return found


def _adjustment(r: Any, origin: str, pending: bool) -> dict[str, Any]:
    return {"line_id": f"{r.component}:adjustment:{origin}", "component": r.component, "state": PENDING if pending else VESTED, "amount_minor": int(r.amount),
            "occurred_at": told(r.at), "vests_at": None if pending else told(r.at), "reason": ADJUSTMENT, "order_no": None,
            "trace": {"rule": "C6", "origin_period": origin, "arithmetic": f"new total - sheet of {origin} = {int(r.amount)}"}}


def _pending(connection: Connection, origin: str, guides: set[int]) -> set[tuple[int, str]]:
    """Guides' components of which something of that month has yet to vest."""
    t, (earned, vested) = transfer.c, (booking.KINDS["earned"], booking.KINDS["vest"])
    found = set()
    for part in chunks(guides):
        query = select(t.guide_id, t.component, _net(earned).label("earned"), _net(vested).label("vested")).where(
            t.guide_id.in_(part), t.origin_period == origin, t.kind.in_((*earned, *vested))).group_by(t.guide_id, t.component)
        found |= {(r.guide_id, r.component) for r in connection.execute(query) if r.earned != r.vested}
    return found


def _net(kinds: tuple[str, str]) -> ColumnElement[int]:
    t = transfer.c
    return func.sum(case((t.kind == kinds[0], t.amount_minor), (t.kind == kinds[1], -t.amount_minor), else_=0))
