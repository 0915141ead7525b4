"""What waits for headquarters in incentives: months to approve, closed months that no longer come out as closed (B13, M2)."""
from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, select

from incentives.periods import incentive_period, incentive_restatement
from stores import cube

BEGINNING = dt.date(1, 1, 1)


def waiting(connection: Connection, today: dt.date) -> dict[str, int]:
    """{"months_to_approve": months that are over, in which something was earned and that nobody has approved; "restatements": guides' closed
    months that wait for two people's decision}."""
    return {"months_to_approve": len(months_to_approve(connection, today)), "restatements": restatements(connection)}


def months_to_approve(connection: Connection, today: dt.date) -> list[str]:
    """YYYY-MM, oldest first."""
    p = incentive_period.c
    done = set(connection.execute(select(p.period).where(p.state != "open")).scalars())
    c = cube.figures(connection, cube.guide_cell, BEGINNING, today.replace(day=1) - dt.timedelta(days=1), ("accrued_minor",), "origin").c
    earned = connection.execute(select(c.day, func.sum(c.accrued_minor).label("amount")).group_by(c.day).order_by(c.day))
    return [month for r in earned if r.amount and (month := r.day.isoformat()[:7]) not in done]


def restatements(connection: Connection) -> int:
    r = incentive_restatement.c
    return int(connection.execute(select(func.count()).select_from(select(r.period, r.guide_id).distinct().subquery())).scalar_one())
