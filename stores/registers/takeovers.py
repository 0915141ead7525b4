"""Customers whose home moved between a dealer's stores and another dealer's: who took, when and why
(D1 of the stories, B2, B3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Subquery, and_, case, func, literal, not_, select, union_all

from stores.base.brand import day_bounds
from stores.base.ordering import Order, ordered
from stores.facts.binding_history import binding
from stores.facts.customers import customer
from stores.network import holdings
from stores.network.holdings import Holdings
from stores.network.stores import store

LEFT, CAME = WAYS = ("left", "came")
HOME = literal("home", literal_execute=True)
REASONS = (
    "friend_add",
    "order_by_link",
    "transfer",
    "owner_of_another_store",
    "snatch_after_protection",
    "snatch_anytime",
    "manual_assignment",
    "customer_request",
    "home_requested",
    "home_approved",
)
_ENDED, _NEXT = binding.alias("ended"), binding.alias("next")
_PAIR = _ENDED.join(
    _NEXT,
    and_(
        _NEXT.c.customer_id == _ENDED.c.customer_id,
        _NEXT.c.kind == _ENDED.c.kind,
        _NEXT.c.started_at == _ENDED.c.ended_at,
        _NEXT.c.superseded_at.is_(None),
    ),
)
SORTS = {"at": _ENDED.c.ended_at, "store": store.c.store_code}


@dataclass(frozen=True, slots=True)
class TakeoverFilter:
    """Brand days, inclusive, up to the moment `now`. `way`: LEFT, CAME, or None for both."""

    first: dt.date
    last: dt.date
    now: dt.datetime
    way: str | None = None


def _span(wanted: TakeoverFilter) -> tuple[dt.datetime, dt.datetime]:
    return day_bounds(wanted.first)[0], min(day_bounds(wanted.last)[1], wanted.now)


def _moves(held: Holdings, wanted: TakeoverFilter) -> Subquery:
    """(id, way) of home bindings as known now that another one ended, where exactly one of both was
    at a store of the dealer then; each way begins at the index of his own stores."""
    e, n, own, (begin, end) = _ENDED.c, _NEXT.c, sorted(held.spans), _span(wanted)
    before, after = (held.condition(each.store_id, e.ended_at, begin, end) for each in (e, n))
    ways = {
        LEFT: (e.store_id.in_(own), before, not_(after)),
        CAME: (n.store_id.in_(own), after, not_(before), n.started_at >= begin, n.started_at < end),
    }
    both = (
        e.kind == HOME,
        e.superseded_at.is_(None),
        e.end_reason.in_(REASONS),
        e.ended_at >= begin,
        e.ended_at < end,
    )
    return union_all(
        *(
            select(e.id, literal(way).label("way")).select_from(_PAIR).where(*both, *mine)
            for way, mine in ways.items()
            if wanted.way in (None, way)
        )
    ).subquery("moves")


def counts(connection: Connection, dealer_id: int, wanted: TakeoverFilter) -> dict[str, int]:
    """How many left and how many came, whatever the `way` of the filter."""
    moves = _moves(holdings.of_dealer(connection, dealer_id), replace(wanted, way=None)).c
    found = {
        r.way: int(r.n)
        for r in connection.execute(select(moves.way, func.count().label("n")).group_by(moves.way))
    }
    return {way: found.get(way, 0) for way in WAYS}


def rows(
    connection: Connection, dealer_id: int, wanted: TakeoverFilter, order: Order
) -> Sequence[Row[Any]]:
    """`store_code`, `store_name`: the dealer's own store, left or come to; nothing of the other.
    `protected_until` as it was then."""
    moves, e, n = _moves(holdings.of_dealer(connection, dealer_id), wanted), _ENDED.c, _NEXT.c
    own = case((moves.c.way == LEFT, e.store_id), else_=n.store_id)
    query = select(
        e.id,
        e.customer_id,
        e.ended_at.label("at"),
        e.end_reason,
        e.protected_until,
        moves.c.way,
        store.c.store_code,
        store.c.name.label("store_name"),
        customer.c.customer_id.label("customer_text"),
    ).select_from(
        _PAIR.join(moves, moves.c.id == e.id)
        .join(store, store.c.id == own)
        .join(customer, customer.c.id == e.customer_id)
    )
    return connection.execute(ordered(query, SORTS, e.id, order)).all()
