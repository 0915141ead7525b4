"""Customers whose home moved between a dealer's stores and another dealer's: who took, when and why (D1 of the stories, B2, B3)."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal, not_, or_, select

from stores import holdings
from stores.binding_history import binding
from stores.brand import day_bounds
from stores.customers import customer
from stores.holdings import Holdings
from stores.ordering import Order, ordered
from stores.stores import store

LEFT, CAME = WAYS = ("left", "came")
HOME = literal("home", literal_execute=True)
REASONS = ("friend_add", "order_by_link", "transfer", "owner_of_another_store", "snatch_after_protection", "snatch_anytime")
_ENDED, _NEXT = binding.alias("ended"), binding.alias("next")
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


def _sides(held: Holdings, wanted: TakeoverFilter) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether the store before was the dealer's at that moment, and whether the store after was."""
    return (held.condition(_ENDED.c.store_id, _ENDED.c.ended_at, *_span(wanted)), held.condition(_NEXT.c.store_id, _ENDED.c.ended_at, *_span(wanted)))


def _moved(query: Select[Any], held: Holdings, wanted: TakeoverFilter) -> Select[Any]:
    """Home bindings as known now that another one ended, where exactly one of both was at a store of the dealer then."""
    e, n, (begin, end) = _ENDED.c, _NEXT.c, _span(wanted)
    before, after = _sides(held, wanted)
    ways = {LEFT: and_(before, not_(after)), CAME: and_(after, not_(before))}
    own = case((before, e.store_id), else_=n.store_id)
    return query.select_from(_ENDED.join(_NEXT, and_(n.customer_id == e.customer_id, n.kind == e.kind, n.started_at == e.ended_at)).join(store, store.c.id == own)).where(
        e.kind == HOME, e.superseded_at.is_(None), n.superseded_at.is_(None), e.end_reason.in_(REASONS), e.ended_at >= begin, e.ended_at < end,
        ways[wanted.way] if wanted.way in ways else or_(*ways.values()))


def counts(connection: Connection, dealer_id: int, wanted: TakeoverFilter) -> dict[str, int]:
    """How many left and how many came, whatever the `way` of the filter."""
    held = holdings.of_dealer(connection, dealer_id)
    found = {}
    for way in WAYS:
        query = _moved(select(func.count()), held, replace(wanted, way=way))
        found[way] = int(connection.execute(query).scalar_one())
    return found


def rows(connection: Connection, dealer_id: int, wanted: TakeoverFilter, order: Order) -> Sequence[Row[Any]]:
    """`store_code`, `store_name`: the dealer's own store, left or come to; nothing of the other. `protected_until` as it was then."""
    held = holdings.of_dealer(connection, dealer_id)
    e = _ENDED.c
    way = case((_sides(held, wanted)[0], LEFT), else_=CAME)
    query = select(e.id, e.customer_id, e.ended_at.label("at"), e.end_reason, e.protected_until, way.label("way"), store.c.store_code,
                   store.c.name.label("store_name"), customer.c.customer_id.label("customer_text"))
    query = _moved(query, held, wanted).join(customer, customer.c.id == e.customer_id)
    return connection.execute(ordered(query, SORTS, e.id, order)).all()
