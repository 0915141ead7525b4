"""Between which ids the transfers of a day lie, so that the newest of an old month are found
without walking through all since (M16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, Connection, Date, Table, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

import db
from ledger import schema
from ledger.journals import transfer
from stores.figures.cube_feeds import marks

moved_day = Table(
    "moved_day",
    schema.metadata,
    Column("day", Date, primary_key=True),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
)
_T, _M = transfer.c, moved_day.c


def add(connection: Connection, behind: int, upto: int) -> None:
    """Take in the transfers with ids in (behind, upto]: widen the first and last id kept of each of
    their business days."""
    sums = (
        select(_T.business_day, func.min(_T.id), func.max(_T.id))
        .where(_T.id > behind, _T.id <= upto)
        .group_by(_T.business_day)
    )
    insert = (
        (postgresql if db.lock_clause(connection) else sqlite)
        .insert(moved_day)
        .from_select(["day", "first_id", "last_id"], sums)
    )
    new = insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[_M.day],
            set_={
                "first_id": case((new.first_id < _M.first_id, new.first_id), else_=_M.first_id),
                "last_id": case((new.last_id > _M.last_id, new.last_id), else_=_M.last_id),
            },
        )
    )


def bounds(connection: Connection, first: dt.date, last: dt.date) -> tuple[int, int]:
    """Every transfer of these days has an id from the first to the last of these two; (0, 0) when
    there is none."""
    mark = marks(connection)["transfer"]
    kept = connection.execute(
        select(func.min(_M.first_id), func.max(_M.last_id)).where(_M.day >= first, _M.day <= last)
    ).one()
    new = connection.execute(
        select(func.min(_T.id), func.max(_T.id)).where(
            _T.id > mark, func.coalesce(_T.business_day, first).between(first, last)
        )
    ).one()
    found = [int(each) for each in (*kept, *new) if each is not None]
    return (min(found), max(found)) if found else (0, 0)


def faults(connection: Connection, mark: int) -> Iterator[str]:
    right = (
        select(
            _T.business_day.label("day"),
            func.min(_T.id).label("first_id"),
            func.max(_T.id).label("last_id"),
        )
        .where(_T.id <= mark)
        .group_by(_T.business_day)
    )
    wanted = {tuple(r) for r in connection.execute(right)}
    kept = {tuple(r) for r in connection.execute(select(moved_day))}
    for day in sorted({r[0] for r in wanted ^ kept}):
        yield f"moved_day {day}: does not name the first and last transfer of the day"
