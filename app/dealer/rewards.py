"""What guides cost a dealer, and each guide's lines (D5 of the stories)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l

import db
from app.dealer.home import blueprint
from app.pages import rewards as reward_pages
from app.ui import customer_labels, labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking, reward_costs
from incentives.reward_costs import FIGURES, LineFilter
from ledger.faults import NotFound
from stores.base.months import month_of
from stores.figures import revenue
from stores.lists import directory


@blueprint.get("/rewards", strict_slashes=False)
@needs("dealer:read")
def rewards() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    dealer_id, month = actor.scope_id or 0, reward_pages.asked_month(today)
    span = shown_days.month(month)
    running = span.first <= today <= span.last
    booking.book_due(now)
    with db.read() as connection:
        costs = reward_costs.costs(connection, dealer_id, span.first, span.last)
        pending = reward_costs.line_totals(
            connection, dealer_id, LineFilter("pending", span.first, today)
        )[1]
        totals = revenue.of(connection, span.first, span.last, "month", dealer_id=dealer_id)[
            "totals"
        ]
        before = (
            reward_costs.costs(connection, dealer_id, span.first, today - dt.timedelta(days=1))
            if running
            else []
        )
        so_far = reward_costs.totals(before)["payable"]
        return render_template(
            "dealer/rewards.html",
            now=now,
            today=today,
            month=month,
            span=span,
            guides=reward_costs.by_guide(costs),
            components=reward_costs.by_component(costs),
            sums=reward_costs.totals(costs),
            pending=pending,
            totals=totals,
            visible=_visible(connection, today),
            running=running,
            forecast=reward_costs.forecast(
                so_far, (today - span.first).days, (span.last - span.first).days + 1
            )
            if running
            else None,
            so_far=so_far,
            days_over=(today - span.first).days,
            days=(span.last - span.first).days + 1,
            before=shown_days.next_month(month, -1),
            after=shown_days.next_month(month) if month < month_of(today) else None,
        )


def _visible(connection: Any, today: dt.date) -> set[str]:
    """The guides whose pages the dealer may open: those of his stores of today."""
    return {
        row.guide_code
        for row in directory.guide_rows(connection, current_actor(), today, limit=5000)
    }


@blueprint.get("/rewards/<figure>", strict_slashes=False)
@needs("dealer:read")
def reward_lines(figure: str) -> Any:
    """The ledger lines behind one figure."""
    if figure not in FIGURES:
        raise NotFound(f"There is no figure {figure!r}.")
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = LineFilter(
        figure,
        span.first,
        span.last,
        *(request.args.get(name) or None for name in ("guide", "component", "store")),
    )
    table = table_answers.asked(f"rewards-{figure}", LINES, "-day")
    booking.book_due(now)
    with db.read() as connection:
        number, total = reward_costs.line_totals(connection, actor.scope_id or 0, wanted)
        return table_answers.answer(
            table,
            lambda order: reward_costs.lines(connection, actor.scope_id or 0, wanted, order),
            "dealer/reward_lines.html",
            total={"amount": total},
            now=now,
            span=span,
            wanted=wanted,
            number=number,
            sum=total,
        )


LINES = (
    Column("day", _l("Day"), "day", value=lambda row: row.business_day, sort="day"),
    Column(
        "guide",
        _l("Guide"),
        "chip",
        value=lambda row: (row.guide_code, row.guide_name),
        sort="guide",
    ),
    Column("component", _l("For"), "words", words=labels.COMPONENTS),
    Column("month", _l("Earned in"), "text", value=lambda row: row.origin_period),
    Column("kind", _l("Kind"), "words", words=customer_labels.TRANSFERS),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        shown=False,
    ),
    Column("amount", _l("Amount"), "money", value=lambda row: row.amount_minor, sort="amount"),
)


@blueprint.get("/guides/<code>", strict_slashes=False)
@needs("dealer:read")
def guide(code: str) -> str:
    return reward_pages.guide_page("dealer/guide.html", code)
