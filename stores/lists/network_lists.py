"""Stores, dealers, branches, guides and areas as lists: filtered, sorted, page by page; only rows
the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape
from sqlalchemy import Connection, Row, Select, String, and_, cast, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.facts.customers import customer_state
from stores.figures import revenue
from stores.geo.postal_codes import normal
from stores.geo.territories import area, area_revision
from stores.lists import places
from stores.lists.directory import StoreFilter, below, stores_wanted
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import holds, holds_code
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_branch_ids,
    visible_dealer_ids,
    visible_guide_ids,
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


def _text(column: Any) -> ColumnElement[Any]:
    return func.coalesce(column, NONE)


# -- stores ----------------------------------------------------------------------------------------

_ANCIENT = dt.date(1, 1, 1)
STORE_SORTS: dict[str, Any] = {
    "store": store.c.store_code,
    "name": store.c.name,
    "dealer": _text(dealer.c.dealer_code),
    "branch": _text(branch.c.branch_code),
    "status": store.c.status,
    "opened_on": func.coalesce(store.c.opened_on, _ANCIENT),
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
        "branch": _text(branch.c.branch_code),
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


# -- branches --------------------------------------------------------------------------------------


def branches(
    connection: Connection, actor: Actor, words: str | None, order: Order
) -> Sequence[Row[Any]]:
    """`stores` in service of the branch and all under it, `dealers` it looks after itself, `depth`
    from 1."""
    inside, parent = branch.alias("inside"), branch.alias("parent")
    held = (
        select(func.count())
        .select_from(store.join(inside, inside.c.id == store.c.branch_id))
        .where(
            store.c.status != "closed",
            func.substr(inside.c.path, 1, func.length(branch.c.path)) == branch.c.path,
        )
        .correlate(branch)
        .scalar_subquery()
    )
    looked_after = (
        select(func.count())
        .where(dealer.c.branch_id == branch.c.id)
        .correlate(branch)
        .scalar_subquery()
    )
    depth = func.length(branch.c.path) - func.length(func.replace(branch.c.path, "/", "")) - 1
    query = select(
        branch.c.id,
        branch.c.branch_code,
        branch.c.name,
        branch.c.path,
        parent.c.branch_code.label("parent_code"),
        parent.c.name.label("parent_name"),
        _opens(parent, actor),
        held.label("stores"),
        looked_after.label("dealers"),
        depth.label("depth"),
    ).outerjoin(parent, parent.c.id == branch.c.parent_id)
    sorts = {
        "branch": branch.c.branch_code,
        "name": branch.c.name,
        "stores": held,
        "dealers": looked_after,
        "tree": branch.c.path,
    }
    return connection.execute(
        ordered(_branches(query, actor, words), sorts, branch.c.id, order)
    ).all()


def _opens(parent: Any, actor: Actor) -> Any:
    """`parent_opens`: whether the actor may open the branch above, which for a coordinator's own is
    another's."""
    visible = visible_branch_ids(actor)
    return (parent.c.id.is_not(None) if visible is None else parent.c.id.in_(visible)).label(
        "parent_opens"
    )


def branch_count(connection: Connection, actor: Actor, words: str | None) -> int:
    return int(
        connection.execute(
            _branches(select(func.count()).select_from(branch), actor, words)
        ).scalar_one()
    )


def _branches(query: Select[Any], actor: Actor, words: str | None) -> Select[Any]:
    visible = visible_branch_ids(actor)
    if visible is not None:
        query = query.where(branch.c.id.in_(visible))
    return query.where(holds(words, branch.c.folded)) if words else query


def find_branch(connection: Connection, actor: Actor, code: str) -> Row[Any] | None:
    """The branch with the one above it; None when unknown or not the actor's to see."""
    parent = branch.alias("parent")
    named = parent.c.branch_code.label("parent_code"), parent.c.name.label("parent_name")
    query = select(branch, *named, _opens(parent, actor)).outerjoin(
        parent, parent.c.id == branch.c.parent_id
    )
    return connection.execute(
        _branches(query, actor, None).where(branch.c.branch_code == code)
    ).first()


