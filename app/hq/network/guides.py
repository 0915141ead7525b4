"""Guides: the list, and one with employment, customers and rewards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

import db
from app.hq.doors import door
from app.hq.home import blueprint
from app.pages import rewards as reward_pages
from app.ui import labels, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.lists import guide_lists
from stores.lists.guide_lists import GUIDE_STATES, GuideFilter
from stores.network.guides import ROLES
from stores.registers import store_history

STATES: labels.Words = {
    "present": _l("at work today"),
    "left": _l("left"),
    "leaving": _l("leaving"),
    "to_come": _l("not yet begun"),
}
LINKED: labels.Words = {"yes": _l("named"), "no": _l("missing")}
COLUMNS = (
    Column(
        "guide",
        _l("Guide"),
        "chip",
        value=lambda row: (row.guide_code, row.name),
        sort="guide",
        door=door("guide"),
    ),
    Column("role", _l("Role"), "words", sort="role", words=labels.ROLES),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
        door=door("store"),
    ),
    Column(
        "dealer",
        _l("Dealer"),
        "chip",
        value=lambda row: (row.dealer_code, row.dealer_name),
        sort="dealer",
        door=door("dealer"),
    ),
    Column(
        "customers",
        _l("Customers owned"),
        "count",
        door=lambda row: url_for("hq.customers", guide=row.guide_code),
    ),
    Column("hired_on", _l("First day"), "day", sort="hired_on"),
    Column("left_on", _l("Last day at work"), "day", sort="left_on"),
    Column(
        "wecom",
        _l("WeCom account"),
        "tag",
        value=lambda row: "yes" if row.wecom_userid else "no",
        words=LINKED,
        meanings={"no": "wait"},
        shown=False,
    ),
)


@blueprint.get("/guides", strict_slashes=False)
@needs("hq:read")
def guides() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    args = request.args
    wanted = GuideFilter(
        today,
        (args.get("q") or "").strip() or None,
        args.get("store") or None,
        args.get("dealer") or None,
        args.get("branch") or None,
        args.get("role") if args.get("role") in ROLES else None,
        args.get("state") if args.get("state") in GUIDE_STATES else None,
        args.get("unlinked") == "yes",
    )
    table = table_answers.asked("guides", COLUMNS, "guide")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: guide_lists.guides(connection, actor, wanted, now, order),
            "hq/guides.html",
            now=now,
            wanted=wanted,
            states=STATES,
            number=guide_lists.guide_count(connection, actor, wanted),
        )


@blueprint.get("/guides/<code>", strict_slashes=False)
@needs("hq:read")
def guide(code: str) -> str:
    return reward_pages.guide_page("hq/guide.html", code, _more)


def _more(connection: Connection, row: Any, now: dt.datetime) -> dict[str, Any]:
    return {
        "jobs": store_history.jobs_of(connection, row.id),
        "owned": store_history.owned(connection, row.id, now),
        "changes": store_history.audited(connection, "guides", row.guide_code),
        "adds_url": url_for("hq.adds", guide=row.guide_code),
    }
