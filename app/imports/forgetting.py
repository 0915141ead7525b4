"""Uploads that go: discarded, too old, or of a person who was erased."""

from __future__ import annotations

import datetime as dt
import mmap
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import (
    Connection,
    delete,
    or_,
    select,
    update,
)

import db
from app.imports.uploads import (
    CHECK,
    KEPT,
    KEPT_AFTER_SAVING,
    NOTHING,
    SAVE,
    SAVED,
    folder,
    import_fault,
    upload,
)
from app.jobs import job_runs
from app.jobs.job_runs import CANCELLED, job_run
from ledger import audit
from ledger.faults import NotFound
from ledger.pieces import pieces
from stores.base.actors import Actor
from stores.base.identifiers import Identifiers
from stores.imports.workbooks import DAMAGED, MAX_UNPACKED_BYTES
from stores.privacy.erasure import redact


def discard(upload_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Remove the file now; what waits or runs for it ends. Its line in the history stays. Raises
    NotFound."""
    actor.require("import:write")
    with db.transaction() as connection:
        row = connection.execute(select(upload.c.stored_as).where(upload.c.id == upload_id)).first()
        if row is None:
            raise NotFound(f"There is no upload {upload_id}.")
        mine = (job_run.c.subject_id == upload_id, job_run.c.kind.in_((CHECK, SAVE)))
        connection.execute(
            update(job_run)
            .where(*mine, job_run.c.state.in_((job_runs.QUEUED, job_runs.FAILED)))
            .values(state=CANCELLED, finished_at=now)
        )
        connection.execute(
            update(job_run)
            .where(*mine, job_run.c.state == job_runs.RUNNING)
            .values(cancel_asked=True)
        )
        forget(connection, [upload_id])
        audit.record(connection, actor.name, "discard_upload", "upload", upload_id, at=now)
        if row.stored_as:
            path = folder() / row.stored_as
            db.after_commit(lambda: path.unlink(missing_ok=True))


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Of these uploads: no more faults, no file, no headings."""
    connection.execute(delete(import_fault).where(import_fault.c.upload_id.in_(ids)))
    connection.execute(
        update(upload).where(upload.c.id.in_(ids)).values(stored_as=None, headings=None)
    )


def forget_person(connection: Connection, known_by: Identifiers, *, now: dt.datetime) -> int:
    """Remove the kept files that name the person, as `discard` would; what names him in findings
    and names of files goes, too. How many files.

    A file on another machine cannot be read here and goes as if it named him; so does one that is
    no sound workbook."""
    rows = connection.execute(
        select(upload.c.id, upload.c.stored_as)
        .where(upload.c.stored_as.is_not(None))
        .order_by(upload.c.id)
    ).all()
    gone = [row for row in rows if _names(folder() / row.stored_as, known_by)]
    for some in pieces(gone, 500):
        ids = [row.id for row in some]
        mine = (job_run.c.subject_id.in_(ids), job_run.c.kind.in_((CHECK, SAVE)))
        connection.execute(
            update(job_run)
            .where(*mine, job_run.c.state.in_((job_runs.QUEUED, job_runs.FAILED)))
            .values(state=CANCELLED, finished_at=now)
        )
        connection.execute(
            update(job_run)
            .where(*mine, job_run.c.state == job_runs.RUNNING)
            .values(cancel_asked=True)
        )
        forget(connection, ids)
    redact(connection, upload, ("name",), known_by)
    redact(connection, import_fault, ("value", "reason", "parameters"), known_by)
    for row in gone:
        (folder() / row.stored_as).unlink(missing_ok=True)
    return len(gone) + _remove_strays(connection, known_by)


def _remove_strays(connection: Connection, known_by: Identifiers) -> int:
    """Files that name him and that no row names: of a process that died, of an upload whose row is
    not written yet; and what the command line wrote beside a file in the instance's folder."""
    known = set(
        connection.execute(
            select(upload.c.stored_as).where(upload.c.stored_as.is_not(None))
        ).scalars()
    )
    strays = (
        [path for path in folder().iterdir() if path.name not in known] if folder().is_dir() else []
    )
    strays += [
        path for end in ("errors", "warnings") for path in folder().parent.rglob(f"*.{end}.csv")
    ]
    stray = [path for path in strays if path.is_file() and _names(path, known_by)]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def _names(path: Path, known_by: Identifiers) -> bool:
    try:
        if path.stat().st_size == 0:
            return False
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return (
                _names_packed(path, known_by)
                if content[:2] == b"PK"
                else known_by.named_in_bytes(content)
            )
    except OSError:
        return True


def _names_packed(path: Path, known_by: Identifiers) -> bool:
    """Of a workbook, part by part; what cannot be unpacked, or unpacks to too much, counts as
    naming him."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                return True
            return any(
                known_by.named_in_bytes(archive.read(member)) for member in archive.infolist()
            )
    except DAMAGED:
        return True


def forget_old(now: dt.datetime, limit: int = 500) -> int:
    """Remove files a day after they were saved and a week after they came, with their faults; and
    files that no row names. How many."""
    ended = or_(
        upload.c.uploaded_at < now - KEPT,
        (job_run.c.outcome.in_((SAVED, NOTHING)))
        & (job_run.c.kind == SAVE)
        & (job_run.c.finished_at < now - KEPT_AFTER_SAVING),
    )
    with db.transaction() as connection:
        query = (
            select(upload.c.id, upload.c.stored_as)
            .join(job_run, job_run.c.id == upload.c.run_id)
            .where(upload.c.stored_as.is_not(None), job_run.c.state.not_in(job_runs.OPEN), ended)
            .limit(limit)
        )
        old = connection.execute(query).all()
        if old:
            forget(connection, [row.id for row in old])
    for row in old:
        (folder() / row.stored_as).unlink(missing_ok=True)
    return len(old) + _remove_orphans(now)


def _remove_orphans(now: dt.datetime) -> int:
    """A process that died between keeping a file and writing its row leaves one."""
    if not folder().is_dir():
        return 0
    old = [
        path
        for path in folder().iterdir()
        if path.is_file() and path.stat().st_mtime < (now - KEPT).timestamp()
    ]
    if not old:
        return 0
    with db.read() as connection:
        known = set(
            connection.execute(
                select(upload.c.stored_as).where(upload.c.stored_as.is_not(None))
            ).scalars()
        )
    gone = [path for path in old if path.name not in known]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
