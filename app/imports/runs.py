"""What a worker does with an upload: the check writes nothing, the save is one transaction of the
same service that `flask import` calls."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

import db
from app.accounts import users
from app.imports import forgetting, upload_runs, uploads
from app.imports import headings as upload_headings
from app.imports import lists as upload_lists
from app.imports.kind_words import likely_kind
from app.imports.kinds import KINDS, Progress, Report
from app.imports.uploads import CHECK, FAULTS, NOTHING, READY, SAVE, SAVED
from app.jobs.job_runs import Run
from app.jobs.runner import Done, Handler, Telling
from ledger.faults import InvalidInput, NotAllowed, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.imports.faults import FaultList, of_file
from stores.imports.headings import HeadingMap
from stores.imports.outcomes import Doubtful, Refused
from stores.imports.understood import Understood
from stores.imports.wishes import Wishes


def check(run: Run, tell: Telling) -> Done:
    """A dry run. Its outcome: ready, nothing (would change), faults, or columns (somebody has to
    match them first)."""
    return _brought_in(run, tell, dry_run=True)


def save(run: Run, tell: Telling) -> Done:
    """The real import. Its outcome: saved, nothing (changed), faults (somebody changed what the
    rows refer to since the check)."""
    return _brought_in(run, tell, dry_run=False)


HANDLERS: dict[str, Handler] = {CHECK: check, SAVE: save}


def _brought_in(run: Run, tell: Telling, dry_run: bool) -> Done:
    with db.read() as connection:
        row = upload_lists.find(connection, run.subject_id or 0)
        version = versions.current(connection).network
        user = users.by_id(connection, run.user_id or 0)
    if row is None or row.stored_as is None:
        raise NotFound("The file is no longer kept; upload it again.", code="file_gone")
    if user is None or not user.actor.may("import:write"):
        raise NotAllowed("Who asked for this may no longer import files.")
    tell("reading")
    path = _unchanged_file(row)
    tell("reading")
    given, note = HeadingMap.of_json(row.heading_map), None
    if dry_run and not given and (top := _foreign_headings(row, path)):
        with db.read() as connection:
            given = upload_headings.kept(connection, row.kind, [each["name"] for each in top])
        note = partial(upload_runs.note_headings, upload_id=row.id, top=top, given=given)
        if not given:
            return Done(
                uploads.COLUMNS,
                {"faults": 0, "warnings": 0, "network_version": version},
                _both(
                    note,
                    partial(
                        upload_runs.keep_faults,
                        upload_id=row.id,
                        faults=FaultList(),
                        warnings=FaultList(),
                    ),
                ),
            )
    done = _run(
        run,
        row,
        path,
        version,
        given,
        user.actor,
        _steps(tell, "comparing" if dry_run else "saving"),
        dry_run,
    )
    return replace(done, keep=_both(note, done.keep)) if note is not None else done


def _run(
    run: Run,
    row: Row[Any],
    path: Path,
    version: int,
    given: HeadingMap,
    actor: Actor,
    progress: Progress,
    dry_run: bool,
) -> Done:
    try:
        report = KINDS[row.kind](path, dry_run, actor, progress, given, Wishes.of_data(row.wishes))
    except Refused as refused:
        return _refused(
            row,
            version,
            refused.faults,
            refused.warnings,
            _better_kind(refused, path, row.kind),
            understood=refused.understood,
        )
    except Doubtful as doubt:
        return _waits(row, version, doubt)
    except InvalidInput as fault:
        return _refused(
            row,
            version,
            _named(of_file(fault), path, row.name),
            FaultList(),
            _better_kind(fault, path, row.kind),
        )
    return _accepted(run, row, version, report, dry_run)


def _foreign_headings(row: Row[Any], path: Path) -> list[dict[str, Any]] | None:
    """The headings that somebody has to match; None when there are none, or the file is one of
    another kind or no table (the import says it)."""
    try:
        top = upload_headings.top_of(row.kind, path)
    except InvalidInput:
        return None
    return None if top is None or likely_kind(path) not in (None, row.kind) else top


def _both(*deeds: Callable[[Connection], None] | None) -> Callable[[Connection], None]:
    def keep(connection: Connection) -> None:
        for deed in deeds:
            if deed is not None:
                deed(connection)

    return keep


def _steps(tell: Telling, last: str) -> Callable[[int, int], None]:
    """The imports tell of rows checked; when all are, comparing or saving begins. What then is not
    all are the pieces of a file that was accepted: it is no longer cancelled, and a worker that is
    told to stop is not in its way."""
    reached = False

    def progress(done: int, total: int) -> None:
        nonlocal reached
        if reached and done < total:
            tell.note(last, done, total)
            return
        reached = reached or done >= total
        if reached:
            tell(last)
        else:
            tell("checking", done, total)

    return progress


def _unchanged_file(row: Row[Any]) -> Path:
    """Where the file lies. Raises NotFound when this machine does not have it, InvalidInput when it
    is not what was uploaded."""
    path = uploads.folder() / row.stored_as
    digest = hashlib.sha256()
    try:
        with path.open("rb") as content:
            while piece := content.read(uploads.PIECE):
                digest.update(piece)
    except OSError:
        raise NotFound(
            "The file is not on the worker's machine; pages and worker must share INSTANCE_PATH.",
            code="file_gone",
        ) from None
    if digest.hexdigest() != row.digest:
        raise NotFound(
            "The kept file is not what was uploaded; upload it again.", code="file_changed"
        )
    return path


def _accepted(run: Run, row: Row[Any], version: int, report: Report, dry_run: bool) -> Done:
    outcome = report.outcome
    result = {
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "rows": outcome.new + outcome.changed + outcome.unchanged,
        "warnings": len(report.warnings),
        "doubtful": report.warnings.doubtful,
        "faults": 0,
        "understood": _data(report.understood),
        "notes": list(report.notes),
        "network_version": version,
    }
    told = READY if dry_run else SAVED
    if not outcome.effective:
        told = NOTHING
        expected = (row.checked or {}).get("new", 0) + (row.checked or {}).get("changed", 0)
        if (
            not dry_run and run.attempts > 1 and expected
        ):  # the worker died after the rows were written and before it could say so
            told, result = (
                SAVED,
                {
                    **result,
                    **{name: row.checked[name] for name in ("new", "changed", "unchanged")},
                    "resumed": True,
                },
            )
    if not dry_run and row.checked:
        result["checked_version"] = row.checked.get("network_version")
    return Done(
        told,
        result,
        lambda connection: upload_runs.keep_faults(
            connection, row.id, FaultList(), report.warnings
        ),
    )


def _data(understood: Understood | None) -> dict[str, Any] | None:
    return understood.as_data() if understood else None


def _waits(row: Row[Any], version: int, doubt: Doubtful) -> Done:
    """Since the check something became doubtful; nothing was written, and somebody has to look once
    more."""
    result = {
        **(row.checked or {}),
        "warnings": len(doubt.warnings),
        "doubtful": doubt.warnings.doubtful,
        "network_version": version,
    }
    return Done(
        READY,
        result,
        lambda connection: upload_runs.keep_faults(connection, row.id, FaultList(), doubt.warnings),
    )


def _refused(
    row: Row[Any],
    version: int,
    faults: FaultList,
    warnings: FaultList,
    better: str | None = None,
    understood: Understood | None = None,
) -> Done:
    result = {
        "faults": len(faults),
        "warnings": len(warnings),
        "network_version": version,
        "understood": _data(understood),
        **({"looks_like": better} if better else {}),
    }
    return Done(
        FAULTS,
        result,
        lambda connection: upload_runs.keep_faults(connection, row.id, faults, warnings),
    )


def _named(faults: FaultList, path: Path, name: str) -> FaultList:
    """With the name that the person knows in place of ours."""
    return FaultList(
        [replace(f, reason=f.reason.replace(path.name, name)) for f in faults.kept],
        faults.total,
        faults.doubtful,
    )


def _better_kind(fault: InvalidInput, path: Path, kind: str) -> str | None:
    found = (
        likely_kind(path)
        if fault.code == "header" or kind == "areas" or path.suffix == ".geojson"
        else None
    )
    return found if found != kind else None


def forget(now: dt.datetime) -> dict[str, int]:
    """The recurring job that removes files."""
    return {"files": forgetting.forget_old(now)}
