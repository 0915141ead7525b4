"""Faults become HTTP here and nowhere else: problem documents (RFC 9457) under /api, pages elsewhere."""
from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ledger.faults import Conflict, Fault, FieldFault, InvalidInput, Malformed, NotAllowed, NotFound

STATUS: dict[type[Fault], int] = {Malformed: 400, NotAllowed: 403, NotFound: 404, Conflict: 409, InvalidInput: 422, Fault: 422}
CODES = {400: "malformed", 401: "unauthenticated", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable",
         409: "conflict", 413: "too_large", 414: "uri_too_long", 415: "unsupported_media_type", 422: "invalid_input", 429: "too_many_requests",
         500: "internal_error", 503: "unavailable"}
DETAILS = {
    404: "There is nothing at this address; see /openapi.json for what there is.",
    405: "This address does not take this method.",
    413: "The body is too large; send less at a time.",
    415: "The body must be JSON with the header Content-Type: application/json.",
    429: "Too many requests; wait and try again.",
    500: "Something went wrong on our side; it was logged. Try again; the same business number is never booked twice.",
}


def status_of(fault: Fault) -> int:
    return next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)


def problem(status: int, code: str, detail: str, errors: Sequence[FieldFault] = (), headers: dict[str, str] | None = None) -> Response:
    """An RFC 9457 problem document."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail,
                            "errors": [{"field": each.field, "reason": each.reason} for each in errors]}
    return Response(json.dumps(body), status, headers or {}, content_type="application/problem+json")


def wants_problem() -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def init_app(app: Flask) -> None:
    app.register_error_handler(Fault, _on_fault)
    app.register_error_handler(HTTPException, _on_http)


def _on_fault(fault: Fault) -> Any:
    status = status_of(fault)
    if wants_problem():
        return problem(status, fault.code, fault.detail, fault.errors)
    return _page(status, detail=fault.detail if status in (409, 422) else None)


def _on_http(error: HTTPException) -> Any:
    """Also the unexpected: Flask logs it once with its traceback and hands us an InternalServerError."""
    if error.code is None or error.code < 400:
        return error
    status = error.code if error.code in CODES else (400 if error.code < 500 else 500)
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    if wants_problem():
        return problem(status, CODES[status], DETAILS.get(status) or str(error.description), headers=kept)
    page, code = _page(status, stale_form=isinstance(error, CSRFError))
    return page, code, kept


def _page(status: int, detail: str | None = None, stale_form: bool = False) -> tuple[str, int]:
    g.setdefault("_login_user", None)  # an error page asks the database for nothing
    title, advice = _words(status)
    if stale_form:
        title, advice = _("This form is out of date"), _("Go back, load the page again and send the form once more.")
    return render_template("error.html", status=status, title=title, advice=detail or advice), status


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (_("This request cannot be read"), _("Check the address or go back and try again.")),
        403: (_("This page is not for your role"), _("Ask an administrator of headquarters if you need it.")),
        404: (_("There is nothing here"), _("The address is wrong, or what was here is not yours to see.")),
        405: (_("This address does not work that way"), _("Go back and use the buttons of the page.")),
        409: (_("Somebody was faster"), _("Load the page again and look at what changed.")),
        413: (_("This is too large"), _("Send a smaller file.")),
        422: (_("This was refused"), _("Correct what you entered and send it again.")),
        429: (_("Too many tries"), _("Wait a minute and try again.")),
        500: (_("Something went wrong on our side"), _("It was noted. Nothing was half done; try again in a moment.")),
    }
    return words.get(status) or words[400 if status < 500 else 500]
