"""RFC 9457 problem documents: the one form of every refusal of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from flask import Response
from pydantic_core import to_json

from ledger import faults

PREFIX = "/api/v1"  # of every address of the API
PROBLEM_TYPE = "application/problem+json"
STATUS_OF_FAULT: dict[type[faults.Fault], int] = {
    faults.Malformed: 400,
    faults.NotAllowed: 403,
    faults.NotFound: 404,
    faults.Conflict: 409,
    faults.InvalidInput: 422,
    faults.Busy: 503,
}
REFUSALS = {  # what /docs and /openapi.json say about each status
    400: "The request cannot be read: JSON, a type, a query parameter or a header is wrong.",
    401: "No valid API key was sent.",
    403: "The key lacks the permission of this call.",
    404: "There is nothing here, or nothing that the key may see.",
    409: "The same key or business number came with another content, or the state moved on. "
    "Nothing was written.",
    413: "The body is too large.",
    415: "The body is not JSON in UTF-8.",
    422: "A rule refuses the request. Nothing was written.",
    429: "Too many requests; wait and try again.",
    503: "It cannot be done now: the database is busy or away, or a file with this number is "
    "being written. Nothing was written; try again after Retry-After.",
}
_LONGEST_FIELD, _MOST_ERRORS = 200, 100


class Refusal(Exception):
    """A refusal that is about HTTP itself (401, 413, 415), raised inside the API layer only."""

    def __init__(
        self, status: int, detail: str, code: str, headers: Mapping[str, str] | None = None
    ):
        super().__init__(detail)
        self.status, self.detail, self.code, self.headers = status, detail, code, headers


def problem(
    status: int,
    title: str | None = None,
    detail: str = "",
    errors: Iterable[faults.FieldFault] = (),
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. `code` is a stable snake_case word; at most 100 `errors` are listed,
    field names cut at 200 characters."""
    body = {
        "type": f"urn:doorstep:problem:{code}" if code else "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).description,
        "errors": [
            {"field": e.field[:_LONGEST_FIELD], "reason": e.reason}
            for _, e in zip(range(_MOST_ERRORS), errors, strict=False)
        ],
    }
    if code:
        body["code"] = code
    response = Response(to_json(body), status, content_type=PROBLEM_TYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(headers or {})
    return response


def status_of(fault: faults.Fault) -> int:
    """The HTTP status of a domain fault; a type of its own answers as the nearest listed
    ancestor."""
    return next(
        (STATUS_OF_FAULT[kind] for kind in type(fault).__mro__ if kind in STATUS_OF_FAULT), 422
    )


def fault_problem(fault: faults.Fault) -> Response:
    """The problem document of a domain fault."""
    wait = {"Retry-After": str(fault.retry_after)} if isinstance(fault, faults.Busy) else None
    return problem(
        status_of(fault), detail=fault.detail, errors=fault.errors, code=fault.code, headers=wait
    )


def refusal_problem(refusal: Refusal) -> Response:
    return problem(
        refusal.status, detail=refusal.detail, code=refusal.code, headers=refusal.headers
    )
