"""The steps of a month: calculate, approve, close; each repeatable, each says what changed (B13,
C10)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, union, update

import db
from incentives import booking
from incentives.line_answers import line_answer
from incentives.loading import month_days
from incentives.periods import Closing, closed_line, incentive_period
from incentives.plans import plan_version
from incentives.posting import due_months
from incentives.restatements import digest
from incentives.results import as_closed
from incentives.rewards import adjustments
from incentives.scopes import reward_scope
from ledger.audit import record
from ledger.bulk import insert_rows
from ledger.faults import Conflict, InvalidInput
from ledger.journals import transfer
from ledger.seals import seal_now
from ledger.upsert import insert_missing
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.facts.events import event
from stores.facts.orders import sales_order


@dataclass(frozen=True, slots=True)
class Step:
    """`state` after the step; `changed` False when it had been done before; `lines` and `guides` as
    far as they were counted."""

    period: str
    state: str
    changed: bool
    lines: int = 0
    guides: int = 0


def calculate(
    period: str, *, actor: Actor, now: dt.datetime, progress: booking.Progress | None = None
) -> booking.Booked:
    """Mark every guide with facts in the month and book the differences. Raises InvalidInput for a
    month to come."""
    _past(period, now, "calculated")
    with db.transaction() as connection:
        due_months.mark(connection, _guides(connection, period), [period])
    return booking.book_due(now, progress)


def approve(period: str, *, actor: Actor, now: dt.datetime) -> Step:
    """The month's figures are checked; needed before it is closed. Raises InvalidInput."""
    _past(period, now, "approved")
    with db.transaction() as connection:
        state = _state(connection, period)
        if state != "open":
            return Step(period, state, False)
        connection.execute(
            update(incentive_period)
            .where(incentive_period.c.period == period)
            .values(state="approved", approved_at=now)
        )
        record(
            connection,
            actor.name,
            "approve_incentives",
            "incentive_period",
            period,
            {"period": period},
        )
        return Step(period, "approved", True)


def close(
    period: str, *, actor: Actor, now: dt.datetime, progress: booking.Progress | None = None
) -> Step:
    """Keep every line as it is now and seal the month: later facts land in the open month. Raises
    Conflict when not approved, InvalidInput for a month that is not over.

    What is kept and what is booked are the same facts: the last differences are booked in the
    transaction that closes."""
    if month_days(period)[1] >= business_day(now):
        raise InvalidInput(
            f"{period} is not over; a month is closed after its last day.", code="period_not_over"
        )
    with db.read() as connection:
        _ready(connection, period)
    calculate(period, actor=actor, now=now, progress=progress)
    with db.transaction() as connection:
        booking.alone(connection)
        state = _ready(connection, period)
        if state == "closed":
            return Step(period, state, False)
        due_months.sort_queue(connection)
        guides = _guides(connection, period)
        booking.book(connection, {(g, period) for g in due_months.marked(connection, period)}, now)
        closing = _closing(connection, now)
        count, digest = _keep(connection, period, guides, closing)
        connection.execute(
            update(incentive_period)
            .where(incentive_period.c.period == period)
            .values(
                state="closed",
                closed_at=now,
                seal_no=closing.seal_no,
                hash=digest,
                plan_version_id=closing.plan_version_id,
                network_version=closing.network_version,
                policy_version=closing.policy_version,
                transfer_id=closing.transfer_id,
            )
        )
        record(
            connection,
            actor.name,
            "close_incentives",
            "incentive_period",
            period,
            {"period": period, "hash": digest[:32]},
        )
        return Step(period, "closed", True, count, len(guides))


def _ready(connection: Connection, period: str) -> str:
    """`approved` or `closed`. Raises Conflict."""
    state = (
        connection.execute(
            select(incentive_period.c.state).where(incentive_period.c.period == period)
        ).scalar()
        or "open"
    )
    if state == "open":
        raise Conflict(
            f"{period} is not approved; approve it first: flask incentives approve {period}",
            code="period_not_approved",
        )
    return str(state)


def _closing(connection: Connection, now: dt.datetime) -> Closing:
    plan_id, transfer_id = (
        int(connection.execute(select(func.coalesce(func.max(c), 0))).scalar_one())
        for c in (plan_version.c.id, transfer.c.id)
    )
    network = versions.current(connection)
    return Closing(now, seal_now(now), plan_id, network.network, network.policy, transfer_id)


def _keep(
    connection: Connection, period: str, guides: list[int], closing: Closing
) -> tuple[int, str]:
    """Write the sheets of the month; how many lines, and the hash over all of them."""
    further = adjustments(connection, period)
    sheets = {
        guide_id: [line_answer(line) for line in result.lines]
        for (guide_id, _), result in as_closed(connection, guides, period, closing)
    }
    bodies = [
        (guide_id, body)
        for guide_id in sorted({*sheets, *further})
        for body in (*sheets.get(guide_id, ()), *further.get(guide_id, ()))
    ]
    insert_rows(
        connection,
        closed_line,
        [
            {
                "period": period,
                "origin_period": str(body["trace"].get("origin_period", period)),
                "guide_id": guide_id,
                "component": body["component"],
                "line_id": body["line_id"],
                "amount_minor": body["amount_minor"],
                "body": body,
            }
            for guide_id, body in bodies
        ],
    )
    return len(bodies), digest(body for _, body in bodies)


def _state(connection: Connection, period: str) -> str:
    insert_missing(connection, incentive_period, [{"period": period, "state": "open"}])
    return str(
        connection.execute(
            select(incentive_period.c.state)
            .where(incentive_period.c.period == period)
            .with_for_update()
        ).scalar_one()
    )


def _past(period: str, now: dt.datetime, deed: str) -> None:
    if month_days(period)[0] > business_day(now):
        raise InvalidInput(
            f"{period} has not begun; only months up to the present one are {deed}.",
            code="period_not_begun",
        )


def _guides(connection: Connection, period: str) -> list[int]:
    """Guides with facts in the month (invitations count in the month of the first order as well) or
    with something booked for it."""
    first, last = month_days(period)
    o, e, s = sales_order.c, event.c, reward_scope.c
    invited = select(e.guide_id).join(sales_order, o.customer_id == e.customer_id)
    return sorted(
        connection.execute(
            union(
                select(o.guide_id).where(
                    o.business_day >= first, o.business_day <= last, o.guide_id.is_not(None)
                ),
                select(e.guide_id).where(
                    e.business_day >= first, e.business_day <= last, e.guide_id.is_not(None)
                ),
                invited.where(
                    e.type == "referral.invited",
                    e.guide_id.is_not(None),
                    o.business_day >= first,
                    o.business_day <= last,
                ),
                select(s.guide_id).where(s.period == period),
            )
        ).scalars()
    )
