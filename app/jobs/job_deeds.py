"""What people decide about runs: cancel one, try one again (O3 of the stories)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    select,
    update,
)

import db
from app.jobs.job_runs import CANCELLED, FAILED, QUEUED, RUNNING, job_run
from ledger import audit
from ledger.faults import Conflict, NotFound
from stores.base.actors import Actor


def cancel(run_id: int, *, actor: Actor, now: dt.datetime) -> str:
    """End a run that waits, ask a running one to end at its next step, set a failed one aside.
    Returns the state then. Raises NotFound, Conflict."""
    actor.require("job:write")
    with db.transaction() as connection:
        state = _locked(connection, run_id).state
        if state in (QUEUED, FAILED):
            connection.execute(
                update(job_run)
                .where(job_run.c.id == run_id)
                .values(state=CANCELLED, finished_at=now)
            )
        elif state == RUNNING:
            connection.execute(
                update(job_run).where(job_run.c.id == run_id).values(cancel_asked=True)
            )
        else:
            raise Conflict("This job has ended already; there is nothing to cancel.")
        audit.record(
            connection, actor.name, "cancel_job", "job_run", run_id, {"was": state}, at=now
        )
    return CANCELLED if state != RUNNING else RUNNING


def retry(run_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Put a failed run into the queue again. Raises NotFound, Conflict."""
    actor.require("job:write")
    with db.transaction() as connection:
        if _locked(connection, run_id).state != FAILED:
            raise Conflict("Only a job that failed can be tried again.")
        connection.execute(
            update(job_run)
            .where(job_run.c.id == run_id)
            .values(
                state=QUEUED,
                created_at=now,
                started_at=None,
                heartbeat_at=None,
                finished_at=None,
                step=None,
                step_at=None,
                done=0,
                total=0,
                error_code=None,
                error=None,
                attempts=0,
                cancel_asked=False,
            )
        )
        audit.record(connection, actor.name, "retry_job", "job_run", run_id, at=now)


def _locked(connection: Connection, run_id: int) -> Row[Any]:
    query = select(job_run.c.state).where(job_run.c.id == run_id)
    row = connection.execute(
        query.with_for_update() if db.lock_clause(connection) else query
    ).first()
    if row is None:
        raise NotFound(f"There is no job {run_id}.")
    return row
