"""What guides cost a dealer, and each guide's lines."""
from __future__ import annotations

from flask import render_template

import db
from app import reward_pages, shown_days
from app.clock import now_and_today
from app.dealer.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking, team
from stores import directory, revenue


@blueprint.get("/rewards", strict_slashes=False)
@needs("dealer:read")
def rewards() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    month = reward_pages.asked_month(today)
    span = shown_days.month(month)
    booking.book_due(now)
    with db.read() as connection:
        rows = team.cost_of_dealer(connection, actor.scope_id or 0, span.first, span.last)
        visible = {row.guide_code for row in directory.guide_rows(connection, actor, today, limit=2000)}
        totals = revenue.of(connection, span.first, span.last, "month", dealer_id=actor.scope_id)["totals"]
        return render_template("dealer/rewards.html", now=now, month=month, span=span, rows=rows, visible=visible, totals=totals, before=shown_days.next_month(month, -1),
                               after=shown_days.next_month(month) if month < today.isoformat()[:7] else None)


@blueprint.get("/guides/<code>", strict_slashes=False)
@needs("dealer:read")
def guide(code: str) -> str:
    return reward_pages.guide_page("dealer/guide.html", code)
