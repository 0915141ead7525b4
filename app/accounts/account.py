"""One's own account: who one is here, password, language, light or dark, sessions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

import db
from app.accounts import sessions, sign_ins, two_factor, users
from app.accounts.forms import ChangePasswordForm
from app.accounts.pages import blueprint, home_url, open_session
from app.accounts.scopes import scope_of
from app.accounts.theme import AUTO, THEMES
from app.accounts.theme import COOKIE as THEME_COOKIE
from app.web.limits import SIGN_IN_RATE, limited
from app.web.permissions import HQ, OWN_ACCOUNT, needs
from ledger.faults import InvalidInput

PASSWORD_FAULTS = {
    "password_wrong": ("current", _l("The current password is wrong.")),
    "password_length": ("new", _l("A password has 10 to 128 characters.")),
    "password_weak": (
        "new",
        _l(
            "This password is easy to guess; leave out the user name and use more different "
            "characters."
        ),
    ),
    "password_same": ("new", _l("The new password is the old one; choose another.")),
}


@blueprint.get("/account")
@needs(OWN_ACCOUNT)
def account() -> Any:
    user, now = current_user._get_current_object(), dt.datetime.now(dt.UTC)
    with db.read() as connection:
        limit = scope_of(connection, user.scope_kind, user.scope_id)
        second = two_factor.state(connection, user.id) if user.has_two_factor else None
        return render_template(
            "sign_in/account.html",
            limit=limit,
            second=second,
            may_have_second=user.role in HQ or user.has_two_factor,
            mine=sessions.living(user, now),
        )


@blueprint.post("/account/theme")
@needs(OWN_ACCOUNT)
def choose_theme() -> Any:
    """Light, dark, or as the device says; kept with the user, and in a cookie for the pages before
    signing in."""
    wish = request.form.get("theme", "")
    if wish not in (*THEMES, AUTO):
        raise InvalidInput("A theme is light, dark or auto.")
    users.set_theme(current_user._get_current_object(), wish)
    answer = redirect(url_for("sign_in.account"), 303)
    if wish == AUTO:
        answer.delete_cookie(THEME_COOKIE)
    else:
        answer.set_cookie(
            THEME_COOKIE,
            wish,
            max_age=365 * 86400,
            httponly=True,
            samesite="Lax",
            secure=current_app.extensions["doorstep"].secure_cookies,
        )
    return answer


@blueprint.post("/account/sessions/<int:session_id>/end")
@needs(OWN_ACCOUNT)
def end_session(session_id: int) -> Any:
    sessions.end(current_user._get_current_object(), session_id, dt.datetime.now(dt.UTC))
    flash(_("The session was ended; that device must sign in again."), "good")
    return redirect(url_for("sign_in.account"), 303)


@blueprint.post("/account/sessions/end-others")
@needs(OWN_ACCOUNT)
def end_other_sessions() -> Any:
    ended = sessions.end_others(current_user._get_current_object(), dt.datetime.now(dt.UTC))
    flash(_("%(n)s other sessions were ended.", n=ended), "good")
    return redirect(url_for("sign_in.account"), 303)


@blueprint.route("/account/password", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "password")
@needs(OWN_ACCOUNT)
def change() -> Any:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            user = sign_ins.change_password(
                current_user._get_current_object(), form.current.data, form.new.data
            )
        except InvalidInput as fault:
            field, words = PASSWORD_FAULTS[fault.code]
            form[field].errors = [words]
        else:
            open_session(user, dt.datetime.now(dt.UTC))
            flash(_("The password was changed. Other sessions were ended."), "good")
            return redirect(home_url(), 303)
    return render_template(
        "sign_in/change_password.html", form=form
    ), 200 if request.method == "GET" else 422