def branches_under(connection: Connection, actor: Actor, row: Any) -> Sequence[Row[Any]]:
    """All under a branch, in the order of the tree."""
    query = _branches(select(branch.c.branch_code, branch.c.name, branch.c.path), actor, None)
    return connection.execute(
        query.where(branch.c.path.startswith(row.path, autoescape=True), branch.c.id != row.id)
        .order_by(branch.c.path)
        .limit(500)
    ).all()


# -- guides ----------------------------------------------------------------------------------------

GUIDE_STATES = ("present", "left", "leaving", "to_come")


@dataclass(frozen=True, slots=True)
class GuideFilter:
    """`state`: present (at work today), left, leaving (last day known and to come), to_come.
    `unlinked`: no WeCom account named."""

    today: dt.date
    words: str | None = None
    store_code: str | None = None
    dealer_code: str | None = None
    branch_code: str | None = None
    role: str | None = None
    state: str | None = None
    unlinked: bool = False


def _guides(query: Select[Any], actor: Actor, wanted: GuideFilter) -> Select[Any]:
    g, visible, today = guide.c, visible_guide_ids(actor, wanted.today), wanted.today
    query = (
        query.join(store, store.c.id == g.store_id)
        .outerjoin(
            dealer_contract, (dealer_contract.c.store_id == store.c.id) & contract_in_force(today)
        )
        .outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)
    )
    states = {
        "present": and_(
            or_(g.hired_on.is_(None), g.hired_on <= today),
            or_(g.left_on.is_(None), g.left_on >= today),
        ),
        "left": g.left_on < today,
        "leaving": g.left_on >= today,
        "to_come": g.hired_on > today,
    }
    limits = [
        (visible is not None, lambda: g.id.in_(visible)),
        (wanted.words, lambda: holds(str(wanted.words), g.folded)),
        (wanted.store_code, lambda: store.c.store_code == wanted.store_code),
        (wanted.dealer_code, lambda: dealer.c.dealer_code == wanted.dealer_code),
        (wanted.branch_code, lambda: store.c.branch_id.in_(below(str(wanted.branch_code)))),
        (wanted.role, lambda: g.role == wanted.role),
        (wanted.state in states, lambda: states[str(wanted.state)]),
        (wanted.unlinked, lambda: g.wecom_userid.is_(None)),
    ]
    return query.where(*(condition() for asked, condition in limits if asked))


def guides(
    connection: Connection, actor: Actor, wanted: GuideFilter, now: dt.datetime, order: Order
) -> Sequence[Row[Any]]:
    """`customers`: whom the guide owns now (B1); dealer of today."""
    g, s = guide.c, customer_state.c
    owned = (
        select(func.count())
        .where(s.owner_guide_id == g.id, s.owner_valid_until > now)
        .correlate(guide)
        .scalar_subquery()
    )
    query = select(
        g.id,
        g.guide_code,
        g.name,
        g.role,
        g.hired_on,
        g.left_on,
        g.wecom_userid,
        store.c.store_code,
        store.c.name.label("store_name"),
        dealer.c.dealer_code,
        dealer.c.name.label("dealer_name"),
        owned.label("customers"),
    ).select_from(guide)
    sorts = {
        "guide": g.guide_code,
        "name": g.name,
        "role": g.role,
        "store": store.c.store_code,
        "dealer": _text(dealer.c.dealer_code),
        "hired_on": func.coalesce(g.hired_on, _ANCIENT),
        "left_on": func.coalesce(g.left_on, dt.date.max),
    }
    return connection.execute(ordered(_guides(query, actor, wanted), sorts, g.id, order)).all()


def guide_count(connection: Connection, actor: Actor, wanted: GuideFilter) -> int:
    return int(
        connection.execute(
            _guides(select(func.count()).select_from(guide), actor, wanted)
        ).scalar_one()
    )


# -- areas -----------------------------------------------------------------------------------------


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
        "dealer": _text(dealer.c.dealer_code),
        "store": _text(store.c.store_code),
        "valid_from": func.coalesce(r.valid_from, _ANCIENT),
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
