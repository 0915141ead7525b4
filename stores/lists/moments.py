"""One moment of a customer's time line, and the store or guide it names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

PAGE = 40
Chip = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Moment:
    """`kind`: entry, home, owner, home_ended, owner_ended, order, refund, event, deed. `code`: the
    rung, the binding's reason, the owner basis or the event's type; `reference`: the entry id or
    the order number that is its door; `minor` an amount; `before` whom a binding replaced."""

    at: dt.datetime
    kind: str
    code: str = ""
    store: Chip = None
    guide: Chip = None
    before: Chip = None
    reference: str | None = None
    minor: int | None = None
    detail: Any = None


def chip(code: str | None, name: str | None) -> Chip:
    """(code, name) of a store or guide, None without one."""
    return (code, name or code) if code is not None else None
