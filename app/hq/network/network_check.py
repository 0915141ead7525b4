"""The network check: overlapping, empty and useless areas, stores nobody reaches, doubtful
coordinates; each with why and what next."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.hq.home import blueprint
from app.ui import network_findings, paging, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from stores import network_check
from stores.base.folding import fold
from stores.base.ordering import placed
from stores.network_check import KINDS, Finding

WHOLE = "".join(f"&col={key}" for key in ("object", "what", "why", "next", "other", "dealer"))
SORTS = {
    "kind": lambda row: KINDS.index(row.kind),
    "object": lambda row: row.code,
    "dealer": lambda row: row.dealer,
}


@blueprint.get("/network-check", strict_slashes=False)
@needs("route:read")
def network_check_page() -> Any:
    """For headquarters alone: most findings are about two dealers at once."""
    now, today = now_and_today()
    asked = {
        name: (request.args.get(name) or "").strip() or None for name in ("kind", "dealer", "q")
    }
    kind = asked["kind"] if asked["kind"] in KINDS else None
    table = table_answers.asked(
        "network-check", columns(current_actor().may("network:write")), "kind"
    )
    with db.read() as connection:
        found = network_check.check(connection, today)
        rows = [each for each in found.findings if _wanted(each, kind, asked)]
        return table_answers.answer(
            table,
            lambda order: placed(
                rows, SORTS, lambda row: f"{row.kind} {row.code} {row.other}", order
            ),
            "hq/network_check.html",
            now=now,
            found=found,
            kind=kind,
            asked=asked,
            number=len(rows),
            words=network_findings,
            whole=paging.same_filter(export="xlsx", col="kind") + WHOLE,
        )


def _wanted(each: Finding, kind: str | None, asked: dict[str, str | None]) -> bool:
    q, dealer = fold(asked["q"] or ""), asked["dealer"]
    return (
        (kind is None or each.kind == kind)
        and (dealer is None or each.dealer == dealer)
        and (not q or any(q in fold(text) for text in (each.code, each.name, each.other)))
    )


def columns(may_edit: bool) -> tuple[Column, ...]:
    """Why and what next stand once for each kind above the rows; whoever wants them in each row, as
    in a whole file, shows those columns."""
    return (
        Column(
            "kind",
            _l("Finding"),
            "tag",
            sort="kind",
            words=network_findings.NAMES,
            meanings=network_findings.MEANINGS,
        ),
        Column(
            "object",
            _l("Store, area or dealer"),
            "chip",
            value=lambda row: (row.code, row.name),
            sort="object",
            door=lambda row: _page(row.thing, row.code),
        ),
        Column("what", _l("What was found"), value=lambda row: network_findings.what(row.row)),
        Column(
            "why",
            _l("Why it matters"),
            "words",
            value=lambda row: row.kind,
            words=network_findings.WHY,
            shown=False,
        ),
        Column(
            "next",
            _l("What to do"),
            "words",
            value=lambda row: row.kind,
            words=network_findings.NEXT,
            shown=False,
        ),
        Column(
            "other",
            _l("The other one"),
            "code",
            value=lambda row: row.other or None,
            door=lambda row: _page(row.other_thing, row.other) if row.other else None,
        ),
        Column(
            "dealer",
            _l("Dealer"),
            "code",
            value=lambda row: row.dealer or None,
            sort="dealer",
            door=lambda row: url_for("hq.dealer", code=row.dealer) if row.dealer else None,
            shown=False,
        ),
        Column(
            "open",
            _l("Open"),
            value=lambda row: _open_words(row.thing, may_edit),
            door=lambda row: (
                url_for("hq.edit_store", code=row.code)
                if may_edit and row.thing == "store"
                else _page(row.thing, row.code)
            ),
        ),
    )


def _open_words(thing: str, may_edit: bool) -> str:
    if thing == "store":
        return _("Edit the store") if may_edit else _("See the store")
    return _("See the area") if thing == "area" else _("See the dealer")


def _page(thing: str, code: str) -> str:
    return url_for(f"hq.{thing}", code=code)
