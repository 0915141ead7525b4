"""Entries led to an actor's stores, and which of them a code brought: by store, channel and day (D4
of the stories, F2, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, literal, select

from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.ordering import Lead, Order, ordered
from stores.facts.customers import customer
from stores.facts.entries import entry
from stores.lists import entry_lists
from stores.lists.entry_lists import EntryFilter
from stores.network.channels import channel
from stores.network.guides import guide
from stores.network.stores import store
from stores.routing.entry_reading import limit_entries

CODE = "ENTRY_PARAM"  # the rung of a code or link that was used on this arrival and led it
BY_CODE = literal(CODE, literal_execute=True)  # written out, as its index knows it
BROUGHT_BY = ("yes", "guide", "plain")
SORTS = {
    "occurred_at": entry.c.occurred_at,
    "store": func.coalesce(store.c.store_code, ""),
    "rung": entry.c.rung,
}

LEADS = {"occurred_at": Lead(entry.c.business_day, business_day)}


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """Brand days, inclusive. `code`: only those that a code or link led there; `yes` any, `guide` a
    guide's own, `plain` a store's of no channel."""

    first: dt.date
    last: dt.date
    store_code: str | None = None
    channel_code: str | None = None
    code: str | None = None


def _of(query: Select[Any], actor: Actor, wanted: ScanFilter) -> Select[Any]:
    e = entry.c
    query = limit_entries(query, actor).where(
        e.business_day >= wanted.first, e.business_day <= wanted.last
    )
    if wanted.code is not None or wanted.channel_code is not None:
        query = query.where(e.rung == BY_CODE)
    if wanted.code == "guide":
        query = query.where(e.param_guide_id.is_not(None))
    elif wanted.code == "plain":
        query = query.where(e.param_guide_id.is_(None), e.channel_id.is_(None))
    if wanted.store_code is not None:
        query = query.where(
            e.store_id
            == select(store.c.id).where(store.c.store_code == wanted.store_code).scalar_subquery()
        )
    if wanted.channel_code is not None:
        query = query.where(
            e.channel_id
            == select(channel.c.id)
            .where(channel.c.channel_code == wanted.channel_code)
            .scalar_subquery()
        )
    return query


def total(connection: Connection, actor: Actor, wanted: ScanFilter) -> int:
    """From the cube, unless what is asked for is no key of it."""
    if wanted.channel_code is None and wanted.code in (None, "yes"):
        found = EntryFilter(
            wanted.first, wanted.last, CODE if wanted.code else None, wanted.store_code
        )
        return entry_lists.totals(connection, actor, found)["entries"]
    return int(
        connection.execute(_of(select(func.count()).select_from(entry), actor, wanted)).scalar_one()
    )


def rows(
    connection: Connection, actor: Actor, wanted: ScanFilter, order: Order
) -> Sequence[Row[Any]]:
    e = entry.c
    query = (
        select(
            e.id,
            e.occurred_at,
            e.business_day,
            e.rung,
            e.located,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            channel.c.channel_code,
            customer.c.customer_id.label("customer_text"),
        )
        .join(customer, customer.c.id == e.customer_id)
        .outerjoin(store, store.c.id == e.store_id)
        .outerjoin(guide, guide.c.id == e.guide_id)
        .outerjoin(channel, channel.c.id == e.channel_id)
    )
    return connection.execute(ordered(_of(query, actor, wanted), SORTS, e.id, order, LEADS)).all()


def by_code(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date
) -> Sequence[Row[Any]]:
    """(day, store_code, store_name, channel_code, by_guide, entries) of entries that codes led to
    the actor's stores. `by_guide` 1: a guide's own code or link; else a store's code, of a channel
    or of none."""
    e = entry.c
    by_guide = case(
        (e.param_guide_id.is_not(None), literal(1, literal_execute=True)),
        else_=literal(0, literal_execute=True),
    )
    query = (
        select(
            e.business_day.label("day"),
            store.c.store_code,
            store.c.name.label("store_name"),
            channel.c.channel_code,
            by_guide.label("by_guide"),
            func.count().label("entries"),
        )
        .join(store, store.c.id == e.store_id)
        .outerjoin(channel, channel.c.id == e.channel_id)
    )
    keys = (e.business_day, store.c.store_code, store.c.name, channel.c.channel_code, by_guide)
    return connection.execute(
        _of(query, actor, ScanFilter(first, last, code="yes"))
        .group_by(*keys)
        .order_by(e.business_day.desc(), store.c.store_code)
    ).all()
