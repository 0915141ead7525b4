"""The HTTP half of idempotency: the header, the hash of a body, and `once` around a deed. The table
is `ledger.idempotency`."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

import db
from ledger import idempotency
from ledger.canonical import canonical
from ledger.faults import FieldFault, Malformed
from ledger.idempotency import KeyReused

HEADER = "Idempotency-Key"
HEADER_PATTERN = "^[!-~](?:[ -~]{0,253}[!-~])?$"
_HEADER = re.compile(HEADER_PATTERN[1:-1])


def row_key(actor: str, method: str, path: str, value: str | None) -> str | None:
    """The table's key for a header value: one per API key, method and path; None without the
    header. Raises Malformed."""
    if value is None:
        return None
    if not _HEADER.fullmatch(value):
        reason = "must be 1 to 255 printable ASCII characters"
        raise Malformed(
            f"{HEADER} {reason}.", code="malformed_header", errors=[FieldFault(HEADER, reason)]
        )
    return hashlib.sha256("\n".join((actor, method, path, value)).encode()).hexdigest()


def body_hash(body: BaseModel | None) -> str:
    """SHA-256 of the validated body: times as UTC moments, absent = null = default, order of fields
    without meaning."""
    content = (
        {}
        if body is None
        else body.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    )
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def once(
    key: str | None,
    body: BaseModel | None,
    deed: Callable[[], tuple[int, Any]],
    *,
    reference: Callable[[Any], str] | None = None,
    again: Callable[[str], Any] | None = None,
    differs: Callable[[str], list[FieldFault]] | None = None,
) -> tuple[int, Any]:
    """Do `deed` (returns status and answer) once per key, in one transaction with the row that
    remembers it.

    With `reference` only the answer's id is kept and `again(id)` reads the answer a second time:
    for answers that name a person. A fault raised by the deed leaves no row. Raises KeyReused for
    another body under the same key; `differs(id)` names the fields that differ from the first
    deed."""
    if key is None:
        return deed()
    with db.transaction() as connection:
        try:
            kept = idempotency.claim(connection, key, body_hash(body), dt.datetime.now(dt.UTC))
        except KeyReused as reused:
            if differs is None or reused.reference is None:
                raise
            raise KeyReused(reused.reference, differs(reused.reference)) from None
        if kept is not None:
            return kept.status, kept.answer if again is None or kept.reference is None else again(
                kept.reference
            )
        status, answer = deed()
        if reference is not None:
            idempotency.keep(connection, key, status, reference=reference(answer))
        else:
            idempotency.keep(connection, key, status, answer=_plain(answer))
        return status, answer


def _plain(answer: Any) -> Any:
    return json.loads(answer if isinstance(answer, bytes) else to_json(answer))
