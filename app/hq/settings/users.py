"""Settings: the people who may sign in. Only administrators of headquarters come here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

import db
from app.accounts import administer, user_lists, users
from app.accounts.user_lists import STATES, UserFilter
from app.hq.home import blueprint
from app.hq.settings.people_forms import Asked, scope_faults
from app.ui import table_answers
from app.ui.navigation import ROLE_NAMES
from app.ui.tables import Column
from app.web.permissions import HQ, ROLE_SCOPE, ROLES, current_actor, needs
from ledger.faults import Conflict, Fault, InvalidInput, NotFound
from stores.network.scope import find_scope

STATE_WORDS = {
    "active": _l("active"),
    "new": _l("one-time password"),
    "locked": _l("locked"),
    "disabled": _l("disabled"),
}
STATE_MEANINGS = {"new": "wait", "locked": "wait", "disabled": "wrong"}
SECOND_WORDS = {"yes": _l("on"), "no": _l("off")}
CONFLICTS = {
    "own_account": _l("This is your own account; another administrator must do it."),
    "last_administrator": _l(
        "This is the last administrator of headquarters; make another one first."
    ),
    "disabled": _l("This user is disabled already."),
    "enabled": _l("This user is not disabled."),
    "no_two_factor": _l("This user has no two-factor sign-in."),
    "same_role": _l("This is the user's role already."),
}


def _second(row: Any) -> str | None:
    """Nothing for a role that may not have it."""
    return "yes" if row.second else "no" if row.role in HQ else None


COLUMNS = (
    Column(
        "name", _l("User name"), sort="name", door=lambda row: url_for("hq.user", user_id=row.id)
    ),
    Column("role", _l("Role"), "words", sort="role", words=ROLE_NAMES),
    Column(
        "scope",
        _l("Limited to"),
        "chip",
        value=lambda row: (row.scope_code, row.scope_name) if row.scope_code else None,
    ),
    Column("state", _l("State"), "tag", words=STATE_WORDS, meanings=STATE_MEANINGS),
    Column(
        "second",
        _l("Two-factor sign-in"),
        "tag",
        value=_second,
        words=SECOND_WORDS,
        meanings={"yes": "good", "no": "wait"},
    ),
    Column(
        "last_sign_in",
        _l("Last sign-in"),
        "moment",
        value=lambda row: row.last_sign_in_at,
        sort="last_sign_in",
    ),
    Column(
        "created",
        _l("Created"),
        "moment",
        value=lambda row: row.created_at,
        sort="created",
        shown=False,
    ),
)


@blueprint.get("/users", endpoint="users")
@needs("user:write")
def users_list() -> Any:
    asked = {name: request.args.get(name) or None for name in ("q", "role", "state", "second")}
    wanted = UserFilter(
        dt.datetime.now(dt.UTC), asked["q"], asked["role"], asked["state"], asked["second"]
    )
    table = table_answers.asked("users", COLUMNS, "name")
    with db.read() as connection:
        number, second = user_lists.count(connection, wanted)
        return table_answers.answer(
            table,
            lambda order: user_lists.rows(connection, wanted, order),
            "hq/users.html",
            wanted=wanted,
            number=number,
            second=second,
            roles=ROLE_NAMES,
            states=[(state, STATE_WORDS[state]) for state in STATES],
        )


@blueprint.route("/users/new", methods=["GET", "POST"])
@needs("user:write")
def new_user() -> Any:
    asked = Asked(
        request.form.get("name", "").strip(),
        request.form.get("role", "guide"),
        request.form.get("scope", "").strip(),
    )
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            scope_id, faults = _scope(asked)
            if not faults:
                user_id, secret = users.create(asked.name, asked.role, scope_id, by=current_actor())
                return _shown_once(user_id, asked.name, secret, new=True)
        except Conflict:
            faults = {"name": _("This user name is taken; choose another.")}
        except InvalidInput:
            faults = {"name": _("A user name has 1 to 64 visible characters and no spaces.")}
    return render_template(
        "hq/new_user.html", asked=asked, faults=faults, roles=ROLE_NAMES, limits=ROLE_SCOPE
    ), 422 if faults else 200


@blueprint.get("/users/<int:user_id>")
@needs("user:write")
def user(user_id: int) -> Any:
    return _page(user_id)


@blueprint.post("/users/<int:user_id>/disable")
@needs("user:write")
def disable_user(user_id: int) -> Any:
    return _done(
        user_id,
        lambda now: administer.disable(user_id, by=current_actor(), now=now),
        _("The user is disabled; all sessions were ended."),
    )


@blueprint.post("/users/<int:user_id>/enable")
@needs("user:write")
def enable_user(user_id: int) -> Any:
    return _done(
        user_id,
        lambda now: administer.enable(user_id, by=current_actor(), now=now),
        _("The user may sign in again."),
    )


@blueprint.post("/users/<int:user_id>/two-factor/reset")
@needs("user:write")
def reset_two_factor(user_id: int) -> Any:
    return _done(
        user_id,
        lambda now: administer.reset_two_factor(user_id, by=current_actor(), now=now),
        _("Two-factor sign-in was reset; the password alone signs in until it is turned on again."),
    )


@blueprint.post("/users/<int:user_id>/password/reset")
@needs("user:write")
def reset_password(user_id: int) -> Any:
    try:
        secret = administer.reset_password(user_id, by=current_actor(), now=dt.datetime.now(dt.UTC))
    except Conflict as fault:
        return _refused(user_id, fault)
    return _shown_once(user_id, _found(user_id).name, secret, new=False)


@blueprint.post("/users/<int:user_id>/role")
@needs("user:write")
def change_role(user_id: int) -> Any:
    asked = Asked("", request.form.get("role", ""), request.form.get("scope", "").strip())
    scope_id, faults = _scope(asked)
    if faults:
        return _page(user_id, asked, faults), 422
    return _done(
        user_id,
        lambda now: administer.change_role(
            user_id, asked.role, scope_id, by=current_actor(), now=now
        ),
        _("Role and limit were changed."),
    )


def _scope(asked: Asked) -> tuple[int | None, dict[str, str]]:
    """The id behind the code that was asked for, or what is wrong with it."""
    if asked.role not in ROLES:
        return None, {"role": _("There is no such role.")}
    kind = ROLE_SCOPE[asked.role]
    if faults := scope_faults(kind, asked.scope):
        return None, faults
    if kind is None:
        return None, {}
    try:
        with db.read() as connection:
            return find_scope(connection, kind, asked.scope), {}
    except NotFound:
        return None, {"scope": _("There is no such code; import it first or correct it.")}


def _done(user_id: int, deed: Callable[[dt.datetime], None], words: str) -> Any:
    try:
        deed(dt.datetime.now(dt.UTC))
    except Conflict as fault:
        return _refused(user_id, fault)
    flash(words, "good")
    return redirect(url_for("hq.user", user_id=user_id), 303)


def _refused(user_id: int, fault: Fault) -> Any:
    flash(str(CONFLICTS.get(fault.code, fault.detail)), "wrong")
    return redirect(url_for("hq.user", user_id=user_id), 303)


def _found(user_id: int) -> Any:
    with db.read() as connection:
        row = user_lists.find(connection, user_id, dt.datetime.now(dt.UTC))
    if row is None:
        raise NotFound("There is no such user.")
    return row


def _page(user_id: int, asked: Asked | None = None, faults: dict[str, str] | None = None) -> str:
    row = _found(user_id)
    return render_template(
        "hq/user.html",
        row=row,
        asked=asked or Asked(row.name, row.role, row.scope_code or ""),
        faults=faults or {},
        roles=ROLE_NAMES,
        limits=ROLE_SCOPE,
        state=STATE_WORDS[row.state],
        meaning=STATE_MEANINGS.get(row.state, ""),
        himself=row.id == current_user.id,
        needs_second=row.role in HQ,
    )


def _shown_once(user_id: int, name: str, secret: str, *, new: bool) -> str:
    """In the answer to the deed itself: neither an address nor a cookie ever holds it."""
    return render_template(
        "hq/one_time_password.html",
        user_id=user_id,
        name=name,
        secret=secret,
        new=new,
        address=current_app.extensions["doorstep"].public_base_url + url_for("sign_in.page"),
    )
