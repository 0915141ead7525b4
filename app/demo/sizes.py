"""How big a demo chain is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of the whole chain over `days` days. `members` of the customers were known before the
    first day. `slots`: parts of a day that are brought in one after the other. `at_once`: one
    transaction for everything, so that a broken start leaves nothing behind."""

    name: str
    branches: int
    dealers: int
    stores: int
    guides: int
    customers: int
    members: int
    days: int
    entries: int
    chat_days: int
    territories: int
    service_areas: int
    slots: int = 2
    at_once: bool = True


TINY = Size("tiny", 2, 6, 16, 48, 260, 30, 24, 700, 60, 2, 2)
SMALL = Size("small", 6, 60, 300, 1_200, 30_000, 1_500, 92, 76_000, 9_000, 10, 12)
FULL = Size(
    "full",
    6,
    600,
    3_000,
    12_000,
    1_200_000,
    60_000,
    365,
    2_000_000,
    250_000,
    40,
    60,
    slots=1,
    at_once=False,
)
SIZES = {size.name: size for size in (TINY, SMALL, FULL)}
