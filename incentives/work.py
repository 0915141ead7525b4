"""What waits for headquarters in incentives: months to approve, closed months that no longer come
out as closed (B13, M2)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, exists, func, select

from incentives.periods import incentive_period, incentive_restatement
from stores.base.months import month_of
from stores.figures import cube, cube_reading
from stores.figures.cube import guide_cell
from stores.figures.moved_days import moved_day

BEGINNING = dt.date(1, 1, 1)


def waiting(connection: Connection, today: dt.date) -> dict[str, int]:
    """{"months_to_approve": months that are over, in which something was earned and that nobody has
    approved; "restatements": guides' closed months that wait for two people's decision}."""
    return {
        "months_to_approve": len(months_to_approve(connection, today)),
        "restatements": restatements(connection),
    }


def months_to_approve(connection: Connection, today: dt.date) -> list[str]:
    """Months before `today`'s that wait to be approved, as YYYY-MM, oldest first."""
    p = incentive_period.c
    done = set(connection.execute(select(p.period).where(p.state != "open")).scalars())
    before = today.replace(day=1) - dt.timedelta(days=1)
    months = select(cube.month_of(moved_day.c.day).label("day")).distinct().subquery()
    c, new = (
        guide_cell.c,
        cube_reading.since(
            connection, guide_cell, BEGINNING, before, ("accrued_minor",), "origin"
        ).c,
    )
    earned = exists().where(c.grain == cube.ORIGIN, c.day == months.c.day, c.accrued_minor != 0)
    found = set(
        connection.execute(select(months.c.day).where(months.c.day <= before, earned)).scalars()
    )
    found |= set(
        connection.execute(select(new.day).where(new.accrued_minor != 0).distinct()).scalars()
    )
    return sorted(month for day in found if (month := month_of(day)) not in done)


def restatements(connection: Connection) -> int:
    r = incentive_restatement.c
    return int(
        connection.execute(
            select(func.count()).select_from(select(r.period, r.guide_id).distinct().subquery())
        ).scalar_one()
    )
