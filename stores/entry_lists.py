"""Lists and figures of entries under one filter, so that a figure and the rows behind it cannot differ; only rows the actor sees (P6)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, literal, or_, select

from stores import cube
from stores.actors import Actor
from stores.brand import business_day
from stores.cube import entry_cell
from stores.customers import customer
from stores.dealers import dealer
from stores.entries import entry, entry_trace
from stores.entry_reading import limit_entries
from stores.guides import guide
from stores.stores import store
from stores.within import within


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Brand days, inclusive. `located` True: a point was used; False: none."""

    first: dt.date
    last: dt.date
    rung: str | None = None
    store_code: str | None = None
    dealer_code: str | None = None
    located: bool | None = None


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
    return query


def totals(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[str, int]:
    """How many entries, and of them how many were located, ended in the picker, or at the brand's default store."""
    found = _figures(connection, actor, wanted, "sum")
    entries, located = _counted(found.c, wanted), found.c.located if wanted.located is not False else literal(0)
    of_rung = {name: func.sum(case((found.c.rung == rung, entries), else_=0)).label(name) for name, rung in (("picker", "PICKER"), ("default_store", "DEFAULT"))}
    row = connection.execute(select(func.sum(entries).label("entries"), func.sum(located).label("located"), *of_rung.values())).one()
    return {name: int(value or 0) for name, value in row._mapping.items()}


def by_day(connection: Connection, actor: Actor, wanted: EntryFilter) -> dict[dt.date, int]:
    """Entries a day; days without any are absent."""
    found = _figures(connection, actor, wanted, "day")
    query = select(found.c.day, func.sum(_counted(found.c, wanted)).label("n")).group_by(found.c.day)
    return {r.day: int(r.n) for r in connection.execute(query) if r.n}


def _counted(c: Any, wanted: EntryFilter) -> Any:
    return c.entries if wanted.located is None else c.located if wanted.located else c.entries - c.located


def _figures(connection: Connection, actor: Actor, wanted: EntryFilter, by: cube.By) -> Any:
    """Rows (day, rung, entries, located) that sum to the entries asked for; a guide's own are few and counted as they are."""
    if actor.scope_kind == "guide":
        e = entry.c
        return _wanted(select(e.business_day.label("day"), e.rung, literal(1).label("entries"), case((e.located != 0, 1), else_=0).label("located")), actor,
                       wanted).subquery()
    whose = within(actor, wanted.last, dealer_code=wanted.dealer_code, store_code=wanted.store_code)
    found = cube.figures(connection, entry_cell, wanted.first, wanted.last, ("entries", "located"), whose.by(by), whose.limits(entry_cell))
    rungs = select(found) if wanted.rung is None else select(found).where(found.c.rung == wanted.rung)
    return rungs.subquery()


def rows(connection: Connection, actor: Actor, wanted: EntryFilter, after: tuple[dt.datetime, int] | None = None, limit: int = 51) -> Sequence[Row[Any]]:
    """Newest first, after (occurred_at, id); with names and codes of where each led."""
    return connection.execute(_newest(_wanted(_listed(), actor, wanted), after).limit(limit)).all()


def latest(connection: Connection, actor: Actor, limit: int) -> Sequence[Row[Any]]:
    """The newest decisions of all days."""
    return connection.execute(limit_entries(_listed(), actor).order_by(entry.c.id.desc()).limit(limit)).all()


def _newest(query: Select[Any], after: tuple[dt.datetime, int] | None) -> Select[Any]:
    e = entry.c
    if after is not None:
        query = query.where(e.business_day <= business_day(after[0]), or_(e.occurred_at < after[0], and_(e.occurred_at == after[0], e.id < after[1])))
    return query.order_by(e.business_day.desc(), e.occurred_at.desc(), e.id.desc())


def _listed() -> Select[Any]:
    e = entry.c
    return (select(e.id, e.entry_id, e.occurred_at, e.business_day, e.rung, e.reason, e.located, entry_trace.c.distance_class_km,
                   customer.c.customer_id.label("customer_text"), store.c.store_code, store.c.name.label("store_name"),
                   dealer.c.dealer_code, dealer.c.name.label("dealer_name"),
                   guide.c.guide_code, guide.c.name.label("guide_name"))
            .join(customer, customer.c.id == e.customer_id).outerjoin(entry_trace, entry_trace.c.entry_id == e.entry_id)
            .outerjoin(store, store.c.id == e.store_id)
            .outerjoin(dealer, dealer.c.id == e.dealer_id).outerjoin(guide, guide.c.id == e.guide_id))
