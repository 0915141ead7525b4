"""What a worker does for a re-assignment asked for on a page: the check binds nobody, the run goes
on where it stood, undoing likewise."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, select

import db
from app.accounts import users
from app.jobs import job_lists, job_runs
from app.jobs.job_runs import OPEN, Run, job_run
from app.jobs.runner import Cancelled, Done, Handler, Telling
from ledger.faults import Conflict, NotAllowed
from stores.base.actors import Actor
from stores.customer_deeds import reassign, reassign_check, reassign_undo, reassignments
from stores.customer_deeds.reassign_plan import Plan

CHECK, RUN, UNDO = "reassign.check", "reassign.run", "reassign.undo"
KINDS = (CHECK, RUN, UNDO)


# -- asked for on the page -------------------------------------------------------------------------


def ask(plan: Plan, *, actor: Actor, user_id: int, now: dt.datetime) -> int:
    """Write down the plan and ask for its check; returns its number. Raises InvalidInput,
    NotAllowed."""
    with db.transaction() as connection:
        number = reassign_check.ask(plan, actor=actor, now=now)
        job_runs.enqueue(connection, CHECK, user_id=user_id, now=now, subject_id=number)
    return number


def check_again(number: int, *, actor: Actor, user_id: int, now: dt.datetime) -> None:
    _ask_for(number, CHECK, ("asked", "checked"), actor, user_id, now)


def start(number: int, *, actor: Actor, user_id: int, now: dt.datetime) -> None:
    """Raises Conflict when the check does not hold any more."""
    with db.transaction() as connection:
        _nothing_open(connection, number)
        reassign.start(number, actor=actor, now=now)
        job_runs.enqueue(connection, RUN, user_id=user_id, now=now, subject_id=number)


def go_on(number: int, *, actor: Actor, user_id: int, now: dt.datetime) -> None:
    _ask_for(number, RUN, ("stopped", "running"), actor, user_id, now)


def undo(number: int, *, actor: Actor, user_id: int, now: dt.datetime) -> None:
    """Raises Conflict later than 24 hours."""
    with db.read() as connection:
        if not reassign_undo.undoable(reassignments.find(connection, number), now):
            raise Conflict(
                "There is nothing to undo here: nobody was moved, or more than 24 hours ago."
            )
    _ask_for(number, UNDO, ("done", "stopped", "undoing"), actor, user_id, now)


def _ask_for(
    number: int, kind: str, states: tuple[str, ...], actor: Actor, user_id: int, now: dt.datetime
) -> None:
    actor.require("network:write")
    with db.transaction() as connection:
        if reassignments.find(connection, number).state not in states:
            raise Conflict("This re-assignment moved on meanwhile; load its page again.")
        _nothing_open(connection, number)
        job_runs.enqueue(connection, kind, user_id=user_id, now=now, subject_id=number)


def _nothing_open(connection: Connection, number: int) -> None:
    run = last_run(connection, number)
    if run is not None and run.state in OPEN:
        raise Conflict("A job for this re-assignment waits or runs already.")


def last_run(connection: Connection, number: int) -> Row[Any] | None:
    """The newest run for a re-assignment, as `job_runs.find` shows it; None for one made on the
    command line."""
    newest = (
        select(job_run.c.id)
        .where(job_run.c.kind.in_(KINDS), job_run.c.subject_id == number)
        .order_by(job_run.c.id.desc())
        .limit(1)
    )
    run_id = connection.execute(newest).scalar()
    return job_lists.find(connection, run_id) if run_id is not None else None


# -- what the worker does --------------------------------------------------------------------------


def _check(run: Run, tell: Telling) -> Done:
    tell("counting")
    row = reassign_check.check(run.subject_id or 0, actor=_actor(run), now=dt.datetime.now(dt.UTC))
    return Done(
        "counted",
        {"customers": row.customers, "protected": row.protected, "unplaced": row.unplaced},
    )


def _run(run: Run, tell: Telling) -> Done:
    """Cancelled, it stands where it stood and can be taken up again."""
    actor = _actor(run)
    try:
        row = reassign.proceed(
            run.subject_id or 0, actor=actor, tell=lambda done, total: tell("moving", done, total)
        )
    except Cancelled:
        reassign.stop(run.subject_id or 0, actor=actor, now=dt.datetime.now(dt.UTC))
        raise
    return Done("moved", {"customers": row.moved})


def _undo(run: Run, tell: Telling) -> Done:
    row = reassign_undo.undo(
        run.subject_id or 0,
        actor=_actor(run),
        tell=lambda done, total: tell("moving_back", done, total),
    )
    return Done("undone", {"customers": row.moved})


def _actor(run: Run) -> Actor:
    with db.read() as connection:
        user = users.by_id(connection, run.user_id or 0)
    if user is None or not user.actor.may("network:write"):
        raise NotAllowed("Who asked for this may no longer change the network.")
    return user.actor


HANDLERS: dict[str, Handler] = {CHECK: _check, RUN: _run, UNDO: _undo}
