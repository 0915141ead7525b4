"""Cursors of lists: the last key of the page before, opaque to callers and readers."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ledger.faults import FieldFault, Malformed


def encode(kind: str, key: tuple[str | int, ...]) -> str:
    content = json.dumps([kind, *key], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_sum(content) + content).rstrip(b"=").decode()


def decode(kind: str, cursor: str, types: tuple[type, ...]) -> tuple[Any, ...]:
    """The key in a cursor of this kind. Raises Malformed for anything that `encode` did not
    make."""
    try:
        raw = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        content = raw[6:]
        if raw[:6] != _sum(content):
            raise ValueError("sum")
        found_kind, *key = json.loads(content)
    except (ValueError, TypeError):
        raise _broken() from None
    if (
        found_kind != kind
        or tuple(map(type, key)) != types
        or not all(_storable(part) for part in key)
    ):
        raise _broken()
    return tuple(key)


def _storable(part: str | int) -> bool:
    return "\0" not in part and len(part) <= 200 if isinstance(part, str) else abs(part) < 2**63


def _sum(content: bytes) -> bytes:
    """Six bytes that tell a mangled cursor from a whole one; a cursor grants nothing, so this is no
    secret."""
    return hashlib.blake2s(content, digest_size=6, person=b"cursor").digest()


def _broken() -> Malformed:
    reason = "is no cursor of this list; take `next` of the page before, unchanged"
    return Malformed(
        f"The cursor {reason}.", code="malformed_query", errors=[FieldFault("cursor", reason)]
    )
