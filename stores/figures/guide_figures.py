"""What guides brought and earned in a month, for teams, costs and the distribution of rewards; only
guides the actor sees (P6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from stores.base.actors import Actor
from stores.figures import cube_reading
from stores.figures.cube import guide_cell
from stores.figures.within import within
from stores.network.guides import guide
from stores.network.stores import store

Sort = Literal[
    "adds",
    "lost",
    "entries",
    "orders",
    "credits_minor",
    "accrued_minor",
    "vested_minor",
    "pending_minor",
    "code",
    "name",
]
_BROUGHT, _EARNED = (
    ("adds", "lost", "entries", "orders", "credits_minor"),
    ("accrued_minor", "vested_minor"),
)
BINS = 10


@dataclass(frozen=True, slots=True)
class GuideFigures:
    """One guide's month, by his present store. `adds` confirmed, paid or not; `lost` links that
    ended; `entries` led to him in person; `orders` assigned to him; `credits_minor` their sales
    less refunds. Rewards are those earned in the month, whenever booked: `accrued_minor` =
    `vested_minor` + `pending_minor`; book what is due before (`booking.book_due`)."""

    guide_id: int
    code: str
    name: str
    role: str
    store_code: str
    store_name: str
    left_on: dt.date | None
    adds: int
    lost: int
    entries: int
    orders: int
    credits_minor: int
    accrued_minor: int
    vested_minor: int

    @property
    def pending_minor(self) -> int:
        return self.accrued_minor - self.vested_minor


@dataclass(frozen=True, slots=True)
class Distribution:
    """Rewards of a month over guides, before any average: `bins` are (from, below, guides) in minor
    units from 0 up; half of the guides earned `median_minor` or less, a tenth `p90_minor` or more.
    `guides` counts those with nothing too."""

    guides: int
    earning: int
    total_minor: int
    median_minor: int
    p90_minor: int
    most_minor: int
    bins: tuple[tuple[int, int, int], ...]


def guide_figures(
    connection: Connection,
    actor: Actor,
    period: str,
    today: dt.date,
    *,
    store_code: str | None = None,
    dealer_code: str | None = None,
    branch_code: str | None = None,
    sort: Sort = "credits_minor",
    ascending: bool = False,
    limit: int | None = None,
) -> list[GuideFigures]:
    """Everybody who worked there in the month (YYYY-MM) or brought something, most credits
    first."""
    first = dt.date.fromisoformat(f"{period}-01")
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    whose = within(
        actor, today, store_code=store_code, dealer_code=dealer_code, branch_code=branch_code
    )
    brought = cube_reading.figures(
        connection, guide_cell, first, last, _BROUGHT, "sum", whose.limits(guide_cell)
    )
    earned = cube_reading.figures(
        connection, guide_cell, first, last, _EARNED, "origin", whose.limits(guide_cell)
    )
    sums = [
        {
            r[0]: tuple(map(int, r[1:]))
            for r in connection.execute(
                select(c.guide_id, *(func.sum(c[name]) for name in names)).group_by(c.guide_id)
            )
        }
        for c, names in ((brought.c, _BROUGHT), (earned.c, _EARNED))
    ]
    g = guide.c
    query = (
        select(
            g.id,
            g.guide_code,
            g.name,
            g.role,
            store.c.store_code,
            store.c.name.label("store_name"),
            g.left_on,
            g.hired_on,
        )
        .join(store, store.c.id == g.store_id)
        .where(*whose.guides({"guide_id": g.id}))
    )
    rows = [
        GuideFigures(*r[:7], *sums[0].get(r.id, (0,) * len(_BROUGHT)), *sums[1].get(r.id, (0, 0)))
        for r in connection.execute(query)
        if r.id in sums[0] or r.id in sums[1] or _worked(r, first, last)
    ]
    rows.sort(key=lambda each: each.code)
    rows.sort(key=lambda each: getattr(each, sort), reverse=not ascending)  # type: ignore[no-any-return]
    return rows if limit is None else rows[:limit]


def _worked(r: Any, first: dt.date, last: dt.date) -> bool:
    return (r.hired_on is None or r.hired_on <= last) and (r.left_on is None or r.left_on >= first)


def distribution(rows: Sequence[GuideFigures]) -> Distribution:
    """Of what these guides earned in the month."""
    sums = sorted(each.accrued_minor for each in rows)
    if not sums:
        return Distribution(0, 0, 0, 0, 0, 0, ())
    width = _width(max(sums[-1], 1))
    bins = tuple(
        (low, low + width, sum(low <= s < low + width or low == 0 and s < 0 for s in sums))
        for low in range(0, max(sums[-1], 0) + 1, width)
    )
    return Distribution(
        len(sums),
        sum(s > 0 for s in sums),
        sum(sums),
        sums[(len(sums) - 1) // 2],
        sums[(9 * len(sums) - 1) // 10],
        sums[-1],
        bins,
    )


def _width(most: int) -> int:
    """A round width (1, 2 or 5 times a power of ten) that makes at most BINS bins."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most < factor * size * BINS:
                return factor * size
        size *= 10
