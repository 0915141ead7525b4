"""The mark that our CSV files put before a text which a spreadsheet would run as a formula, and
taking off exactly that mark. Pure.

`=1+1` is written as `'=1+1`, and `'=1+1` as `''=1+1`, so that every text comes back as it was.
Numbers stay numbers: -33.86 is no formula."""

from __future__ import annotations

import re

from stores.base.formulas import BREAKS, SIGNS

_RUNS = re.compile(f"'*(?:[{BREAKS}]|\\s*[{re.escape(SIGNS)}])")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")


def protected(text: str) -> str:
    """The text as it stands in a CSV file of ours."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def bare(text: str) -> str:
    """The text of a cell without that mark; anything else as it is."""
    return text[1:] if text[:1] == "'" and _RUNS.match(text) else text
