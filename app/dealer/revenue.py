"""A dealer's revenue by day, month or store: the figures of `GET /api/v1/dealers/{code}/revenue`,
each a door to its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.dealer.home import blueprint
from app.pages.orders import revenue_limits
from app.ui import labels, shown_days, table_answers
from app.ui.shown_days import Span
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking
from stores.base.months import month_of
from stores.base.ordering import placed
from stores.figures import revenue as ledger_revenue
from stores.lists import directory

BY = ("day", "month", "store")
PAGES = {"gross_minor": "orders", "refunds_minor": "refunds"}


@dataclass(frozen=True, slots=True)
class Line:
    """Revenue of one day (`YYYY-MM-DD`), month (`YYYY-MM`) or store; `key` "" for sales that name
    no store."""

    key: str
    name: str | None
    figures: Mapping[str, int]


SORTS: Mapping[str, Callable[[Line], Any]] = {
    "key": lambda row: row.key,
    **{figure: lambda row, figure=figure: row.figures[figure] for figure in labels.FIGURES},
}  # type: ignore[misc]


@blueprint.get("/revenue", strict_slashes=False)
@needs("dealer:read")
def revenue() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    asked = request.args.get("by")
    by = asked if asked in BY else "day"
    this_month = month_of(today)
    span = (
        shown_days.asked(request.args, today)
        if any(request.args.get(name) for name in ("from", "to", "day", "month"))
        else shown_days.month(this_month)
    )
    store_code = request.args.get("store") or None
    table = table_answers.asked(
        f"revenue-{by}", _columns(by, span, store_code), "key" if by == "store" else "-key"
    )
    booking.book_due(now)
    with db.read() as connection:
        found = ledger_revenue.of(
            connection,
            span.first,
            span.last,
            by,
            **revenue_limits(connection, actor, today, store_code=store_code),
        )  # type: ignore[arg-type]
        names = (
            directory.store_names(connection, [row["store_code"] for row in found["rows"]])
            if by == "store"
            else {}
        )
        rows = [_line(row, by, names) for row in found["rows"]]
        return table_answers.answer(
            table,
            lambda order: placed(rows, SORTS, lambda row: row.key, order),
            "dealer/revenue.html",
            total=found["totals"],
            now=now,
            span=span,
            by=by,
            store_code=store_code,
            totals=found["totals"],
            number=len(rows),
            quick=_quick(today),
        )


def _line(row: Mapping[str, Any], by: str, names: Mapping[str, str]) -> Line:
    key = row["store_code"] or "" if by == "store" else row["period"]
    return Line(key, names.get(key), {figure: row[figure] for figure in labels.FIGURES})


def _quick(today: dt.date) -> list[tuple[str, Span]]:
    """The spans that are asked for most, by name."""
    month = month_of(today)
    return [
        ("this_month", shown_days.month(month)),
        ("last_month", shown_days.month(shown_days.next_month(month, -1))),
        ("7d", shown_days.named("7d", today)),
        ("30d", shown_days.named("30d", today)),
        ("year", Span(today.replace(month=1, day=1), today)),
    ]


def _columns(by: str, span: Span, store_code: str | None) -> tuple[Column, ...]:
    own = {"store": store_code} if store_code else {}

    def query(row: Line) -> dict[str, str]:
        if by == "store":
            return {**span.query, "store": row.key}
        if by == "day":
            return {**own, "day": row.key}
        month = shown_days.month(row.key)
        return {**own, **Span(max(month.first, span.first), min(month.last, span.last)).query}

    def door(figure: str) -> Callable[[Line], str | None]:
        def address(row: Line) -> str | None:
            if figure == "net_minor" or not row.figures[figure] or (by == "store" and not row.key):
                return None
            if figure in PAGES:
                return url_for(f"dealer.{PAGES[figure]}", **query(row))
            return url_for("dealer.movements", figure=figure.removesuffix("_minor"), **query(row))

        return address

    first = (
        Column("key", _l("Store"), "chip", value=lambda row: (row.key, row.name), sort="key")
        if by == "store"
        else Column("key", _l("Day") if by == "day" else _l("Month"), "text", sort="key")
    )
    return (
        first,
        *(
            Column(
                figure,
                words,
                "money",
                value=lambda row, figure=figure: row.figures[figure],
                sort=figure,
                door=door(figure),
            )  # type: ignore[misc]
            for figure, words in labels.FIGURES.items()
        ),
    )
