"""A dealer's customers: those at home in his stores, until when each is protected, filtered and
sorted (D1 of the stories, P3, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.facts.customers import customer, customer_state
from stores.facts.orders import sales_order
from stores.network.guides import guide
from stores.network.scope import visible_store_ids
from stores.network.stores import store

ENDING_DAYS = 7
STATES = ("protected", "ending", "open", "leaving")


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """`state`: `protected` now; `ending` within 7 days; `open`, no longer protected; `leaving`, a
    home elsewhere waits for the end of the protection (B3). `guide_code`: the owner guide."""

    now: dt.datetime
    today: dt.date
    store_code: str | None = None
    guide_code: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """All of the filter but its state, and how many of them are in each."""

    customers: int
    protected: int
    ending: int
    open: int
    leaving: int


SORTS = {
    "customer": customer_state.c.customer_id,
    "protected_until": customer_state.c.home_protected_until,
    "bound_until": customer_state.c.home_valid_until,
    "store": store.c.store_code,
    "guide": func.coalesce(guide.c.guide_code, ""),
}


def _state(wanted: CustomerFilter, visible: Select[Any] | None) -> dict[str, ColumnElement[bool]]:
    s, now = customer_state.c, wanted.now
    until = s.home_protected_until
    away = s.next_home_store_id.is_not(None)
    return {
        "protected": until > now,
        "ending": and_(until > now, until <= now + dt.timedelta(days=ENDING_DAYS)),
        "open": until <= now,
        "leaving": away if visible is None else and_(away, s.next_home_store_id.not_in(visible)),
    }


def _bound(query: Select[Any], actor: Actor, wanted: CustomerFilter) -> Select[Any]:
    """Whose home binding holds now, of the stores that the actor sees; an owner guide of another's
    store is not told."""
    s, visible = customer_state.c, visible_store_ids(actor, wanted.today)
    own = and_(
        guide.c.id == s.owner_guide_id,
        s.owner_valid_until > wanted.now,
        *(() if visible is None else (guide.c.store_id.in_(visible),)),
    )
    query = query.select_from(
        customer_state.join(store, store.c.id == s.home_store_id).outerjoin(guide, own)
    ).where(s.home_valid_until > wanted.now)
    if visible is not None:
        query = query.where(s.home_store_id.in_(visible))
    if wanted.store_code is not None:
        query = query.where(store.c.store_code == wanted.store_code)
    return (
        query if wanted.guide_code is None else query.where(guide.c.guide_code == wanted.guide_code)
    )


def counts(connection: Connection, actor: Actor, wanted: CustomerFilter) -> Counts:
    states = _state(wanted, visible_store_ids(actor, wanted.today))
    sums = [func.coalesce(func.sum(case((states[name], 1), else_=0)), 0) for name in STATES]
    return Counts(
        *(
            int(each)
            for each in connection.execute(_bound(select(func.count(), *sums), actor, wanted)).one()
        )
    )


def rows(
    connection: Connection, actor: Actor, wanted: CustomerFilter, order: Order
) -> Sequence[Row[Any]]:
    """Sorted by a name of SORTS. `leaving`: the home is about to move to a store that the actor
    does not see; `last_order_at`: his own rows."""
    s, o, visible = customer_state.c, sales_order.c, visible_store_ids(actor, wanted.today)
    states = _state(wanted, visible)
    last = select(func.max(o.paid_at)).where(o.customer_id == s.customer_id)
    last = last.where(o.dealer_id == actor.scope_id) if actor.scope_kind == "dealer" else last
    query = select(
        s.customer_id.label("id"),
        customer.c.customer_id.label("customer_text"),
        store.c.store_code,
        store.c.name.label("store_name"),
        guide.c.guide_code,
        guide.c.name.label("guide_name"),
        s.home_protected_until,
        s.home_valid_until,
        states["leaving"].label("leaving"),
        last.scalar_subquery().label("last_order_at"),
    )
    query = _bound(query, actor, wanted).join(customer, customer.c.id == s.customer_id)
    if wanted.state in states:
        query = query.where(states[wanted.state])
    return connection.execute(ordered(query, SORTS, s.customer_id, order)).all()
