"""Lists and figures of entries under one filter, so that a figure and the rows behind it cannot
differ; only rows the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, literal, select

from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.ordering import Order, ordered
from stores.facts.customers import customer
from stores.facts.entries import entry, entry_trace
from stores.figures import cube_reading
from stores.figures.cube import entry_cell
from stores.figures.within import within
from stores.network import sight
from stores.network.channels import channel
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store
from stores.routing.entry_reading import limit_entries

NEWEST = Order("occurred_at", descending=True)
SORTS = {
    "occurred_at": entry.c.occurred_at,
    "store": func.coalesce(store.c.store_code, ""),
}  # what an index of days can bring in order


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Brand days, inclusive. `located` True: a point was used; False: none. `reason` as stored,
    e.g. `nearest_by_open_now`."""

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
    query = limit_entries(query, actor).where(
        e.business_day >= wanted.first, e.business_day <= wanted.last
    )
    if wanted.rung is not None:
        query = query.where(e.rung == wanted.rung)
    if wanted.store_code is not None:
        query = query.where(
            e.store_id
            == select(store.c.id).where(store.c.store_code == wanted.store_code).scalar_subquery()
        )
    if wanted.dealer_code is not None:
        query = query.where(
            e.dealer_id
            == select(dealer.c.id)
            .where(dealer.c.dealer_code == wanted.dealer_code)
            .scalar_subquery()
        )
    if wanted.located is not None:
        query = query.where(e.located != 0 if wanted.located else e.located == 0)
    if wanted.reason is not None:
        query = query.where(e.reason == wanted.reason)
    if wanted.touchpoint is not None:
        query = query.where(e.touchpoint == wanted.touchpoint)
    if wanted.channel_code is not None:
        query = query.where(
            e.channel_id
            == select(channel.c.id)
            .where(channel.c.channel_code == wanted.channel_code)
            .scalar_subquery()
        )
    return query


def totals(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[str, int]:
    """How many entries, and of them how many were located, ended in the picker, or at the brand's
    default store."""
    found = _figures(connection, actor, wanted, "sum")
    entries, located = (
        _counted(found.c, wanted),
        found.c.located if wanted.located is not False else literal(0),
    )
    of_rung = {
        name: func.sum(case((found.c.rung == rung, entries), else_=0)).label(name)
        for name, rung in (("picker", "PICKER"), ("default_store", "DEFAULT"))
    }
    row = connection.execute(
        select(
            func.sum(entries).label("entries"),
            func.sum(located).label("located"),
            *of_rung.values(),
        )
    ).one()
    return {name: int(value or 0) for name, value in row._mapping.items()}


def by_day(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[dt.date, int]:
    """Entries a day; days without any are absent."""
    found = _figures(connection, actor, wanted, "day")
    query = select(found.c.day, func.sum(_counted(found.c, wanted)).label("n")).group_by(
        found.c.day
    )
    return {r.day: int(r.n) for r in connection.execute(query) if r.n}


def _counted(c: Any, wanted: EntryFilter) -> Any:
    return (
        c.entries
        if wanted.located is None
        else c.located
        if wanted.located
        else c.entries - c.located
    )


def _figures(connection: Connection, actor: Actor, wanted: EntryFilter, by: cube_reading.By) -> Any:
    """Rows (day, rung, entries, located) that sum to the entries asked for; what day sums do not
    know apart, and a guide's own, are counted as they are."""
    if actor.scope_kind == "guide" or wanted.reason or wanted.touchpoint or wanted.channel_code:
        e = entry.c
        return _wanted(
            select(
                e.business_day.label("day"),
                e.rung,
                literal(1).label("entries"),
                case((e.located != 0, 1), else_=0).label("located"),
            ),
            actor,
            wanted,
        ).subquery()
    whose = within(actor, wanted.last, dealer_code=wanted.dealer_code, store_code=wanted.store_code)
    found = cube_reading.figures(
        connection,
        entry_cell,
        wanted.first,
        wanted.last,
        ("entries", "located"),
        whose.by(by),
        whose.limits(entry_cell),
    )
    rungs = (
        select(found) if wanted.rung is None else select(found).where(found.c.rung == wanted.rung)
    )
    return rungs.subquery()


def by_rung(
    connection: Connection, actor: Actor, wanted: EntryFilter
) -> dict[str, tuple[int, int]]:
    """(entries, of them located) of each rung that matched at least once."""
    found = _figures(connection, actor, wanted, "sum")
    query = select(
        found.c.rung,
        func.sum(found.c.entries).label("entries"),
        func.sum(found.c.located).label("located"),
    ).group_by(found.c.rung)
    pairs = {r.rung: (int(r.entries), int(r.located)) for r in connection.execute(query)}
    if wanted.located is not None:
        pairs = {
            rung: (located, located) if wanted.located else (n - located, 0)
            for rung, (n, located) in pairs.items()
        }
    return {rung: pair for rung, pair in pairs.items() if pair[0]}


def rows(
    connection: Connection, actor: Actor, wanted: EntryFilter, order: Order = NEWEST
) -> Sequence[Row[Any]]:
    """Sorted by a name of SORTS; with names and codes of where each led.

    The page is chosen on the entries alone, names are looked up for it. By time the days come
    first: they have an index, and a later moment is never on an earlier day."""
    e, down = entry.c, order.descending
    query = select(e.id.label("number"))
    if order.by == "store":
        query = query.outerjoin(store, store.c.id == e.store_id)
    query = ordered(_wanted(query, actor, wanted), SORTS, e.id, order)
    if order.by == "occurred_at":
        if order.after is not None:
            edge = business_day(order.after[0])
            query = query.where(e.business_day <= edge if down else e.business_day >= edge)
        query = query.order_by(None).order_by(
            *(each.desc() if down else each.asc() for each in (e.business_day, e.occurred_at, e.id))
        )
    page = query.subquery()
    listed = (
        _listed(actor, wanted.last)
        .add_columns(page.c.sort_value, page.c.sort_key)
        .join(page, page.c.number == e.id)
    )
    ways = (page.c.sort_value, page.c.sort_key)
    return connection.execute(
        listed.order_by(*(each.desc() if down else each.asc() for each in ways))
    ).all()


def latest(connection: Connection, actor: Actor, today: dt.date, limit: int) -> Sequence[Row[Any]]:
    """The newest decisions of all days."""
    return connection.execute(
        limit_entries(_listed(actor, today), actor).order_by(entry.c.id.desc()).limit(limit)
    ).all()


def _listed(actor: Actor, today: dt.date) -> Select[Any]:
    e, seen = entry.c, sight.of(actor, today)
    return (
        select(
            e.id,
            e.entry_id,
            e.occurred_at,
            e.business_day,
            e.rung,
            e.reason,
            e.located,
            e.touchpoint,
            e.customer_id,
            entry_trace.c.distance_class_km,
            customer.c.customer_id.label("customer_text"),
            store.c.store_code,
            store.c.name.label("store_name"),
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            channel.c.channel_code,
        )
        .join(customer, customer.c.id == e.customer_id)
        .outerjoin(entry_trace, entry_trace.c.entry_id == e.entry_id)
        .outerjoin(store, store.c.id == e.store_id)
        .outerjoin(dealer, dealer.c.id == e.dealer_id)
        .outerjoin(guide, seen.guide(guide, e.guide_id))
        .outerjoin(channel, channel.c.id == e.channel_id)
    )
