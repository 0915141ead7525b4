"""Settings: keys of the API."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import db
from app.accounts import api_key_lists, api_keys
from app.hq.home import blueprint
from app.hq.settings.people_forms import Asked
from app.ui import table_answers
from app.ui.tables import Column
from app.web.permissions import SCOPES, current_actor, needs
from ledger.faults import InvalidInput, NotFound
from stores.network.scope import KINDS, find_scope

SCOPE_WORDS = {
    "read": _l("read"),
    "write": _l("read and write"),
    "admin": _l("everything, the network and its rules too"),
}
LIMIT_WORDS = {
    "all": _l("the whole chain"),
    "branch": _l("one branch"),
    "dealer": _l("one dealer"),
    "store": _l("one store"),
    "guide": _l("one guide"),
}
STATE_WORDS = {"good": _l("in use"), "revoked": _l("revoked")}
COLUMNS = (
    Column("name", _l("Name"), sort="name", door=lambda row: url_for("hq.key", key_id=row.id)),
    Column("prefix", _l("Begins with"), "code"),
    Column("scope", _l("May do"), "words", words=SCOPE_WORDS),
    Column(
        "limit",
        _l("Limited to"),
        "chip",
        value=lambda row: (row.scope_code, row.scope_name) if row.scope_code else None,
    ),
    Column("created", _l("Created"), "moment", value=lambda row: row.created_at, sort="created"),
    Column("last_used", _l("Last used"), "day", value=lambda row: row.last_used_day),
    Column("state", _l("State"), "tag", words=STATE_WORDS, meanings={"revoked": "wrong"}),
    Column("revoked", _l("Revoked at"), "moment", value=lambda row: row.revoked_at, shown=False),
)


@blueprint.get("/keys", endpoint="keys")
@needs("key:write")
def key_list() -> Any:
    state = request.args.get("state") or None
    table = table_answers.asked("keys", COLUMNS, "-created")
    with db.read() as connection:
        number = api_key_lists.count(connection, state)
        return table_answers.answer(
            table,
            lambda order: api_key_lists.rows(connection, state, order),
            "hq/keys.html",
            state=state,
            number=number,
            good=api_key_lists.count(connection, "good"),
            states=STATE_WORDS,
        )


@blueprint.route("/keys/new", methods=["GET", "POST"])
@needs("key:write")
def new_key() -> Any:
    asked = Asked(
        request.form.get("name", "").strip(),
        request.form.get("role", "read"),
        request.form.get("scope", "").strip(),
        request.form.get("kind", "all"),
    )
    faults: dict[str, str] = {}
    if request.method == "POST":
        limit_id, faults = _limit(asked)
        if not faults:
            try:
                key = api_keys.create_key(
                    asked.name,
                    asked.role,
                    by=current_actor(),
                    limit_kind=asked.kind,
                    limit_id=limit_id,
                )
                return render_template("hq/key_once.html", name=asked.name, key=key)
            except InvalidInput:
                faults = {"name": _("The name of a key has 1 to 64 visible characters.")}
    return render_template(
        "hq/new_key.html", asked=asked, faults=faults, scopes=SCOPE_WORDS, limits=LIMIT_WORDS
    ), 422 if faults else 200


@blueprint.get("/keys/<int:key_id>")
@needs("key:write")
def key(key_id: int) -> Any:
    with db.read() as connection:
        row = api_key_lists.find(connection, key_id)
    if row is None:
        raise NotFound("There is no such key.")
    return render_template(
        "hq/key.html",
        row=row,
        scopes=SCOPE_WORDS,
        limits=LIMIT_WORDS,
        seconds=round(api_keys.CACHE_SECONDS),
    )


@blueprint.post("/keys/<int:key_id>/revoke")
@needs("key:write")
def revoke_key(key_id: int) -> Any:
    api_keys.revoke_id(key_id, by=current_actor())
    flash(_("The key was revoked."), "good")
    return redirect(url_for("hq.key", key_id=key_id), 303)


def _limit(asked: Asked) -> tuple[int | None, dict[str, str]]:
    """The id behind the code that was asked for, or what is wrong with it."""
    if asked.role not in SCOPES:
        return None, {"role": _("There is no such scope.")}
    if asked.kind not in KINDS:
        return None, {"scope": _("A key of the whole chain has no code.")} if asked.scope else {}
    try:
        with db.read() as connection:
            return find_scope(connection, asked.kind, asked.scope), {}
    except NotFound:
        return None, {"scope": _("There is no such code; import it first or correct it.")}
