"""Runs of long work and the last word of recurring jobs: what waits, what runs, how far it is, what
came out (O3 of the stories).

A run is asked for in the transaction of the deed that needs it, taken by one worker at a time
(app/jobs/runner.py), and written by nobody but its holder. A run whose holder fell silent is taken
again from its start, so what a kind of run does must be one transaction or repeatable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    and_,
    insert,
    or_,
    select,
    update,
)

import db
from ledger import schema

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
OPEN = (QUEUED, RUNNING)
STALE_SECONDS = 45.0  # without a heartbeat; a save may hold SQLite's writer for some of it
MOST_ATTEMPTS = 3  # a run that takes its worker down with it is not taken for ever
ERROR_LENGTH = 500

job_run = Table(
    "job_run",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("kind", schema.Code(32), nullable=False),
    Column("subject_id", schema.BigId),  # what the run is about; its kind says of which table
    Column("state", schema.Code(16), nullable=False),
    Column("user_id", schema.BigId, ForeignKey("app_user.id")),
    Column("created_at", schema.Instant, nullable=False),
    Column("started_at", schema.Instant),
    Column("heartbeat_at", schema.Instant),
    Column("finished_at", schema.Instant),
    Column("step", schema.Code(16)),
    Column("step_at", schema.Instant),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("outcome", schema.Code(16)),
    Column("result", schema.Json),
    Column("error_code", schema.Code(64)),
    Column("error", String(ERROR_LENGTH)),
    Column("holder", schema.Code(96)),
    Column("attempts", Integer, nullable=False),
    Column("cancel_asked", Boolean, nullable=False),
)
Index("ix_job_run_state", job_run.c.state, job_run.c.id)
Index("ix_job_run_created", job_run.c.created_at)
recurring_job = Table(
    "recurring_job",
    schema.metadata,
    Column("name", schema.Code(32), primary_key=True),
    Column("succeeded_at", schema.Instant),
    Column("took_ms", BigInteger),
    Column("result", schema.Json),
    Column("failed_at", schema.Instant),
    Column("error_code", schema.Code(64)),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its holder has it."""

    id: int
    kind: str
    subject_id: int | None
    user_id: int | None
    attempts: int
    holder: str


def enqueue(
    connection: Connection,
    kind: str,
    *,
    user_id: int | None,
    now: dt.datetime,
    subject_id: int | None = None,
) -> int:
    """Ask for a run inside the transaction of the deed; returns its id."""
    row = {
        "kind": kind,
        "subject_id": subject_id,
        "state": QUEUED,
        "user_id": user_id,
        "created_at": now,
        "done": 0,
        "total": 0,
        "attempts": 0,
        "cancel_asked": False,
    }
    return int(connection.execute(insert(job_run).values(row).returning(job_run.c.id)).scalar_one())


def _waiting(now: dt.datetime, stale_seconds: float) -> Any:
    silent = and_(
        job_run.c.state == RUNNING,
        job_run.c.heartbeat_at < now - dt.timedelta(seconds=stale_seconds),
    )
    return or_(job_run.c.state == QUEUED, silent)


def take(holder: str, now: dt.datetime, stale_seconds: float = STALE_SECONDS) -> Run | None:
    """The oldest run that waits or whose holder fell silent; None when there is none. One that was
    given up MOST_ATTEMPTS times fails."""
    j, waits = job_run.c, _waiting(now, stale_seconds)
    with db.read() as connection:  # nothing waits nearly always: that must not take SQLite's writer
        if connection.execute(select(j.id).where(waits).limit(1)).first() is None:
            return None
    with db.transaction() as connection:
        _give_up(connection, waits, now)
        query = select(j.id).where(waits).order_by(j.id).limit(1)
        if db.lock_clause(connection):
            query = query.with_for_update(skip_locked=True)
        run_id = connection.execute(query).scalar()
        if run_id is None:
            return None
        taken = connection.execute(
            update(job_run)
            .where(j.id == run_id)
            .values(
                state=RUNNING,
                holder=holder,
                attempts=j.attempts + 1,
                started_at=now,
                heartbeat_at=now,
                step="started",
                step_at=now,
                done=0,
                total=0,
            )
            .returning(j.id, j.kind, j.subject_id, j.user_id, j.attempts)
        ).one()
        return Run(*taken, holder)


def _give_up(connection: Connection, waits: Any, now: dt.datetime) -> None:
    connection.execute(
        update(job_run)
        .where(waits, job_run.c.attempts >= MOST_ATTEMPTS)
        .values(
            state=FAILED,
            finished_at=now,
            holder=None,
            error_code="interrupted",
            error=f"The worker ended {MOST_ATTEMPTS} times in the middle of this job.",
        )
    )


def _own(run: Run) -> Any:
    return and_(
        job_run.c.id == run.id,
        job_run.c.holder == run.holder,
        job_run.c.state == RUNNING,
        job_run.c.attempts == run.attempts,
    )


def beat(
    run: Run, now: dt.datetime, step: str, step_at: dt.datetime, done: int, total: int
) -> bool | None:
    """Say that the run lives and how far it is. Answers whether somebody asked to cancel it; None
    when it is no longer ours."""
    with db.transaction() as connection:
        return connection.execute(
            update(job_run)
            .where(_own(run))
            .values(heartbeat_at=now, step=step, step_at=step_at, done=done, total=total)
            .returning(job_run.c.cancel_asked)
        ).scalar()


def finish(
    connection: Connection,
    run: Run,
    state: str,
    now: dt.datetime,
    *,
    outcome: str | None = None,
    result: Mapping[str, Any] | None = None,
    error_code: str | None = None,
    error: str | None = None,
) -> bool:
    """The end of a run, inside the transaction that keeps its findings; False when it is no longer
    ours."""
    ended = (
        update(job_run)
        .where(_own(run))
        .values(
            state=state,
            finished_at=now,
            heartbeat_at=now,
            outcome=outcome,
            result=dict(result) if result is not None else None,
            error_code=error_code,
            error=error[:ERROR_LENGTH] if error else None,
            holder=None,
        )
    )
    return connection.execute(ended).rowcount == 1


def hand_back(run: Run) -> None:
    """To the queue again, as if it had not been begun: the worker is told to stop."""
    with db.transaction() as connection:
        connection.execute(
            update(job_run)
            .where(_own(run))
            .values(
                state=QUEUED,
                holder=None,
                started_at=None,
                heartbeat_at=None,
                step=None,
                step_at=None,
                done=0,
                total=0,
                attempts=job_run.c.attempts - 1,
            )
        )


def note_recurring(
    name: str,
    now: dt.datetime,
    *,
    took_ms: int = 0,
    result: Mapping[str, Any] | None = None,
    error_code: str | None = None,
) -> None:
    """The last word of a recurring job: success, or failure when `error_code` is given."""
    values: dict[str, Any] = (
        {"failed_at": now, "error_code": error_code[:64]}
        if error_code
        else {"succeeded_at": now, "took_ms": took_ms, "result": dict(result or {})}
    )
    with db.transaction() as connection:
        if not connection.execute(
            update(recurring_job).where(recurring_job.c.name == name).values(values)
        ).rowcount:
            connection.execute(insert(recurring_job).values(name=name, **values))
