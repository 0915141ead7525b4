"""The customers of a guide or a store on the phone: the list with visit and order days, the pool,
and the course of one customer (G5, S1).

A guide sees whom he owns now; a manager the store's own: at home here, or owned by a guide of the
store (P6). Ids are masked by the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from stores.base.actors import Actor
from stores.facts.credits import order_credit
from stores.facts.customers import customer, customer_state
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.network import sight
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store

ENDING_DAYS = 7
CONTACTS = (
    "contact.confirmed",
    "contact.deleted_by_customer",
    "contact.deleted_by_guide",
    "contact.transferred",
)


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """`kind`: all, protected, ending (protection ends within 7 days), open (no longer protected),
    pool (no owner guide; of a store only). `guide_code`: owned by this guide."""

    now: dt.datetime
    today: dt.date
    kind: str = "all"
    guide_code: str | None = None


KINDS = ("all", "protected", "ending", "open", "pool")


def _stores(actor: Actor, today: dt.date) -> Select[Any]:
    visible = visible_store_ids(actor, today)
    return select(store.c.id) if visible is None else visible


def _guides(actor: Actor, today: dt.date) -> Select[Any]:
    visible = visible_guide_ids(actor, today)
    return select(guide.c.id) if visible is None else visible


def _owned(now: dt.datetime) -> ColumnElement[bool]:
    s = customer_state.c
    return and_(s.owner_guide_id.is_not(None), s.owner_valid_until > now)


def _own(query: Select[Any], actor: Actor, now: dt.datetime, today: dt.date) -> Select[Any]:
    """Whose customers these are: a guide's by owner, a store's by home."""
    s = customer_state.c
    if actor.scope_kind == "guide":
        return query.where(s.owner_guide_id == actor.scope_id, s.owner_valid_until > now)
    return query.where(s.home_store_id.in_(_stores(actor, today)), s.home_valid_until > now)


def _filtered(query: Select[Any], actor: Actor, wanted: CustomerFilter) -> Select[Any]:
    s, now = customer_state.c, wanted.now
    until = s.owner_protected_until if actor.scope_kind == "guide" else s.home_protected_until
    soon = now + dt.timedelta(days=ENDING_DAYS)
    if wanted.guide_code is not None and actor.scope_kind != "guide":
        named = select(guide.c.id).where(
            guide.c.guide_code == wanted.guide_code, guide.c.id.in_(_guides(actor, wanted.today))
        )
        query = query.where(s.owner_guide_id.in_(named), s.owner_valid_until > now)
    else:
        query = _own(query, actor, now, wanted.today)
    kinds: dict[str, tuple[ColumnElement[bool], ...]] = {
        "protected": (until > now,),
        "ending": (until > now, until <= soon),
        "open": (until <= now,),
        "pool": (~func.coalesce(_owned(now), False),),
    }
    return query.where(*kinds.get(wanted.kind, ()))


def totals(
    connection: Connection, actor: Actor, wanted: CustomerFilter, kinds: Sequence[str] = KINDS
) -> dict[str, int]:
    """How many of each kind, whatever kind is asked for; in one statement."""
    s, now = customer_state.c, wanted.now
    until = s.owner_protected_until if actor.scope_kind == "guide" else s.home_protected_until
    soon = now + dt.timedelta(days=ENDING_DAYS)
    tests: dict[str, ColumnElement[bool] | None] = {
        "all": None,
        "protected": until > now,
        "ending": and_(until > now, until <= soon),
        "open": until <= now,
        "pool": or_(
            s.owner_guide_id.is_(None), s.owner_valid_until.is_(None), s.owner_valid_until <= now
        ),
    }
    columns = [
        func.count().filter(test).label(name) if test is not None else func.count().label(name)
        for name, test in tests.items()
        if name in kinds
    ]
    query = _filtered(
        select(*columns).select_from(customer_state),
        actor,
        CustomerFilter(now, wanted.today, "all", wanted.guide_code),
    )
    return {name: int(value) for name, value in connection.execute(query).one()._mapping.items()}


def rows(
    connection: Connection,
    actor: Actor,
    wanted: CustomerFilter,
    after: int | None = None,
    limit: int = 51,
) -> Sequence[Row[Any]]:
    """The newest customers first, after one."""
    s = customer_state.c
    query = _filtered(_columns(actor, wanted.today), actor, wanted)
    if after is not None:
        query = query.where(s.customer_id < after)
    return connection.execute(query.order_by(s.customer_id.desc()).limit(limit)).all()


def last_orders(connection: Connection, customer_ids: Sequence[int]) -> dict[int, dt.date]:
    """The day of the last order of each, whoever sold it. Apart from `rows`: in the same statement
    it would be looked up for all before the sorting."""
    o = sales_order.c
    query = (
        select(o.customer_id, func.max(o.business_day).label("day"))
        .where(o.customer_id.in_(customer_ids))
        .group_by(o.customer_id)
    )
    return {row.customer_id: row.day for row in connection.execute(query)}


def _columns(actor: Actor, today: dt.date) -> Select[Any]:
    """Home and owner by their keys, with code and name where the actor may know them."""
    s = customer_state.c
    seen = sight.of(actor, today)
    return select(
        s.customer_id.label("id"),
        s.home_store_id,
        customer.c.customer_id.label("customer_text"),
        store.c.store_code,
        store.c.name.label("store_name"),
        guide.c.guide_code,
        guide.c.name.label("guide_name"),
        s.home_protected_until,
        s.home_valid_until,
        s.owner_guide_id,
        s.owner_protected_until,
        s.owner_valid_until,
        s.last_visit_at,
    ).select_from(
        customer_state.join(customer, customer.c.id == s.customer_id)
        .join(store, seen.store(store, s.home_store_id), isouter=True)
        .join(guide, seen.guide(guide, s.owner_guide_id), isouter=True)
    )


def find(
    connection: Connection, actor: Actor, now: dt.datetime, today: dt.date, customer_id: int
) -> Row[Any] | None:
    """One customer; None when unknown or not the actor's: a guide's own, of a store those at home
    there or owned by its guides."""
    s = customer_state.c
    query = _columns(actor, today).where(s.customer_id == customer_id)
    if actor.scope_kind == "guide":
        query = query.where(s.owner_guide_id == actor.scope_id, s.owner_valid_until > now)
    else:
        home = and_(s.home_store_id.in_(_stores(actor, today)), s.home_valid_until > now)
        query = query.where(
            or_(home, and_(s.owner_guide_id.in_(_guides(actor, today)), s.owner_valid_until > now))
        )
    return connection.execute(query).first()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: `kind` is an event type, `order` or `refund`. `amount_minor` is what
    it counts for the guide's score; `paying` False: performance only, because another dealer's shop
    sold it (B12, E7). `other_store`: of a store that may not be named; its order a manager cannot
    open."""

    at: dt.datetime
    kind: str
    guide_name: str | None
    source: str | None = None
    order_no: str | None = None
    event_id: str | None = None
    store_name: str | None = None
    other_store: bool = False
    amount_minor: int = 0
    paying: bool = True


