"""Stores: the list and one store with its contracts, people and days."""
from __future__ import annotations

from flask import render_template, request

import db
from app import paging, shown_days
from app.clock import now_and_today
from app.hq.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores import directory, entry_lists, revenue
from stores.directory import StoreFilter
from stores.entry_lists import EntryFilter
from stores.stores import STATUSES


@blueprint.get("/stores", strict_slashes=False)
@needs("hq:read")
def stores() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    status = request.args.get("status")
    wanted = StoreFilter(today, (request.args.get("q") or "").strip() or None, status if status in STATUSES else None, request.args.get("dealer") or None,
                         request.args.get("silent") == "yes")
    with db.read() as connection:
        rows = directory.store_rows(connection, actor, wanted, paging.after_code("stores"), paging.PAGE + 1)
        return render_template("hq/stores.html", now=now, wanted=wanted, page=paging.listed("stores", rows, lambda row: (row.store_code,)),
                               total=directory.store_count(connection, actor, wanted))


@blueprint.get("/stores/<code>", strict_slashes=False)
@needs("hq:read")
def store(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_store(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no store {code!r}.")
        return render_template(
            "hq/store.html", now=now, row=row, span=span, contracts=directory.contracts(connection, actor, today, store_id=row.id),
            guides=directory.guide_rows(connection, actor, today, store_id=row.id, limit=200),
            entries=entry_lists.totals(connection, actor, EntryFilter(span.first, span.last, store_code=code)),
            revenue=revenue.of(connection, span.first, span.last, "day", store_id=row.id))
