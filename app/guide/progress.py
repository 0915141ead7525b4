"""How the month goes: a guide's targets, tiers and rank (G3); a manager's team against its targets,
and setting them (S4)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

import db
from app.guide.portal import blueprint
from app.pages import rewards as reward_pages
from app.ui.shown_days import next_month
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking, progress, ranking, targets, team
from incentives.kpis import INVERSE
from incentives.loading import month_days
from ledger.faults import FieldFault, InvalidInput
from ledger.money import proportion
from stores.base.actors import Actor
from stores.base.months import month_of
from stores.lists import directory

METRICS = targets.SET_IN_STORE


@blueprint.get("/progress", strict_slashes=False, endpoint="progress")
@needs("guide:read")
def page() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    if actor.scope_kind == "store":
        return of_team(actor, now, today)
    month = reward_pages.asked_month(today)
    booking.book_due(now, guides=[actor.scope_id or 0])
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, guide_id=actor.scope_id)
        if row is None:
            return render_template("guide/progress.html", now=now, today=today, row=None)
        found = progress.of_guide(connection, row.id, month, now)
        people = {person.id: person for person in team.colleagues(connection, row.store_id, today)}
        done = team.activity(connection, list(people), *month_days(month))
    ranks = {
        metric: ranking.standing(
            {key: _sum(done.get(key, {}), n) for key in people}, list(people), row.id
        )
        for n, metric in enumerate(METRICS)
    }
    return render_template(
        "guide/progress.html",
        now=now,
        today=today,
        row=row,
        month=month,
        before=next_month(month, -1),
        left=days_left(month, today),
        after=next_month(month) if month < month_of(today) else None,
        goals=[goal(kpi, month, today) for kpi in found.kpis if kpi["target"]],
        others=[kpi for kpi in found.kpis if not kpi["target"]],
        ladders=found.ladders,
        people=people,
        ranks=ranks,
    )


def _sum(days: dict[dt.date, tuple[int, int]], n: int) -> int:
    return sum(day[n] for day in days.values())


def days_left(month: str, today: dt.date) -> int:
    """Days of the month that are not over, today among them; 0 for a month that is."""
    first, last = month_days(month)
    return max(0, (last - max(first, today)).days + 1)


def goal(kpi: dict[str, Any], month: str, today: dt.date) -> dict[str, Any]:
    """A target with what is `missing` and how much that is `daily` on the days left, rounded up;
    both None where less is better."""
    actual, wanted, left = kpi["actual"] or 0, kpi["target"], days_left(month, today)
    missing = None if kpi["metric"] in INVERSE or kpi["unit"] == "bp" else max(0, wanted - actual)
    return {
        **kpi,
        "inverse": kpi["metric"] in INVERSE,
        "missing": missing,
        "daily": -(-missing // left) if missing and left else None,
    }


# -- a manager's -----------------------------------------------------------------------------------


def of_team(actor: Actor, now: dt.datetime, today: dt.date) -> str:
    store_id, this_month = actor.scope_id or 0, month_of(today)
    month = asked_target_month(today)
    with db.read() as connection:
        rows = [
            row
            for row in team.of_store(connection, actor, store_id, month, today)
            if row["left_on"] is None or row["left_on"] >= month_days(month)[0]
        ]
        known = targets.of_store(connection, month, store_id, [row["id"] for row in rows])
    order = [row["id"] for row in rows]
    values = {
        "adds": {row["id"]: row["adds"] for row in rows},
        "net_sales": {row["id"]: row["net_sales_minor"] for row in rows},
    }
    ranks = {
        metric: {place.key: place.rank for place in ranking.ranked(values[metric], order)}
        for metric in METRICS
    }
    own = {metric: {key: known.get(("guide", key, metric)) for key in order} for metric in METRICS}
    checks = [
        {
            "metric": metric,
            "actual": sum(values[metric].values()),
            "store": known.get(("store", store_id, metric)),
            "guides": sum(value or 0 for value in own[metric].values()),
        }
        for metric in METRICS
    ]
    return render_template(
        "guide/team_targets.html",
        now=now,
        today=today,
        month=month,
        before=next_month(month, -1),
        left=days_left(month, today),
        rows=rows,
        after=next_month(month) if month <= this_month else None,
        values=values,
        ranks=ranks,
        own=own,
        checks=checks,
        attained=attained,
        open=not targets.locked(month, today) and bool(rows),
        day=targets.LOCK_DAY,
        typed=typed,
    )


def asked_target_month(today: dt.date) -> str:
    """`?month=`, up to the month after this one, whose targets may be set already."""
    month = request.args.get("month") or request.form.get("month") or ""
    coming = next_month(month_of(today))
    return (
        coming
        if month == coming
        else reward_pages.asked_month(today)
        if request.method == "GET"
        else month
    )


def attained(actual: int, wanted: int | None) -> int | None:
    """Basis points; None without a target."""
    return proportion(max(0, actual), 10_000, wanted) if wanted else None


def typed(metric: str, value: int | None) -> str:
    """A target as it is typed: money in whole units of the currency."""
    if not value:
        return ""
    decimals = (
        current_app.extensions["doorstep"].currency_decimals if metric in targets.MONEY else 0
    )
    whole, rest = divmod(value, 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if rest else str(whole)


@blueprint.post("/progress", strict_slashes=False)
@needs("target:write")
def set_targets() -> Any:
    """Fields `adds:CODE` and `net_sales:CODE`; an empty one takes the target away."""
    actor, (now, today) = current_actor(), now_and_today()
    month = request.form.get("month", "")
    if month not in (month_of(today), next_month(month_of(today))):
        raise InvalidInput("Targets are set for this month or the next.", code="month_out_of_reach")
    wanted = {
        (code, metric): _number(text, name)
        for name, text in request.form.items()
        for metric, _sep, code in [name.partition(":")]
        if metric in METRICS and code
    }
    with db.transaction() as connection:
        store_id = actor.scope_id or 0
        ids = {
            row.guide_code: row.id
            for row in directory.guide_rows(connection, actor, today, store_id=store_id, limit=500)
        }
        known = targets.of_store(connection, month, store_id, list(ids.values()))
        changed = {
            key: value
            for key, value in wanted.items()
            if value or known.get(("guide", ids.get(key[0], 0), key[1]))
        }  # nothing was, nothing is
        outcome = targets.set_for_store(month, store_id, changed, actor=actor, now=now)
    if outcome.effective:
        flash(
            ngettext(
                "%(num)s target was changed.", "%(num)s targets were changed.", outcome.effective
            ),
            "good",
        )
    else:
        flash(_("Nothing was changed."), "wait")
    return redirect(url_for("guide.progress", month=month), 303)


def _number(text: str, name: str) -> Decimal:
    cleaned = text.strip().replace(",", "").replace("，", "")
    try:
        value = Decimal(cleaned or "0")
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= targets.LARGEST:
        raise InvalidInput(
            f"A target is a number of 0 or more; {text.strip()[:20]!r} is none.",
            code="invalid_target",
            errors=[FieldFault(name, "is no target")],
        )
    return value
