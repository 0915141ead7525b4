"""A store manager's team: what each brought and earned this month, down to one guide's lines."""
from __future__ import annotations

from flask import render_template

import db
from app import reward_pages, shown_days
from app.clock import now_and_today
from app.guide.home import blueprint
from app.permissions import current_actor, needs
from incentives import booking, team


def of_manager() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    month = reward_pages.asked_month(today)
    booking.book_due(now)
    with db.read() as connection:
        rows = team.of_store(connection, actor, actor.scope_id or 0, month, today)
        return render_template("guide/team.html", now=now, month=month, before=shown_days.next_month(month, -1),
                               after=shown_days.next_month(month) if month < today.isoformat()[:7] else None, rows=rows)


@blueprint.get("/team/<code>", strict_slashes=False)
@needs("guide:read")
def member(code: str) -> str:
    """One guide's lines; a guide finds only himself here."""
    return reward_pages.guide_page("guide/member.html", code)
