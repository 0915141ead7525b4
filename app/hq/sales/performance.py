"""Performance: what stores, dealers, branches or days brought on chosen days, beside as many days
before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

import db
from app.hq.home import blueprint
from app.ui import shown_days, table_answers
from app.ui.shown_days import Span
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.base.actors import Actor
from stores.figures import dealer_figures, figures, store_figures

BY = {
    "store": _l("by store"),
    "dealer": _l("by dealer"),
    "branch": _l("by branch"),
    "day": _l("by day"),
}
NAMES = {"store": _l("Store"), "dealer": _l("Dealer"), "branch": _l("Branch")}
READ: dict[str, Callable[..., Sequence[Any]]] = {
    "store": store_figures.store_figures,
    "dealer": dealer_figures.dealer_figures,
    "branch": dealer_figures.branch_figures,
}


class Compared:
    """A row of figures with the same figures of the days before."""

    def __init__(self, row: Any, before: Any) -> None:
        self.row, self.before = row, before

    def __getattr__(self, name: str) -> Any:
        if name.startswith("before_"):
            return (
                getattr(self.before, name.removeprefix("before_"), 0)
                if self.before is not None
                else 0
            )
        return getattr(self.row, name)

    @property
    def orders_bp(self) -> int | None:
        """Orders per hundred entries, in basis points; None where nobody was led."""
        return 10_000 * self.row.orders // self.row.entries if self.row.entries else None

    @property
    def code(self) -> str:
        return str(
            self.row.day.isoformat() if isinstance(self.row, figures.DayFigures) else self.row.code
        )


@blueprint.get("/performance", strict_slashes=False)
@needs("hq:read")
def performance() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    by = request.args.get("by") if request.args.get("by") in BY else "store"
    branch = request.args.get("branch") or None
    table = table_answers.asked(
        f"performance-{by}", _columns(str(by), span), "-day" if by == "day" else "-sales_minor"
    )
    with db.read() as connection:
        rows = _rows(connection, actor, str(by), span, today, branch)
        own = figures.totals(connection, actor, span.first, span.last, today, branch_code=branch)
        before = figures.totals(
            connection, actor, span.before.first, span.before.last, today, branch_code=branch
        )
        total = {
            name: getattr(own, name) for name in ("entries", "orders", "sales_minor", "adds")
        } | {"before_sales_minor": before.sales_minor}
        return table_answers.answer(
            table,
            table_answers.ranked(rows),
            "hq/performance.html",
            total=total,
            now=now,
            span=span,
            by=by,
            choices=BY,
            branch=branch,
            switches=[
                (url_for("hq.performance", by=each, **span.query), name, each == by)
                for each, name in BY.items()
            ],
            note=_note(str(by)),
            own=own,
            before=before,
            number=len(rows),
        )


def _note(by: str) -> str:
    if by == "branch":
        return _(
            "a store counts for its branch and for each above it, so rows do not add up to the "
            "total"
        )
    return _("the period before is as many days just before")


def _rows(
    connection: Connection, actor: Actor, by: str, span: Span, today: Any, branch: str | None
) -> list[Compared]:
    if by == "day":
        days = figures.by_day(
            connection, actor, span.before.first, span.last, today, branch_code=branch
        )
        half = len(days) // 2
        return [Compared(now, before) for before, now in zip(days[:half], days[half:], strict=True)]
    more = {} if by == "branch" or branch is None else {"branch_code": branch}
    before = {
        row.code: row
        for row in READ[by](connection, actor, span.before.first, span.before.last, today, **more)
    }
    return [
        Compared(row, before.get(row.code))
        for row in READ[by](connection, actor, span.first, span.last, today, **more)
    ]


def _columns(by: str, span: Span) -> tuple[Column, ...]:
    def door(endpoint: str, **more: str) -> Callable[[Any], str]:
        def address(row: Any) -> str:
            days = {"day": row.day.isoformat()} if by == "day" else span.query
            whose = {} if by in ("day", "branch") else {by: row.code}
            return url_for(endpoint, **whose, **days, **more)

        return address

    rows = by in ("store", "dealer", "day")
    first = (
        Column("day", _l("Day"), "day", sort="day")
        if by == "day"
        else Column(
            by,
            NAMES[by],
            "chip",
            value=lambda row: (row.code, row.name),
            sort="code",
            door=None
            if by == "branch"
            else lambda row: url_for(f"hq.{by}", code=row.code, **span.query),
        )
    )
    found = [
        first,
        Column("branch_of", _l("Branch"), value=lambda row: row.branch_name, sort="branch_name")
        if by in ("store", "dealer")
        else None,
        Column(
            "dealer_of",
            _l("Dealer"),
            value=lambda row: row.dealer_name,
            sort="dealer_name",
            shown=False,
        )
        if by == "store"
        else None,
        Column("stores", _l("Stores"), "count", sort="stores")
        if by in ("dealer", "branch")
        else None,
        Column(
            "entries",
            _l("Entries"),
            "count",
            sort="entries",
            door=door("hq.entries") if rows else None,
        ),
        Column(
            "orders", _l("Orders"), "count", sort="orders", door=door("hq.orders") if rows else None
        ),
        Column("orders_bp", _l("Orders per entries"), "percent"),
        Column(
            "adds",
            _l("Friend adds"),
            "count",
            sort="adds",
            door=door("hq.adds") if by in ("store", "day") else None,
        ),
        Column("sales_minor", _l("Sales after refunds"), "money", sort="sales_minor"),
        Column(
            "before_sales_minor",
            _l("Sales in the period before"),
            "money",
            sort="before_sales_minor",
        ),
        Column("fees_minor", _l("Fees"), "money", sort="fees_minor", shown=False)
        if by == "dealer"
        else None,
        Column("rewards_minor", _l("Rewards"), "money", sort="rewards_minor", shown=False)
        if by == "dealer"
        else None,
        Column("net_minor", _l("Net"), "money", sort="net_minor", shown=False)
        if by == "dealer"
        else None,
    ]
    return tuple(column for column in found if column is not None)
