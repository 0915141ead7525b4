"""A guide's rewards as every portal shows them: balance, what vests when, and the lines of a month with why and arithmetic."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request
from sqlalchemy import Connection

import db
from app.clock import now_and_today
from app.language import language
from app.permissions import current_actor
from app.shown_days import next_month
from incentives import booking, explanations, kpis, rewards
from ledger.faults import Fault, NotFound
from stores import directory
from stores.actors import Actor
from stores.brand import brand, business_day
from stores.sales import lists
from stores.times import parse_month

STATES = ("pending", "vested", "voided", "clawed_back")


@dataclass(frozen=True, slots=True)
class RewardView:
    """`lines` newest first, each with `words` and `sum`; `by_state` their total in minor units; `waiting`: (day, lines, total) by the day they vest;
    `doors`: order numbers that the reader may open."""

    period: str
    this_month: str
    before: str
    after: str | None
    balance: dict[str, int]
    lines: list[dict[str, Any]]
    by_state: dict[str, int]
    counts: dict[str, int]
    waiting: list[tuple[dt.date, int, int]]
    doors: set[str]


def asked_month(today: dt.date) -> str:
    """`?month=YYYY-MM`, else this month."""
    text = request.args.get("month")
    try:
        return parse_month(text) if text else today.isoformat()[:7]
    except Fault:
        return today.isoformat()[:7]


def guide_page(template: str, code: str, more: Callable[[Connection, Any, dt.datetime], dict[str, Any]] | None = None) -> str:
    """One guide's rewards and KPIs as his dealer, his manager or headquarters sees them; `more` answers what else the template shows.
    Raises NotFound outside the reader's rows."""
    actor, (now, today) = current_actor(), now_and_today()
    booking.book_due(now)
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, code=code)
        if row is None:
            raise NotFound(f"There is no guide {code!r}.")
        month = asked_month(today)
        return render_template(template, now=now, row=row, view=view(connection, actor, row.id, month, now), kpis=kpis.of_guide(connection, row.id, month, now),
                               **(more(connection, row, now) if more else {}))


def view(connection: Connection, actor: Actor, guide_id: int, period: str, now: dt.datetime) -> RewardView:
    """Book what is due before. Pending lines of this month and the two before make up what waits (a freeze lasts weeks, not months)."""
    this_month = business_day(now).isoformat()[:7]
    lines = sorted((_told(line) for line in rewards.lines(connection, guide_id, period, now)), key=lambda line: line["at"], reverse=True)
    recent = [next_month(this_month, -n) for n in range(3)]
    pending = [line for month in recent for line in (lines if month == period else map(_told, rewards.lines(connection, guide_id, month, now)))
               if line["state"] == "pending" and line["amount_minor"]]
    waiting: dict[dt.date, list[int]] = {}
    for line in pending:
        waiting.setdefault(business_day(line["vests"]), []).append(line["amount_minor"])
    return RewardView(
        period, this_month, next_month(period, -1), next_month(period) if period < this_month else None, rewards.balance(connection, guide_id), lines,
        {state: sum(line["amount_minor"] for line in lines if line["state"] == state) for state in STATES},
        {state: sum(1 for line in lines if line["state"] == state) for state in STATES}, [(day, len(found), sum(found)) for day, found in sorted(waiting.items())],
        lists.visible_numbers(connection, actor, sorted({line["order_no"] for line in lines if line["order_no"]})) if actor.may("order:read") else set())


def _told(line: dict[str, Any]) -> dict[str, Any]:
    money = current_app.jinja_env.filters["money"]
    return {**line, "at": _moment(line["occurred_at"]), "vests": _moment(line["vests_at"]) if line["vests_at"] else None,
            "words": explanations.reason(line, language()), "sum": explanations.arithmetic(line, money, language())}


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(brand().timezone)
