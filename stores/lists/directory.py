"""Stores, dealers and guides as pages list them, and the facts of one; only rows the actor sees
(P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.facts.entries import entry
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.found_by import holds
from stores.network.guides import guide
from stores.network.scope import (
    contract_in_force,
    visible_dealer_ids,
    visible_guide_ids,
    visible_store_ids,
)
from stores.network.stores import store

SILENT_DAYS = 7


@dataclass(frozen=True, slots=True)
class StoreFilter:
    """`words` is looked for in code and name. `silent`: in service, but no entry was led there in
    the last 7 days. A branch counts with all under it. `unowned`: without a contract today."""

    today: dt.date
    words: str | None = None
    status: str | None = None
    dealer_code: str | None = None
    silent: bool = False
    branch_code: str | None = None
    unowned: bool = False


def stores_wanted(query: Select[Any], actor: Actor, wanted: StoreFilter) -> Select[Any]:
    """Stores of the filter with their dealers of today (`dealer`), in the actor's rows."""
    return _stores(_with_dealer(query.select_from(store), wanted.today), actor, wanted)


def _stores(query: Select[Any], actor: Actor, wanted: StoreFilter) -> Select[Any]:
    s, visible = store.c, visible_store_ids(actor, wanted.today)
    if visible is not None:
        query = query.where(s.id.in_(visible))
    if wanted.words:
        query = query.where(holds(wanted.words, s.folded))
    if wanted.status is not None:
        query = query.where(s.status == wanted.status)
    if wanted.dealer_code is not None:
        query = query.where(dealer.c.dealer_code == wanted.dealer_code)
    if wanted.branch_code is not None:
        query = query.where(s.branch_id.in_(below(wanted.branch_code)))
    if wanted.unowned:
        query = query.where(dealer.c.id.is_(None))
    if wanted.silent:
        since = wanted.today - dt.timedelta(days=SILENT_DAYS)
        led_to = select(entry.c.store_id).where(
            entry.c.business_day >= since, entry.c.store_id.is_not(None)
        )
        query = query.where(s.status == "active", s.cloud_shop, s.id.not_in(led_to))
    return query


def below(branch_code: str) -> Select[Any]:
    """Ids of a branch and of all under it."""
    top = select(branch.c.path).where(branch.c.branch_code == branch_code).scalar_subquery()
    return select(branch.c.id).where(func.substr(branch.c.path, 1, func.length(top)) == top)


def _with_dealer(query: Select[Any], today: dt.date) -> Select[Any]:
    return query.outerjoin(
        dealer_contract, (dealer_contract.c.store_id == store.c.id) & contract_in_force(today)
    ).outerjoin(dealer, dealer.c.id == dealer_contract.c.dealer_id)


def store_count(connection: Connection, actor: Actor, wanted: StoreFilter) -> int:
    query = _with_dealer(select(func.count()).select_from(store), wanted.today)
    return int(connection.execute(_stores(query, actor, wanted)).scalar_one())


def store_rows(
    connection: Connection,
    actor: Actor,
    wanted: StoreFilter,
    after: str | None = None,
    limit: int = 51,
) -> Sequence[Row[Any]]:
    """At most `limit` stores of the actor's rows by code, those after the code `after`, with branch
    and dealer of the day (P6)."""
    s = store.c
    query = _with_dealer(
        select(
            s.id,
            s.store_code,
            s.name,
            s.status,
            s.cloud_shop,
            s.address,
            s.hours,
            s.opened_on,
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
        ).outerjoin(branch, branch.c.id == s.branch_id),
        wanted.today,
    )
    query = _stores(query, actor, wanted)
    if after is not None:
        query = query.where(s.store_code > after)
    return connection.execute(query.order_by(s.store_code).limit(limit)).all()


def find_store(connection: Connection, actor: Actor, code: str, today: dt.date) -> Row[Any] | None:
    """The facts of one store; None when unknown or not the actor's to see."""
    successor = store.alias("successor")
    query = _with_dealer(
        select(
            store,
            branch.c.branch_code,
            branch.c.name.label("branch_name"),
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            successor.c.store_code.label("successor_code"),
            successor.c.name.label("successor_name"),
        )
        .outerjoin(branch, branch.c.id == store.c.branch_id)
        .outerjoin(successor, successor.c.id == store.c.successor_store_id),
        today,
    )
    return connection.execute(
        _stores(query, actor, StoreFilter(today)).where(store.c.store_code == code)
    ).first()


def _dealers(query: Select[Any], actor: Actor, today: dt.date, words: str | None) -> Select[Any]:
    d, visible = dealer.c, visible_dealer_ids(actor, today)
    if visible is not None:
        query = query.where(d.id.in_(visible))
    if words:
        query = query.where(holds(words, d.folded))
    return query


def dealer_count(
    connection: Connection, actor: Actor, today: dt.date, words: str | None = None
) -> int:
    return int(
        connection.execute(
            _dealers(select(func.count()).select_from(dealer), actor, today, words)
        ).scalar_one()
    )


def find_dealer(connection: Connection, actor: Actor, code: str, today: dt.date) -> Row[Any] | None:
    query = select(dealer, branch.c.branch_code, branch.c.name.label("branch_name")).outerjoin(
        branch, branch.c.id == dealer.c.branch_id
    )
    return connection.execute(
        _dealers(query, actor, today, None).where(dealer.c.dealer_code == code)
    ).first()


