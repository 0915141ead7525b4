"""What the app answers when a view fails: a problem document (RFC 9457) under /api, a page
elsewhere.

The calls of the API answer their own faults (app/api/declare.py); both use the one table of
app/web/problems.py."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

import db
from app.web.problems import PREFIX, fault_problem, problem, status_of
from ledger.faults import Busy, Fault

log = structlog.get_logger("errors")
CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "invalid_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
DETAILS = {
    404: "There is nothing at this address; see /openapi.json for what there is.",
    405: "This address does not take this method.",
    413: "The body is too large; send less at a time.",
    415: "The body must be JSON with the header Content-Type: application/json.",
    429: "Too many requests; wait and try again.",
    500: "Something went wrong on our side; it was logged. Try again; the same business number is "
    "never booked twice.",
}


def wants_problem() -> bool:
    """True for callers of the API: also for addresses under it that do not exist."""
    return f"{request.path}/".startswith(PREFIX.removesuffix("v1"))


def init_app(app: Flask) -> None:
    app.register_error_handler(Fault, _on_fault)
    app.register_error_handler(HTTPException, _on_http)
    for kind in db.FAULTS:
        app.register_error_handler(kind, _on_database)


def _on_fault(fault: Fault) -> Any:
    if wants_problem():
        return fault_problem(fault)
    status = status_of(fault)
    page, status = _page(status, detail=fault.detail if status in (409, 422) else None)
    return page, status, {"Retry-After": str(fault.retry_after)} if isinstance(fault, Busy) else {}


def _on_database(error: Exception) -> Any:
    """Busy or away: come again. Anything else is a fault of ours and goes on as one."""
    if not db.is_away(error):
        raise error
    log.warning("database busy or away", error=type(error).__name__, path=request.path)
    return _on_fault(
        Busy(
            "The database is busy or cannot be reached; nothing was written. Try again in a few "
            "seconds.",
            code="unavailable",
        )
    )


def _on_http(error: HTTPException) -> Any:
    """Also the unexpected: Flask logs it once with its traceback and hands us an
    InternalServerError."""
    if error.code is None or error.code < 400:
        return error
    status = error.code if error.code in CODES else (400 if error.code < 500 else 500)
    kept = {
        name: value
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After", "WWW-Authenticate")
    }
    if wants_problem():
        return problem(
            status,
            detail=DETAILS.get(status) or str(error.description),
            code=CODES[status],
            headers=kept,
        )
    page, code = _page(status, stale_form=isinstance(error, CSRFError))
    return page, code, kept


def _page(status: int, detail: str | None = None, stale_form: bool = False) -> tuple[str, int]:
    title, advice = _words(status)
    if stale_form:
        title, advice = (
            _("This form is out of date"),
            _("Go back, load the page again and send the form once more."),
        )
    return render_template(
        "error.html", status=status, title=title, advice=detail or advice
    ), status


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (_("This request cannot be read"), _("Check the address or go back and try again.")),
        403: (
            _("This page is not for your role"),
            _("Ask an administrator of headquarters if you need it."),
        ),
        404: (
            _("There is nothing here"),
            _("The address is wrong, or what was here is not yours to see."),
        ),
        405: (
            _("This address does not work that way"),
            _("Go back and use the buttons of the page."),
        ),
        409: (_("Somebody was faster"), _("Load the page again and look at what changed.")),
        413: (_("This is too large"), _("Send a smaller file.")),
        422: (_("This was refused"), _("Correct what you entered and send it again.")),
        429: (_("Too many tries"), _("Wait a minute and try again.")),
        503: (
            _("This cannot be done now"),
            _(
                "The database is busy or cannot be reached. Nothing was written; load the page "
                "again in a few seconds."
            ),
        ),
        500: (
            _("Something went wrong on our side"),
            _("It was noted. Nothing was half done; try again in a moment."),
        ),
    }
    return words.get(status) or words[400 if status < 500 else 500]
