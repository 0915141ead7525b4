"""Stores that need help, each with the numbers that prove it: the branch coordinator's first page
(C2 of the stories). Short at first: the gravest."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

import db
from app.accounts.language import language
from app.hq.home import blueprint
from app.ui import network_labels, shown_days, table_answers, words
from app.ui.labels import label
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores.base.ordering import placed
from stores.lists import help_needed
from stores.lists.help_needed import REASONS, Reason, StoreHelp

GRAVE = 4
FIRST = 5  # stores that the page opens with when many need help; the rest waits behind a link
SORTS = {
    "severity": lambda row: row.severity,
    "store": lambda row: row.code,
    "branch": lambda row: row.branch_code or "",
    "dealer": lambda row: row.dealer_code or "",
}


@blueprint.get("/help-stores", strict_slashes=False)
@needs("hq:read")
def help_stores() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    asked = {name: request.args.get(name) or None for name in ("reason", "branch", "dealer")}
    reason = asked["reason"] if asked["reason"] in REASONS else None
    table = table_answers.asked("help-stores", COLUMNS, "-severity")
    plain = not set(request.args) - {"lang"}
    with db.read() as connection:
        found = help_needed.help_reasons(
            connection, actor, today, branch_code=asked["branch"], dealer_code=asked["dealer"]
        )
        rows = [
            row
            for row in found.rows
            if reason is None or any(each.code == reason for each in row.reasons)
        ]
        if plain and len(rows) > FIRST:
            gravest = placed(rows, SORTS, lambda row: row.code, table.order)[:FIRST]
            return render_template(
                "hq/help_first.html",
                now=now,
                counts=found.counts,
                needing=len(rows),
                looked_at=found.stores,
                first=[(row, _reasons(row.row)) for row in gravest],
            )
        return table_answers.answer(
            table,
            lambda order: placed(rows, SORTS, lambda row: row.code, order),
            "hq/help_stores.html",
            now=now,
            asked=asked,
            reason=reason,
            counts=found.counts,
            number=len(rows),
            needing=len(found.rows),
            looked_at=found.stores,
        )


def sentence(reason: Reason) -> str:
    """The reason in words, with its numbers."""
    n = reason.numbers
    if reason.code == "no_entries_7d":
        last = n["last_entry_on"]
        return (
            _(
                "Nobody was led there for 7 days; the last visitor came on %(day)s.",
                day=words.day(last, language()),
            )
            if last
            else _("Nobody was led there for 30 days or more.")
        )
    if reason.code == "no_code_placed":
        return ngettext(
            "Of %(num)s visitor in 30 days none came by a code or link of the store.",
            "Of %(num)s visitors in 30 days none came by a code or link of the store.",
            n["entries"],
        )
    if reason.code == "no_guide":
        return _("Nobody works there as a guide or manager.")
    if reason.code == "guides_without_adds_30d":
        return _(
            "%(idle)s of %(all)s guides confirmed no friend add in 30 days.",
            idle=n["without_adds"],
            all=n["guides"],
        )
    if reason.code == "sales_down":
        return _(
            "Sales of 28 days fell to %(now)s from %(before)s in the 28 days before (%(change)s).",
            now=words.money_here(n["sales_minor"]),
            before=words.money_here(n["before_minor"]),
            change=words.change(n["sales_minor"], n["before_minor"]),
        )
    if reason.code == "adds_lost":
        if not n["adds"]:
            return ngettext(
                "In 30 days %(num)s friend was lost and none was added.",
                "In 30 days %(num)s friends were lost and none was added.",
                n["lost"],
            )
        return _(
            "In 30 days %(adds)s friends were added and %(lost)s were lost (%(share)s).",
            adds=n["adds"],
            lost=n["lost"],
            share=words.share(n["lost"], n["adds"]),
        )
    until = n["until"]
    return (
        _("Paused until %(day)s; nobody is led there.", day=words.day(until, language()))
        if until
        else _("Paused without an end; nobody is led there.")
    )


DOORS = {
    "no_entries_7d": "hq.entries",
    "no_code_placed": "hq.entries",
    "sales_down": "hq.orders",
    "adds_lost": "hq.adds",
}
DAYS = {"sales_down": 56}  # of the rows behind a reason, 30 unless told


def _reasons(row: StoreHelp) -> list[tuple[str, str, str, str | None]]:
    """(words, meaning, sentence, door) of each reason, gravest first."""
    return [
        (
            label(network_labels.HELP_REASONS, each.code),
            "wrong" if each.severity >= GRAVE else "wait",
            sentence(each),
            _door(row, each),
        )
        for each in row.reasons
    ]


def _door(row: StoreHelp, reason: Reason) -> str:
    """To the rows that prove the reason, else to the store with its people."""
    if reason.code not in DOORS:
        return url_for("hq.store", code=row.code)
    span = shown_days.asked({}, now_and_today()[1], DAYS.get(reason.code, 30))
    return url_for(DOORS[reason.code], store=row.code, **span.query)


COLUMNS = (
    Column("severity", _l("Weight"), "count", sort="severity"),
    Column(
        "store",
        _l("Store"),
        "chip",
        value=lambda row: (row.code, row.name),
        sort="store",
        door=lambda row: url_for("hq.store", code=row.code),
    ),
    Column("reasons", _l("Why it needs help"), "reasons", value=lambda row: _reasons(row.row)),
    Column(
        "branch",
        _l("Branch"),
        "chip",
        value=lambda row: (row.branch_code, row.branch_name),
        sort="branch",
    ),
    Column(
        "dealer",
        _l("Dealer"),
        "chip",
        value=lambda row: (row.dealer_code, row.dealer_name),
        sort="dealer",
        door=lambda row: url_for("hq.dealer", code=row.dealer_code) if row.dealer_code else None,
    ),
)
