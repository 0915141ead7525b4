"""A store's team in one month: what each guide brought and earned, set-based (S1)."""
from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, func, select

from incentives import rewards
from incentives.loading import month_days
from stores import directory
from stores.actors import Actor
from stores.credits import order_credit
from stores.event_lists import CONFIRMED
from stores.events import event


def of_store(connection: Connection, actor: Actor, store_id: int, period: str, today: dt.date) -> list[dict[str, Any]]:
    """{"guide_code", "name", "role", "left_on", "adds", "net_sales_minor", "pending_minor", ...} for each guide of the store, most net sales first.

    Adds are all confirmed ones, paid or not; net sales are credits less refunds, on their own days; balances are as of now."""
    first, last = month_days(period)
    people = directory.guide_rows(connection, actor, today, store_id=store_id, limit=500)
    ids = [p.id for p in people]
    e, c = event.c, order_credit.c
    adds = {r.guide_id: r.n for r in connection.execute(select(e.guide_id, func.count().label("n")).where(
        e.guide_id.in_(ids), e.type == CONFIRMED, e.business_day >= first, e.business_day <= last).group_by(e.guide_id))}
    sales = {r.guide_id: int(r.amount) for r in connection.execute(select(c.guide_id, func.sum(c.amount_minor).label("amount")).where(
        c.guide_id.in_(ids), c.business_day >= first, c.business_day <= last).group_by(c.guide_id))}
    balances = rewards.balances(connection, ids)
    found = [{"guide_code": p.guide_code, "name": p.name, "role": p.role, "left_on": p.left_on, "adds": adds.get(p.id, 0),
              "net_sales_minor": sales.get(p.id, 0), **balances[p.id]} for p in people]
    return sorted(found, key=lambda row: (-row["net_sales_minor"], row["guide_code"]))
