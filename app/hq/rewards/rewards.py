"""Rewards of a month by guide, store and component, and the months with their steps: approved,
closed (C12, B13)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.hq.home import blueprint
from app.pages.rewards import asked_month
from app.ui import charts, labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking, month_sums, period_steps
from ledger.faults import InvalidInput
from stores.base.months import month_of
from stores.base.times import parse_month
from stores.figures import guide_figures
from stores.figures.guide_figures import GuideFigures

BY = {"guide": _l("by guide"), "store": _l("by store"), "component": _l("by component")}
MONTH_STATES = {"open": _l("open"), "approved": _l("approved"), "closed": _l("closed")}
MONTH_MEANINGS = {"open": "", "approved": "wait", "closed": "good"}
SUMS = ("accrued_minor", "vested_minor", "pending_minor")


@dataclass(slots=True)
class StoreRewards:
    """What the guides of one store brought and earned in the month."""

    code: str
    name: str
    guides: int = 0
    adds: int = 0
    credits_minor: int = 0
    accrued_minor: int = 0
    vested_minor: int = 0
    pending_minor: int = 0

    def add(self, row: GuideFigures) -> None:
        self.guides += 1
        for name in ("adds", "credits_minor", *SUMS):
            setattr(self, name, getattr(self, name) + getattr(row, name))


@blueprint.get("/rewards", strict_slashes=False)
@needs("hq:read")
def rewards() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    month, by = (
        asked_month(today),
        request.args.get("by") if request.args.get("by") in BY else "guide",
    )
    store, dealer = request.args.get("store") or None, request.args.get("dealer") or None
    booking.book_due(now)
    table = table_answers.asked(f"rewards-{by}", _columns(str(by), month), "-accrued_minor")
    with db.read() as connection:
        guides = guide_figures.guide_figures(
            connection, actor, month, today, store_code=store, dealer_code=dealer
        )
        rows: list[Any] = list(guides)
        if by == "store":
            rows = _stores(guides)
        elif by == "component":
            rows = list(month_sums.by_component(connection, actor, month, today))
        total = {name: sum(getattr(row, name) for row in guides) for name in SUMS}
        return table_answers.answer(
            table,
            table_answers.ranked(rows),
            "hq/rewards.html",
            total=total,
            now=now,
            month=month,
            before=shown_days.next_month(month, -1),
            after=shown_days.next_month(month) if month < month_of(today) else None,
            by=by,
            store=store,
            dealer=dealer,
            sums=total,
            number=len(rows),
            earning=sum(1 for row in guides if row.accrued_minor > 0),
            guides=len(guides),
            labels_by=BY,
            switches=[
                (url_for("hq.rewards", by=each, month=month), name, each == by)
                for each, name in BY.items()
            ],
            spread=charts.distribution(
                [row.accrued_minor for row in guides if row.accrued_minor > 0]
            ),
        )


def _stores(guides: list[GuideFigures]) -> list[StoreRewards]:
    found: dict[str, StoreRewards] = {}
    for row in guides:
        found.setdefault(row.store_code, StoreRewards(row.store_code, row.store_name)).add(row)
    return list(found.values())


def _columns(by: str, month: str) -> tuple[Column, ...]:
    sums = (
        Column("accrued_minor", _l("Earned"), "money", sort="accrued_minor"),
        Column("vested_minor", _l("Vested"), "money", sort="vested_minor"),
        Column("pending_minor", _l("Pending"), "money", sort="pending_minor"),
    )
    if by == "component":
        return (
            Column(
                "component",
                _l("Component"),
                "words",
                value=lambda row: row.code,
                words=labels.COMPONENTS,
                sort="code",
            ),
            Column("guides", _l("Guides"), "count", sort="guides"),
            *sums,
        )
    brought = (
        Column("adds", _l("Friend adds"), "count", sort="adds"),
        Column("credits_minor", _l("Sales credits"), "money", sort="credits_minor"),
    )
    if by == "store":
        return (
            Column(
                "store",
                _l("Store"),
                "chip",
                value=lambda row: (row.code, row.name),
                sort="code",
                door=lambda row: url_for("hq.store", code=row.code),
            ),
            Column(
                "guides",
                _l("Guides"),
                "count",
                sort="guides",
                door=lambda row: url_for("hq.rewards", month=month, store=row.code),
            ),
            *brought,
            *sums,
        )
    return (
        Column(
            "guide",
            _l("Guide"),
            "chip",
            value=lambda row: (row.code, row.name),
            sort="code",
            door=lambda row: url_for("hq.guide", code=row.code, month=month),
        ),
        Column("role", _l("Role"), "words", words=labels.ROLES, shown=False),
        Column(
            "store",
            _l("Store"),
            "chip",
            value=lambda row: (row.store_code, row.store_name),
            sort="store_code",
            door=lambda row: url_for("hq.store", code=row.store_code),
        ),
        Column("left_on", _l("Left on"), "day", shown=False),
        *brought,
        Column("lost", _l("Friends lost"), "count", sort="lost", shown=False),
        *sums,
    )


# -- months ----------------------------------------------------------------------------------------


@blueprint.get("/reward-months", strict_slashes=False)
@needs("reward:months")
def reward_months() -> str:
    now, today = now_and_today()
    booking.book_due(now)
    with db.read() as connection:
        return render_template(
            "hq/reward_months.html",
            now=now,
            today=today,
            months=month_sums.months(connection),
            states=MONTH_STATES,
            meanings=MONTH_MEANINGS,
            may=current_actor().may("reward:write"),
        )


@blueprint.post("/reward-months/<period>/<step>")
@needs("reward:write")
def reward_month_step(period: str, step: str) -> Any:
    """Approve or close a month. Raises InvalidInput for a step or month that is not there, Conflict
    for one out of turn."""
    actor, now = current_actor(), dt.datetime.now(dt.UTC)
    period = parse_month(period)
    if step == "approve":
        done = period_steps.approve(period, actor=actor, now=now)
        words = _("%(month)s is approved.", month=period)
    elif step == "close":
        done = period_steps.close(period, actor=actor, now=now)
        words = _(
            "%(month)s is closed: %(lines)s lines of %(guides)s guides are sealed.",
            month=period,
            lines=done.lines,
            guides=done.guides,
        )
    else:
        raise InvalidInput("A month is approved or closed.")
    flash(
        words
        if done.changed
        else _(
            "Nothing changed: %(month)s was %(state)s before.",
            month=period,
            state=MONTH_STATES[done.state],
        ),
        "good",
    )
    return redirect(url_for("hq.reward_months"), 303)
