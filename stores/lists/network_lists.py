"""Stores and dealers as lists: filtered, sorted, page by page; only rows the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.figures import revenue
from stores.lists import places
from stores.lists.directory import StoreFilter, below, stores_wanted
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import holds
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_dealer_ids,
    visible_store_ids,
)
from stores.network.stores import store

NONE = literal("")


@dataclass(frozen=True, slots=True)
class Days:
    """Inclusive brand days of the figures beside rows, and the moment of those that have none."""

    first: dt.date
    last: dt.date
    now: dt.datetime


def named_text(column: Any) -> ColumnElement[Any]:
    """For sorting: NULL counts as the empty text."""
    return func.coalesce(column, NONE)


# -- stores ----------------------------------------------------------------------------------------

ANCIENT = dt.date(1, 1, 1)
STORE_SORTS: dict[str, Any] = {
    "store": store.c.store_code,
    "name": store.c.name,
    "dealer": named_text(dealer.c.dealer_code),
    "branch": named_text(branch.c.branch_code),
    "status": store.c.status,
    "opened_on": func.coalesce(store.c.opened_on, ANCIENT),
}


def stores(
    connection: Connection,
    actor: Actor,
    wanted: StoreFilter,
    days: Days,
    figures: Sequence[str],
    order: Order,
) -> Sequence[Row[Any]]:
    """With `guides` at work today, and each of `figures` (of places.FIGURES) as a column of its
    name."""
    s, g = store.c, guide.c
    people = (
        select(func.count())
        .where(g.store_id == s.id, or_(g.left_on.is_(None), g.left_on >= wanted.today))
        .correlate(store)
        .scalar_subquery()
    )
    query = select(
        s.id,
        s.store_code,
        s.name,
        s.status,
        s.cloud_shop,
        s.address,
        s.region_code,
        s.opened_on,
        s.closed_on,
        s.paused_until,
        s.coordinates_withdrawn,
        branch.c.branch_code,
        branch.c.name.label("branch_name"),
        dealer.c.dealer_code,
        dealer.c.name.label("dealer_name"),
        people.label("guides"),
    )
    sorts = dict(STORE_SORTS)
    wished = dict.fromkeys([*figures, *([order.by] if order.by in places.FIGURES else [])])
    joined = [
        (name, places.figure(connection, actor, name, days.first, days.last, days.now))
        for name in wished
    ]
    for name, found in joined:
        sorts[name] = func.coalesce(found.c.value, 0)
        query = query.add_columns(sorts[name].label(name))
    query = stores_wanted(query, actor, wanted).outerjoin(branch, branch.c.id == s.branch_id)
    for _name, found in joined:
        query = query.outerjoin(found, found.c.store_id == s.id)
    return connection.execute(ordered(query, sorts, s.id, order)).all()


def store_totals(
    connection: Connection, actor: Actor, wanted: StoreFilter, days: Days, figures: Sequence[str]
) -> dict[str, int]:
    """`stores`, and the sum of each of `figures` over those of the filter."""
    query, found = stores_wanted(select(func.count().label("stores")), actor, wanted), []
    for name in figures:
        found.append(places.figure(connection, actor, name, days.first, days.last, days.now))
        query = query.add_columns(
            func.coalesce(func.sum(found[-1].c.value), 0).label(name)
        ).outerjoin(found[-1], found[-1].c.store_id == store.c.id)
    return {name: int(value) for name, value in connection.execute(query).one()._mapping.items()}


# -- dealers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DealerFilter:
    """`idle`: without a store today."""

    today: dt.date
    words: str | None = None
    branch_code: str | None = None
    idle: bool = False


MONEY = (*revenue.FIGURES, "sold_minor", "net_minor")
_HELD = select(func.count()).where(dealer_contract.c.dealer_id == dealer.c.id).correlate(dealer)


def _dealers(
    connection: Connection, actor: Actor, wanted: DealerFilter, days: Days
) -> tuple[Select[Any], dict[str, Any]]:
    d, visible = dealer.c, visible_dealer_ids(actor, wanted.today)
    held = _HELD.where(contract_in_force(wanted.today)).scalar_subquery()
    sums = revenue.by_dealer(
        connection, days.first, days.last, stores=visible_store_ids(actor, wanted.today)
    )
    figure = {name: func.coalesce(sums.c[name], 0) for name in revenue.FIGURES}
    figure["sold_minor"] = figure["gross_minor"] - figure["refunds_minor"]
    figure["net_minor"] = figure["sold_minor"] - figure["fees_minor"] - figure["rewards_minor"]
    query = (
        select(
            d.id,
            d.dealer_code,
            d.name,
            d.platform_fee_bp,
            d.channel_fee_bp,
            d.collection_mode,
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
            held.label("stores"),
            *(value.label(name) for name, value in figure.items()),
        )
        .outerjoin(branch, branch.c.id == d.branch_id)
        .outerjoin(sums, sums.c.dealer_id == d.id)
    )
    if visible is not None:
        query = query.where(d.id.in_(visible))
    if wanted.words:
        query = query.where(holds(wanted.words, d.folded))
    if wanted.branch_code is not None:
        query = query.where(d.branch_id.in_(below(wanted.branch_code)))
    if wanted.idle:
        query = query.where(held == 0)
    return query, {
        "dealer": d.dealer_code,
        "name": d.name,
        "branch": named_text(branch.c.branch_code),
        "stores": held,
        **figure,
    }


def dealers(
    connection: Connection, actor: Actor, wanted: DealerFilter, days: Days, order: Order
) -> Sequence[Row[Any]]:
    """`stores` under contract today; the money of the days: `gross_minor`, `refunds_minor`,
    `sold_minor` (after refunds), fees, rewards, net."""
    query, sorts = _dealers(connection, actor, wanted, days)
    return connection.execute(ordered(query, sorts, dealer.c.id, order)).all()


def dealer_totals(
    connection: Connection, actor: Actor, wanted: DealerFilter, days: Days
) -> dict[str, int]:
    """`dealers`, and the money of those of the filter."""
    found = _dealers(connection, actor, wanted, days)[0].subquery()
    row = connection.execute(
        select(
            func.count().label("dealers"),
            *(func.coalesce(func.sum(found.c[name]), 0).label(name) for name in MONEY),
        ).select_from(found)
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}
