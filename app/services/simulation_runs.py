"""Simulations as jobs: asked for on a page or by the API, carried out by a worker, survived by
their rows (H1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

import db
from app.accounts.users import app_user
from app.jobs import job_runs
from app.jobs.job_runs import Run, job_run
from app.jobs.runner import Done, Handler, Telling
from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.simulation import running, simulations
from stores.simulation.simulations import simulation

KIND = "simulate"
WAITS = (job_runs.QUEUED, job_runs.RUNNING)
COLUMNS = [
    *simulation.c,
    *(
        job_run.c[name]
        for name in (
            "state",
            "created_at",
            "started_at",
            "step",
            "step_at",
            "done",
            "total",
            "error_code",
            "error",
            "cancel_asked",
        )
    ),
    job_run.c.id.label("run_id"),
    job_run.c.kind.label("run_kind"),
    app_user.c.name.label("user_name"),
]
SORTS = {"asked_at": simulation.c.asked_at, "name": simulation.c.name, "state": job_run.c.state}
_NEWEST = (
    select(func.max(job_run.c.id))
    .where(job_run.c.kind == KIND, job_run.c.subject_id == simulation.c.id)
    .correlate(simulation)
    .scalar_subquery()
)
_BY = simulation.join(
    job_run,
    and_(job_run.c.kind == KIND, job_run.c.subject_id == simulation.c.id, job_run.c.id == _NEWEST),
).outerjoin(app_user, app_user.c.id == job_run.c.user_id)


def ask(body: Any, *, actor: Actor, user_id: int | None, now: dt.datetime) -> int:
    """Write a scenario down and queue its run; returns the simulation's id."""
    with db.transaction() as connection:
        found = simulations.ask(connection, body, actor=actor, now=now)
        job_runs.enqueue(connection, KIND, user_id=user_id, now=now, subject_id=found)
        return found


def carry_out(run: Run, tell: Telling) -> Done:
    """The run of one simulation; taken up again it begins anew, for nothing is kept before its
    end."""
    with db.read() as connection:
        scenario = simulations.scenario_of(connection, run.subject_id or 0)
    now = dt.datetime.now(dt.UTC)
    result = running.run(scenario, now=now, tell=tell)
    moved = result.summary["moved"]["visits"]
    return Done(
        "simulated",
        {"visits": result.summary["visits"], "moved": moved},
        lambda connection: simulations.keep(
            connection, run.subject_id or 0, result, dt.datetime.now(dt.UTC)
        ),
    )


HANDLERS: dict[str, Handler] = {KIND: carry_out}


def find(connection: Connection, simulation_id: int) -> Row[Any] | None:
    """The row of a simulation together with how far its run is; None where there is no such
    number."""
    if simulation_id >= 2**63:
        return None
    return connection.execute(
        select(*COLUMNS).select_from(_BY).where(simulation.c.id == simulation_id)
    ).first()


def listed(connection: Connection, order: Order) -> Sequence[Row[Any]]:
    """Sorted by a name of SORTS."""
    return connection.execute(
        ordered(select(*COLUMNS).select_from(_BY), SORTS, simulation.c.id, order)
    ).all()


def page(connection: Connection, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """The newest first, from the one before this id on."""
    query = select(*COLUMNS).select_from(_BY).order_by(simulation.c.id.desc()).limit(limit)
    return connection.execute(
        query.where(simulation.c.id < before) if before is not None else query
    ).all()


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(simulation)).scalar_one())


def finished(connection: Connection, limit: int = 100) -> Sequence[Row[Any]]:
    """Those with findings, the newest first."""
    s = simulation.c
    query = select(s.id, s.name, s.asked_at, s.scenario).where(s.finished_at.is_not(None))
    return connection.execute(query.order_by(s.id.desc()).limit(limit)).all()
