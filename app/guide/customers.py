"""A guide's own customers; a manager's: those at home in the store."""
from __future__ import annotations

from flask import render_template

import db
from app import paging
from app.clock import now_and_today
from app.guide.home import blueprint
from app.permissions import current_actor, needs
from stores import customer_lists


@blueprint.get("/customers", strict_slashes=False)
@needs("guide:read")
def customers() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        rows = customer_lists.rows(connection, actor, now, today, after=paging.after_id("customers"), limit=paging.PAGE + 1)
        return render_template("guide/customers.html", now=now, page=paging.listed("customers", rows, lambda row: (row.id,)), own=actor.scope_kind == "guide",
                               total=customer_lists.total(connection, actor, now, today), safe=customer_lists.total(connection, actor, now, today, protected=True))
