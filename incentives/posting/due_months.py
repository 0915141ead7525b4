"""Which guides' months are due to be booked: the queue of changed facts, of new plans and of time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import Column, Connection, and_, delete, or_, select
from sqlalchemy.sql.elements import ColumnElement

import db
from incentives import loading
from incentives.results import is_cumulative
from incentives.scopes import reward_due, reward_mark, reward_scope
from incentives.sealed import people
from incentives.sealed.chunks import chunks
from ledger.bulk import insert_rows
from ledger.pieces import pieces
from ledger.upsert import insert_or_update
from stores.base.months import month_of
from stores.facts.changes import changed_customer
from stores.facts.events import event
from stores.facts.orders import sales_order

Month = tuple[int, str]  # guide id, YYYY-MM


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


def sort_queue(connection: Connection) -> None:
    """Turn the customers whose facts changed into marks of guides' months. Rows are removed by the
    ids that were read: what comes in meanwhile stays."""
    queue = connection.execute(select(changed_customer.c.id, changed_customer.c.customer_id)).all()
    if not queue:
        return
    months = _months(connection, {r.customer_id for r in queue})
    insert_rows(connection, reward_mark, [{"guide_id": g, "period": p} for g, p in sorted(months)])
    remove(connection, changed_customer.c.id, [r.id for r in queue])


def remove(connection: Connection, column: Column[int], ids: list[int]) -> None:
    """Delete the rows whose `column` holds one of these ids, some hundred at a time."""
    for some in pieces(ids, 500):
        connection.execute(delete(column.table).where(column.in_(some)))


def waiting_months(
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
    person_of = people.persons(connection, customers)
    ordered: dict[int, set[str]] = defaultdict(set)
    inviting: set[tuple[int, int]] = set()
    o, e = sales_order.c, event.c
    for part in chunks(person_of):
        for r in connection.execute(
            select(o.customer_id, o.guide_id, o.business_day)
            .where(o.customer_id.in_(part))
            .distinct()
        ):
            ordered[person_of[r.customer_id]].add(month_of(r.business_day))
            if r.guide_id is not None:
                found.add((r.guide_id, month_of(r.business_day)))
        for r in connection.execute(
            select(e.customer_id, e.guide_id, e.type, e.business_day).where(
                e.customer_id.in_(part),
                e.guide_id.is_not(None),
                e.type.in_(("contact.confirmed", "referral.invited")),
            )
        ):
            found.add((r.guide_id, month_of(r.business_day)))
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
        for part in chunks(first)
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


def remember_next(connection: Connection, rows: list[dict[str, object]]) -> None:
    """When time alone changes each month next; months that time no longer changes are forgotten."""
    over = [(r["guide_id"], r["period"]) for r in rows if r["next_at"] is None]
    for some in pieces(over, 200):
        connection.execute(delete(reward_due).where(_any_of(some)))
    insert_or_update(
        connection,
        reward_due,
        [r for r in rows if r["next_at"] is not None],
        ["guide_id", "period"],
    )


def _any_of(pairs: list[tuple[object, object]]) -> ColumnElement[bool]:
    return or_(*(and_(reward_due.c.guide_id == g, reward_due.c.period == p) for g, p in pairs))