def course(connection: Connection, actor: Actor, today: dt.date, customer_id: int) -> list[Step]:
    """Adds, losses, transfers, orders and refunds of this customer with the actor's guides, newest
    first."""
    guides, seen = _guides(actor, today), sight.of(actor, today)
    e, o, c, r = event.c, sales_order.c, order_credit.c, refund.c
    contacts = connection.execute(
        select(e.occurred_at, e.type, e.source, e.event_id, guide.c.name)
        .join(guide, guide.c.id == e.guide_id)
        .where(e.customer_id == customer_id, e.type.in_(CONTACTS), e.guide_id.in_(guides))
        .order_by(e.occurred_at.desc())
        .limit(200)
    ).all()
    orders = connection.execute(
        select(
            o.paid_at,
            o.order_no,
            o.store_id,
            o.dealer_id,
            o.guide_dealer_id,
            c.amount_minor,
            c.refund_id,
            r.refunded_at,
            guide.c.name,
            store.c.name.label("store_name"),
        )
        .select_from(sales_order)
        .join(order_credit, and_(c.order_id == o.id, c.kind == "guide"))
        .join(guide, guide.c.id == c.guide_id)
        .outerjoin(refund, r.id == c.refund_id)
        .outerjoin(store, seen.store(store, o.store_id))
        .where(o.customer_id == customer_id, c.guide_id.in_(guides))
        .order_by(o.paid_at.desc())
        .limit(400)
    ).all()

    def other(row: Any) -> bool:
        return row.store_id is not None and row.store_name is None

    steps = [
        Step(
            row.occurred_at,
            row.type,
            row.name,
            source=row.source,
            event_id=row.event_id if row.type == CONTACTS[0] else None,
        )
        for row in contacts
    ]
    steps += [
        Step(
            row.refunded_at or row.paid_at,
            "refund" if row.refund_id else "order",
            row.name,
            order_no=None if other(row) and actor.scope_kind == "store" else row.order_no,
            store_name=row.store_name,
            other_store=other(row),
            amount_minor=int(row.amount_minor),
            paying=row.dealer_id in (None, row.guide_dealer_id),
        )
        for row in orders
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def waiting_for_a_guide(
    connection: Connection, guide_ids: Sequence[int], now: dt.datetime
) -> dict[int, int]:
    """How many customers these guides own now: those to be reassigned when one of them leaves (B9,
    S1)."""
    s = customer_state.c
    query = (
        select(s.owner_guide_id, func.count().label("n"))
        .where(s.owner_guide_id.in_(guide_ids), s.owner_valid_until > now)
        .group_by(s.owner_guide_id)
    )
    return {row.owner_guide_id: row.n for row in connection.execute(query)}
