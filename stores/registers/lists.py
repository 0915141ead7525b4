"""The registers as lists: rows by code, one statement a page, limited to what the actor may see
(P6). Columns as in the imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Table,
    case,
    false,
    or_,
    select,
)

from stores.base.actors import Actor
from stores.facts.customers import customer
from stores.geo.territories import area, area_revision
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import employment, guide
from stores.network.scope import (
    contract_in_force,
    visible_branch_ids,
    visible_dealer_ids,
    visible_guide_ids,
    visible_store_ids,
)
from stores.network.stores import store
from stores.registers.employment import DECIDED_WITHIN

Shape = Callable[[Row[Any]], dict[str, Any]]


def rows(
    connection: Connection,
    kind: str,
    actor: Actor,
    today: dt.date,
    after: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """The rows after a code, in the order of codes. `kind`: branches, dealers, stores, guides,
    areas. KeyError for another."""
    query, table, shape = LISTS[kind](actor, today)
    code = table.c[f"{table.name}_code"]
    if after is not None:
        query = query.where(code > after)
    return [shape(row) for row in connection.execute(query.order_by(code).limit(limit))]


def one(
    connection: Connection, kind: str, actor: Actor, today: dt.date, code: str
) -> dict[str, Any] | None:
    """One row; None when it is unknown or the actor may not see it."""
    query, table, shape = LISTS[kind](actor, today)
    row = connection.execute(query.where(table.c[f"{table.name}_code"] == code)).first()
    return None if row is None else shape(row)


def _limited(query: Select[Any], column: Any, visible: Select[Any] | None) -> Select[Any]:
    return query if visible is None else query.where(column.in_(visible))


def _branches(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    parent = branch.alias("parent")
    query = select(
        branch.c.branch_code, branch.c.name, parent.c.branch_code.label("parent_code")
    ).outerjoin(parent, parent.c.id == branch.c.parent_id)
    return _limited(query, branch.c.id, visible_branch_ids(actor)), branch, _plain


def _dealers(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    d = dealer.c
    query = select(
        d.dealer_code,
        d.name,
        branch.c.branch_code,
        d.platform_fee_bp,
        d.channel_fee_bp,
        d.collection_mode,
        d.express_rule,
        d.express_split_bp,
    ).outerjoin(branch, branch.c.id == d.branch_id)
    return _limited(query, d.id, visible_dealer_ids(actor, today)), dealer, _plain


def _stores(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    successor = store.alias("successor")
    s = store.c
    query = (
        select(
            s.store_code,
            s.name,
            dealer.c.dealer_code,
            branch.c.branch_code,
            s.source_latitude.label("latitude"),
            s.source_longitude.label("longitude"),
            s.crs,
            s.country,
            s.region_code,
            s.address,
            s.status,
            s.cloud_shop,
            s.opened_on,
            s.closed_on,
            s.paused_until,
            dealer_contract.c.valid_from.label("contract_from"),
            s.priority,
            s.daily_capacity,
            s.service_radius_m,
            s.hours,
            s.timezone,
            successor.c.store_code.label("successor_store_code"),
            s.cloud_shop_url,
            s.latitude.label("latitude_wgs84"),
            s.longitude.label("longitude_wgs84"),
        )
        .outerjoin(branch, branch.c.id == s.branch_id)
        .outerjoin(successor, successor.c.id == s.successor_store_id)
        .outerjoin(dealer_contract, (dealer_contract.c.store_id == s.id) & contract_in_force(today))
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
    )
    return (
        _limited(query, s.id, visible_store_ids(actor, today)),
        store,
        lambda row: {**row._mapping, "cloud_shop": "on" if row.cloud_shop else "off"},
    )


def _guides(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    """`own_customer_id` for those alone who maintain it (B5). `customers`: what was decided of a
    move of the last days (B10); of an older one it cannot be changed, so a file need not say it."""
    g, e = guide.c, employment.c
    decided = (
        select(case((e.customers_follow, "follow"), else_="stay"))
        .where(
            e.guide_id == g.id,
            e.version_to.is_(None),
            e.customers_follow.is_not(None),
            e.valid_from >= today - dt.timedelta(days=DECIDED_WITHIN),
            e.valid_from <= today,
            or_(e.valid_to.is_(None), e.valid_to > today),
        )
        .limit(1)
        .scalar_subquery()
        .label("customers")
    )
    own = (customer.c.customer_id.label("own_customer_id"),) if actor.may("network:write") else ()
    query = select(
        g.guide_code,
        g.name,
        store.c.store_code,
        g.wecom_userid,
        *own,
        g.hired_on,
        g.left_on,
        g.role,
        decided,
    )
    query = query.join(store, store.c.id == g.store_id).outerjoin(
        customer, customer.c.id == g.own_customer_id
    )
    return _limited(query, g.id, visible_guide_ids(actor, today)), guide, _plain


def _terms(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    """What the contract of today states of its own, by store."""
    c, s = dealer_contract.c, store.c
    query = select(
        s.store_code,
        c.valid_from.label("terms_from"),
        c.platform_fee_bp,
        c.channel_fee_bp,
        c.collection_mode,
    ).join(dealer_contract, (c.store_id == s.id) & contract_in_force(today))
    return _limited(query, s.id, visible_store_ids(actor, today)), store, _plain


def _areas(actor: Actor, today: dt.date) -> tuple[Select[Any], Table, Shape]:
    """Areas of the dealers and stores that are seen."""
    r = area_revision.c
    query = (
        select(
            area.c.area_code,
            r.kind,
            dealer.c.dealer_code,
            store.c.store_code,
            r.valid_from,
            r.valid_to,
            r.region_codes,
            r.postal_codes,
            r.geometry,
        )
        .join(area_revision, (r.area_id == area.c.id) & r.version_to.is_(None))
        .outerjoin(dealer, dealer.c.id == r.dealer_id)
        .outerjoin(store, store.c.id == r.store_id)
    )
    dealers, stores = visible_dealer_ids(actor, today), visible_store_ids(actor, today)
    if dealers is not None or stores is not None:
        query = query.where(
            or_(
                r.dealer_id.in_(dealers) if dealers is not None else false(),
                r.store_id.in_(stores) if stores is not None else false(),
            )
        )
    return query, area, _area


def _plain(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


def _area(row: Row[Any]) -> dict[str, Any]:
    last = None if row.valid_to is None else row.valid_to - dt.timedelta(days=1)
    return {**row._mapping, "valid_to": last, "crs": "wgs84"}


LISTS: dict[str, Callable[[Actor, dt.date], tuple[Select[Any], Table, Shape]]] = {
    "branches": _branches,
    "dealers": _dealers,
    "stores": _stores,
    "guides": _guides,
    "areas": _areas,
    "terms": _terms,
}
