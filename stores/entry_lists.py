"""Lists and figures of entries under one filter, so that a figure and the rows behind it cannot differ; only rows the actor sees (P6)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from stores.actors import Actor
from stores.brand import business_day
from stores.channels import channel
from stores.customers import customer
from stores.dealers import dealer
from stores.entries import entry, entry_trace
from stores.entry_reading import limit_entries
from stores.guides import guide
from stores.ordering import Order, ordered
from stores.stores import store

NEWEST = Order("occurred_at", descending=True)
SORTS = {"occurred_at": entry.c.occurred_at, "rung": entry.c.rung, "store": func.coalesce(store.c.store_code, ""),
         "dealer": func.coalesce(dealer.c.dealer_code, "")}


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Brand days, inclusive. `located` True: a point was used; False: none. `reason` as stored, e.g. `nearest_by_open_now`."""

    first: dt.date
    last: dt.date
    rung: str | None = None
    store_code: str | None = None
    dealer_code: str | None = None
    located: bool | None = None
    reason: str | None = None
    touchpoint: str | None = None
    channel_code: str | None = None


def _wanted(query: Select[Any], actor: Actor, wanted: EntryFilter) -> Select[Any]:
    e = entry.c
    query = limit_entries(query, actor).where(e.business_day >= wanted.first, e.business_day <= wanted.last)
    if wanted.rung is not None:
        query = query.where(e.rung == wanted.rung)
    if wanted.store_code is not None:
        query = query.where(e.store_id == select(store.c.id).where(store.c.store_code == wanted.store_code).scalar_subquery())
    if wanted.dealer_code is not None:
        query = query.where(e.dealer_id == select(dealer.c.id).where(dealer.c.dealer_code == wanted.dealer_code).scalar_subquery())
    if wanted.located is not None:
        query = query.where(e.located != 0 if wanted.located else e.located == 0)
    if wanted.reason is not None:
        query = query.where(e.reason == wanted.reason)
    if wanted.touchpoint is not None:
        query = query.where(e.touchpoint == wanted.touchpoint)
    if wanted.channel_code is not None:
        query = query.where(e.channel_id == select(channel.c.id).where(channel.c.channel_code == wanted.channel_code).scalar_subquery())
    return query


def totals(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[str, int]:
    """How many entries, and of them how many were located, ended in the picker, or at the brand's default store."""
    e = entry.c

    def those(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(func.count().label("entries"), those(e.located != 0).label("located"), those(e.rung == "PICKER").label("picker"),
                   those(e.rung == "DEFAULT").label("default_store")).select_from(entry)
    return {name: int(value) for name, value in connection.execute(_wanted(query, actor, wanted)).one()._mapping.items()}


def by_day(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[dt.date, int]:
    """Entries a day; days without any are absent."""
    query = _wanted(select(entry.c.business_day, func.count().label("n")), actor, wanted).group_by(entry.c.business_day)
    return {r.business_day: r.n for r in connection.execute(query)}


def by_rung(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[str, tuple[int, int]]:
    """(entries, of them located) of each rung that matched at least once."""
    located = func.coalesce(func.sum(case((entry.c.located != 0, 1), else_=0)), 0)
    query = select(entry.c.rung, func.count().label("n"), located.label("located")).select_from(entry)
    return {r.rung: (int(r.n), int(r.located)) for r in connection.execute(_wanted(query, actor, wanted).group_by(entry.c.rung))}


def rows(connection: Connection, actor: Actor, wanted: EntryFilter, order: Order = NEWEST) -> Sequence[Row[Any]]:
    """Sorted by a name of SORTS; with names and codes of where each led.

    By time the days come first: they have an index, and a later moment is never on an earlier day."""
    query = ordered(_wanted(_listed(), actor, wanted), SORTS, entry.c.id, order)
    if order.by == "occurred_at":
        e, down = entry.c, order.descending
        if order.after is not None:
            edge = business_day(order.after[0])
            query = query.where(e.business_day <= edge if down else e.business_day >= edge)
        query = query.order_by(None).order_by(*(each.desc() if down else each.asc() for each in (e.business_day, e.occurred_at, e.id)))
    return connection.execute(query).all()


def latest(connection: Connection, actor: Actor, limit: int) -> Sequence[Row[Any]]:
    """The newest decisions of all days."""
    return connection.execute(limit_entries(_listed(), actor).order_by(entry.c.id.desc()).limit(limit)).all()


def _listed() -> Select[Any]:
    e = entry.c
    return (select(e.id, e.entry_id, e.occurred_at, e.business_day, e.rung, e.reason, e.located, e.touchpoint, e.customer_id, entry_trace.c.distance_class_km,
                   customer.c.customer_id.label("customer_text"), store.c.store_code, store.c.name.label("store_name"),
                   dealer.c.dealer_code, dealer.c.name.label("dealer_name"),
                   guide.c.guide_code, guide.c.name.label("guide_name"), channel.c.channel_code)
            .join(customer, customer.c.id == e.customer_id).outerjoin(entry_trace, entry_trace.c.entry_id == e.entry_id)
            .outerjoin(store, store.c.id == e.store_id)
            .outerjoin(dealer, dealer.c.id == e.dealer_id).outerjoin(guide, guide.c.id == e.guide_id)
            .outerjoin(channel, channel.c.id == e.channel_id))
