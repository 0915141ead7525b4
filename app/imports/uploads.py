"""Files that people bring in on pages: kept apart with a random name until they were checked and
saved, then removed.

An upload is checked by a run, saved by another one when somebody says so; its state is its last
run's. What was wrong stands in `import_fault` for as long as the file is kept: cells may hold
personal data."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from pathlib import Path
from typing import IO

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    insert,
    update,
)

import db
from app.imports.kinds import KINDS
from app.jobs import job_runs
from ledger import audit, schema
from ledger.faults import InvalidInput, NotFound
from stores.base.actors import Actor
from stores.imports.wishes import Wishes

CHECK, SAVE = "import.check", "import.save"
READY, FAULTS, NOTHING, SAVED = "ready", "faults", "nothing", "saved"  # outcomes of runs
COLUMNS = "columns"  # the outcome of a check that waits for somebody to match the columns
KEPT, KEPT_AFTER_SAVING = dt.timedelta(days=7), dt.timedelta(days=1)
SUFFIXES = (".csv", ".xlsx", ".xlsm", ".json", ".geojson")
NAME_LENGTH, REASON_LENGTH, CELL_LENGTH = 120, 500, 400
PIECE = 1 << 20

upload = Table(
    "upload",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("kind", schema.Code(16), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", schema.Code(64), nullable=False),
    Column("stored_as", schema.Code(64)),  # None once the file is gone
    Column("user_id", schema.BigId, ForeignKey("app_user.id"), nullable=False),
    Column("uploaded_at", schema.Instant, nullable=False),
    Column("check_id", schema.BigId, ForeignKey("job_run.id")),
    Column(
        "run_id", schema.BigId, ForeignKey("job_run.id")
    ),  # the last run: the check, or the save
    Column("wishes", schema.Json),  # stores/imports/wishes.py
    Column(
        "headings", schema.Json
    ),  # of a file whose columns are to be matched: each with samples; None once the file is gone
    Column("heading_map", schema.Json),  # what was answered
)
Index("ix_upload_uploaded", upload.c.uploaded_at)
Index("ix_upload_digest", upload.c.digest)
import_fault = Table(
    "import_fault",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("upload_id", schema.BigId, ForeignKey("upload.id"), nullable=False),
    Column("warning", Integer, nullable=False),  # 0 a fault, 1 a warning, 2 a doubtful one
    Column("line", Integer, nullable=False),
    Column("column_name", String(NAME_LENGTH), nullable=False),
    Column("value", String(CELL_LENGTH), nullable=False),
    Column("reason", String(REASON_LENGTH), nullable=False),
    Column(
        "code", schema.Code(40)
    ),  # of SAYINGS, with the parameters of its words; None where only the words are known
    Column("parameters", schema.Json),
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
