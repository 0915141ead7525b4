"""Friend adds under one filter: the figure and its rows; only those of guides the actor sees
(P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.ordering import Lead, Order, ordered
from stores.facts.customers import customer
from stores.facts.events import event
from stores.figures import cube, cube_reading
from stores.figures.cube import CONFIRMED
from stores.figures.within import within
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class AddFilter:
    """Brand days, inclusive. `today` decides which guides the actor sees; the store is the guide's
    present one."""

    first: dt.date
    last: dt.date
    today: dt.date
    guide_code: str | None = None
    store_code: str | None = None


def _adds(query: Select[Any], actor: Actor, wanted: AddFilter) -> Select[Any]:
    e = event.c
    query = query.where(
        e.type == CONFIRMED, e.business_day >= wanted.first, e.business_day <= wanted.last
    )
    visible = visible_guide_ids(actor, wanted.today)
    if visible is not None:
        query = query.where(e.guide_id.in_(visible))
    if wanted.guide_code is not None:
        query = query.where(
            e.guide_id
            == select(guide.c.id).where(guide.c.guide_code == wanted.guide_code).scalar_subquery()
        )
    if wanted.store_code is not None:
        query = query.where(
            e.guide_id.in_(
                select(guide.c.id)
                .join(store, store.c.id == guide.c.store_id)
                .where(store.c.store_code == wanted.store_code)
            )
        )
    return query


def total(connection: Connection, actor: Actor, wanted: AddFilter) -> int:
    """Confirmed friend adds, paid or not."""
    whose = within(actor, wanted.today, store_code=wanted.store_code, guide_code=wanted.guide_code)
    found = cube_reading.figures(
        connection,
        cube.guide_cell,
        wanted.first,
        wanted.last,
        ("adds",),
        whose.by("sum"),
        whose.limits(cube.guide_cell),
    )
    return int(connection.execute(select(func.sum(found.c.adds))).scalar() or 0)


def rows(
    connection: Connection, actor: Actor, wanted: AddFilter, order: Order
) -> Sequence[Row[Any]]:
    """Sorted by one of SORTS, ties by id."""
    e = event.c
    query = (
        select(
            e.id,
            e.event_id,
            e.occurred_at,
            e.business_day,
            e.source,
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            store.c.store_code,
            store.c.name.label("store_name"),
            customer.c.customer_id.label("customer_text"),
        )
        .join(guide, guide.c.id == e.guide_id)
        .join(store, store.c.id == guide.c.store_id)
        .outerjoin(customer, customer.c.id == e.customer_id)
    )
    return connection.execute(ordered(_adds(query, actor, wanted), SORTS, e.id, order, LEADS)).all()


SORTS = {
    "occurred_at": event.c.occurred_at,
    "guide": guide.c.guide_code,
    "store": store.c.store_code,
}
LEADS = {"occurred_at": Lead(event.c.business_day, business_day)}
