"""The steps of a month: calculate, approve, close; each repeatable, each says what changed (B13, C10)."""
from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, union, update

import db
from incentives import booking
from incentives.loading import month_days
from incentives.periods import closed_line, incentive_period
from incentives.plans import plan_version
from incentives.rewards import live_lines
from incentives.scopes import reward_scope
from ledger.audit import record
from ledger.faults import Conflict, InvalidInput
from ledger.intakes import newest
from ledger.upsert import insert_missing
from stores.actors import Actor
from stores.brand import business_day
from stores.events import event
from stores.orders import sales_order


@dataclass(frozen=True, slots=True)
class Step:
    """`state` after the step; `changed` False when it had been done before; `lines` and `guides` as far as they were counted."""

    period: str
    state: str
    changed: bool
    lines: int = 0
    guides: int = 0


def calculate(period: str, *, actor: Actor, now: dt.datetime) -> booking.Booked:
    """Mark every guide with facts in the month and book the differences. Raises InvalidInput for a month to come."""
    _past(period, now, "calculated")
    with db.transaction() as connection:
        booking.mark(connection, _guides(connection, period), [period])
    return booking.book_due(now)


def approve(period: str, *, actor: Actor, now: dt.datetime) -> Step:
    """The month's figures are checked; needed before it is closed. Raises InvalidInput."""
    _past(period, now, "approved")
    with db.transaction() as connection:
        state = _state(connection, period)
        if state != "open":
            return Step(period, state, False)
        connection.execute(update(incentive_period).where(incentive_period.c.period == period).values(state="approved", approved_at=now))
        record(connection, actor.name, "approve_incentives", "incentive_period", None, {"period": period})
        return Step(period, "approved", True)


def close(period: str, *, actor: Actor, now: dt.datetime) -> Step:
    """Keep every line as it is now and seal the month: later facts land in the open month. Raises Conflict when not approved, InvalidInput
    for a month that is not over."""
    if month_days(period)[1] >= business_day(now):
        raise InvalidInput(f"{period} is not over; a month is closed after its last day.", code="period_not_over")
    calculate(period, actor=actor, now=now)
    with db.transaction() as connection:
        state = _state(connection, period)
        if state == "closed":
            return Step(period, state, False)
        if state != "approved":
            raise Conflict(f"{period} is not approved; approve it first: flask incentives approve {period}", code="period_not_approved")
        digest, count = hashlib.sha256(), 0
        guides = _guides(connection, period)
        for guide_id in guides:
            found = live_lines(connection, guide_id, period, now)
            for body in found:
                digest.update((db.canonical(body) + "\n").encode())
            if found:
                origin = [str(b["trace"].get("origin_period", period)) for b in found]
                connection.execute(closed_line.insert(), [
                    {"period": period, "origin_period": o, "guide_id": guide_id, "component": b["component"], "line_id": b["line_id"],
                     "amount_minor": b["amount_minor"], "body": b} for o, b in zip(origin, found, strict=True)])
            count += len(found)
        connection.execute(update(incentive_period).where(incentive_period.c.period == period).values(
            state="closed", closed_at=now, seal_no=newest(connection), hash=digest.hexdigest(),
            plan_version_id=connection.execute(select(func.max(plan_version.c.id))).scalar_one()))
        record(connection, actor.name, "close_incentives", "incentive_period", None, {"period": period, "hash": digest.hexdigest()[:32]})
        return Step(period, "closed", True, count, len(guides))


def _state(connection: Connection, period: str) -> str:
    insert_missing(connection, incentive_period, [{"period": period, "state": "open"}])
    return str(connection.execute(select(incentive_period.c.state).where(incentive_period.c.period == period).with_for_update()).scalar_one())


def _past(period: str, now: dt.datetime, deed: str) -> None:
    if month_days(period)[0] > business_day(now):
        raise InvalidInput(f"{period} has not begun; only months up to the present one are {deed}.", code="period_not_begun")


def _guides(connection: Connection, period: str) -> list[int]:
    """Guides with facts in the month or with something booked for it."""
    first, last = month_days(period)
    o, e, s = sales_order.c, event.c, reward_scope.c
    return sorted(connection.execute(union(
        select(o.guide_id).where(o.business_day >= first, o.business_day <= last, o.guide_id.is_not(None)),
        select(e.guide_id).where(e.business_day >= first, e.business_day <= last, e.guide_id.is_not(None)),
        select(s.guide_id).where(s.period == period))).scalars())
