"""Stores and areas as maps show them: where they lie and what a figure says of each; only rows the
actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select
from sqlalchemy.sql.selectable import Subquery

from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.facts.customers import customer_state
from stores.figures import cube, cube_reading
from stores.figures.within import within
from stores.geo.coordinates import Coordinates, distance_m
from stores.geo.territories import area, area_revision
from stores.lists.directory import StoreFilter, stores_wanted
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import visible_dealer_ids, visible_store_ids
from stores.network.stores import store

NEIGHBOURS = 8
AREAS_SHOWN = 500
DEGREES_AROUND = 2.0  # a box in which neighbours are looked for first


@dataclass(frozen=True, slots=True)
class Neighbour:
    store_code: str
    name: str
    status: str
    latitude: float
    longitude: float
    metres: float


def stores(connection: Connection, actor: Actor, wanted: StoreFilter) -> Sequence[Row[Any]]:
    """Every store of the filter whose coordinates were not withdrawn: id, store_code, name, status,
    cloud_shop, latitude, longitude."""
    s = store.c
    query = select(
        s.id, s.store_code, s.name, s.status, s.cloud_shop, s.latitude, s.longitude
    ).where(~s.coordinates_withdrawn)
    return connection.execute(stores_wanted(query, actor, wanted).order_by(s.store_code)).all()


def neighbours(
    connection: Connection, actor: Actor, row: Any, today: dt.date, most: int = NEIGHBOURS
) -> list[Neighbour]:
    """The nearest stores that are not closed, of those the actor sees, nearest first."""
    s, visible = store.c, visible_store_ids(actor, today)
    query = select(s.id, s.store_code, s.name, s.status, s.latitude, s.longitude).where(
        s.id != row.id, s.status != "closed", ~s.coordinates_withdrawn
    )
    if visible is not None:
        query = query.where(s.id.in_(visible))
    near = query.where(
        s.latitude.between(row.latitude - DEGREES_AROUND, row.latitude + DEGREES_AROUND),
        s.longitude.between(row.longitude - DEGREES_AROUND, row.longitude + DEGREES_AROUND),
    )
    here, found = Coordinates(row.latitude, row.longitude), connection.execute(near).all()
    if not found:
        found = connection.execute(
            query.order_by(
                func.abs(s.latitude - row.latitude) + func.abs(s.longitude - row.longitude)
            ).limit(50)
        ).all()
    measured = [
        Neighbour(
            r.store_code,
            r.name,
            r.status,
            r.latitude,
            r.longitude,
            distance_m(here, Coordinates(r.latitude, r.longitude)),
        )
        for r in found
    ]
    return sorted(measured, key=lambda each: (each.metres, each.store_code))[:most]


def areas(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    *,
    code: str | None = None,
    store_id: int | None = None,
    dealer_id: int | None = None,
    kind: str | None = None,
) -> Sequence[Row[Any]]:
    """Areas known now with a drawn geometry, at most AREAS_SHOWN by code."""
    r = area_revision.c
    query = areas_seen(
        select(
            area.c.area_code,
            r.kind,
            r.geometry,
            r.valid_from,
            r.valid_to,
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            store.c.store_code,
            store.c.name.label("store_name"),
        ),
        actor,
        today,
    ).where(r.geometry.is_not(None))
    for column, value in (
        (area.c.area_code, code),
        (r.store_id, store_id),
        (r.dealer_id, dealer_id),
        (r.kind, kind),
    ):
        if value is not None:
            query = query.where(column == value)
    return connection.execute(query.order_by(area.c.area_code).limit(AREAS_SHOWN)).all()


def areas_seen(query: Select[Any], actor: Actor, today: dt.date) -> Select[Any]:
    """The areas known now of the dealers and stores that the actor sees; headquarters sees all."""
    r = area_revision.c
    query = (
        query.select_from(area)
        .join(area_revision, (r.area_id == area.c.id) & r.version_to.is_(None))
        .outerjoin(dealer, dealer.c.id == r.dealer_id)
        .outerjoin(store, store.c.id == r.store_id)
    )
    dealers, seen = visible_dealer_ids(actor, today), visible_store_ids(actor, today)
    if dealers is None or seen is None:
        return query
    return query.where(or_(r.dealer_id.in_(dealers), r.store_id.in_(seen)))


# -- figures by store ------------------------------------------------------------------------------

FIGURES = ("sales", "orders", "entries", "adds", "customers")
_CUBE = {
    "sales": (cube.sale_cell, ("gross_minor", "refunds_minor")),
    "orders": (cube.sale_cell, ("orders",)),
    "entries": (cube.entry_cell, ("entries",)),
}


def figure(
    connection: Connection, actor: Actor, name: str, first: dt.date, last: dt.date, now: dt.datetime
) -> Subquery:
    """(store_id, value) of one of FIGURES for inclusive brand days, to join or to read; a store
    without anything is absent.

    `sales`: attributed sales less refunds in minor units. `adds`: confirmed, of guides by their
    present store. `customers`: at home there now, whatever the days. KeyError for no figure."""
    s = customer_state.c
    if name == "customers":
        return (
            select(s.home_store_id.label("store_id"), func.count().label("value"))
            .where(s.home_store_id.is_not(None), s.home_valid_until > now)
            .group_by(s.home_store_id)
            .subquery("of_customers")
        )
    whose = within(actor, business_day(now))
    if name == "adds":
        found = cube_reading.figures(
            connection,
            cube.guide_cell,
            first,
            last,
            ("adds",),
            "sum",
            whose.limits(cube.guide_cell),
        )
        return (
            select(guide.c.store_id, func.sum(found.c.adds).label("value"))
            .join(guide, guide.c.id == found.c.guide_id)
            .group_by(guide.c.store_id)
            .subquery("of_adds")
        )
    cells, measures = _CUBE[name]
    found = cube_reading.figures(
        connection, cells, first, last, measures, "sum", whose.limits(cells)
    )
    amount = (
        found.c[measures[0]] - found.c[measures[1]] if len(measures) > 1 else found.c[measures[0]]
    )
    return (
        select(found.c.store_id, func.sum(amount).label("value"))
        .group_by(found.c.store_id)
        .subquery(f"of_{name}")
    )


def values(
    connection: Connection, actor: Actor, name: str, first: dt.date, last: dt.date, now: dt.datetime
) -> dict[int, int]:
    """A figure of the stores by their id."""
    return {
        row.store_id: int(row.value)
        for row in connection.execute(select(figure(connection, actor, name, first, last, now)))
    }
