"""Customers who buy where they are not at home: after so many paid orders within so many days in
one other store, its manager is asked whether that store shall be their home (A14). An order that
was taken back whole is none. Nothing changes before he, or the customer himself, says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, exists, false, func, or_, select

from stores.facts.customer_deed_kinds import customer_deed
from stores.facts.customers import customer, customer_state
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.network.policy import Policy

SHOWN = 50


def _proposed(store_id: int, policy: Policy, now: dt.datetime) -> Select[Any]:
    """(customer_id, orders, last_paid_at) of customers of a store who are at home elsewhere or
    nowhere, proposals not declined since."""
    o, s, d = sales_order.c, customer_state.c, customer_deed.c
    since = now - dt.timedelta(days=policy.proposal_days)
    taken_back = (
        select(func.coalesce(func.sum(refund.c.total_minor), 0))
        .where(refund.c.order_id == o.id)
        .scalar_subquery()
    )
    bought = (
        select(
            o.customer_id, func.count().label("orders"), func.max(o.paid_at).label("last_paid_at")
        )
        .where(
            o.store_id == store_id, o.paid_at >= since, o.paid_at <= now, o.total_minor > taken_back
        )
        .group_by(o.customer_id)
        .having(func.count() >= policy.proposal_orders)
        .subquery("bought")
    )
    declined = exists().where(
        d.customer_id == bought.c.customer_id,
        d.kind == "home_declined",
        d.store_id == store_id,
        d.at >= since,
    )
    follows = and_(s.next_home_store_id.is_not(None), s.home_valid_until <= now)  # State.at in SQL
    home, valid_until, protected_until = (
        case((follows, s[f"next_{name}"]), else_=s[name])
        for name in ("home_store_id", "home_valid_until", "home_protected_until")
    )
    elsewhere = or_(home.is_(None), valid_until <= now, home != store_id)
    return (
        select(
            bought.c.customer_id,
            bought.c.orders,
            bought.c.last_paid_at,
            home.label("home_store_id"),
            valid_until.label("home_valid_until"),
            protected_until.label("home_protected_until"),
        )
        .join(customer_state, and_(s.customer_id == bought.c.customer_id, elsewhere))
        .where(~declined)
    )


def count(connection: Connection, store_id: int, policy: Policy, now: dt.datetime) -> int:
    return counts(connection, store_id, policy, now)[0]


def counts(
    connection: Connection, store_id: int, policy: Policy, now: dt.datetime
) -> tuple[int, int]:
    """How many are proposed, and how many of them the takeover policy lets go (B4)."""
    p = _proposed(store_id, policy, now).subquery("proposed")
    row = connection.execute(
        select(func.count(), func.count().filter(~_held(p.c, policy, now))).select_from(p)
    ).one()
    return int(row[0]), int(row[1])


def _held(columns: Any, policy: Policy, now: dt.datetime) -> Any:
    """They are at home elsewhere, and the takeover policy keeps them there (B4): by `never` until
    that binding lapses, by `after_protection` while it is protected. What `customer_deeds` would
    refuse."""
    if policy.snatch_policy == "anytime":
        return false()
    at_home = and_(
        columns.home_store_id.is_not(None), func.coalesce(columns.home_valid_until > now, false())
    )
    return (
        at_home
        if policy.snatch_policy == "never"
        else and_(at_home, func.coalesce(columns.home_protected_until > now, false()))
    )


def rows(
    connection: Connection, store_id: int, policy: Policy, now: dt.datetime
) -> Sequence[Row[Any]]:
    """At most SHOWN, those who can be approved first, then those with most orders: customer_id
    (surrogate), customer_text, orders, last_paid_at, held_until: when the takeover policy lets them
    go at the latest, None for now."""
    p = _proposed(store_id, policy, now).subquery("proposed")
    held, until = (
        _held(p.c, policy, now),
        p.c.home_valid_until if policy.snatch_policy == "never" else p.c.home_protected_until,
    )
    query = (
        select(
            p.c.customer_id,
            customer.c.customer_id.label("customer_text"),
            p.c.orders,
            p.c.last_paid_at,
            case((held, until)).label("held_until"),
        )
        .join(customer, customer.c.id == p.c.customer_id)
        .order_by(case((held, 1), else_=0), p.c.orders.desc(), p.c.customer_id)
        .limit(SHOWN)
    )
    return connection.execute(query).all()


def is_proposed(
    connection: Connection, customer_id: int, store_id: int, policy: Policy, now: dt.datetime
) -> bool:
    p = _proposed(store_id, policy, now).subquery("proposed")
    return (
        connection.execute(select(p.c.customer_id).where(p.c.customer_id == customer_id)).first()
        is not None
    )
