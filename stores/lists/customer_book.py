"""The list of customers, filtered, sorted, page by page; only whom the actor sees (P4, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    func,
    literal,
    or_,
    select,
)

from ledger import schema
from stores.base.actors import Actor
from stores.base.brand import day_bounds
from stores.base.ordering import Order, ordered
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_state
from stores.network import sight
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import contract_in_force, visible_store_ids
from stores.network.stores import store
from stores.registers.takeovers import REASONS as TAKEN_OVER

LONG_AGO = literal(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), schema.Instant)
SORTS = {
    "customer": customer_state.c.customer_id,
    "protected_until": func.coalesce(customer_state.c.home_protected_until, LONG_AGO),
    "valid_until": func.coalesce(customer_state.c.home_valid_until, LONG_AGO),
}
BOUND = ("yes", "no", "protected", "open", "taken", "pinned", "no_switch")


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """`bound`: one of BOUND, judged at `now`: at home somewhere or not, home protected or no
    longer, at home elsewhere before and taken over since (B4), pinned by headquarters, not allowed
    to switch. `since`: the present home began on that brand day or later. The dealer is who holds
    the home store today."""

    now: dt.datetime
    today: dt.date
    store_code: str | None = None
    dealer_code: str | None = None
    guide_code: str | None = None
    bound: str | None = None
    since: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer of the list. Home and owner are None when their binding is over; `bound_since`:
    when the present home began."""

    id: int
    customer_text: str
    first_seen: dt.datetime
    home: tuple[str, str] | None
    protected_until: dt.datetime | None
    valid_until: dt.datetime | None
    bound_since: dt.datetime | None
    owner: tuple[str, str] | None
    owner_protected_until: dt.datetime | None
    sort_value: Any
    sort_key: int


def total(connection: Connection, actor: Actor, wanted: CustomerFilter) -> int:
    return int(
        connection.execute(
            _wanted(select(func.count()).select_from(customer_state), actor, wanted)
        ).scalar_one()
    )


def rows(
    connection: Connection, actor: Actor, wanted: CustomerFilter, order: Order
) -> list[Listed]:
    """Sorted by a name of SORTS. The page is chosen on the narrow table of states, names are looked
    up for it alone."""
    s = customer_state.c
    seen = sight.of(actor, wanted.today)
    page = ordered(
        _wanted(select(s.customer_id.label("number")), actor, wanted), SORTS, s.customer_id, order
    ).subquery()
    ways = (
        (page.c.sort_value.desc(), page.c.sort_key.desc())
        if order.descending
        else (page.c.sort_value, page.c.sort_key)
    )
    query = (
        select(
            page.c.sort_value,
            page.c.sort_key,
            customer.c.id,
            customer.c.customer_id.label("customer_text"),
            customer.c.created_at,
            s.home_protected_until,
            s.home_valid_until,
            s.owner_protected_until,
            s.owner_valid_until,
            store.c.store_code,
            store.c.name.label("store_name"),
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .select_from(page)
        .join(customer, customer.c.id == page.c.number)
        .join(customer_state, s.customer_id == page.c.number)
        .outerjoin(store, seen.store(store, s.home_store_id))
        .outerjoin(guide, seen.guide(guide, s.owner_guide_id))
        .order_by(*ways)
    )
    found = connection.execute(query).all()
    since = _bound_since(connection, [r.id for r in found], wanted.now)
    return [_listed(r, since.get(r.id), wanted.now) for r in found]


def _listed(r: Any, since: dt.datetime | None, now: dt.datetime) -> Listed:
    home = r.store_code is not None and r.home_valid_until is not None and r.home_valid_until > now
    owner = (
        r.guide_code is not None and r.owner_valid_until is not None and r.owner_valid_until > now
    )
    return Listed(
        r.id,
        r.customer_text,
        r.created_at,
        (r.store_code, r.store_name) if home else None,
        r.home_protected_until if home else None,
        r.home_valid_until if home else None,
        since if home else None,
        (r.guide_code, r.guide_name) if owner else None,
        r.owner_protected_until if owner else None,
        r.sort_value,
        r.sort_key,
    )


def _wanted(query: Select[Any], actor: Actor, wanted: CustomerFilter) -> Select[Any]:
    """Of other actors than headquarters: those at home in their stores, of a guide those he
    owns."""
    s, at_home = customer_state.c, customer_state.c.home_valid_until > wanted.now
    if actor.scope_kind == "guide":
        query = query.where(s.owner_guide_id == actor.scope_id, s.owner_valid_until > wanted.now)
    elif (stores := visible_store_ids(actor, wanted.today)) is not None:
        query = query.where(s.home_store_id.in_(stores), at_home)
    if wanted.store_code is not None:
        query = query.where(
            s.home_store_id
            == select(store.c.id).where(store.c.store_code == wanted.store_code).scalar_subquery(),
            at_home,
        )
    if wanted.dealer_code is not None:
        c = dealer_contract.c
        held = (
            select(c.store_id)
            .join(dealer, dealer.c.id == c.dealer_id)
            .where(dealer.c.dealer_code == wanted.dealer_code, contract_in_force(wanted.today))
        )
        query = query.where(s.home_store_id.in_(held), at_home)
    if wanted.guide_code is not None:
        query = query.where(
            s.owner_guide_id
            == select(guide.c.id).where(guide.c.guide_code == wanted.guide_code).scalar_subquery(),
            s.owner_valid_until > wanted.now,
        )
    if wanted.since is not None:
        b = binding.c
        began = select(b.customer_id).where(
            b.kind == "home",
            b.superseded_at.is_(None),
            b.started_at >= day_bounds(wanted.since)[0],
            b.started_at <= wanted.now,
            or_(b.ended_at.is_(None), b.ended_at > wanted.now),
        )
        query = query.where(s.customer_id.in_(began), at_home)
    if wanted.bound is not None:
        protected = s.home_protected_until > wanted.now
        query = query.where(
            {
                "yes": at_home,
                "no": or_(s.home_store_id.is_(None), s.home_valid_until.is_(None), ~at_home),
                "protected": at_home & protected,
                "open": at_home & ~protected,
                "taken": at_home & s.customer_id.in_(_taken(wanted.now)),
                "pinned": s.pinned_store_id.is_not(None),
                "no_switch": s.no_switch,
            }[wanted.bound]
        )
    return query


def _taken(now: dt.datetime) -> Select[Any]:
    """Customers whose home of before another store took over."""
    b = binding.c
    return select(b.customer_id).where(
        b.kind == "home", b.superseded_at.is_(None), b.end_reason.in_(TAKEN_OVER), b.ended_at <= now
    )


def _bound_since(
    connection: Connection, numbers: Sequence[int], now: dt.datetime
) -> dict[int, dt.datetime]:
    """When the home that holds now began."""
    b = binding.c
    query = select(b.customer_id, b.started_at).where(
        b.customer_id.in_(numbers),
        b.kind == "home",
        b.superseded_at.is_(None),
        b.started_at <= now,
        or_(b.ended_at.is_(None), b.ended_at > now),
    )
    return {r.customer_id: r.started_at for r in connection.execute(query)} if numbers else {}
