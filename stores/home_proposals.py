"""Customers who buy where they are not at home: after so many paid orders within so many days in one other store, its manager is asked
whether that store shall be their home (A14). Nothing changes before he, or the customer himself, says so."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, exists, func, or_, select

from stores.customer_deed_kinds import customer_deed
from stores.customers import customer, customer_state
from stores.orders import sales_order
from stores.policy import Policy

SHOWN = 50


def _proposed(store_id: int, policy: Policy, now: dt.datetime) -> Select[Any]:
    """(customer_id, orders, last_paid_at) of customers of a store who are at home elsewhere or nowhere, proposals not declined since."""
    o, s, d = sales_order.c, customer_state.c, customer_deed.c
    since = now - dt.timedelta(days=policy.proposal_days)
    bought = (select(o.customer_id, func.count().label("orders"), func.max(o.paid_at).label("last_paid_at"))
              .where(o.store_id == store_id, o.paid_at >= since, o.paid_at <= now).group_by(o.customer_id)
              .having(func.count() >= policy.proposal_orders).subquery("bought"))
    declined = exists().where(d.customer_id == bought.c.customer_id, d.kind == "home_declined", d.store_id == store_id, d.at >= since)
    elsewhere = or_(s.home_store_id.is_(None), s.home_valid_until <= now, s.home_store_id != store_id)
    return (select(bought.c.customer_id, bought.c.orders, bought.c.last_paid_at, s.home_store_id, s.home_valid_until, s.home_protected_until)
            .join(customer_state, and_(s.customer_id == bought.c.customer_id, elsewhere)).where(~declined))


def count(connection: Connection, store_id: int, policy: Policy, now: dt.datetime) -> int:
    return counts(connection, store_id, policy, now)[0]


def counts(connection: Connection, store_id: int, policy: Policy, now: dt.datetime) -> tuple[int, int]:
    """How many are proposed, and how many of them nobody protects."""
    p = _proposed(store_id, policy, now).subquery("proposed")
    row = connection.execute(select(func.count(), func.count().filter(~_protected(p.c, now))).select_from(p)).one()
    return int(row[0]), int(row[1])


def _protected(columns: Any, now: dt.datetime) -> Any:
    """He is at home elsewhere, and that is protected now (B3)."""
    return and_(columns.home_store_id.is_not(None), func.coalesce(columns.home_valid_until > now, False), func.coalesce(columns.home_protected_until > now, False))


def rows(connection: Connection, store_id: int, policy: Policy, now: dt.datetime) -> Sequence[Row[Any]]:
    """At most SHOWN, those whom nobody protects first, then those with most orders: customer_id (surrogate), customer_text, orders, last_paid_at,
    home_protected_until, at_home."""
    p = _proposed(store_id, policy, now).subquery("proposed")
    query = (select(p.c.customer_id, customer.c.customer_id.label("customer_text"), p.c.orders, p.c.last_paid_at, p.c.home_protected_until,
                    and_(p.c.home_store_id.is_not(None), p.c.home_valid_until > now).label("at_home"))
             .join(customer, customer.c.id == p.c.customer_id)
             .order_by(case((_protected(p.c, now), 1), else_=0), p.c.orders.desc(), p.c.customer_id).limit(SHOWN))
    return connection.execute(query).all()


def is_proposed(connection: Connection, customer_id: int, store_id: int, policy: Policy, now: dt.datetime) -> bool:
    p = _proposed(store_id, policy, now).subquery("proposed")
    return connection.execute(select(p.c.customer_id).where(p.c.customer_id == customer_id)).first() is not None
