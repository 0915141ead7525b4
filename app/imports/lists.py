"""Uploads as pages show them: each with its last run and its check; what was wrong, by pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, literal, select

from app.accounts.users import app_user
from app.imports.uploads import COLUMNS, READY, SAVE, SAVED, import_fault, upload
from app.jobs.job_runs import DONE, job_run
from stores.base.ordering import Order, ordered

_check = job_run.alias("check_run")
STATUS = case(
    (
        job_run.c.state == DONE,
        case(
            (upload.c.stored_as.is_(None) & job_run.c.outcome.in_((READY, COLUMNS)), "discarded"),
            else_=job_run.c.outcome,
        ),
    ),
    (job_run.c.kind == SAVE, literal("save_") + job_run.c.state),
    else_=literal("check_") + job_run.c.state,
)
STATUSES = (
    "check_queued",
    "check_running",
    "columns",
    "ready",
    "faults",
    "nothing",
    "save_queued",
    "save_running",
    "saved",
    "check_failed",
    "save_failed",
    "check_cancelled",
    "save_cancelled",
    "discarded",
)
MOVING = ("check_queued", "check_running", "save_queued", "save_running")
SORTS = {
    "uploaded_at": upload.c.uploaded_at,
    "kind": upload.c.kind,
    "name": upload.c.name,
    "user": app_user.c.name,
}
_SHOWN = select(
    *(
        upload.c[name]
        for name in (
            "id",
            "kind",
            "name",
            "bytes",
            "digest",
            "stored_as",
            "uploaded_at",
            "run_id",
            "check_id",
            "wishes",
            "headings",
            "heading_map",
        )
    ),
    app_user.c.name.label("user_name"),
    STATUS.label("status"),
    *(
        job_run.c[name]
        for name in (
            "state",
            "outcome",
            "result",
            "created_at",
            "started_at",
            "finished_at",
            "step",
            "step_at",
            "done",
            "total",
            "error_code",
            "error",
            "attempts",
            "cancel_asked",
        )
    ),
    job_run.c.kind.label("run_kind"),
    _check.c.result.label("checked"),
    _check.c.finished_at.label("checked_at"),
).select_from(
    upload.join(app_user, app_user.c.id == upload.c.user_id)
    .join(job_run, job_run.c.id == upload.c.run_id)
    .join(_check, _check.c.id == upload.c.check_id)
)


def find(connection: Connection, upload_id: int) -> Row[Any] | None:
    return connection.execute(_SHOWN.where(upload.c.id == upload_id)).first()


def _of(query: Any, kind: str | None, status: str | None) -> Any:
    query = query.where(upload.c.kind == kind) if kind else query
    return query.where(status == STATUS) if status else query


def rows(
    connection: Connection, order: Order, kind: str | None = None, status: str | None = None
) -> Sequence[Row[Any]]:
    """Uploads with their last run, sorted by a name of SORTS."""
    return connection.execute(ordered(_of(_SHOWN, kind, status), SORTS, upload.c.id, order)).all()


def count(connection: Connection, kind: str | None = None, status: str | None = None) -> int:
    query = select(func.count()).select_from(upload.join(job_run, job_run.c.id == upload.c.run_id))
    return int(connection.execute(_of(query, kind, status)).scalar_one())


def saved_before(connection: Connection, row: Row[Any]) -> Row[Any] | None:
    """The last time the same file was saved as the same kind, by another upload."""
    return connection.execute(
        _SHOWN.where(
            upload.c.digest == row.digest,
            upload.c.kind == row.kind,
            upload.c.id != row.id,
            job_run.c.outcome == SAVED,
        )
        .order_by(upload.c.id.desc())
        .limit(1)
    ).first()


def counts(result: Mapping[str, Any] | None) -> dict[str, int]:
    """new, changed, unchanged of a run's result; zeros without one."""
    return {
        name: int((result or {}).get(name) or 0)
        for name in ("new", "changed", "unchanged", "faults", "warnings", "doubtful")
    }


def faults_of(
    connection: Connection,
    upload_id: int,
    warning: bool,
    after: int | None = None,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    f = import_fault.c
    wanted = f.warning > 0 if warning else f.warning == 0
    query = (
        select(f.id, f.line, f.column_name, f.value, f.reason, f.code, f.parameters, f.warning)
        .where(f.upload_id == upload_id, wanted)
        .order_by(f.id)
    )
    query = query.where(f.id > after) if after is not None else query
    return connection.execute(query.limit(limit) if limit else query).all()


def fault_columns(connection: Connection, upload_id: int) -> Sequence[Row[Any]]:
    """How many of the faults kept are in which column, most first."""
    f = import_fault.c
    return connection.execute(
        select(f.column_name, func.count().label("n"))
        .where(f.upload_id == upload_id, f.warning == 0)
        .group_by(f.column_name)
        .order_by(func.count().desc(), f.column_name)
    ).all()


def says(connection: Connection, upload_id: int, code: str) -> bool:
    """Whether a finding with that code of SAYINGS is kept."""
    f = import_fault.c
    return (
        connection.execute(
            select(f.id).where(f.upload_id == upload_id, f.code == code).limit(1)
        ).first()
        is not None
    )
