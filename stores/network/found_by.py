"""How registers are found by words: each row keeps its code and name folded, and every search asks
that column with its words folded alike."""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, false, or_, text, true

from stores.base.folding import fold


def folded_of(*texts: str | None) -> str:
    """What a row is found by: its texts folded, each on a line of its own, so that no word is found
    across two of them."""
    return "\n".join(filter(None, (fold(text) for text in texts if text)))


def folded_column(name: str, *texts: str) -> Column[Any]:
    """Of the columns `texts` of the same row. Whoever writes rows as they are (ledger/bulk) or
    changes one of those columns fills it with `folded_of`."""
    return Column(
        name,
        Text,
        nullable=False,
        server_default=text("''"),
        default=lambda context: folded_of(
            *(context.get_current_parameters().get(each) for each in texts)
        ),
    )


def holds(words: str, *columns: Any) -> ColumnElement[bool]:
    """Whether one of the folded columns holds the words. No words are held by all, words of which
    folding leaves nothing by none."""
    if not words.strip():
        return true()
    wanted = fold(words)
    return (
        or_(*(column.contains(wanted, autoescape=True) for column in columns))
        if wanted
        else false()
    )


def holds_code(words: str, column: Any) -> ColumnElement[bool]:
    """Whether a code that stands in one column alone holds the words; codes are plain text, their
    case and the width of the words aside."""
    return column.icontains(unicodedata.normalize("NFKC", words), autoescape=True)  # type: ignore[no-any-return]


def is_exactly(words: str, column: Any) -> ColumnElement[bool]:
    """Whether a folded column is just these words in its first line, or in a later one."""
    wanted = fold(words)
    return or_(
        column == wanted,
        column.startswith(f"{wanted}\n", autoescape=True),
        column.endswith(f"\n{wanted}", autoescape=True),
    )
