"""What pages ask of runs and recurring jobs: lists, numbers, and what failed (O3 of the stories)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    func,
    or_,
    select,
)

from app.accounts.users import app_user
from app.jobs.job_runs import FAILED, OPEN, QUEUED, job_run, recurring_job
from ledger import schema
from stores.base.ordering import Order, ordered

SHOWN = [
    *(
        job_run.c[name]
        for name in (
            "id",
            "kind",
            "subject_id",
            "state",
            "created_at",
            "started_at",
            "heartbeat_at",
            "finished_at",
            "step",
            "step_at",
            "done",
            "total",
            "outcome",
            "result",
            "error_code",
            "error",
            "attempts",
            "cancel_asked",
        )
    ),
    app_user.c.name.label("user_name"),
]
SORTS = {"created_at": job_run.c.created_at, "kind": job_run.c.kind, "state": job_run.c.state}
_BY = job_run.outerjoin(app_user, app_user.c.id == job_run.c.user_id)


def failed_jobs(connection: Connection) -> int:
    """Runs that failed and wait for somebody, and recurring jobs whose last word is a failure."""
    runs = select(func.count()).select_from(job_run).where(job_run.c.state == FAILED)
    return int(
        connection.execute(
            select(
                runs.scalar_subquery()
                + select(func.count()).select_from(recurring_job).where(_broken()).scalar_subquery()
            )
        ).scalar_one()
    )


def _broken() -> Any:
    return and_(
        recurring_job.c.failed_at.is_not(None),
        or_(
            recurring_job.c.succeeded_at.is_(None),
            recurring_job.c.failed_at > recurring_job.c.succeeded_at,
        ),
    )


def running(connection: Connection, limit: int = 20) -> Sequence[Row[Any]]:
    """Runs that run or wait, in the order in which they are taken."""
    return of_state(connection, OPEN, limit)


def of_state(connection: Connection, states: Sequence[str], limit: int = 20) -> Sequence[Row[Any]]:
    return connection.execute(
        select(*SHOWN)
        .select_from(_BY)
        .where(job_run.c.state.in_(states))
        .order_by(job_run.c.id)
        .limit(limit)
    ).all()


def find(connection: Connection, run_id: int) -> Row[Any] | None:
    return connection.execute(select(*SHOWN).select_from(_BY).where(job_run.c.id == run_id)).first()


def rows(connection: Connection, order: Order, state: str | None = None) -> Sequence[Row[Any]]:
    """The history of runs, sorted by a name of SORTS."""
    query = select(*SHOWN).select_from(_BY)
    return connection.execute(
        ordered(
            query.where(job_run.c.state == state) if state else query, SORTS, job_run.c.id, order
        )
    ).all()


def count(connection: Connection, state: str | None = None) -> int:
    query = select(func.count()).select_from(job_run)
    return int(
        connection.execute(query.where(job_run.c.state == state) if state else query).scalar_one()
    )


def recurring(connection: Connection) -> dict[str, Row[Any]]:
    """The last word of each recurring job, by name."""
    return {
        row.name: row
        for row in connection.execute(select(recurring_job, _broken().label("broken")))
    }


def queue(connection: Connection) -> tuple[int, dt.datetime | None, int]:
    """(runs that wait or run, since when the oldest waits to be taken, runs that failed)."""
    j = job_run.c
    row = connection.execute(
        select(
            func.count().filter(j.state.in_(OPEN)),
            func.min(j.created_at).filter(j.state == QUEUED),
            func.count().filter(j.state == FAILED),
        ).where(j.state.in_((*OPEN, FAILED)))
    ).one()
    return int(row[0]), schema.instant(row[1]) if row[1] is not None else None, int(row[2])
