"""Sign in, in one step or two, sign out, and the front door."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, current_user, login_user

from app.accounts import second_step, sessions, sign_ins, users
from app.accounts.devices import device_of
from app.accounts.forms import CodeForm, RecoveryForm, SignInForm
from app.accounts.next_page import safe_next
from app.web.limits import SIGN_IN_RATE, limited
from app.web.permissions import OWN_ACCOUNT, ROLE_HOME, lacks_second_step, needs, public

blueprint = Blueprint("sign_in", __name__)
login_manager = LoginManager()
login_manager.session_protection = (
    None  # it binds a session to the IP address, which phones change on the way
)
HALF = "second_step"  # the key of a half-done sign-in in the cookie
HALF_FOR = 300  # seconds from the right password to the code
ENDED = {
    "elsewhere": _l("You were signed out because you ended this session from another device."),
    "password": _l(
        "You were signed out because your password was changed. Sign in with the new one."
    ),
    "reset": _l(
        "You were signed out because an administrator gave you a new password. Ask them for it "
        "and sign in with it."
    ),
    "disabled": _l(
        "You were signed out because an administrator switched off your account. Ask them if you "
        "still need it."
    ),
    "enabled": _l(
        "You were signed out because an administrator switched your account off and on again. "
        "Sign in as before."
    ),
    "expired": _l(
        "You were signed out because a session ends 12 hours after it began. Sign in to go on."
    ),
}
PHONE_ROLES = frozenset({"guide", "store_manager"})


def init_app(app: Flask) -> None:
    # Not login_manager.init_app: its remember-me hook reads the session of every answer, and it
    # loads the user for every template.
    app.login_manager = login_manager  # type: ignore[attr-defined]
    app.jinja_env.globals.update(
        current_user=current_user, own_frame=own_frame, lacks_second_step=lacks_second_step
    )
    app.register_blueprint(blueprint)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _by_session(token: str) -> users.User | None:
    now = dt.datetime.now(dt.UTC)
    found = sessions.of_token(token, now)
    if found is None:
        return None
    user, unseen = found
    if unseen:
        after_this_request(
            lambda answer: _seen(answer, user.session_id, now)
        )  # after the view: it may be reading just now
    return user


def _seen(answer: Response, session_id: int, now: dt.datetime) -> Response:
    sessions.note_seen(session_id, now)
    return answer


def own_frame() -> str:
    """The template that frames a page of one's own account: the reader's portal, or nothing around
    it while he may not go there yet."""
    if current_user.must_change_password or lacks_second_step(current_user):
        return "signed_in.html"
    return "phone.html" if current_user.role in PHONE_ROLES else "office.html"


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
    ended = _why_ended()
    form = SignInForm()
    if form.validate_on_submit():
        now = dt.datetime.now(dt.UTC)
        user = sign_ins.sign_in(form.name.data, form.password.data, now=now)
        if user is not None and user.has_two_factor:
            session.clear()
            session[HALF] = {
                "user": user.id,
                "version": user.session_version,
                "until": int(now.timestamp()) + HALF_FOR,
            }
            return redirect(url_for("sign_in.code", next=back), 303)
        if user is not None:
            open_session(user, now)
            return redirect(
                url_for("sign_in.change") if user.must_change_password else back or home_url(), 303
            )
        form.password.errors = [
            _("Name or password is wrong. After 10 failures an account is locked for 15 minutes.")
        ]
    return render_template(
        "sign_in/sign_in.html", form=form, back=back, ended=ended
    ), 200 if request.method == "GET" else 422


def _why_ended() -> LazyString | None:
    """Why the session that this browser's cookie carries is over, said once: whoever sits here next
    learns nothing of it."""
    token = session.pop("_user_id", None)
    return (
        ENDED.get(sessions.why_ended(str(token), dt.datetime.now(dt.UTC)) or "") if token else None
    )


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@limited(SIGN_IN_RATE, "sign-in")
@public
def code() -> Any:
    """The second step, within five minutes of the first."""
    back, now, half = (
        safe_next(request.args.get("next")),
        dt.datetime.now(dt.UTC),
        session.get(HALF),
    )
    if half is None or now.timestamp() > half["until"]:
        session.pop(HALF, None)
        return redirect(url_for("sign_in.page", next=back), 303)
    recovery = request.args.get("with") == "recovery"
    form = RecoveryForm() if recovery else CodeForm()
    if form.validate_on_submit():
        user = second_step.sign_in(half["user"], half["version"], form.code.data, now=now)
        if user is not None:
            open_session(user, now)
            return redirect(
                url_for("sign_in.change") if user.must_change_password else back or home_url(), 303
            )
        form.code.errors = [
            _(
                "This code is wrong or was used already. Wait for the next one. After 10 failures "
                "an account is locked for 15 minutes."
            )
        ]
    return render_template(
        "sign_in/code.html", form=form, back=back, recovery=recovery
    ), 200 if request.method == "GET" else 422


def open_session(user: users.User, now: dt.datetime) -> None:
    """A new session: nothing of the stranger's survives (fixation), the form token included."""
    session.clear()
    session.permanent = True
    login_user(sessions.open_session(user, device_of(request.user_agent.string), now))


@blueprint.post("/sign-out")
@needs(OWN_ACCOUNT)
def sign_out() -> Any:
    sessions.sign_out(current_user._get_current_object(), dt.datetime.now(dt.UTC))
    session.clear()
    return redirect(url_for("sign_in.page"), 303)
