"""Two-factor sign-in of one's own account: begin, scan and prove, new recovery codes, turn off."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

import db
from app.accounts import second_step, sessions, totp, two_factor
from app.accounts.forms import ProofForm
from app.accounts.pages import blueprint, home_url
from app.accounts.users import User
from app.web.limits import SIGN_IN_RATE, limited
from app.web.permissions import HQ, OWN_ACCOUNT, needs
from app.web.qr import drawn
from ledger.faults import InvalidInput, NotAllowed

FAULTS = {
    "password_wrong": ("password", _l("The password is wrong.")),
    "code_wrong": ("code", _l("This code is wrong or was used already. Wait for the next one.")),
    "locked": ("password", _l("Too many failures; this account is locked for 15 minutes.")),
}


@blueprint.get("/account/two-factor")
@needs(OWN_ACCOUNT)
def two_factor_page() -> Any:
    return _enrolment(_reader(), ProofForm(), 200)


@blueprint.post("/account/two-factor/begin")
@needs(OWN_ACCOUNT)
def begin_two_factor() -> Any:
    second_step.begin(_reader(), dt.datetime.now(dt.UTC))
    return redirect(url_for("sign_in.two_factor_page"), 303)


@blueprint.post("/account/two-factor")
@limited(SIGN_IN_RATE, "two-factor")
@needs(OWN_ACCOUNT)
def turn_on_two_factor() -> Any:
    """The first code proves that the app holds the secret; from then on every sign-in asks for
    one."""
    user, form = _reader(), ProofForm()
    codes = _done(
        form,
        lambda: second_step.turn_on(
            user, form.password.data, form.code.data, dt.datetime.now(dt.UTC)
        ),
    )
    if codes is None:
        return _enrolment(user, form, 422)
    ended = sessions.end_others(user, dt.datetime.now(dt.UTC))
    return render_template(
        "sign_in/recovery_codes.html", codes=codes, ended=ended, onward=home_url()
    )


@blueprint.route("/account/two-factor/codes", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "two-factor")
@needs(OWN_ACCOUNT)
def new_recovery_codes() -> Any:
    user, form = _with_second_step(), ProofForm()
    codes = _done(
        form,
        lambda: second_step.new_recovery_codes(
            user, form.password.data, form.code.data, dt.datetime.now(dt.UTC)
        ),
    )
    if codes is None:
        return render_template(
            "sign_in/prove.html", form=form, deed="codes"
        ), 422 if form.is_submitted() else 200
    return render_template(
        "sign_in/recovery_codes.html", codes=codes, ended=0, onward=url_for("sign_in.account")
    )


@blueprint.route("/account/two-factor/off", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "two-factor")
@needs(OWN_ACCOUNT)
def turn_off_two_factor() -> Any:
    user, form = _with_second_step(), ProofForm()
    if user.role in HQ and current_app.extensions["doorstep"].require_two_factor:
        raise NotAllowed(
            "Headquarters signs in with two factors here; ask an administrator to reset yours."
        )
    done = _done(
        form,
        lambda: (
            second_step.turn_off(user, form.password.data, form.code.data, dt.datetime.now(dt.UTC))
            or True
        ),
    )
    if done is None:
        return render_template(
            "sign_in/prove.html", form=form, deed="off"
        ), 422 if form.is_submitted() else 200
    flash(_("Two-factor sign-in is off; the password alone signs in."), "good")
    return redirect(url_for("sign_in.account"), 303)


def _enrolment(user: User, form: ProofForm, status: int) -> Any:
    if user.role not in HQ:
        raise NotAllowed("Two-factor sign-in is for headquarters.")
    if user.has_two_factor:
        return redirect(url_for("sign_in.account"), 303)
    with db.read() as connection:
        state = two_factor.state(connection, user.id)
    secret = state.secret if state else None
    return render_template(
        "sign_in/two_factor.html",
        form=form,
        qr=drawn(totp.address(secret, user.name)) if secret else None,
        secret=" ".join(re.findall(".{4}", secret)) if secret else None,
    ), status


def _done(form: ProofForm, deed: Callable[[], Any]) -> Any:
    """What the deed answers; None when the form was not sent or is wrong, with the faults in it."""
    if not form.validate_on_submit():
        return None
    try:
        return deed()
    except InvalidInput as fault:
        field, words = FAULTS[fault.code]
        form[field].errors = [words]
        return None


def _reader() -> User:
    return current_user._get_current_object()  # type: ignore[no-any-return]


def _with_second_step() -> User:
    user = _reader()
    if not user.has_two_factor:
        raise NotAllowed("Two-factor sign-in is not on.")
    return user
