"""Sign in, sign out, one's own account, and the front door."""
from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, current_user, login_user

import db
from app.limits import SIGN_IN_RATE, limited
from app.permissions import OWN_ACCOUNT, ROLE_HOME, needs, public
from app.sign_in import users
from app.sign_in.forms import ChangePasswordForm, SignInForm
from app.sign_in.next_page import safe_next
from ledger.faults import InvalidInput
from stores.scope import scope_code

blueprint = Blueprint("sign_in", __name__)
login_manager = LoginManager()
login_manager.session_protection = None  # it binds a session to the IP address, which phones change on the way
login_manager.user_loader(users.by_session)

PASSWORD_FAULTS = {
    "password_wrong": ("current", _l("The current password is wrong.")),
    "password_length": ("new", _l("A password has 10 to 128 characters.")),
    "password_weak": ("new", _l("This password is easy to guess; leave out the user name and use more different characters.")),
    "password_same": ("new", _l("The new password is the old one; choose another.")),
}


def init_app(app: Flask) -> None:
    # Not login_manager.init_app: its remember-me hook reads the session of every answer, and it loads the user for every template.
    app.login_manager = login_manager  # type: ignore[attr-defined]
    app.jinja_env.globals["current_user"] = current_user
    app.register_blueprint(blueprint)


@blueprint.get("/")
@public
def front_door() -> Any:
    """Everybody to his own home page."""
    return redirect(home_url() if current_user.is_authenticated else url_for("sign_in.page"))


def home_url() -> str:
    return url_for(ROLE_HOME[current_user.role])


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "sign-in")
@public
def page() -> Any:
    back = safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(back or home_url())
    form = SignInForm()
    if form.validate_on_submit():
        user = users.sign_in(form.name.data, form.password.data, now=dt.datetime.now(dt.UTC))
        if user is not None:
            _open_session(user)
            return redirect(url_for("sign_in.change") if user.must_change_password else back or home_url(), 303)
        form.password.errors = [_("Name or password is wrong. After 10 failures an account is locked for 15 minutes.")]
    return render_template("sign_in/sign_in.html", form=form, back=back), 200 if request.method == "GET" else 422


def _open_session(user: users.User) -> None:
    """A new session: nothing of the stranger's survives (fixation), the form token included."""
    session.clear()
    session.permanent = True
    login_user(user)


@blueprint.post("/sign-out")
@needs(OWN_ACCOUNT)
def sign_out() -> Any:
    users.sign_out(current_user._get_current_object())
    session.clear()
    return redirect(url_for("sign_in.page"), 303)


@blueprint.get("/account")
@needs(OWN_ACCOUNT)
def account() -> Any:
    with db.read() as connection:
        limit = scope_code(connection, current_user.scope_kind, current_user.scope_id) if current_user.scope_id else None
    return render_template("sign_in/account.html", limit=limit)


@blueprint.route("/account/password", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "password")
@needs(OWN_ACCOUNT)
def change() -> Any:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            user = users.change_password(current_user._get_current_object(), form.current.data, form.new.data)
        except InvalidInput as fault:
            field, words = PASSWORD_FAULTS[fault.code]
            form[field].errors = [words]
        else:
            _open_session(user)
            flash(_("The password was changed. Other sessions were ended."), "good")
            return redirect(home_url(), 303)
    return render_template("sign_in/change_password.html", form=form), 200 if request.method == "GET" else 422
