"""The customers at home in a dealer's stores, and until when each is protected (D1 of the stories)."""
from __future__ import annotations

from flask import render_template, request

import db
from app import paging
from app.clock import now_and_today
from app.dealer.home import blueprint
from app.permissions import current_actor, needs
from stores import customer_lists


@blueprint.get("/customers", strict_slashes=False)
@needs("dealer:read")
def customers() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    store_code, protected = request.args.get("store") or None, request.args.get("protected") == "yes"
    with db.read() as connection:
        rows = customer_lists.rows(connection, actor, now, today, store_code, protected, paging.after_id("customers"), paging.PAGE + 1)
        return render_template(
            "dealer/customers.html", now=now, store_code=store_code, protected=protected, page=paging.listed("customers", rows, lambda row: (row.id,)),
            total=customer_lists.total(connection, actor, now, today, store_code, protected),
            safe=customer_lists.total(connection, actor, now, today, store_code, protected=True))
