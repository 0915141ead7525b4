"""Background jobs: what runs, what waits, what failed, and when the recurring ones last succeeded
(O3 of the stories)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Row

import db
from app.hq.home import blueprint
from app.jobs import job_deeds, job_lists, job_runs
from app.jobs.job_runs import FAILED, OPEN, STATES
from app.services.schedule import JOBS
from app.ui import fault_words, table_answers, work_labels
from app.ui.job_words import progress_of
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound

SHOWN = 20
LATE_TURNS, LATE_SECONDS = (
    3,
    120.0,
)  # a recurring job that missed its turns by more than this says that no worker runs


def _door(row: Row[Any]) -> str | None:
    """To the import, simulation or re-assignment that the run is about, for those who may open
    it."""
    if row.kind.startswith("reassign.") and row.subject_id:
        return (
            url_for("hq.reassignment", number=row.subject_id)
            if current_actor().may("network:write")
            else None
        )
    if row.kind == "simulate" and row.subject_id and current_actor().may("simulation:read"):
        return url_for("hq.simulation", simulation_id=row.subject_id)
    return (
        url_for("hq.import_run", upload_id=row.subject_id)
        if row.kind.startswith("import.") and row.subject_id and current_actor().may("import:write")
        else None
    )


def _seconds(row: Row[Any]) -> str | None:
    return (
        f"{(row.finished_at - row.started_at).total_seconds():.1f}"
        if row.finished_at and row.started_at
        else None
    )


COLUMNS = (
    Column("created_at", _l("Asked at"), "moment", sort="created_at"),
    Column("kind", _l("Job"), "words", sort="kind", words=work_labels.RUN_KINDS, door=_door),
    Column("user", _l("By"), value=lambda row: row.user_name),
    Column(
        "state",
        _l("State"),
        "tag",
        sort="state",
        words=work_labels.RUN_STATES,
        meanings=work_labels.RUN_MEANINGS,
    ),
    Column("outcome", _l("Result"), "words", words=work_labels.RUN_OUTCOMES),
    Column("seconds", _l("Seconds"), "number", value=_seconds),
    Column("attempts", _l("Attempts"), "count", shown=False),
    Column("finished_at", _l("Ended at"), "moment", shown=False),
    Column(
        "error",
        _l("Reason"),
        value=lambda row: fault_words.reason(row.error) if row.error else None,
        shown=False,
    ),
)


@blueprint.get("/jobs", strict_slashes=False)
@needs("job:read")
def jobs() -> Any:
    now, _today = now_and_today()
    state = request.args.get("state")
    state = state if state in STATES else None
    table = table_answers.asked("jobs", COLUMNS, "-created_at")
    with db.read() as connection:
        failed = job_lists.failed_jobs(connection)
        return table_answers.answer(
            table,
            lambda order: job_lists.rows(connection, order, state),
            "hq/jobs.html",
            now=now,
            state=state,
            states=STATES,
            failed_count=failed,
            failed=job_lists.of_state(connection, (FAILED,), SHOWN),
            total_rows=job_lists.count(connection, state),
            recurring=_recurring(connection, now),
            may_write=current_actor().may("job:write"),
            door=_door,
            fault_words=fault_words,
            **_moving(connection, now),
        )


@blueprint.get("/jobs/now", strict_slashes=False)
@needs("job:read")
def jobs_now() -> Any:
    """The moving part of the page; when nothing moves any more the whole page is asked for."""
    now, _today = now_and_today()
    with db.read() as connection:
        shown = _moving(connection, now)
    if not shown["moving"]:
        return "", 200, {"HX-Refresh": "true"}
    return render_template(
        "hq/jobs_now.html", may_write=current_actor().may("job:write"), door=_door, **shown
    )


def _moving(connection: Connection, now: dt.datetime) -> dict[str, Any]:
    rows = job_lists.of_state(connection, OPEN, SHOWN)
    return {"moving": [(row, progress_of(row, now)) for row in rows]}


def _recurring(connection: Connection, now: dt.datetime) -> list[dict[str, Any]]:
    """Each recurring job with its last word: `state` is ok, failed, late (its turn is long over) or
    never."""
    known, found = job_lists.recurring(connection), []
    for job in JOBS:
        row = known.get(job.name)
        late = (
            row is not None
            and row.succeeded_at is not None
            and (now - row.succeeded_at).total_seconds()
            > job.every_seconds * LATE_TURNS + LATE_SECONDS
        )
        state = "never" if row is None else "failed" if row.broken else "late" if late else "ok"
        found.append({"name": job.name, "every": job.every_seconds, "row": row, "state": state})
    return found


@blueprint.post("/jobs/<int:run_id>/<deed>")
@needs("job:write")
def job_deed(run_id: int, deed: str) -> Any:
    """retry, cancel."""
    actor, now = current_actor(), dt.datetime.now(dt.UTC)
    if run_id >= 2**63 or deed not in ("retry", "cancel"):
        raise NotFound("There is no such deed.")
    if deed == "retry":
        job_deeds.retry(run_id, actor=actor, now=now)
        flash(_("The job waits for its turn again."), "good")
    elif job_deeds.cancel(run_id, actor=actor, now=now) == job_runs.RUNNING:
        flash(_("The job ends at its next step; nothing of it is written."), "good")
    else:
        flash(_("The job was set aside."), "good")
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/hq/") else url_for("hq.jobs"), 303)
