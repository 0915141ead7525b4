"""The runs of an upload: checked again, saved, its columns matched, and what a run found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    select,
    update,
)

import db
from app.imports import headings as upload_headings
from app.imports.kinds import KINDS
from app.imports.uploads import (
    CHECK,
    NAME_LENGTH,
    READY,
    REASON_LENGTH,
    SAVE,
    SAVED,
    import_fault,
    upload,
)
from app.jobs import job_runs
from app.jobs.job_runs import job_run
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import Conflict, FieldFault, NotFound
from stores.base.actors import Actor
from stores.imports.faults import VALUE_LENGTH, FaultList, ImportFault
from stores.imports.headings import HeadingMap


def save(
    upload_id: int, *, actor: Actor, user_id: int, now: dt.datetime, accept: bool = False
) -> None:
    """Ask that the checked rows are written; asked twice, it is done once. `accept`: what is
    doubtful is meant. Raises NotFound, Conflict when there is nothing sound to save, or something
    doubtful that is not accepted."""

    def after(row: Any) -> bool:
        return row.outcome == READY and (accept or not (row.result or {}).get("doubtful"))

    _run_again(upload_id, SAVE, actor=actor, user_id=user_id, now=now, after=after, accept=accept)


def match_columns(
    upload_id: int, given: HeadingMap, *, actor: Actor, user_id: int, now: dt.datetime
) -> list[FieldFault]:
    """Check the kept file with its columns read as `given`, and keep the answer for the next file
    with these headings. Returns what is wrong with the answer; then nothing is done. Raises
    NotFound, Conflict."""
    actor.require("import:write")
    with db.transaction() as connection:
        row = connection.execute(
            select(upload.c.kind, upload.c.headings).where(upload.c.id == upload_id)
        ).first()
        if row is None:
            raise NotFound(f"There is no upload {upload_id}.")
        if row.headings is None:
            raise Conflict("This upload moved on meanwhile; load its page again.")
        if faults := upload_headings.faults_of(row.kind, row.headings, given):
            return faults
        _run_again(
            upload_id,
            CHECK,
            actor=actor,
            user_id=user_id,
            now=now,
            after=lambda row: row.outcome != SAVED,
        )
        connection.execute(
            update(upload).where(upload.c.id == upload_id).values(heading_map=given.as_json())
        )
        upload_headings.keep(
            connection, row.kind, [each["name"] for each in row.headings], given, now
        )
    return []


def check_again(
    upload_id: int,
    *,
    actor: Actor,
    user_id: int,
    now: dt.datetime,
    kind: str | None = None,
    follow_above: bool = False,
) -> None:
    """Check the kept file once more, perhaps as another kind, or with blank order fields following
    the line above. Raises NotFound, Conflict."""
    if kind is not None and kind not in KINDS:
        raise NotFound(f"There is no import of {kind!r}.")
    _run_again(
        upload_id,
        CHECK,
        actor=actor,
        user_id=user_id,
        now=now,
        after=lambda row: row.outcome != SAVED,
        kind=kind,
        **({"follow_above": True} if follow_above else {}),
    )


def _run_again(
    upload_id: int,
    run_kind: str,
    *,
    actor: Actor,
    user_id: int,
    now: dt.datetime,
    after: Any,
    kind: str | None = None,
    accept: bool = False,
    **more: bool,
) -> None:
    actor.require("import:write")
    with db.transaction() as connection:
        query = (
            select(
                upload.c.stored_as,
                upload.c.kind,
                upload.c.wishes,
                job_run.c.result,
                job_run.c.kind.label("run_kind"),
                job_run.c.state,
                job_run.c.outcome,
            )
            .join(job_run, job_run.c.id == upload.c.run_id)
            .where(upload.c.id == upload_id)
        )
        row = connection.execute(
            query.with_for_update() if db.lock_clause(connection) else query
        ).first()
        if row is None:
            raise NotFound(f"There is no upload {upload_id}.")
        if row.run_kind == run_kind and row.state in job_runs.OPEN:
            return
        if row.state in job_runs.OPEN or not after(row):
            raise Conflict("This upload moved on meanwhile; load its page again.")
        if row.stored_as is None:
            raise Conflict("The file is no longer kept; upload it again.")
        run_id = job_runs.enqueue(
            connection, run_kind, user_id=user_id, now=now, subject_id=upload_id
        )
        wishes = {**(row.wishes or {}), **more, "accept": accept}
        values: dict[str, Any] = {
            "run_id": run_id,
            "wishes": wishes,
            **({"check_id": run_id} if run_kind == CHECK else {}),
        }
        values |= {"kind": kind, "headings": None, "heading_map": None} if kind else {}
        connection.execute(update(upload).where(upload.c.id == upload_id).values(values))
        audit.record(
            connection,
            actor.name,
            "save_upload" if run_kind == SAVE else "check_upload",
            "upload",
            upload_id,
            {"kind": kind or row.kind},
            at=now,
        )


def note_headings(
    connection: Connection, upload_id: int, top: Sequence[Any] | None, given: HeadingMap
) -> None:
    """What a check found about the columns; nothing of a file that was removed meanwhile."""
    connection.execute(
        update(upload)
        .where(upload.c.id == upload_id, upload.c.stored_as.is_not(None))
        .values(headings=top, heading_map=given.as_json() if given else None)
    )


def keep_faults(
    connection: Connection, upload_id: int, faults: FaultList, warnings: FaultList
) -> None:
    """What this run found, in place of what the last one did; nothing of a file that was removed
    meanwhile."""
    if (
        connection.execute(select(upload.c.stored_as).where(upload.c.id == upload_id)).scalar()
        is None
    ):
        return
    connection.execute(delete(import_fault).where(import_fault.c.upload_id == upload_id))
    insert_rows(
        connection,
        import_fault,
        [
            {
                "upload_id": upload_id,
                "warning": warning,
                "line": each.line,
                "column_name": _stored(each.column, NAME_LENGTH),
                "value": _stored(each.value, VALUE_LENGTH),
                "reason": _stored(each.reason, REASON_LENGTH),
                "code": each.code or None,
                "parameters": dict(each.parameters) or None,
            }
            for warning, each in [
                *((0, each) for each in faults.in_order()),
                *_doubtful_first(warnings),
            ]
        ],
    )


def _doubtful_first(warnings: FaultList) -> list[tuple[int, ImportFault]]:
    found = warnings.in_order()
    return [(2, each) for each in found if each.doubtful] + [
        (1, each) for each in found if not each.doubtful
    ]


def _stored(text: str, longest: int) -> str:
    """Cut, and without what no database or page can hold (a cell at fault may hold anything)."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return (
        cut
        if cut.isprintable()
        else "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cut
        )
    )
