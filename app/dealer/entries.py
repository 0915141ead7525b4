"""Visitors led to a dealer's stores, and which code or link brought them."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

import db
from app.accounts.language import language
from app.dealer.home import blueprint
from app.ui import shown_days, table_answers
from app.ui.labels import PLACES, label
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.lists import code_scans
from stores.lists.code_scans import BROUGHT_BY, ScanFilter
from stores.routing import explanations
from stores.routing.store_codes import name_of


@blueprint.get("/entries", strict_slashes=False)
@needs("dealer:read")
def entries() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    asked = {name: request.args.get(name) or None for name in ("store", "channel", "code")}
    wanted = ScanFilter(
        span.first,
        span.last,
        asked["store"],
        asked["channel"],
        asked["code"] if asked["code"] in BROUGHT_BY else None,
    )
    table = table_answers.asked("entries", COLUMNS, "-occurred_at")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: code_scans.rows(connection, actor, wanted, order),
            "dealer/entries.html",
            now=now,
            span=span,
            wanted=wanted,
            number=code_scans.total(connection, actor, wanted),
        )


def _place(row: Any) -> str | None:
    return label(PLACES, name) if (name := name_of(row.channel_code)) else None


COLUMNS = (
    Column("occurred_at", _l("Time"), "moment", sort="occurred_at"),
    Column("customer", _l("Customer"), "masked", value=lambda row: row.customer_text),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
    ),
    Column(
        "rung",
        _l("Led by"),
        "text",
        value=lambda row: explanations.word(explanations.RUNG_NAMES, row.rung, language()),
        sort="rung",
    ),
    Column("place", _l("Place of the code"), "text", value=_place),
    Column("guide", _l("Guide"), "chip", value=lambda row: (row.guide_code, row.guide_name)),
)
