"""The first page of guides: their money. Of store managers: their team."""

from __future__ import annotations

from flask import render_template

import db
from app.guide import team
from app.guide.lines import shown_lines
from app.guide.portal import blueprint
from app.pages import rewards as reward_pages
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from stores.lists import directory


@blueprint.get("/", strict_slashes=False)
@needs("guide:read")
def home() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    if actor.scope_kind == "store":
        return team.of_manager()
    booking.book_due(now, guides=[actor.scope_id or 0])
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, guide_id=actor.scope_id)
        if row is None:  # an account made before its guide was imported
            return render_template("guide/home.html", now=now, today=today, view=None)
        view = reward_pages.view(connection, actor, row.id, reward_pages.asked_month(today), now)
        return render_template(
            "guide/home.html", now=now, today=today, row=row, view=view, shown=shown_lines(view)
        )
