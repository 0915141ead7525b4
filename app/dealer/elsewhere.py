"""What a dealer's bound customers bought at another shop of the chain, and why (D3 of the
stories)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.accounts.language import language
from app.dealer.home import blueprint
from app.ui import customer_labels, shown_days, table_answers
from app.ui.labels import label
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.orders import bought_elsewhere
from stores.orders.bought_elsewhere import ElsewhereFilter
from stores.routing import explanations


@blueprint.get("/elsewhere", strict_slashes=False)
@needs("dealer:read")
def elsewhere() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = ElsewhereFilter(span.first, span.last, request.args.get("store") or None)
    table = table_answers.asked("elsewhere", COLUMNS, "-paid_at")
    with db.read() as connection:
        totals = bought_elsewhere.totals(connection, actor.scope_id or 0, wanted)
        return table_answers.answer(
            table,
            lambda order: bought_elsewhere.rows(connection, actor.scope_id or 0, wanted, order),
            "dealer/elsewhere.html",
            total={"total": totals["total_minor"], "credit": totals["credit_minor"]},
            now=now,
            span=span,
            wanted=wanted,
            totals=totals,
        )


def reason(row: Any) -> str:
    """Why the sale was another shop's, in a sentence that names no shop."""
    words = label(customer_labels.LOST_BY, row.owner_basis)
    if row.rung is None:
        return words
    return _(
        "%(reason)s That shop was found by: %(rung)s.",
        reason=words,
        rung=explanations.word(explanations.RUNG_NAMES, row.rung, language()),
    )


COLUMNS = (
    Column("paid_at", _l("Paid on"), "day", value=lambda row: row.business_day, sort="paid_at"),
    Column(
        "customer",
        _l("Customer"),
        "masked",
        value=lambda row: row.customer_text,
        door=lambda row: url_for("dealer.customer", customer_id=row.customer_id),
    ),
    Column(
        "store",
        _l("Home store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
    ),
    Column("why", _l("Why it was not yours"), "text", value=reason),
    Column("total", _l("Paid"), "money", value=lambda row: row.total_minor, sort="total"),
    Column("credit", _l("Home credit"), "money", value=lambda row: row.credit_minor),
)
