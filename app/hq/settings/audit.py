"""Settings: who did what, and whether the log is still what was written."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.hq.home import blueprint
from app.pages import audit_lists
from app.pages.audit_lists import AuditFilter, Line
from app.ui import audit_words, shown_days, table_answers
from app.ui.labels import label
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger import audit as log

LOOKED_THROUGH = 500  # of the newest lines, each time the page opens
CHECKED_AT_ONCE = 20_000
DOORS = {  # kind: (permission, page, name of its key)
    "simulation": ("simulation:read", "hq.simulation", "simulation_id"),
    "reassignment": ("network:write", "hq.reassignment", "number"),
    "policy": ("rules:read", "hq.policy", "version"),
    "customer": ("hq:read", "hq.customer", "number"),
}


def _who(line: Line) -> str:
    if line.actor.startswith("key:"):
        return _("key %(name)s", name=line.who or line.actor)
    return line.who or label(audit_words.ACTORS, line.actor)


def _what(line: Line) -> str:
    return f"{label(audit_words.OBJECTS, line.object_kind)} {line.what or line.object_id}"


def _door(line: Line) -> str | None:
    """To the page of what it was done to, for those who may open it."""
    if line.object_kind in DOORS and line.object_id.isdecimal():
        permission, endpoint, name = DOORS[line.object_kind]
        return (
            url_for(endpoint, **{name: line.object_id}) if current_actor().may(permission) else None
        )
    if line.object_kind == "user" and line.what and current_actor().may("user:write"):
        return url_for("hq.user", user_id=line.object_id)
    if line.object_kind == "api_key" and line.what and current_actor().may("key:write"):
        return url_for("hq.key", key_id=line.object_id)
    return None


COLUMNS = (
    Column("at", _l("When"), "moment", sort="at"),
    Column("who", _l("Who"), value=_who),
    Column("action", _l("Deed"), "words", words=audit_words.ACTIONS),
    Column("object", _l("On what"), value=_what, door=_door),
    Column("detail", _l("In detail"), value=lambda line: audit_words.detail_in_words(line.detail)),
    Column("seq", _l("Place in the chain"), "number", value=lambda line: line.seq, shown=False),
)


@blueprint.get("/audit", endpoint="audit")
@needs("audit:read")
def audit_log() -> Any:
    now, today = now_and_today()
    span = shown_days.asked(request.args, today, 7)
    asked = {
        name: (request.args.get(name) or "").strip() or None
        for name in ("actor", "action", "kind", "object")
    }
    table = table_answers.asked("audit", COLUMNS, "-at")
    with db.read() as connection:
        actors = audit_lists.actors_named(connection, asked["actor"]) if asked["actor"] else None
        wanted = AuditFilter(
            span.first, span.last, actors, asked["action"], asked["kind"], asked["object"]
        )
        return table_answers.answer(
            table,
            lambda order: audit_lists.lines(connection, wanted, order),
            "hq/audit.html",
            now=now,
            span=span,
            asked=asked,
            number=audit_lists.count(connection, wanted),
            chain=audit_lists.chain_state(connection, now),
            looked=LOOKED_THROUGH,
            faults=log.verify_audit(connection, LOOKED_THROUGH),
            actions=audit_words.ACTIONS,
            kinds=audit_words.OBJECTS,
        )


@blueprint.post("/audit/check")
@needs("audit:read")
def check_audit() -> Any:
    """The newest 20,000 lines, hash by hash; `flask verify` checks all of them."""
    with db.read() as connection:
        length = log.head(connection)[0]
        faults = log.verify_audit(connection, CHECKED_AT_ONCE)
    if faults:
        flash(
            _("%(n)s faults in the chain, the first: %(fault)s", n=len(faults), fault=faults[0]),
            "wrong",
        )
    elif length > CHECKED_AT_ONCE:
        flash(
            _(
                "The newest %(n)s lines are exactly what was sealed. The whole chain is checked "
                "by the command flask verify.",
                n=f"{CHECKED_AT_ONCE:,}",
            ),
            "good",
        )
    else:
        flash(_("All %(n)s sealed lines are exactly what was sealed.", n=f"{length:,}"), "good")
    return redirect(url_for("hq.audit"), 303)
