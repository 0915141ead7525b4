"""Texts that a spreadsheet would run as a formula when it opens a file of ours (OWASP, CSV
injection). Pure."""

from __future__ import annotations

# the full-width and small forms too: a spreadsheet of an East Asian locale reads them as the plain
# ones
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"
BREAKS = "\t\r\n"


def inert(text: str) -> str:
    """The text as a cell of a CSV file: one that begins like a formula carries an apostrophe before
    it, which says that it is text.

    For texts alone: a number is written as digits, and its sign stays."""
    return (
        f"'{text}"
        if text[:1] and (text[0] in BREAKS or text.lstrip()[:1] and text.lstrip()[0] in SIGNS)
        else text
    )
