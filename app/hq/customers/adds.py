"""Friend adds: the list behind the figure."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.hq.doors import door
from app.hq.home import blueprint
from app.ui import labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.base.months import month_of
from stores.lists import event_lists
from stores.lists.event_lists import AddFilter

COLUMNS = (
    Column("occurred_at", _l("Time"), "moment", sort="occurred_at"),
    Column(
        "guide",
        _l("Guide"),
        "chip",
        value=lambda row: (row.guide_code, row.guide_name),
        sort="guide",
        door=lambda row: url_for("hq.guide", code=row.guide_code, month=month_of(row.business_day)),
    ),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
        door=door("store"),
    ),
    Column("customer", _l("Customer"), "masked", value=lambda row: row.customer_text),
    Column("source", _l("Source"), "words", words=labels.SOURCES),
)


@blueprint.get("/adds", strict_slashes=False)
@needs("hq:read")
def adds() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    wanted = AddFilter(
        span.first,
        span.last,
        today,
        request.args.get("guide") or None,
        request.args.get("store") or None,
    )
    table = table_answers.asked("adds", COLUMNS, "-occurred_at")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: event_lists.rows(connection, actor, wanted, order),
            "hq/adds.html",
            now=now,
            span=span,
            wanted=wanted,
            number=event_lists.total(connection, actor, wanted),
        )
