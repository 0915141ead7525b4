"""Marks that spreadsheets and bills put around a value so that nobody takes it for a number:
`="0017"`, `'0017`, `` `0017 ``."""

from __future__ import annotations

import re

_SIGNS = "='`\"\N{LEFT SINGLE QUOTATION MARK}\N{FULLWIDTH GRAVE ACCENT}"
_FORMULA = re.compile(r'=\s*"([^"]*)"')


def without_formula(text: str) -> str:
    """The text inside `="..."`; anything else as it is. For free text, which may begin with an
    apostrophe: 's-Hertogenbosch."""
    if text[:1] != "=":
        return text
    found = _FORMULA.fullmatch(text)
    return found[1].strip() if found else text


def without_marks(text: str) -> str:
    """The value without such marks, trimmed; anything else as it is."""
    if text[:1] not in _SIGNS:
        return text
    bare = without_formula(text)
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1]
    return bare.lstrip("'`\N{LEFT SINGLE QUOTATION MARK}\N{FULLWIDTH GRAVE ACCENT}").strip()
