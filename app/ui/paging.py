"""Pages of long lists: newest first by (moment, id), or by code; the address of the next page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from app.web.cursors import decode, encode

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of rows; `next` and `first` are addresses or None."""

    rows: Sequence[Any]
    next: str | None
    first: str | None


def after_id(kind: str) -> int | None:
    key = _key(kind, (int,))
    return None if key is None else int(key[0])


def _key(kind: str, types: tuple[type, ...]) -> tuple[Any, ...] | None:
    cursor = request.args.get("cursor")
    return decode(kind, cursor, types) if cursor else None


def listed(
    kind: str, rows: Sequence[Any], key_of: Callable[[Any], tuple[str | int, ...]]
) -> Listed:
    """A page of rows that were asked for with a limit of PAGE + 1."""
    more = len(rows) > PAGE
    following = same_filter(cursor=encode(kind, key_of(rows[PAGE - 1]))) if more else None
    return Listed(rows[:PAGE], following, same_filter() if request.args.get("cursor") else None)


def same_filter(endpoint: str | None = None, **more: str) -> str:
    """This page, or another, with the filter that was asked for. Not by url_for alone: names in a
    query are the reader's, not ours."""
    path = request.path if endpoint is None else url_for(endpoint)
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in ("cursor", "lang", "export", *more)
    ]
    query = urlencode([*kept, *more.items()])
    return f"{path}?{query}" if query else path
