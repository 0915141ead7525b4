"""The first page of headquarters and branches: what happened, what needs somebody, what moves."""
from __future__ import annotations

from flask import Blueprint, render_template, request

import db
from app import charts, shown_days
from app.clock import now_and_today
from app.language import language
from app.permissions import current_actor, needs
from stores import entry_lists, explanations, overview
from stores.entry_lists import EntryFilter

blueprint = Blueprint("hq", __name__, url_prefix="/hq")
USUAL = "7d"
TREND_DAYS = 7
LATEST, TOP = 8, 5


@blueprint.get("/", strict_slashes=False)
@needs("hq:read")
def home() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    asked = request.args.get("period")
    name = asked if asked in shown_days.NAMED else USUAL
    with db.read() as connection:
        span = shown_days.named(name, today)
        figures = overview.figures(connection, actor, span.first, span.last, today)
        if figures.empty and asked is None:  # a chain that began today has nothing before
            name, span = "today", shown_days.named("today", today)
            figures = overview.figures(connection, actor, span.first, span.last, today)
        before = overview.figures(connection, actor, span.before.first, span.before.last, today)
        drawn = span.at_least(TREND_DAYS)
        whole = EntryFilter(drawn.before.first, drawn.last)
        entries = entry_lists.by_day(connection, actor, whole)
        sales = overview.sales_by_day(connection, actor, drawn.before.first, drawn.last, today)
        return render_template(
            "hq/home.html", now=now, name=name, span=span, figures=figures, before=before, drawn=drawn,
            trends={"entries": charts.trend(drawn.days, entries, drawn.before.days, entries), "sales": charts.trend(drawn.days, sales, drawn.before.days, sales)},
            dealers=overview.top_dealers(connection, actor, span.first, span.last, today, TOP), work=overview.work(connection, actor, today),
            work_span=shown_days.asked({}, today, overview.WORK_DAYS), latest=[(row, _sentence(row)) for row in entry_lists.latest(connection, actor, LATEST)])


def _sentence(row: object) -> str:
    return explanations.sentence(row.rung, row.reason, row.store_name, row.distance_class_km, language())  # type: ignore[attr-defined]
