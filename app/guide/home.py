"""The first page of guides: their money. Of store managers: their team."""
from __future__ import annotations

from flask import Blueprint, render_template

import db
from app import reward_pages
from app.clock import now_and_today
from app.permissions import current_actor, needs
from incentives import booking, kpis
from stores import directory

blueprint = Blueprint("guide", __name__, url_prefix="/guide")


@blueprint.get("/", strict_slashes=False)
@needs("guide:read")
def home() -> str:
    from app.guide import team  # the team's page is this address for a manager

    actor, (now, today) = current_actor(), now_and_today()
    if actor.scope_kind == "store":
        return team.of_manager()
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, guide_id=actor.scope_id)
        if row is None:  # an account made before its guide was imported
            return render_template("guide/home.html", now=now, view=None, kpis=[])
        month = reward_pages.asked_month(today)
        return render_template("guide/home.html", now=now, view=reward_pages.view(connection, actor, row.id, month, now),
                               kpis=kpis.of_guide(connection, row.id, month, now))
