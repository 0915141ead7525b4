"""Request bodies: read within a limit, as JSON only; pydantic's findings as one Malformed fault
with a place and words each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flask import Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.api.types import PATTERN_WORDS
from app.web.problems import Refusal
from ledger.faults import FieldFault, Malformed

USUAL_LIMIT = 2_000_000
EVENTS_LIMIT = 8_000_000
_JSON = re.compile(
    r"application/(?:[\w.-]+\+)?json *(?:; *charset=\"?utf-?8\"? *)?;?", re.ASCII | re.IGNORECASE
)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def read(asked: Request, max_bytes: int) -> bytes:
    """The body's bytes. Refuses above `max_bytes` (413) and other media types than JSON in UTF-8
    (415); a missing type passes."""
    asked.max_content_length = max_bytes
    if (asked.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    kind = asked.environ.get("CONTENT_TYPE")
    if kind and kind != "application/json" and not _JSON.fullmatch(kind.strip()):
        raise Refusal(415, "Send the body as application/json in UTF-8.", "unsupported_media_type")
    if asked.environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
        raise Refusal(415, "Send the body without a Content-Encoding.", "unsupported_media_type")
    try:
        return asked.get_data(cache=False)
    except RequestEntityTooLarge:
        raise _too_large(max_bytes) from None
    except HTTPException:
        raise Malformed("The body ended before its announced length.") from None


def _too_large(max_bytes: int) -> Refusal:
    return Refusal(
        413, f"The body may have at most {max_bytes} bytes; send less at a time.", "too_large"
    )


def malformed(
    error: ValidationError, whole: str = "body", code: str = "malformed_body"
) -> Malformed:
    """pydantic's findings; `whole` names the place of a finding about the whole input."""
    found = error.errors(include_url=False, include_input=False)
    where = {"body": "The request body", "query": "The query string"}[whole]
    return Malformed(
        f"{where} does not have the declared form; see errors.",
        code=code,
        errors=[
            FieldFault(".".join(map(str, one["loc"])) or whole, _reason(one)) for one in found[:100]
        ],
    )


def _reason(one: ErrorDetails) -> str:
    if one["type"] == "string_pattern_mismatch":
        return PATTERN_WORDS.get(one.get("ctx", {}).get("pattern", ""), one["msg"])
    if one["type"] == "extra_forbidden":
        return "is not a known field"
    if one["type"] == "missing":
        return "is required"
    return one["msg"]


def refuse_nul(data: bytes) -> None:
    """Raises Malformed when a string or a name of this (valid) JSON holds NUL, which databases
    cannot store."""
    if b"\\u0000" in data and _NUL.search(data):
        raise Malformed(
            "Text must not hold the NUL character; see errors.",
            code="malformed_body",
            errors=[
                FieldFault(place or "body", "holds a NUL character")
                for place in _places_of_nul(json.loads(data))
            ],
        )


def _places_of_nul(value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, str) and "\0" in value:
        yield place
    elif isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            inner = f"{place}.{name}".lstrip(".").replace("\0", "?")
            if isinstance(name, str) and "\0" in name:
                yield inner
            yield from _places_of_nul(part, inner)
