"""No page takes a control character from outside: one guard before every view but the API's, whose
calls check their own (app/api).

PostgreSQL refuses NUL in a text, a header refuses a line break, and SQLite would keep both; so a
page answers 404 for an address that holds one, and 400 for anything else. A line break may stand in
a field of several lines alone, a tab in any: spreadsheets put one between cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flask import Flask, request

from app.web.errors import wants_problem
from ledger.faults import Malformed, NotFound

SEVERAL_LINES = frozenset(
    {"geometry", "region_defaults"}
)  # names of <textarea>; a test reads the templates for them
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IN_ONE_LINE = re.compile("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]")
_ENCODED = re.compile(rb"[\x00-\x1f\x7f]|%(?:[01][0-9a-f]|7f|e2%80%a[89])", re.IGNORECASE)


def init_app(app: Flask) -> None:
    app.before_request(_guard)


def _guard() -> None:
    """Raises NotFound, Malformed. The body is read for an address that takes one alone."""
    if _IN_ONE_LINE.search(request.path) or "\t" in request.path:
        raise NotFound("No address holds a control character.")
    if wants_problem():
        return
    if _ENCODED.search(request.query_string) and any(
        _wrong(name, value) for name, value in request.args.items(multi=True)
    ):
        raise Malformed("The address holds a control character.")
    if any(_NEVER.search(value) for value in _told()):
        raise Malformed("A header or cookie holds a control character.")
    if (
        request.method not in ("GET", "HEAD", "OPTIONS")
        and request.endpoint
        and any(_wrong(name, value) for name, value in _sent())
    ):
        raise Malformed(
            "A field holds a control character, or a line break where it takes one line."
        )


def _wrong(name: str, value: str) -> bool:
    return bool(
        _IN_ONE_LINE.search(name)
        or (_NEVER if name in SEVERAL_LINES else _IN_ONE_LINE).search(value)
    )


def _told() -> Iterator[str]:
    """A cookie may write a control character as an escape, so cookies are looked at as they are
    read."""
    yield from request.headers.values()
    if "HTTP_COOKIE" in request.environ:
        for pair in request.cookies.items(multi=True):
            yield from pair


def _sent() -> Iterable[tuple[str, str]]:
    """Fields, and the names of files: what a file holds is for its reader."""
    yield from request.form.items(multi=True)
    for name, file in request.files.items(multi=True):
        yield name, file.filename or ""
