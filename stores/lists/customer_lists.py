"""Customers as pages list them: by home store or by owner guide, ids masked, only those bound
within the actor's rows (P3, P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from stores.base.actors import Actor
from stores.facts.customers import customer, customer_state
from stores.network.guides import guide
from stores.network.scope import visible_store_ids
from stores.network.stores import store


def _bound(
    query: Select[Any],
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
    store_code: str | None,
    protected: bool,
) -> Select[Any]:
    """Whose home binding, for a guide whose owner binding, holds now."""
    s = customer_state.c
    query = query.select_from(
        customer_state.join(customer, customer.c.id == s.customer_id)
        .join(store, store.c.id == s.home_store_id, isouter=True)
        .join(guide, guide.c.id == s.owner_guide_id, isouter=True)
    )
    until = s.owner_protected_until if actor.scope_kind == "guide" else s.home_protected_until
    if actor.scope_kind == "guide":
        query = query.where(s.owner_guide_id == actor.scope_id, s.owner_valid_until > now)
    else:
        query = query.where(s.home_store_id.is_not(None), s.home_valid_until > now)
        visible = visible_store_ids(actor, today)
        if visible is not None:
            query = query.where(s.home_store_id.in_(visible))
    if store_code is not None:
        query = query.where(store.c.store_code == store_code)
    return query.where(until > now) if protected else query


def total(
    connection: Connection,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
    store_code: str | None = None,
    protected: bool = False,
) -> int:
    return int(
        connection.execute(
            _bound(select(func.count()), actor, now, today, store_code, protected)
        ).scalar_one()
    )


def rows(
    connection: Connection,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
    store_code: str | None = None,
    protected: bool = False,
    after: int | None = None,
    limit: int = 51,
) -> Sequence[Row[Any]]:
    """By surrogate, after one: the newest customers first."""
    s = customer_state.c
    query = _bound(
        select(
            s.customer_id.label("id"),
            customer.c.customer_id.label("customer_text"),
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            s.home_protected_until,
            s.home_valid_until,
            s.owner_protected_until,
            s.owner_valid_until,
        ),
        actor,
        now,
        today,
        store_code,
        protected,
    )
    if after is not None:
        query = query.where(s.customer_id < after)
    return connection.execute(query.order_by(s.customer_id.desc()).limit(limit)).all()
