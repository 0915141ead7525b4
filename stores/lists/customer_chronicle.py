"""What happened with one customer, newest first: entries, bindings, orders, refunds, events; only
what lies within the actor's rows (P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from stores.base.actors import Actor
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import customer_deed, customer_deed_note
from stores.facts.entries import entry, entry_trace
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.network import sight
from stores.network.channels import channel
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.routing.entry_reading import limit_entries

AFTER_HOURS = 24
PAGE = 40
MOST_BINDINGS = 200
KINDS = ("entries", "bindings", "orders", "refunds", "events", "deeds")
Chip = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Moment:
    """`kind`: entry, home, owner, home_ended, owner_ended, order, refund, event, deed. `code`: the
    rung, the binding's reason, the owner basis or the event's type; `reference`: the entry id or
    the order number that is its door; `minor` an amount; `before` whom a binding replaced."""

    at: dt.datetime
    kind: str
    code: str = ""
    store: Chip = None
    guide: Chip = None
    before: Chip = None
    reference: str | None = None
    minor: int | None = None
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted within the actor's rows; sales before refunds."""

    entries: int
    orders: int
    sales_minor: int
    refunds: int
    refunds_minor: int


def figures(connection: Connection, actor: Actor, number: int) -> Figures:
    o, r = sales_order.c, refund.c
    entries = connection.execute(
        limit_entries(select(func.count()).select_from(entry), actor).where(
            entry.c.customer_id == number
        )
    ).scalar_one()
    paid = connection.execute(
        limit_orders(
            select(
                func.count().label("n"), func.coalesce(func.sum(o.total_minor), 0).label("sum")
            ).select_from(sales_order),
            actor,
        ).where(o.customer_id == number)
    ).one()
    back = connection.execute(
        limit_orders(
            select(
                func.count().label("n"), func.coalesce(func.sum(r.total_minor), 0).label("sum")
            ).select_from(refund.join(sales_order, o.id == r.order_id)),
            actor,
        ).where(o.customer_id == number)
    ).one()
    return Figures(int(entries), int(paid.n), int(paid.sum), int(back.n), int(back.sum))


def orders_after(
    connection: Connection, actor: Actor, number: int, at: dt.datetime, hours: int = AFTER_HOURS
) -> Sequence[Row[Any]]:
    """His orders paid in the hours after a moment, as far as the actor may see them."""
    o = sales_order.c
    query = (
        select(
            o.order_no,
            o.paid_at,
            o.total_minor,
            o.owner_basis,
            store.c.store_code,
            store.c.name.label("store_name"),
        )
        .outerjoin(store, store.c.id == o.store_id)
        .where(o.customer_id == number, o.paid_at >= at, o.paid_at < at + dt.timedelta(hours=hours))
    )
    return connection.execute(limit_orders(query, actor).order_by(o.paid_at, o.id).limit(20)).all()


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
            _chip(r.store_code, r.store_name),
            _chip(r.guide_code, r.guide_name),
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
            _chip(r.store_code, r.store_name),
            _chip(r.guide_code, r.guide_name),
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
            store=_chip(row.store_code, row.store_name),
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
        giver_chip = _chip(r.giver_code, r.giver_name) if actor.scope_kind == "all" else None
        yield Moment(
            r.occurred_at,
            "event",
            r.type,
            guide=_chip(r.guide_code, r.guide_name),
            before=giver_chip,
            detail=r,
        )


def _bindings(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    """Bindings as known now, each with what it replaced and the order or event that made it; of
    others the actor learns only that his own ended."""
    b, stores, guides, seen = (
        binding.c,
        visible_store_ids(actor, today),
        visible_guide_ids(actor, today),
        sight.of(actor, today),
    )
    query = (
        select(
            b.kind,
            b.started_at,
            b.ended_at,
            b.end_reason,
            b.reason,
            b.protected_until,
            b.valid_until,
            b.source_kind,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            sales_order.c.order_no,
        )
        .select_from(binding)
        .outerjoin(store, seen.store(store, b.store_id))
        .outerjoin(guide, seen.guide(guide, b.guide_id))
        .outerjoin(sales_order, and_(b.source_kind == "order", sales_order.c.id == b.source_id))
        .where(b.customer_id == number, b.superseded_at.is_(None), b.started_at <= upto)
    )
    if actor.scope_kind == "guide":
        query = query.where(b.guide_id == actor.scope_id)
    elif stores is not None and guides is not None:
        query = query.where(or_(b.store_id.in_(stores), b.guide_id.in_(guides)))
    rows = connection.execute(query.order_by(b.started_at.desc()).limit(MOST_BINDINGS)).all()
    for r in rows:
        replaced = next(
            (
                old
                for old in rows
                if old.kind == r.kind and old is not r and old.ended_at == r.started_at
            ),
            None,
        )
        yield Moment(
            r.started_at,
            r.kind,
            r.reason,
            _chip(r.store_code, r.store_name),
            _chip(r.guide_code, r.guide_name),
            _whom(replaced),
            r.order_no,
            detail=r,
        )
        followed = any(
            new.kind == r.kind and new is not r and new.started_at == r.ended_at for new in rows
        )
        if r.ended_at is not None and r.ended_at <= upto and not followed:
            yield Moment(
                r.ended_at,
                f"{r.kind}_ended",
                r.end_reason or "",
                _chip(r.store_code, r.store_name),
                _chip(r.guide_code, r.guide_name),
            )


def _deeds(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    """What the visitor, a manager or headquarters decided; of stores and guides beyond the actor's
    rows he learns nothing."""
    d, stores, guides, seen = (
        customer_deed.c,
        visible_store_ids(actor, today),
        visible_guide_ids(actor, today),
        sight.of(actor, today),
    )
    query = (
        select(
            d.kind,
            d.at,
            d.actor,
            customer_deed_note.c.note,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .outerjoin(customer_deed_note, customer_deed_note.c.deed_id == d.id)
        .outerjoin(store, seen.store(store, d.store_id))
        .outerjoin(guide, seen.guide(guide, d.guide_id))
        .where(d.customer_id == number, d.at <= upto)
    )
    if stores is not None and guides is not None:
        query = query.where(or_(d.store_id.in_(stores), d.guide_id.in_(guides)))
    for r in connection.execute(query.order_by(d.at.desc(), d.id.desc()).limit(PAGE + 1)):
        yield Moment(
            r.at,
            "deed",
            r.kind,
            _chip(r.store_code, r.store_name),
            _chip(r.guide_code, r.guide_name),
            detail=r,
        )


def _whom(row: Any) -> Chip:
    return (
        None
        if row is None
        else _chip(row.store_code, row.store_name) or _chip(row.guide_code, row.guide_name)
    )


def _chip(code: str | None, name: str | None) -> Chip:
    return (code, name or code) if code is not None else None


_Read = Callable[[Connection, Actor, int, dt.datetime, dt.date], Iterator[Moment]]
_READ: dict[str, _Read] = {
    "entries": _entries,
    "bindings": _bindings,
    "orders": _orders,
    "refunds": _refunds,
    "events": _events,
    "deeds": _deeds,
}
