"""What a month of incentives came to: by component from the ledger, by state, and the months there
are (B13, C6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from incentives.periods import incentive_period, incentive_restatement
from incentives.posting.differences import KINDS
from incentives.work import BEGINNING
from ledger.journals import transfer
from stores.base.actors import Actor
from stores.base.months import month_of
from stores.figures import cube, cube_reading
from stores.network.guides import guide
from stores.network.scope import visible_store_ids


@dataclass(frozen=True, slots=True)
class ComponentSum:
    """Of the awards that belong to the month, whenever booked: `accrued_minor` = `vested_minor` +
    `pending_minor`."""

    code: str
    guides: int
    accrued_minor: int
    vested_minor: int

    @property
    def pending_minor(self) -> int:
        return self.accrued_minor - self.vested_minor


@dataclass(frozen=True, slots=True)
class MonthSum:
    """One month of the chain. `state`: open, approved, closed; `restatements`: guides whose closed
    lines come out differently (M2)."""

    code: str
    state: str
    accrued_minor: int
    vested_minor: int
    approved_at: dt.datetime | None
    closed_at: dt.datetime | None
    restatements: int

    @property
    def pending_minor(self) -> int:
        return self.accrued_minor - self.vested_minor


def by_component(
    connection: Connection, actor: Actor, period: str, today: dt.date
) -> list[ComponentSum]:
    """Most accrued first, of the guides whom the actor sees."""
    t, visible = transfer.c, visible_store_ids(actor, today)

    def net(kinds: tuple[str, str]) -> object:
        return func.sum(
            case(
                (t.kind == kinds[0], t.amount_minor), (t.kind == kinds[1], -t.amount_minor), else_=0
            )
        )

    kinds = (*KINDS["earned"], *KINDS["vest"])
    query = select(
        t.component, func.count(t.guide_id.distinct()), net(KINDS["earned"]), net(KINDS["vest"])
    ).where(  # type: ignore[arg-type]
        t.origin_period == period, t.guide_id.is_not(None), t.kind.in_(kinds)
    )
    if visible is not None:
        query = query.where(t.guide_id.in_(select(guide.c.id).where(guide.c.store_id.in_(visible))))
    found = [
        ComponentSum(str(r[0]), int(r[1]), int(r[2]), int(r[3]))
        for r in connection.execute(query.group_by(t.component))
    ]
    return sorted(found, key=lambda each: (-each.accrued_minor, each.code))


def months(connection: Connection) -> list[MonthSum]:
    """Every month in which something was earned or that has a state, newest first."""
    p, r = incentive_period.c, incentive_restatement.c
    known = {
        row.period: row
        for row in connection.execute(select(p.period, p.state, p.approved_at, p.closed_at))
    }
    changed = {
        row[0]: int(row[1])
        for row in connection.execute(
            select(r.period, func.count(r.guide_id.distinct())).group_by(r.period)
        )
    }
    c = cube_reading.figures(
        connection,
        cube.guide_cell,
        BEGINNING,
        dt.date(9999, 12, 31),
        ("accrued_minor", "vested_minor"),
        "origin",
    ).c
    sums = {
        month_of(row[0]): (int(row[1]), int(row[2]))
        for row in connection.execute(
            select(c.day, func.sum(c.accrued_minor), func.sum(c.vested_minor)).group_by(c.day)
        )
        if row[1] or row[2]
    }
    return [
        MonthSum(
            period,
            known[period].state if period in known else "open",
            *sums.get(period, (0, 0)),
            known[period].approved_at if period in known else None,
            known[period].closed_at if period in known else None,
            changed.get(period, 0),
        )
        for period in sorted({*known, *sums}, reverse=True)
    ]
