"""What happened with one customer, newest first: entries, bindings, orders, refunds, events; only
what lies within the actor's rows (P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, select

from stores.base.actors import Actor
from stores.facts.entries import entry, entry_trace
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.lists.customer_ties import bindings, deeds
from stores.lists.moments import PAGE, Moment, chip
from stores.network import sight
from stores.network.channels import channel
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.routing.entry_reading import limit_entries

KINDS = ("entries", "bindings", "orders", "refunds", "events", "deeds")


def story(
    connection: Connection,
    actor: Actor,
    number: int,
    now: dt.datetime,
    today: dt.date,
    *,
    kind: str | None = None,
    upto: dt.datetime | None = None,
) -> tuple[list[Moment], dt.datetime | None]:
    """A page of moments up to `upto` (default now), newest first, and where the next page begins.
    What happened at one moment stays together."""
    upto = min(upto, now) if upto is not None else now
    found: list[Moment] = []
    for name, read in _READ.items():
        if kind is None or kind == name:
            found += read(connection, actor, number, upto, today)
    found.sort(key=lambda each: (each.at, each.kind, each.reference or ""), reverse=True)
    if len(found) <= PAGE:
        return found, None
    edge = found[PAGE].at
    page = [each for each in found if each.at > edge] or [each for each in found if each.at == edge]
    rest = [each for each in found if each.at < page[-1].at]
    return page, rest[0].at if rest else None


def _entries(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    e = entry.c
    query = (
        select(
            e.entry_id,
            e.occurred_at,
            e.rung,
            e.reason,
            e.touchpoint,
            channel.c.channel_code,
            entry_trace.c.distance_class_km,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .outerjoin(entry_trace, entry_trace.c.entry_id == e.entry_id)
        .outerjoin(store, store.c.id == e.store_id)
        .outerjoin(guide, sight.of(actor, today).guide(guide, e.guide_id))
        .outerjoin(channel, channel.c.id == e.channel_id)
        .where(e.customer_id == number, e.occurred_at <= upto)
    )
    for r in connection.execute(
        limit_entries(query, actor).order_by(e.occurred_at.desc(), e.id.desc()).limit(PAGE + 1)
    ):
        yield Moment(
            r.occurred_at,
            "entry",
            r.rung,
            chip(r.store_code, r.store_name),
            chip(r.guide_code, r.guide_name),
            reference=r.entry_id,
            detail=r,
        )


def _orders(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    o = sales_order.c
    query = (
        select(
            o.order_no,
            o.paid_at,
            o.total_minor,
            o.owner_basis,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .outerjoin(store, store.c.id == o.store_id)
        .outerjoin(guide, sight.of(actor, today).guide(guide, o.guide_id))
        .where(o.customer_id == number, o.paid_at <= upto)
    )
    for r in connection.execute(
        limit_orders(query, actor).order_by(o.paid_at.desc(), o.id.desc()).limit(PAGE + 1)
    ):
        yield Moment(
            r.paid_at,
            "order",
            r.owner_basis,
            chip(r.store_code, r.store_name),
            chip(r.guide_code, r.guide_name),
            reference=r.order_no,
            minor=r.total_minor,
        )


def _refunds(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    o, r = sales_order.c, refund.c
    query = (
        select(
            r.refund_no,
            r.refunded_at,
            r.total_minor,
            o.order_no,
            store.c.store_code,
            store.c.name.label("store_name"),
        )
        .join(sales_order, o.id == r.order_id)
        .outerjoin(store, store.c.id == o.store_id)
        .where(o.customer_id == number, r.refunded_at <= upto)
    )
    for row in connection.execute(
        limit_orders(query, actor).order_by(r.refunded_at.desc(), r.id.desc()).limit(PAGE + 1)
    ):
        yield Moment(
            row.refunded_at,
            "refund",
            store=chip(row.store_code, row.store_name),
            reference=row.order_no,
            minor=-row.total_minor,
            detail=row,
        )


def _events(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    """Events of guides the actor sees; headquarters also those without a guide. Days of chat are no
    moments."""
    e, giver = event.c, guide.alias("giver")
    query = (
        select(
            e.id,
            e.occurred_at,
            e.type,
            e.source,
            e.transfer_state,
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            giver.c.guide_code.label("giver_code"),
            giver.c.name.label("giver_name"),
        )
        .outerjoin(guide, guide.c.id == e.guide_id)
        .outerjoin(giver, giver.c.id == e.from_guide_id)
        .where(e.customer_id == number, e.occurred_at <= upto, e.type != "chat.day")
    )
    visible = visible_guide_ids(actor, today)
    if visible is not None:
        query = query.where(e.guide_id.in_(visible))
    for r in connection.execute(query.order_by(e.occurred_at.desc(), e.id.desc()).limit(PAGE + 1)):
        giver_chip = chip(r.giver_code, r.giver_name) if actor.scope_kind == "all" else None
        yield Moment(
            r.occurred_at,
            "event",
            r.type,
            guide=chip(r.guide_code, r.guide_name),
            before=giver_chip,
            detail=r,
        )


_Read = Callable[[Connection, Actor, int, dt.datetime, dt.date], Iterator[Moment]]
_READ: dict[str, _Read] = {
    "entries": _entries,
    "bindings": bindings,
    "orders": _orders,
    "refunds": _refunds,
    "events": _events,
    "deeds": deeds,
}
