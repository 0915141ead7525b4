"""Areas as a list: filtered, sorted, page by page, and one with its versions; only rows the actor
sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape
from sqlalchemy import Connection, Row, Select, String, cast, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.geo.postal_codes import normal
from stores.geo.territories import area, area_revision
from stores.lists import places
from stores.lists.network_lists import ANCIENT, named_text
from stores.network.dealers import dealer
from stores.network.found_by import holds_code
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class AreaFilter:
    """`held`: those that hold today."""

    today: dt.date
    words: str | None = None
    kind: str | None = None
    dealer_code: str | None = None
    store_code: str | None = None
    held: bool = False


def _lists(words: str) -> ColumnElement[bool]:
    """Whether an area lists a region or postal code that holds the words."""
    r = area_revision.c
    return or_(
        holds_code(words, cast(r.region_codes, String)),
        holds_code(normal(words) or words, cast(r.postal_codes, String)),
    )


def _areas(query: Select[Any], actor: Actor, wanted: AreaFilter) -> Select[Any]:
    r = area_revision.c
    query = places.areas_seen(query, actor, wanted.today)
    if wanted.words:
        query = query.where(or_(holds_code(wanted.words, area.c.area_code), _lists(wanted.words)))
    for column, value in (
        (r.kind, wanted.kind),
        (dealer.c.dealer_code, wanted.dealer_code),
        (store.c.store_code, wanted.store_code),
    ):
        if value:
            query = query.where(column == value)
    if wanted.held:
        query = query.where(
            or_(r.valid_from.is_(None), r.valid_from <= wanted.today),
            or_(r.valid_to.is_(None), r.valid_to > wanted.today),
        )
    return query


def areas(
    connection: Connection, actor: Actor, wanted: AreaFilter, order: Order
) -> Sequence[Row[Any]]:
    """Areas known now, without their geometry; `valid_to` is the first day that no longer
    counts."""
    r = area_revision.c
    query = select(
        area.c.id,
        area.c.area_code,
        r.kind,
        r.valid_from,
        r.valid_to,
        r.region_codes,
        r.postal_codes,
        r.geometry.is_not(None).label("drawn"),
        dealer.c.dealer_code,
        dealer.c.name.label("dealer_name"),
        store.c.store_code,
        store.c.name.label("store_name"),
    )
    sorts = {
        "area": area.c.area_code,
        "kind": r.kind,
        "dealer": named_text(dealer.c.dealer_code),
        "store": named_text(store.c.store_code),
        "valid_from": func.coalesce(r.valid_from, ANCIENT),
        "valid_to": func.coalesce(r.valid_to, dt.date.max),
    }
    return connection.execute(ordered(_areas(query, actor, wanted), sorts, area.c.id, order)).all()


def area_count(connection: Connection, actor: Actor, wanted: AreaFilter) -> int:
    return int(connection.execute(_areas(select(func.count()), actor, wanted)).scalar_one())


def find_area(connection: Connection, actor: Actor, code: str, today: dt.date) -> Row[Any] | None:
    """The area as known now; None when unknown or not the actor's to see."""
    query = select(
        area.c.id,
        area.c.area_code,
        area_revision,
        dealer.c.dealer_code,
        dealer.c.name.label("dealer_name"),
        store.c.store_code,
        store.c.name.label("store_name"),
    )
    return connection.execute(
        places.areas_seen(query, actor, today).where(area.c.area_code == code)
    ).first()


def area_versions(connection: Connection, area_id: int) -> Sequence[Row[Any]]:
    """Every version of an area, newest first."""
    r = area_revision.c
    return connection.execute(
        select(r.kind, r.valid_from, r.valid_to, r.version_from, r.version_to)
        .where(r.area_id == area_id)
        .order_by(r.version_from.desc())
    ).all()


def geometry(row: Any) -> Any:
    """The stored outline of an area as a shape of its own."""
    return shape(row.geometry)
