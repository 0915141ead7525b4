"""The facts behind a guide's reward lines: one order, one friend add, without anything of the
customer's person; and the scans of a code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from stores.base.actors import Actor
from stores.facts.entries import entry
from stores.facts.events import event
from stores.facts.orders import order_line, sales_order
from stores.facts.refunds import refund
from stores.lists.event_lists import CONFIRMED
from stores.network import sight
from stores.network.channels import channel
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids
from stores.network.stores import store
from stores.orders.scope import limit_orders


def find_order(
    connection: Connection, actor: Actor, today: dt.date, order_no: str
) -> Row[Any] | None:
    """An order credited to a guide whom the actor sees, of a manager one that his store sold; None
    otherwise. Of another shop's sale the store has no name. `link_name`: of the guide whose signed
    link or code the customer used last; of another store's guide it is empty (S2)."""
    o, linked, visible = sales_order.c, guide.alias("linked"), visible_guide_ids(actor, today)
    known = o.link_guide_id.is_not(None) if visible is None else o.link_guide_id.in_(visible)
    query = (
        select(
            o.id,
            o.order_no,
            o.paid_at,
            o.total_minor,
            o.currency,
            o.guide_id,
            o.guide_basis,
            o.dealer_id,
            o.guide_dealer_id,
            o.business_day,
            o.delivery,
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
            store.c.name.label("store_name"),
            store.c.store_code,
            o.store_id,
            o.link_guide_id,
            case((known, linked.c.name), else_="").label("link_name"),
        )
        .join(guide, guide.c.id == o.guide_id)
        .outerjoin(store, sight.of(actor, today).store(store, o.store_id))
        .outerjoin(linked, linked.c.id == o.link_guide_id)
        .where(o.order_no == order_no)
    )
    return connection.execute(
        limit_orders(query if visible is None else query.where(o.guide_id.in_(visible)), actor)
    ).first()


def order_parts(
    connection: Connection, order_id: int
) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Lines by number, refunds by time, of an order found by `find_order`."""
    line, r = order_line.c, refund.c
    lines = connection.execute(
        select(
            line.line_no, line.sku, line.category, line.quantity, line.measure, line.amount_minor
        )
        .where(line.order_id == order_id)
        .order_by(line.line_no)
    )
    refunds = connection.execute(
        select(r.refund_no, r.refunded_at, r.total_minor)
        .where(r.order_id == order_id)
        .order_by(r.refunded_at, r.id)
    )
    return lines.all(), refunds.all()


def find_event(
    connection: Connection, actor: Actor, today: dt.date, event_id: str
) -> Row[Any] | None:
    """A friend add or invitation by a guide whom the actor sees; None otherwise."""
    e = event.c
    query = (
        select(
            e.event_id,
            e.type,
            e.occurred_at,
            e.business_day,
            e.source,
            e.guide_id,
            e.customer_id,
            guide.c.guide_code,
            guide.c.name.label("guide_name"),
        )
        .join(guide, guide.c.id == e.guide_id)
        .where(e.event_id == event_id, e.type.in_((CONFIRMED, "referral.invited")))
    )
    visible = visible_guide_ids(actor, today)
    return connection.execute(
        query if visible is None else query.where(e.guide_id.in_(visible))
    ).first()


def channels_of(
    connection: Connection,
    guide_id: int | None,
    store_id: int | None,
    today: dt.date,
    most: int = 12,
) -> Sequence[Row[Any]]:
    """Channels in force that a guide or a store may put its code under: its own, its store's, and
    the brand's; by code."""
    c = channel.c
    query = select(c.id, c.channel_code).where(
        c.revoked_at.is_(None),
        (c.valid_from.is_(None)) | (c.valid_from <= today),
        (c.valid_to.is_(None)) | (c.valid_to >= today),
        (c.guide_id.is_(None)) | (c.guide_id == guide_id),
        (c.store_id.is_(None)) | (c.store_id == store_id),
    )
    return connection.execute(query.order_by(c.channel_code).limit(most)).all()


def scans(connection: Connection, actor: Actor, today: dt.date, days: int = 7) -> tuple[int, int]:
    """(today, the last `days` days with today): arrivals that carried the guide's own code; of a
    store, arrivals that a code of the store led in."""
    e = entry.c
    query = select(
        func.count().filter(e.business_day == today).label("today"), func.count().label("all")
    ).where(e.business_day > today - dt.timedelta(days=days), e.business_day <= today)
    if actor.scope_kind == "guide":
        query = query.where(e.param_guide_id == actor.scope_id)
    else:
        query = query.where(
            e.store_id == actor.scope_id, e.rung == "ENTRY_PARAM", e.param_guide_id.is_(None)
        )
    found = connection.execute(query).one()
    return int(found.today), int(found.all)
