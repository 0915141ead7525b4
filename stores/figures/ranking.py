"""Ranking rows of figures by one of their columns."""

from __future__ import annotations

from operator import attrgetter
from typing import Literal, TypeVar

from stores.figures.figures import Figures

Sort = Literal["entries", "orders", "sales_minor", "adds", "code", "name"]
SORTS: tuple[str, ...] = ("entries", "orders", "sales_minor", "adds", "code", "name")


Row = TypeVar("Row", bound=Figures)  # with a code


def ranked(rows: list[Row], sort: str, ascending: bool, limit: int | None = None) -> list[Row]:
    """By one column, then by code. Raises ValueError for no column."""
    if sort not in SORTS:
        raise ValueError(f"{sort!r} is no column to sort by")
    rows.sort(key=attrgetter("code"))
    rows.sort(key=attrgetter(sort), reverse=not ascending)
    return rows if limit is None else rows[:limit]
