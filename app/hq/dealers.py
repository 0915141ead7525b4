"""Dealers: the list with their sales, and one dealer with contracts, guides and revenue."""
from __future__ import annotations

from flask import render_template, request

import db
from app import order_pages, paging, shown_days
from app.clock import now_and_today
from app.hq.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores import directory, revenue

BY = ("day", "month", "store")


@blueprint.get("/dealers", strict_slashes=False)
@needs("hq:read")
def dealers() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span, words = shown_days.asked(request.args, today), (request.args.get("q") or "").strip() or None
    booking.book_due(now)
    with db.read() as connection:
        sold = revenue.of(connection, span.first, span.last, "dealer", **order_pages.revenue_limits(connection, actor, today))
        rows = directory.dealer_rows(connection, actor, today, words, paging.after_code("dealers"), paging.PAGE + 1)
        return render_template(
            "hq/dealers.html", now=now, span=span, words=words, page=paging.listed("dealers", rows, lambda row: (row.dealer_code,)),
            total=directory.dealer_count(connection, actor, today, words), totals=sold["totals"] if words is None else None,
            sold={row["dealer_code"]: row for row in sold["rows"]})


@blueprint.get("/dealers/<code>", strict_slashes=False)
@needs("hq:read")
def dealer(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    by = request.args.get("by") if request.args.get("by") in BY else "day"
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_dealer(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no dealer {code!r}.")
        limits = order_pages.revenue_limits(connection, actor, today, dealer_code=code)
        return render_template(
            "hq/dealer.html", now=now, row=row, span=span, by=by, contracts=directory.contracts(connection, actor, today, dealer_id=row.id),
            guides=directory.guide_rows(connection, actor, today, dealer_id=row.id, limit=200),
            revenue=revenue.of(connection, span.first, span.last, by, **limits))  # type: ignore[arg-type]
