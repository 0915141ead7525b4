"""Files that people bring in on pages: kept apart with a random name until they were checked and
saved, then removed.

An upload is checked by a run, saved by another one when somebody says so; its state is its last
run's. What was wrong stands in `import_fault` for as long as the file is kept: cells may hold
personal data."""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
import os
import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

import db
from app.imports import headings as upload_headings
from app.imports.kinds import KINDS
from app.jobs import job_runs
from app.jobs.job_runs import CANCELLED, job_run
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from stores.base.actors import Actor
from stores.base.identifiers import Identifiers
from stores.imports.faults import VALUE_LENGTH, FaultList, ImportFault
from stores.imports.headings import HeadingMap
from stores.imports.wishes import Wishes
from stores.imports.workbooks import DAMAGED, MAX_UNPACKED_BYTES
from stores.privacy.erasure import redact

CHECK, SAVE = "import.check", "import.save"
READY, FAULTS, NOTHING, SAVED = "ready", "faults", "nothing", "saved"  # outcomes of runs
COLUMNS = "columns"  # the outcome of a check that waits for somebody to match the columns
KEPT, KEPT_AFTER_SAVING = dt.timedelta(days=7), dt.timedelta(days=1)
SUFFIXES = (".csv", ".xlsx", ".xlsm", ".json", ".geojson")
NAME_LENGTH, REASON_LENGTH, CELL_LENGTH = 120, 500, 400
PIECE = 1 << 20

upload = Table(
    "upload",
    db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("kind", db.Code(16), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", db.Code(64), nullable=False),
    Column("stored_as", db.Code(64)),  # None once the file is gone
    Column("user_id", db.BigId, ForeignKey("app_user.id"), nullable=False),
    Column("uploaded_at", db.Instant, nullable=False),
    Column("check_id", db.BigId, ForeignKey("job_run.id")),
    Column("run_id", db.BigId, ForeignKey("job_run.id")),  # the last run: the check, or the save
    Column("wishes", db.Json),  # stores/imports/wishes.py
    Column(
        "headings", db.Json
    ),  # of a file whose columns are to be matched: each with samples; None once the file is gone
    Column("heading_map", db.Json),  # what was answered
)
Index("ix_upload_uploaded", upload.c.uploaded_at)
Index("ix_upload_digest", upload.c.digest)
import_fault = Table(
    "import_fault",
    db.metadata,
    Column("id", db.BigId, primary_key=True),
    Column("upload_id", db.BigId, ForeignKey("upload.id"), nullable=False),
    Column("warning", Integer, nullable=False),  # 0 a fault, 1 a warning, 2 a doubtful one
    Column("line", Integer, nullable=False),
    Column("column_name", String(NAME_LENGTH), nullable=False),
    Column("value", String(CELL_LENGTH), nullable=False),
    Column("reason", String(REASON_LENGTH), nullable=False),
    Column(
        "code", db.Code(40)
    ),  # of SAYINGS, with the parameters of its words; None where only the words are known
    Column("parameters", db.Json),
)
Index(
    "ix_import_fault_upload", import_fault.c.upload_id, import_fault.c.warning, import_fault.c.line
)

_folder: Path | None = None


def configure(instance: Path) -> None:
    """Files are kept under this folder."""
    global _folder
    _folder = instance / "uploads"


def folder() -> Path:
    if _folder is None:
        raise RuntimeError("uploads.configure(path) was not called")
    return _folder


# -- deeds -----------------------------------------------------------------------------------------


def receive(
    kind: str,
    name: str,
    content: IO[bytes],
    *,
    actor: Actor,
    user_id: int,
    now: dt.datetime,
    follow_above: bool = False,
) -> int:
    """Keep the file and ask for its check; returns the upload's id. Raises NotAllowed, NotFound for
    an unknown kind, InvalidInput for an empty file."""
    actor.require("import:write")
    if kind not in KINDS:
        raise NotFound(f"There is no import of {kind!r}.")
    shown = _shown_name(name)
    stored, size, digest = _keep(content, Path(shown).suffix.lower())
    try:
        if not size:
            raise InvalidInput(
                "The file is empty; the first line must name the columns.", code="empty_file"
            )
        with db.transaction() as connection:
            row = {
                "kind": kind,
                "name": shown,
                "bytes": size,
                "digest": digest,
                "stored_as": stored,
                "user_id": user_id,
                "uploaded_at": now,
                "wishes": Wishes(follow_above=follow_above).as_data(),
            }
            upload_id = int(
                connection.execute(insert(upload).values(row).returning(upload.c.id)).scalar_one()
            )
            run_id = job_runs.enqueue(
                connection, CHECK, user_id=user_id, now=now, subject_id=upload_id
            )
            connection.execute(
                update(upload)
                .where(upload.c.id == upload_id)
                .values(check_id=run_id, run_id=run_id)
            )
            audit.record(
                connection,
                actor.name,
                "upload",
                "upload",
                upload_id,
                {"kind": kind, "bytes": size, "digest": digest},
                at=now,
            )
    except BaseException:
        (folder() / stored).unlink(missing_ok=True)
        raise
    return upload_id


def _shown_name(name: str) -> str:
    """The last part of what the browser says, visible characters only."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(letter for letter in last if letter.isprintable()).strip()
    stem, suffix = Path(clean).stem, Path(clean).suffix
    return (
        f"{stem[: NAME_LENGTH - len(suffix)]}{suffix}"
        if clean and len(suffix) < 16
        else clean[:NAME_LENGTH] or "file"
    )


def _keep(content: IO[bytes], suffix: str) -> tuple[str, int, str]:
    """(name in the folder, bytes, sha256); for nobody else of this machine to read."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored = secrets.token_hex(16) + (suffix if suffix in SUFFIXES else "")
    size, digest = 0, hashlib.sha256()
    with open(os.open(place / stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := content.read(PIECE):
            size += len(piece)
            digest.update(piece)
            out.write(piece)
    return stored, size, digest.hexdigest()


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
        _forget(connection, [upload_id])
        audit.record(connection, actor.name, "discard_upload", "upload", upload_id, at=now)
        if row.stored_as:
            path = folder() / row.stored_as
            db.after_commit(lambda: path.unlink(missing_ok=True))


def _forget(connection: Connection, ids: Sequence[int]) -> None:
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
    for start in range(0, len(gone), 500):
        ids = [row.id for row in gone[start : start + 500]]
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
        _forget(connection, ids)
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
            _forget(connection, [row.id for row in old])
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


def note_headings(
    connection: Connection, upload_id: int, top: Sequence[Any] | None, given: HeadingMap
) -> None:
    """What a check found about the columns; nothing of a file that was removed meanwhile."""
    connection.execute(
        update(upload)
        .where(upload.c.id == upload_id, upload.c.stored_as.is_not(None))
        .values(headings=top, heading_map=given.as_json() if given else None)
    )


# -- findings --------------------------------------------------------------------------------------


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
