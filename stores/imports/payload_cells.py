"""A cell that holds JSON, and any cell without the marks of spreadsheets."""

from __future__ import annotations

import json
from typing import Any

from stores.imports.cells import CLEAR, BadCell, Context, Mended, Parser, visible_text, words
from stores.imports.marks import without_formula, without_marks


def payload(text: str, context: Context) -> dict[str, Any]:
    """A JSON object: no repeated keys, no NaN, whole numbers within 10^15 (M23), nothing PostgreSQL
    cannot keep."""
    if len(text) > 10_000:
        raise BadCell("has more than 10,000 characters")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_bounded,
            parse_float=_finite,
        )
    except BadCell:
        raise
    except (ValueError, RecursionError):
        raise BadCell('is no JSON; write an object such as {"chats": 3}') from None
    if not isinstance(value, dict):
        raise BadCell('is JSON but no object; write {"chats": 3}')
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise BadCell("names a key twice")
    for text in (*result, *(value for value in result.values() if isinstance(value, str))):
        visible_text(text, 2_000)
    return result


def _no_constant(text: str) -> Any:
    raise BadCell(f"holds {text}, which is no JSON number")


def _bounded(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 10**15:
        raise BadCell("holds a number beyond 10^15")
    return int(text)


def _finite(text: str) -> float:
    if abs(value := float(text)) > 1e15:
        raise BadCell("holds a number beyond 10^15")
    return value


def parsed(parse: Parser, text: str, context: Context) -> Any:
    """What the parser makes of the text without marks of spreadsheets; of an empty rest CLEAR. Free
    text keeps what may be its own."""
    bare = (
        text
        if parse is payload
        else without_formula(text)
        if isinstance(parse, words)
        else without_marks(text)
    )
    if bare == text:
        return parse(text, context)
    return Mended(parse(bare, context) if bare else CLEAR, "spreadsheet_marks")
