"""Where a cell of a list leads: the page of the thing that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for


def door(thing: str, column: str | None = None) -> Callable[[Any], str | None]:
    """The page `hq.THING` of the code in `column` (`THING_code` unless said); none where there is
    no code."""

    def address(row: Any) -> str | None:
        code = getattr(row, column or f"{thing}_code")
        return url_for(f"hq.{thing}", code=code) if code else None

    return address
