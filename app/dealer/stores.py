"""A dealer's own stores."""
from __future__ import annotations

from flask import render_template

import db
from app import paging, shown_days
from app.clock import now_and_today
from app.dealer.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking
from ledger.faults import NotFound
from stores import directory, revenue
from stores.directory import StoreFilter


@blueprint.get("/stores", strict_slashes=False)
@needs("dealer:read")
def stores() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.month(today.isoformat()[:7])
    wanted = StoreFilter(today)
    booking.book_due(now)
    with db.read() as connection:
        rows = directory.store_rows(connection, actor, wanted, paging.after_code("stores"), paging.PAGE + 1)
        found = revenue.of(connection, span.first, span.last, "store", dealer_id=actor.scope_id)
        return render_template("dealer/stores.html", now=now, span=span, page=paging.listed("stores", rows, lambda row: (row.store_code,)),
                               total=directory.store_count(connection, actor, wanted), sold={row["store_code"]: row for row in found["rows"]})


@blueprint.get("/stores/<code>", strict_slashes=False)
@needs("dealer:read")
def store(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_store(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no store {code!r}.")
        span = shown_days.month(today.isoformat()[:7])
        return render_template("dealer/store.html", now=now, row=row, contracts=directory.contracts(connection, actor, today, store_id=row.id, dealer_id=actor.scope_id),
                               guides=directory.guide_rows(connection, actor, today, store_id=row.id, limit=200),
                               revenue=revenue.of(connection, span.first, span.last, "day", store_id=row.id, dealer_id=actor.scope_id))
