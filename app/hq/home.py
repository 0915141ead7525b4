"""The first page of headquarters: what needs somebody, what happened, what moves; of a branch the
same, cut to its subtree."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

import db
from app.accounts.language import language
from app.hq import work
from app.pages import maps as map_pages
from app.ui import charts, paging, shown_days
from app.ui.shown_days import Span
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.base.actors import Actor
from stores.figures import figures, funnels, store_figures
from stores.lists import entry_lists, overview
from stores.routing import explanations

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
        shown = overview.figures(connection, actor, span.first, span.last, today)
        if shown.empty and asked is None:  # a chain that began today has nothing before
            name, span = "today", shown_days.named("today", today)
            shown = overview.figures(connection, actor, span.first, span.last, today)
        before = overview.figures(connection, actor, span.before.first, span.before.last, today)
        drawn = span.at_least(TREND_DAYS)
        stores = store_figures.store_figures(connection, actor, span.first, span.last, today)
        colour = (
            request.args.get("figure")
            if request.args.get("figure") in map_pages.figures_of(actor)
            else "sales"
        )
        return render_template(
            "hq/home.html",
            now=now,
            name=name,
            span=span,
            figures=shown,
            before=before,
            drawn=drawn,
            trends=_trends(connection, actor, drawn, today),
            funnel=_funnel(connection, actor, span, today),
            rungs=_rungs(connection, actor, span, today),
            best=stores[:TOP],
            least=_least(stores),
            number_of_stores=len(stores),
            colour=colour,
            colours=map_pages.figures_of(actor),
            mapped=[
                (paging.same_filter(figure=key), figure.name, key == colour)
                for key, figure in map_pages.figures_of(actor).items()
            ],
            work=work.items(connection, actor, today),
            dealers=overview.top_dealers(connection, actor, span.first, span.last, today, TOP),
            latest=[
                (row, _sentence(row))
                for row in entry_lists.latest(connection, actor, today, LATEST)
            ],
        )


def _trends(
    connection: Connection, actor: Actor, drawn: Span, today: dt.date
) -> dict[str, charts.Trend]:
    days = {
        each.day: each
        for each in figures.by_day(connection, actor, drawn.before.first, drawn.last, today)
    }

    def line(name: str) -> charts.Trend:
        values = {day: int(getattr(each, name)) for day, each in days.items()}
        return charts.trend(drawn.days, values, drawn.before.days, values)

    return {"entries": line("entries"), "sales": line("sales_minor")}


def _funnel(connection: Connection, actor: Actor, span: Span, today: dt.date) -> list[charts.Bar]:
    found = funnels.funnel(connection, actor, span.first, span.last, today)
    return charts.funnel(
        [
            (_("Visits"), found.visits, url_for("hq.entries", **span.query)),
            (_("led to a store"), found.led, None),
            (_("Orders paid"), found.orders, url_for("hq.orders", **span.query)),
            (_("of them first orders"), found.first_orders, None),
        ]
    )


def _rungs(connection: Connection, actor: Actor, span: Span, today: dt.date) -> list[charts.Bar]:
    shares = funnels.rung_shares(connection, actor, span.first, span.last, today)
    return charts.bars(
        [
            (
                explanations.word(explanations.RUNG_NAMES, share.rung, language()),
                share.entries,
                url_for("hq.entries", rung=share.rung, **span.query),
            )
            for share in shares
        ]
    )


def _least(stores: list[store_figures.StoreFigures]) -> list[store_figures.StoreFigures]:
    """The stores in service that sold least, least first."""
    serving = [each for each in stores if each.status == "active" and each.cloud_shop]
    return serving[:TOP:-1][:TOP] if len(serving) > 2 * TOP else serving[: TOP - 1 : -1]


def _sentence(row: Any) -> str:
    return explanations.sentence(
        row.rung, row.reason, row.store_name, row.distance_class_km, language()
    )
