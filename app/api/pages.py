"""Cursor pages: `{"stores": [...], "next": "..."}`. A cursor names the last key of the page before;
it is opaque to callers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field

from app.api.query import Limit, Query
from app.web.cursors import decode, encode

_USUAL_LIMIT = 50


class Page(Query):
    """The query of a list: where to go on (`cursor`, None: at the beginning) and how many rows at
    most."""

    cursor: str | None = Field(None, max_length=600, description="`next` of the page before")
    limit: Limit = _USUAL_LIMIT

    def after(self, kind: str, *types: type) -> tuple[Any, ...] | None:
        """The key after which this page begins (None: the first page), of `types` (default: one
        text). Raises Malformed."""
        return None if self.cursor is None else decode(kind, self.cursor, types or (str,))


def page(
    kind: str, rows: Sequence[Any], limit: int, key_of: Callable[[Any], tuple[str | int, ...]]
) -> dict[str, Any]:
    """An answer of at most `limit` rows; give it limit + 1 rows, so that it knows whether there is
    a next page."""
    more = len(rows) > limit
    return {
        kind: list(rows[:limit]),
        "next": encode(kind, key_of(rows[limit - 1])) if more else None,
    }
