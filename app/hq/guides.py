"""One guide's rewards, as headquarters sees them."""
from __future__ import annotations

from flask import render_template

import db
from app import reward_pages
from app.clock import now_and_today
from app.hq.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking, kpis
from ledger.faults import NotFound
from stores import directory


@blueprint.get("/guides/<code>", strict_slashes=False)
@needs("hq:read")
def guide(code: str) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, code=code)
        if row is None:
            raise NotFound(f"There is no guide {code!r}.")
        month = reward_pages.asked_month(today)
        return render_template("hq/guide.html", now=now, row=row, view=reward_pages.view(connection, actor, row.id, month, now),
                               kpis=kpis.of_guide(connection, row.id, month, now))
