"""A guide's rewards as every portal shows them: balance, what vests when, and the lines of a month
with why and arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, render_template, request
from sqlalchemy import Connection

import db
from app.accounts.language import language
from app.ui.shown_days import next_month
from app.web.clock import now_and_today
from app.web.permissions import current_actor
from incentives import booking, explanations, kpis, rewards
from incentives.line_answers import without_others
from ledger.faults import Fault, NotFound
from stores.base.actors import Actor
from stores.base.brand import brand, business_day
from stores.base.months import month_of
from stores.base.times import parse_month
from stores.lists import directory
from stores.orders import lists

STATES = ("pending", "vested", "voided", "clawed_back")


@dataclass(frozen=True, slots=True)
class RewardView:
    """`lines` newest first, each with `words` and `sum`; `by_state` and `by_component` their total
    in minor units, `counts` how many a state; `waiting`: (day, lines, total) by the day they vest,
    `what_waits` those lines by day, of one order together; `earned_minor`: the month's lines in
    all; `today_minor`: those of today; `doors`: order numbers that the reader may open; `closed`:
    when the month was closed, None while open."""

    period: str
    this_month: str
    before: str
    after: str | None
    balance: dict[str, int]
    lines: list[dict[str, Any]]
    by_state: dict[str, int]
    counts: dict[str, int]
    by_component: dict[str, int]
    waiting: list[tuple[dt.date, int, int]]
    what_waits: dict[dt.date, list[dict[str, Any]]]
    earned_minor: int
    today_minor: int
    doors: set[str]
    closed: dt.datetime | None


def asked_month(today: dt.date) -> str:
    """`?month=YYYY-MM`, else this month."""
    text = request.args.get("month")
    try:
        return parse_month(text) if text else month_of(today)
    except Fault:
        return month_of(today)


def guide_page(
    template: str,
    code: str,
    more: Callable[[Connection, Any, dt.datetime], dict[str, Any]] | None = None,
) -> str:
    """One guide's rewards and KPIs as his dealer, his manager or headquarters sees them; `more`
    answers what else the template shows. Raises NotFound outside the reader's rows."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = directory.find_guide(connection, actor, today, code=code)
    if row is None:
        raise NotFound(f"There is no guide {code!r}.")
    booking.book_due(now, guides=[row.id])
    with db.read() as connection:
        month = asked_month(today)
        shown = view(connection, actor, row.id, month, now)
        return render_template(
            template,
            now=now,
            today=today,
            row=row,
            view=shown,
            kpis=kpis.of_guide(connection, row.id, month, now, shown.lines),
            **(more(connection, row, now) if more else {}),
        )


def view(
    connection: Connection, actor: Actor, guide_id: int, period: str, now: dt.datetime
) -> RewardView:
    """What a guide's page of `period` (YYYY-MM) shows at `now`. Book what is due before, so that
    pending and payable are of now."""
    today = business_day(now)
    this_month, earned = month_of(today), rewards.earnings(connection, guide_id, period, now)
    numbers = {line["order_no"] for line in (*earned.lines, *earned.pending) if line["order_no"]}
    opens = (
        lists.visible_numbers(connection, actor, sorted(numbers))
        if actor.may("order:read")
        else set()
    )
    if actor.scope_kind not in ("all", "guide"):
        earned = replace(
            earned,
            lines=without_others(earned.lines, opens),
            pending=without_others(earned.pending, opens),
        )
    lines = sorted(
        map(_told, earned.lines), key=lambda line: (line["at"], line["line_id"]), reverse=True
    )
    waiting: dict[dt.date, list[dict[str, Any]]] = {}
    for line in sorted(
        map(_told, earned.pending), key=lambda line: (line["vests"], line["line_id"])
    ):
        waiting.setdefault(business_day(line["vests"]), []).append(line)
    parts = sorted({line["component"] for line in lines})
    return RewardView(
        period,
        this_month,
        next_month(period, -1),
        next_month(period) if period < this_month else None,
        earned.balance,
        lines,
        _sums(lines, "state", STATES),
        {state: sum(1 for line in lines if line["state"] == state) for state in STATES},
        _sums(lines, "component", parts),
        [
            (day, len(found), sum(line["amount_minor"] for line in found))
            for day, found in waiting.items()
        ],
        {day: together(found) for day, found in waiting.items()},
        sum(line["amount_minor"] for line in lines),
        sum(
            line["amount_minor"]
            for line in earned.current
            if business_day(_moment(line["occurred_at"])) == today
        ),
        opens,
        earned.closed,
    )


def _sums(lines: list[dict[str, Any]], name: str, values: Iterable[str]) -> dict[str, int]:
    return {
        value: sum(line["amount_minor"] for line in lines if line[name] == value)
        for value in values
    }


def together(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of one order that say the same as one row: the amounts summed, each arithmetic kept in
    `sums`."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in lines:
        key = (
            line["component"],
            line["state"],
            line["reason"],
            line["order_no"] or line["line_id"],
        )
        if key in found:
            found[key]["amount_minor"] += line["amount_minor"]
            found[key]["sums"].append(line["sum"])
        else:
            found[key] = {**line, "sums": [line["sum"]]}
    return list(found.values())


def source_of(line: dict[str, Any]) -> tuple[str, str] | None:
    """("order", its number) or ("event", its id), where a line has a source of its own; None for an
    adjustment."""
    if line["order_no"]:
        return "order", line["order_no"]
    event_id = line["trace"].get("event_id")
    return ("event", event_id) if event_id else None


def _told(line: dict[str, Any]) -> dict[str, Any]:
    money = current_app.jinja_env.filters["money"]
    return {
        **line,
        "at": _moment(line["occurred_at"]),
        "vests": _moment(line["vests_at"]) if line["vests_at"] else None,
        "words": explanations.reason(line, language()),
        "sum": explanations.arithmetic(line, money, language()),
    }


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(brand().timezone)
