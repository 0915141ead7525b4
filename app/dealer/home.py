"""The first page of dealers: yesterday's sales, the money of the month, what moves and what needs
somebody."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, render_template

import db
from app.ui import charts, shown_days
from app.ui.shown_days import Span
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from stores.base.months import month_of
from stores.figures import revenue
from stores.lists import code_scans, directory, own_customers, own_stores
from stores.lists.code_scans import ScanFilter
from stores.lists.directory import StoreFilter
from stores.lists.own_customers import CustomerFilter
from stores.orders import bought_elsewhere, lists
from stores.orders.bought_elsewhere import ElsewhereFilter
from stores.orders.lists import OrderFilter
from stores.registers import takeovers
from stores.registers.takeovers import TakeoverFilter

blueprint = Blueprint("dealer", __name__, url_prefix="/dealer")
TREND_DAYS, RANKED = 30, 8
WORK_DAYS = 7
MOST_CHOICES = 200  # stores in a filter by name; with more one types the code


@blueprint.context_processor
def _filters() -> dict[str, Any]:
    return {"own_stores": own_store_choices}


def own_store_choices() -> list[tuple[str, str]]:
    """(code, name) of the dealer's stores of today, for filters; none when there are too many to
    choose from or the reader is no dealer."""
    actor, (_now, today) = current_actor(), now_and_today()
    if actor.scope_kind != "dealer":
        return []
    with db.read() as connection:
        rows = directory.store_rows(connection, actor, StoreFilter(today), limit=MOST_CHOICES + 1)
    return [(row.store_code, row.name) for row in rows] if len(rows) <= MOST_CHOICES else []


@blueprint.get("/", strict_slashes=False)
@needs("dealer:read")
def home() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    dealer_id, yesterday = actor.scope_id or 0, today - dt.timedelta(days=1)
    week_ago, this_month, drawn = (
        yesterday - dt.timedelta(days=7),
        shown_days.month(month_of(today)),
        shown_days.named("30d", today),
    )
    week = Span(today - dt.timedelta(days=WORK_DAYS - 1), today)
    booking.book_due(now)
    with db.read() as connection:
        days = revenue.of(connection, drawn.before.first, today, "day", dealer_id=dealer_id)["rows"]
        sold = {dt.date.fromisoformat(row["period"]): row["gross_minor"] for row in days}
        stores = own_stores.of_dealer(connection, actor, drawn.first, drawn.last, today)
        ranked = sorted(stores, key=lambda row: (-row.gross_minor, row.store_code))
        customers = own_customers.counts(connection, actor, CustomerFilter(now, today))
        elsewhere = bought_elsewhere.totals(
            connection, dealer_id, ElsewhereFilter(week.first, week.last)
        )
        return render_template(
            "dealer/home.html",
            now=now,
            today=today,
            yesterday=yesterday,
            week_ago=week_ago,
            sold=sold.get(yesterday, 0),
            sold_before=sold.get(week_ago, 0),
            orders=lists.totals(connection, actor, OrderFilter(yesterday, yesterday, today))[
                "orders"
            ],
            this_month=this_month,
            due=revenue.of(
                connection, this_month.first, this_month.last, "month", dealer_id=dealer_id
            )["totals"],
            by_code=code_scans.total(
                connection, actor, ScanFilter(yesterday, yesterday, code="yes")
            ),
            entries=code_scans.total(connection, actor, ScanFilter(yesterday, yesterday)),
            drawn=drawn,
            trend=charts.trend(drawn.days, sold, drawn.before.days, sold),
            ranked=ranked[:RANKED],
            stores=len(stores),
            sold_of_stores=sum(row.gross_minor for row in stores),
            net_of_stores=sum(row.net_minor for row in stores),
            customers=customers,
            week=week,
            elsewhere=elsewhere,
            silent=directory.store_count(connection, actor, StoreFilter(today, silent=True)),
            moved=takeovers.counts(
                connection, dealer_id, TakeoverFilter(week.first, week.last, now)
            ),
            empty=not any(sold.values()) and not customers.customers,
        )
