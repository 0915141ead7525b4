"""Moments that say to whom a customer belonged, and what was decided about him (B1, B9, A14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from stores.base.actors import Actor
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import customer_deed, customer_deed_note
from stores.facts.orders import sales_order
from stores.lists.moments import PAGE, Chip, Moment, chip
from stores.network import sight
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store

MOST_BINDINGS = 200


def bindings(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Iterator[Moment]:
    """Bindings as known now, each with what it replaced and the order or event that made it; of
    others the actor learns only that his own ended."""
    rows = _bindings(connection, actor, number, upto, today)
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
            chip(r.store_code, r.store_name),
            chip(r.guide_code, r.guide_name),
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
                chip(r.store_code, r.store_name),
                chip(r.guide_code, r.guide_name),
            )


def _bindings(
    connection: Connection, actor: Actor, number: int, upto: dt.datetime, today: dt.date
) -> Sequence[Row[Any]]:
    """Rows of bindings begun by `upto`, the latest first, MOST_BINDINGS at most."""
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
    return connection.execute(query.order_by(b.started_at.desc()).limit(MOST_BINDINGS)).all()


def deeds(
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
            chip(r.store_code, r.store_name),
            chip(r.guide_code, r.guide_name),
            detail=r,
        )


def _whom(row: Any) -> Chip:
    return (
        None
        if row is None
        else chip(row.store_code, row.store_name) or chip(row.guide_code, row.guide_name)
    )
