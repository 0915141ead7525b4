"""The fields of the sign-in and account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from app.accounts.passwords import PASSWORD_MAX, PASSWORD_MIN

_REQUIRED = _l("This field is needed.")
_ONE_TIME = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(FlaskForm):  # type: ignore[misc]
    """What the sign-in page sends: a user's name and his password."""

    name = StringField(
        _l("User name"),
        [InputRequired(_REQUIRED), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The second step: a code of the app, or a recovery code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_REQUIRED), Length(max=32)],
        render_kw={**_ONE_TIME, "inputmode": "numeric", "autofocus": True},
    )


class RecoveryForm(FlaskForm):  # type: ignore[misc]
    """The second step without the phone."""

    code = StringField(
        _l("Recovery code"),
        [InputRequired(_REQUIRED), Length(max=32)],
        render_kw={**_ONE_TIME, "autocomplete": "off", "autofocus": True},
    )


class ProofForm(FlaskForm):  # type: ignore[misc]
    """Password and code: what a change of the second step asks for."""

    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    code = StringField(
        _l("Code of the app"),
        [InputRequired(_REQUIRED), Length(max=32)],
        render_kw={**_ONE_TIME, "inputmode": "numeric"},
    )


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """The current password and a new one, twice."""

    current = PasswordField(
        _l("Current password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        _l("New password"),
        [
            InputRequired(_REQUIRED),
            Length(PASSWORD_MIN, PASSWORD_MAX, _l("A password has 10 to 128 characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password once more"),
        [InputRequired(_REQUIRED), EqualTo("new", _l("The two new passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )
