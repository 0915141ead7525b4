"""What stands behind a reward line: the order or the friend add it came from, with every line it
made; nothing of the customer's person."""

from __future__ import annotations

from typing import Any

from flask import render_template

import db
from app.guide.portal import blueprint
from app.pages import rewards as reward_pages
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores.base import versions
from stores.base.months import month_of
from stores.lists import guide_sources
from stores.network import network


@blueprint.get("/orders/<order_no>", strict_slashes=False)
@needs("guide:read")
def order(order_no: str) -> str:
    return _page("guide/order.html", "order", order_no)


@blueprint.get("/adds/<event_id>", strict_slashes=False)
@needs("guide:read")
def add(event_id: str) -> str:
    return _page("guide/add.html", "event", event_id)


def _page(template: str, kind: str, key: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    find = guide_sources.find_order if kind == "order" else guide_sources.find_event
    with db.read() as connection:
        row = find(connection, actor, today, key)
    if row is None:
        raise NotFound("There is no such order or friend add of yours.")
    booking.book_due(now, guides=[row.guide_id])
    more: dict[str, Any] = {}
    with db.read() as connection:
        view = reward_pages.view(connection, actor, row.guide_id, month_of(row.business_day), now)
        if kind == "order":
            more["parts"], more["refunds"] = guide_sources.order_parts(connection, row.id)
            more["touch_days"] = network.snapshot(versions.current(connection)).policy.touch_days
    lines = [
        {**line, "sums": [line["sum"]]}
        for line in view.lines
        if reward_pages.source_of(line) == (kind, key)
    ]
    return render_template(
        template,
        now=now,
        today=today,
        row=row,
        view=view,
        lines=lines,
        own=actor.scope_kind == "guide",
        **more,
    )
