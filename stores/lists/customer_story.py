"""What happened with one customer in a dealer's rows: bindings, visits, orders, refunds, and what
he bought elsewhere (D1 and D3 of the stories, P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from stores.base.actors import Actor
from stores.base.ordering import Order
from stores.facts.binding_history import binding
from stores.facts.customers import customer
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.lists.event_lists import CONFIRMED
from stores.network import holdings
from stores.network.guides import guide
from stores.network.holdings import Holdings
from stores.network.scope import visible_guide_ids
from stores.network.stores import store
from stores.orders import bought_elsewhere
from stores.orders.bought_elsewhere import ElsewhereFilter
from stores.orders.scope import limit_orders
from stores.routing.entry_reading import limit_entries

MOST = 200  # of one kind
DELETED = ("contact.deleted_by_customer", "contact.deleted_by_guide")


@dataclass(frozen=True, slots=True)
class Moment:
    """`kind`: home_began, home_ended, owner_began, owner_ended, visit, order, refund, add, deleted,
    elsewhere. `why` is a code of its kind; `until` the protection of a binding; `minor` an amount;
    the chips are his own store's and guide's."""

    at: dt.datetime
    kind: str
    why: str = ""
    store_code: str | None = None
    store_name: str | None = None
    guide_code: str | None = None
    guide_name: str | None = None
    order_no: str | None = None
    minor: int | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """`home` and `owner` None: not at home with him now, no owner guide of his. `moments` newest
    first; those of the future are what the clock will do."""

    customer_text: str
    home: Row[Any] | None
    owner: Row[Any] | None
    moments: list[Moment]


def of(
    connection: Connection, actor: Actor, customer_id: int, now: dt.datetime, today: dt.date
) -> Story | None:
    """None for a customer who never was at home in a store while the dealer held it. Ten statements
    at most."""
    held = holdings.of_dealer(connection, actor.scope_id or 0)
    bindings = connection.execute(_BINDINGS.where(binding.c.customer_id == customer_id)).all()
    homes = [
        b
        for b in bindings
        if b.kind == "home"
        and b.started_at <= now
        and held.during(b.store_id, b.started_at, b.ended_at)
    ]
    if not homes:
        return None
    guides = set(
        connection.execute(
            _in(
                select(guide.c.id).where(
                    guide.c.id.in_([b.guide_id for b in bindings if b.guide_id])
                ),
                actor,
                today,
            )
        ).scalars()
    )
    owners = [b for b in bindings if b.kind == "owner" and b.guide_id in guides]
    moments = [
        *_bound(homes, held),
        *_owned(owners),
        *_visits(connection, actor, customer_id),
        *_sales(connection, actor, customer_id),
        *_contacts(connection, actor, customer_id, today),
        *_elsewhere(connection, actor.scope_id or 0, customer_id, today),
    ]
    text = connection.execute(
        select(customer.c.customer_id).where(customer.c.id == customer_id)
    ).scalar_one()
    home = next(
        (b for b in homes if b.started_at <= now < b.ended_at and held.at(b.store_id, now)), None
    )
    return Story(
        text,
        home,
        next((b for b in owners if b.started_at <= now < b.ended_at), None),
        sorted(moments, key=lambda each: (each.at, each.kind), reverse=True),
    )


_B = binding.c
_BINDINGS = (
    select(
        _B.kind,
        _B.store_id,
        _B.guide_id,
        _B.started_at,
        _B.protected_until,
        _B.valid_until,
        _B.ended_at,
        _B.reason,
        _B.end_reason,
        store.c.store_code,
        store.c.name.label("store_name"),
        guide.c.guide_code,
        guide.c.name.label("guide_name"),
    )
    .outerjoin(store, store.c.id == _B.store_id)
    .outerjoin(guide, guide.c.id == _B.guide_id)
    .where(_B.superseded_at.is_(None), _B.ended_at.is_not(None))
    .order_by(_B.started_at)
)


def _in(query: Any, actor: Actor, today: dt.date) -> Any:
    visible = visible_guide_ids(actor, today)
    return query if visible is None else query.where(guide.c.id.in_(visible))


def _bound(homes: Sequence[Row[Any]], held: Holdings) -> Iterator[Moment]:
    for b in homes:
        chip = (b.store_code, b.store_name)
        if held.at(b.store_id, b.started_at):
            yield Moment(b.started_at, "home_began", b.reason, *chip, until=b.protected_until)
        if held.at(b.store_id, b.ended_at):
            yield Moment(b.ended_at, "home_ended", b.end_reason or "", *chip)


def _owned(owners: Sequence[Row[Any]]) -> Iterator[Moment]:
    for b in owners:
        yield Moment(
            b.started_at,
            "owner_began",
            b.reason,
            guide_code=b.guide_code,
            guide_name=b.guide_name,
            until=b.protected_until,
        )
        yield Moment(
            b.ended_at,
            "owner_ended",
            b.end_reason or "",
            guide_code=b.guide_code,
            guide_name=b.guide_name,
        )


def _visits(connection: Connection, actor: Actor, customer_id: int) -> Iterator[Moment]:
    e = entry.c
    query = select(e.occurred_at, e.rung, store.c.store_code, store.c.name).join(
        store, store.c.id == e.store_id
    )
    for r in connection.execute(
        limit_entries(query, actor)
        .where(e.customer_id == customer_id)
        .order_by(e.occurred_at.desc())
        .limit(MOST)
    ):
        yield Moment(r.occurred_at, "visit", r.rung, r.store_code, r.name)


def _sales(connection: Connection, actor: Actor, customer_id: int) -> Iterator[Moment]:
    o, r = sales_order.c, refund.c
    query = select(
        o.paid_at, o.order_no, o.total_minor, o.owner_basis, store.c.store_code, store.c.name
    ).outerjoin(store, store.c.id == o.store_id)
    for row in connection.execute(
        limit_orders(query, actor)
        .where(o.customer_id == customer_id)
        .order_by(o.paid_at.desc())
        .limit(MOST)
    ):
        yield Moment(
            row.paid_at,
            "order",
            row.owner_basis,
            row.store_code,
            row.name,
            order_no=row.order_no,
            minor=row.total_minor,
        )
    query = select(r.refunded_at, r.total_minor, o.order_no).join(sales_order, o.id == r.order_id)
    for row in connection.execute(
        limit_orders(query, actor)
        .where(o.customer_id == customer_id)
        .order_by(r.refunded_at.desc())
        .limit(MOST)
    ):
        yield Moment(row.refunded_at, "refund", order_no=row.order_no, minor=-row.total_minor)


def _contacts(
    connection: Connection, actor: Actor, customer_id: int, today: dt.date
) -> Iterator[Moment]:
    e = event.c
    query = (
        select(e.occurred_at, e.type, guide.c.guide_code, guide.c.name)
        .join(guide, guide.c.id == e.guide_id)
        .where(e.customer_id == customer_id, e.type.in_((CONFIRMED, *DELETED)))
    )
    for r in connection.execute(
        _in(query, actor, today).order_by(e.occurred_at.desc()).limit(MOST)
    ):
        yield Moment(
            r.occurred_at,
            "add" if r.type == CONFIRMED else "deleted",
            r.type,
            guide_code=r.guide_code,
            guide_name=r.name,
        )


def _elsewhere(
    connection: Connection, dealer_id: int, customer_id: int, today: dt.date
) -> Iterator[Moment]:
    wanted = ElsewhereFilter(dt.date.min, today, customer_id=customer_id)
    for r in bought_elsewhere.rows(
        connection, dealer_id, wanted, Order("paid_at", descending=True, limit=MOST)
    ):
        yield Moment(
            r.paid_at, "elsewhere", r.owner_basis, r.store_code, r.store_name, minor=r.credit_minor
        )