def dealer_names(connection: Connection, codes: Sequence[str]) -> dict[str, str]:
    """Names by code, of dealers that the caller has already found by an actor's rows."""
    return {
        r.dealer_code: r.name
        for r in connection.execute(
            select(dealer.c.dealer_code, dealer.c.name).where(dealer.c.dealer_code.in_(codes))
        )
    }


def contracts(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    *,
    store_id: int | None = None,
    dealer_id: int | None = None,
    limit: int = 200,
) -> Sequence[Row[Any]]:
    """The contracts known now of a store or a dealer, newest first; terms not stated are the
    dealer's own. `valid_to` is the first day after."""
    c, d = dealer_contract.c, dealer.c
    query = (
        select(
            c.valid_from,
            c.valid_to,
            func.coalesce(c.platform_fee_bp, d.platform_fee_bp).label("platform_fee_bp"),
            func.coalesce(c.channel_fee_bp, d.channel_fee_bp).label("channel_fee_bp"),
            func.coalesce(c.collection_mode, d.collection_mode).label("collection_mode"),
            store.c.store_code,
            store.c.name.label("store_name"),
            d.dealer_code,
            d.name.label("dealer_name"),
        )
        .join(store, store.c.id == c.store_id)
        .join(dealer, d.id == c.dealer_id)
        .where(c.version_to.is_(None))
    )
    visible = visible_store_ids(actor, today)
    if visible is not None:
        query = query.where(c.store_id.in_(visible))
    if store_id is not None:
        query = query.where(c.store_id == store_id)
    if dealer_id is not None:
        query = query.where(c.dealer_id == dealer_id)
    return connection.execute(
        query.order_by(store.c.store_code, func.coalesce(c.valid_from, dt.date.min).desc()).limit(
            limit
        )
    ).all()


def _guides(query: Select[Any], actor: Actor, today: dt.date) -> Select[Any]:
    visible = visible_guide_ids(actor, today)
    return query if visible is None else query.where(guide.c.id.in_(visible))


def guide_rows(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    *,
    store_id: int | None = None,
    dealer_id: int | None = None,
    after: str | None = None,
    limit: int = 51,
) -> Sequence[Row[Any]]:
    """Guides of a store, or of a dealer's stores of today, by code."""
    g = guide.c
    query = _guides(
        select(
            g.id,
            g.guide_code,
            g.name,
            g.role,
            g.hired_on,
            g.left_on,
            store.c.store_code,
            store.c.name.label("store_name"),
        ).join(store, store.c.id == g.store_id),
        actor,
        today,
    )
    if store_id is not None:
        query = query.where(g.store_id == store_id)
    if dealer_id is not None:
        query = query.where(
            g.store_id.in_(
                select(dealer_contract.c.store_id).where(
                    dealer_contract.c.dealer_id == dealer_id, contract_in_force(today)
                )
            )
        )
    if after is not None:
        query = query.where(g.guide_code > after)
    return connection.execute(query.order_by(g.guide_code).limit(limit)).all()


def find_guide(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    *,
    code: str | None = None,
    guide_id: int | None = None,
) -> Row[Any] | None:
    """The facts of one guide by code or id, with his store; None when unknown or not the actor's to
    see."""
    query = _guides(
        select(
            guide, store.c.store_code, store.c.name.label("store_name"), store.c.cloud_shop_url
        ).join(store, store.c.id == guide.c.store_id),
        actor,
        today,
    )
    return connection.execute(
        query.where(guide.c.guide_code == code if code is not None else guide.c.id == guide_id)
    ).first()


def sold_at(connection: Connection, actor: Actor, code: str, today: dt.date) -> int:
    """The id of a store the actor sees, or, for a dealer, that he ever held: its old orders stay
    his (D12). Raises NotFound."""
    query = select(store.c.id).where(store.c.store_code == code)
    if actor.scope_kind == "dealer":
        query = query.where(
            store.c.id.in_(
                select(dealer_contract.c.store_id).where(
                    dealer_contract.c.dealer_id == actor.scope_id
                )
            )
        )
    elif (visible := visible_store_ids(actor, today)) is not None:
        query = query.where(store.c.id.in_(visible))
    found = connection.execute(query).scalar()
    if found is None:
        raise NotFound(f"There is no store {code!r}.")
    return int(found)


def store_names(connection: Connection, codes: Sequence[str | None]) -> dict[str, str]:
    """Names by code, of stores that the caller has already found by an actor's rows."""
    return {
        r.store_code: r.name
        for r in connection.execute(
            select(store.c.store_code, store.c.name).where(
                store.c.store_code.in_([c for c in codes if c])
            )
        )
    }


def own_store(connection: Connection, actor: Actor, today: dt.date) -> Row[Any] | None:
    """Code and name of the one store of a guide or manager."""
    query = select(store.c.store_code, store.c.name)
    visible = visible_store_ids(actor, today)
    return connection.execute(
        query if visible is None else query.where(store.c.id.in_(visible)).limit(1)
    ).first()


def managers_of(connection: Connection, actor: Actor, today: dt.date) -> Sequence[str]:
    """Names of the managers who work in the actor's store now: whom a guide asks first."""
    g = guide.c
    query = (
        select(g.name)
        .where(g.role == "store_manager", or_(g.left_on.is_(None), g.left_on >= today))
        .order_by(g.guide_code)
        .limit(5)
    )
    visible = visible_store_ids(actor, today)
    return (
        connection.execute(query if visible is None else query.where(g.store_id.in_(visible)))
        .scalars()
        .all()
    )
