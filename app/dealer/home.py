"""The first page of dealers: yesterday's sales, the money of the month, and the rows behind both."""
from __future__ import annotations

import datetime as dt

from flask import Blueprint, render_template

import db
from app import shown_days
from app.clock import now_and_today
from app.permissions import current_actor, needs
from app.reward_pages import asked_month
from incentives import booking
from stores import directory, revenue
from stores.sales import lists
from stores.sales.lists import OrderFilter

blueprint = Blueprint("dealer", __name__, url_prefix="/dealer")


@blueprint.get("/", strict_slashes=False)
@needs("dealer:read")
def home() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    month = asked_month(today)
    span, yesterday = shown_days.month(month), today - dt.timedelta(days=1)
    this_month = shown_days.month(today.isoformat()[:7])
    booking.book_due(now)
    with db.read() as connection:
        sold = revenue.of(connection, yesterday, yesterday, "day", dealer_id=actor.scope_id)["totals"]
        due = revenue.of(connection, this_month.first, this_month.last, "month", dealer_id=actor.scope_id)["totals"]
        by_store = revenue.of(connection, span.first, span.last, "store", dealer_id=actor.scope_id)
        return render_template(
            "dealer/home.html", now=now, today=today, yesterday=yesterday, month=month, before=shown_days.next_month(month, -1),
            after=shown_days.next_month(month) if month < today.isoformat()[:7] else None, span=span, sold=sold, due=due,
            orders=lists.totals(connection, actor, OrderFilter(yesterday, yesterday))["orders"], this_month=this_month, by_store=by_store,
            names=directory.store_names(connection, [row["store_code"] for row in by_store["rows"]]),
            by_day=revenue.of(connection, span.first, span.last, "day", dealer_id=actor.scope_id))
