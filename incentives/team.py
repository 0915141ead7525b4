"""A store's team in one month: what each guide brought and earned, set-based (S1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from incentives import rewards
from incentives.loading import month_days
from stores.base.actors import Actor
from stores.facts.credits import order_credit
from stores.facts.events import event
from stores.lists import directory
from stores.lists.event_lists import CONFIRMED
from stores.network.guides import guide

Activity = dict[int, dict[dt.date, tuple[int, int]]]


def of_store(
    connection: Connection, actor: Actor, store_id: int, period: str, today: dt.date
) -> list[dict[str, Any]]:
    """{"guide_code", "name", "role", "left_on", "adds", "net_sales_minor", "pending_minor", ...}
    for each guide of the store, most net sales first.

    Adds are all confirmed ones, paid or not; net sales are credits less refunds, on their own days;
    balances are as of now. "today" and "yesterday" are (adds, net sales) of those days."""
    first, last = month_days(period)
    yesterday = today - dt.timedelta(days=1)
    people = directory.guide_rows(connection, actor, today, store_id=store_id, limit=500)
    ids = [p.id for p in people]
    done = activity(connection, ids, min(first, yesterday), max(last, today))
    balances = rewards.balances(connection, ids)
    found = []
    for p in people:
        days = done.get(p.id, {})
        adds, sales = (
            sum(day[n] for when, day in days.items() if first <= when <= last) for n in (0, 1)
        )
        found.append(
            {
                "id": p.id,
                "guide_code": p.guide_code,
                "name": p.name,
                "role": p.role,
                "left_on": p.left_on,
                "adds": adds,
                "net_sales_minor": sales,
                "today": days.get(today, (0, 0)),
                "yesterday": days.get(yesterday, (0, 0)),
                **balances[p.id],
            }
        )
    return sorted(found, key=lambda row: (-row["net_sales_minor"], row["guide_code"]))


def activity(
    connection: Connection, guide_ids: Sequence[int], first: dt.date, last: dt.date
) -> Activity:
    """(confirmed adds, credits less refunds in minor units) by guide and day; days without any are
    absent."""
    e, c = event.c, order_credit.c
    found: Activity = {}
    for r in connection.execute(
        select(e.guide_id, e.business_day, func.count().label("n"))
        .where(
            e.guide_id.in_(guide_ids),
            e.type == CONFIRMED,
            e.business_day >= first,
            e.business_day <= last,
        )
        .group_by(e.guide_id, e.business_day)
    ):
        found.setdefault(r.guide_id, {})[r.business_day] = (r.n, 0)
    for r in connection.execute(
        select(c.guide_id, c.business_day, func.sum(c.amount_minor).label("amount"))
        .where(c.guide_id.in_(guide_ids), c.business_day >= first, c.business_day <= last)
        .group_by(c.guide_id, c.business_day)
    ):
        days = found.setdefault(r.guide_id, {})
        days[r.business_day] = (days.get(r.business_day, (0, 0))[0], int(r.amount))
    return found


def colleagues(connection: Connection, store_id: int, today: dt.date) -> Sequence[Row[Any]]:
    """Who works in the store now, by code: id, guide_code, name. Colleagues may know each other's
    names; their amounts are for the caller to keep."""
    g = guide.c
    return connection.execute(
        select(g.id, g.guide_code, g.name, g.role)
        .where(g.store_id == store_id, or_(g.left_on.is_(None), g.left_on >= today))
        .order_by(g.guide_code)
    ).all()
