"""Orders, refunds and events as rows of a file, built from what is stored of them.

Facts are never changed, and not all that came with one is kept (a location lives 24 hours, an API
names what a file has no column for). So a row that says what we would write of the stored fact says
nothing new: `same_orders`, `same_refunds` and `same_events` find those."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.brand import brand
from stores.base.canonical import canonical_hash
from stores.customers.event_intake import EventIn
from stores.facts.customers import customer
from stores.facts.events import event, event_key
from stores.facts.orders import order_key, order_line, sales_order
from stores.facts.refunds import refund, refund_key, refund_line
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids
from stores.network.stores import store
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.scope import limit_orders

CHUNK, IN_LIST = 1_000, 500
_owner, _shipper, _giver, _inviter = (
    store.alias("owner"),
    store.alias("shipper"),
    guide.alias("giver"),
    customer.alias("inviter"),
)
_o, _r, _e = sales_order.c, refund.c, event.c
_ORDERS = select(
    _o.id,
    _o.order_no,
    customer.c.customer_id,
    _o.paid_at,
    _o.currency,
    _o.region_code,
    _o.channel,
    _o.guide_basis,
    guide.c.guide_code,
    _owner.c.store_code,
    _shipper.c.store_code.label("fulfilment_store_code"),
).select_from(
    sales_order.join(customer, customer.c.id == _o.customer_id)
    .outerjoin(_owner, _owner.c.id == _o.store_id)
    .outerjoin(_shipper, _shipper.c.id == _o.fulfilment_store_id)
    .outerjoin(guide, guide.c.id == _o.guide_id)
)
_REFUNDS = select(
    _r.id, _r.refund_no, _o.order_no, customer.c.customer_id, _r.refunded_at, _o.currency
).select_from(
    refund.join(sales_order, _o.id == _r.order_id).join(customer, customer.c.id == _o.customer_id)
)
_EVENTS = select(
    _e.id,
    _e.event_id,
    _e.type,
    _e.occurred_at,
    guide.c.guide_code,
    customer.c.customer_id,
    _e.source,
    _giver.c.guide_code.label("from_guide_code"),
    _e.transfer_state,
    _inviter.c.customer_id.label("inviter_customer_id"),
    _e.chats,
    _e.messages,
    _e.replies,
    _e.avg_first_reply_seconds,
).select_from(
    event.outerjoin(guide, guide.c.id == _e.guide_id)
    .outerjoin(customer, customer.c.id == _e.customer_id)
    .outerjoin(_giver, _giver.c.id == _e.from_guide_id)
    .outerjoin(_inviter, _inviter.c.id == _e.inviter_customer_id)
)


# -- as they came in, as far as it is kept ---------------------------------------------------------


def _order(row: Row[Any], lines: Sequence[Row[Any]]) -> OrderIn:
    """A guide is named where the order named him; the store is the owner of the sale."""
    return OrderIn(
        row.order_no,
        row.customer_id,
        row.paid_at,
        row.currency,
        tuple(
            LineIn(n.line_no, n.quantity, n.amount_minor, n.sku, n.category, measure=n.measure)
            for n in lines
        ),
        guide_code=row.guide_code if row.guide_basis == "assisted" else None,
        region_code=row.region_code,
        store_code=row.store_code,
        channel=row.channel,
        fulfilment_store_code=row.fulfilment_store_code,
    )


def _refund(row: Row[Any], lines: Sequence[Row[Any]]) -> RefundIn:
    return RefundIn(
        row.refund_no,
        row.order_no,
        row.refunded_at,
        tuple((n.line_no, n.amount_minor) for n in lines),
    )


def _event(row: Row[Any]) -> EventIn:
    minutes = None if row.avg_first_reply_seconds is None else row.avg_first_reply_seconds / 60
    said = {
        "from_guide_code": row.from_guide_code,
        "state": row.transfer_state,
        "inviter_customer_id": row.inviter_customer_id,
        "chats": row.chats,
        "messages": row.messages,
        "replies": row.replies,
        "avg_first_reply_min": minutes,
    }
    return EventIn(
        row.event_id,
        row.type,
        row.occurred_at,
        row.guide_code,
        row.customer_id,
        None,
        row.source,
        {name: value for name, value in said.items() if value is not None},
    )


def _with_lines(
    connection: Connection, rows: Sequence[Row[Any]], table: Any, key: str
) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    lines: dict[int, list[Row[Any]]] = {row.id: [] for row in rows}
    column = table.c[key]
    for some in pieces(rows, IN_LIST):
        ids = [row.id for row in some]
        for line in connection.execute(
            select(table).where(column.in_(ids)).order_by(column, table.c.line_no)
        ):
            lines[line._mapping[key]].append(line)
    return ((row, lines[row.id]) for row in rows)


# -- what says nothing new -------------------------------------------------------------------------


def same_orders(connection: Connection, given: Sequence[OrderIn]) -> set[str]:
    """The numbers of those that say what is stored, though they once came with more."""
    doubtful = _known_otherwise(
        connection, {each.order_no: each.body_hash() for each in given}, order_key, "order_no"
    )
    stored = (
        _order(*pair).body_hash()
        for some in pieces(sorted(doubtful), IN_LIST)
        for pair in _with_lines(
            connection,
            connection.execute(_ORDERS.where(_o.order_no.in_(some))).all(),
            order_line,
            "order_id",
        )
    )
    return _same(
        {each.order_no: each.body_hash() for each in given if each.order_no in doubtful},
        set(stored),
    )


def same_refunds(connection: Connection, given: Sequence[RefundIn]) -> set[str]:
    """The numbers of those that say what is stored, though they once came otherwise: spread over
    the lines, for one."""
    doubtful = _known_otherwise(
        connection, {each.refund_no: each.body_hash() for each in given}, refund_key, "refund_no"
    )
    stored = (
        _refund(*pair).body_hash()
        for some in pieces(sorted(doubtful), IN_LIST)
        for pair in _with_lines(
            connection,
            connection.execute(_REFUNDS.where(_r.refund_no.in_(some))).all(),
            refund_line,
            "refund_id",
        )
    )
    return _same(
        {each.refund_no: each.body_hash() for each in given if each.refund_no in doubtful},
        set(stored),
    )


def same_events(connection: Connection, given: Sequence[EventIn]) -> set[str]:
    """The ids of those that say what is stored, though they once came with more."""
    doubtful = _known_otherwise(
        connection, {each.event_id: _event_hash(each) for each in given}, event_key, "event_id"
    )
    stored = (
        _event_hash(_event(row))
        for some in pieces(sorted(doubtful), IN_LIST)
        for row in connection.execute(_EVENTS.where(_e.event_id.in_(some)))
    )
    return _same(
        {each.event_id: _event_hash(each) for each in given if each.event_id in doubtful},
        set(stored),
    )


def _event_hash(each: EventIn) -> str:
    return canonical_hash(each.content())


def _known_otherwise(
    connection: Connection, hashes: dict[str, str], table: Any, key: str
) -> set[str]:
    """Of these keys those that are recorded under another hash."""
    return {
        row[0]
        for some in pieces(sorted(hashes), IN_LIST)
        for row in connection.execute(
            select(table.c[key], table.c.body_hash).where(table.c[key].in_(some))
        )
        if hashes[row[0]] != row[1]
    }


def _same(given: dict[str, str], stored: set[str]) -> set[str]:
    return {key for key, each in given.items() if each in stored}


# -- rows of files ---------------------------------------------------------------------------------


def orders(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date
) -> Iterator[dict[str, str]]:
    """Orders paid on these days, then refunds of these days; a row for each line. Only those the
    actor sees (P6)."""
    query = limit_orders(_ORDERS, actor).where(_o.business_day >= first, _o.business_day <= last)
    for row, lines in _paged(connection, query, _o.id, order_line, "order_id"):
        each = _order(row, lines)
        for line in each.lines:
            yield {
                "order_no": each.order_no,
                "customer_id": each.customer_id,
                "paid_at": moment(each.paid_at),
                "amount": major(line.amount_minor),
                "currency": each.currency,
                "kind": "order",
                "region_code": each.region_code or "",
                "store_code": each.store_code or "",
                "fulfilment_store_code": each.fulfilment_store_code or "",
                "guide_code": each.guide_code or "",
                "channel": each.channel or "",
                "category": line.category or "",
                "sku": line.sku or "",
                "quantity": line.measure or str(line.quantity),
                "line_no": str(line.line_no),
            }
    query = limit_orders(_REFUNDS, actor).where(_r.business_day >= first, _r.business_day <= last)
    for row, lines in _paged(connection, query, _r.id, refund_line, "refund_id"):
        for line in lines:
            yield {
                "order_no": row.refund_no,
                "customer_id": row.customer_id,
                "paid_at": moment(row.refunded_at),
                "amount": major(line.amount_minor),
                "currency": row.currency,
                "kind": "refund",
                "original_order_no": row.order_no,
                "line_no": str(line.line_no),
            }


def _paged(
    connection: Connection, query: Any, key: Any, lines: Any, name: str
) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    after = 0
    while rows := connection.execute(query.where(key > after).order_by(key).limit(CHUNK)).all():
        yield from _with_lines(connection, rows, lines, name)
        after = rows[-1].id


def events(
    connection: Connection, actor: Actor, first: dt.date, last: dt.date, today: dt.date
) -> Iterator[dict[str, str]]:
    """Events of these days, those of guides the actor sees (P6)."""
    query, visible, after = (
        _EVENTS.where(_e.business_day >= first, _e.business_day <= last),
        visible_guide_ids(actor, today),
        0,
    )
    query = query if visible is None else query.where(_e.guide_id.in_(visible))
    while rows := connection.execute(query.where(_e.id > after).order_by(_e.id).limit(CHUNK)).all():
        for row in rows:
            each = _event(row)
            yield {
                "event_id": each.event_id,
                "type": each.type,
                "occurred_at": moment(each.occurred_at),
                "guide_code": each.guide_code or "",
                "customer_id": each.customer_id or "",
                "source": each.source or "",
                "payload": json.dumps(each.payload, ensure_ascii=False) if each.payload else "",
            }
        after = rows[-1].id


def moment(at: dt.datetime) -> str:
    """ISO 8601 in the brand's zone, with its offset."""
    return at.astimezone(brand().timezone).isoformat()


def major(minor: int) -> str:
    """Minor units as exact text in major units."""
    return format(Decimal(minor).scaleb(-brand().decimals), "f")
