"""Files brought in on a page: choose, upload, look at what would change and what is wrong, save (H3
of the stories)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Row

import db
from app.hq.home import blueprint
from app.imports import forgetting, kind_words, upload_runs, uploads
from app.imports import headings as upload_headings
from app.imports import lists as upload_lists
from app.imports import samples as import_kinds
from app.imports.headings import Heading
from app.imports.lists import MOVING, STATUSES
from app.ui import (
    exports,
    fault_words,
    paging,
    table_answers,
    understood_words,
    work_labels,
)
from app.ui.job_words import progress_of, size
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base import versions
from stores.imports.faults import FaultList, ImportFault, as_csv
from stores.imports.headings import HeadingMap

FIRST_KIND = "stores"
COLUMNS = (
    Column(
        "uploaded_at",
        _l("Uploaded at"),
        "moment",
        sort="uploaded_at",
        door=lambda row: url_for("hq.import_run", upload_id=row.id),
    ),
    Column(
        "name", _l("File"), sort="name", door=lambda row: url_for("hq.import_run", upload_id=row.id)
    ),
    Column(
        "kind",
        _l("Kind"),
        "words",
        sort="kind",
        words={code: kind.name for code, kind in kind_words.KINDS.items()},
    ),
    Column("user", _l("By"), value=lambda row: row.user_name, sort="user"),
    Column(
        "status",
        _l("Result"),
        "tag",
        words=work_labels.IMPORT_STATES,
        meanings=work_labels.IMPORT_MEANINGS,
    ),
    Column("new", _l("New"), "count", value=lambda row: _figure(row, "new")),
    Column("changed", _l("Changed"), "count", value=lambda row: _figure(row, "changed")),
    Column("unchanged", _l("Unchanged"), "count", value=lambda row: _figure(row, "unchanged")),
    Column("faults", _l("Faults"), "count", value=lambda row: _figure(row, "faults")),
    Column(
        "warnings", _l("Warnings"), "count", value=lambda row: _figure(row, "warnings"), shown=False
    ),
    Column("bytes", _l("Bytes"), "count", shown=False),
    Column("digest", _l("SHA-256"), "code", shown=False),
)


def _figure(row: Row[Any], name: str) -> int | None:
    return (row.result or {}).get(name)


@blueprint.get("/imports", strict_slashes=False)
@needs("import:write")
def imports() -> Any:
    now, _today = now_and_today()
    chosen = request.args.get("kind")
    of, status = request.args.get("of"), request.args.get("status")
    of, status = of if of in kind_words.KINDS else None, status if status in STATUSES else None
    table = table_answers.asked("imports", COLUMNS, "-uploaded_at")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: upload_lists.rows(connection, order, of, status),
            "hq/imports.html",
            now=now,
            of=of,
            status=status,
            kinds=kind_words.KINDS,
            import_kinds=import_kinds,
            import_names=[(code, each.name) for code, each in kind_words.KINDS.items()],
            kind=kind_words.KINDS[chosen if chosen in kind_words.KINDS else FIRST_KIND],
            dated=chosen in exports.DATED,
            total_rows=upload_lists.count(connection, of, status),
            waiting=upload_lists.count(connection, status="ready"),
            statuses=STATUSES,
        )


@blueprint.get("/imports/templates/<kind>.<form>", strict_slashes=False)
@needs("import:write")
def import_template(kind: str, form: str) -> Response:
    """A file to begin with: all columns and one row."""
    if kind not in kind_words.KINDS or form not in import_kinds.formats(kind):
        raise NotFound("There is no such template.")
    answer = Response(
        import_kinds.template_file(kind, form), content_type=import_kinds.FORMATS[form]
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{kind}.{form}"'
    return answer


@blueprint.post("/imports")
@needs("import:write")
def receive_import() -> Any:
    kind, file = request.form.get("kind", ""), request.files.get("file")
    if file is None or not file.filename:
        flash(_("Choose a file first."), "wrong")
        return redirect(url_for("hq.imports", kind=kind), 303)
    try:
        with file.stream as content:  # large ones lie in a temporary file meanwhile
            upload_id = uploads.receive(
                kind,
                file.filename,
                content,
                actor=current_actor(),
                user_id=current_user.id,
                now=dt.datetime.now(dt.UTC),
                follow_above=request.form.get("follow") == "yes",
            )
    except InvalidInput:
        flash(_("The file is empty; the first line must name the columns."), "wrong")
        return redirect(url_for("hq.imports", kind=kind), 303)
    return _to(upload_id)


def _to(upload_id: int) -> Any:
    return redirect(url_for("hq.import_run", upload_id=upload_id), 303)


def _found(connection: Any, upload_id: int) -> Row[Any]:
    row = upload_lists.find(connection, upload_id) if upload_id < 2**63 else None
    if row is None:
        raise NotFound(f"There is no import {upload_id}.")
    return row


@blueprint.get("/imports/<int:upload_id>", strict_slashes=False)
@needs("import:write")
def import_run(upload_id: int) -> str:
    return _run_page(upload_id)


def _run_page(
    upload_id: int, given: HeadingMap | None = None, wrong: Sequence[FieldFault] = ()
) -> str:
    """`given`: an answer about the columns that cannot be, with what is wrong."""
    now, _today = now_and_today()
    with db.read() as connection:
        row = _found(connection, upload_id)
        figures = upload_lists.counts(row.result)
        shown = request.args.get("list")
        warnings = shown == "warnings" or (shown != "faults" and not figures["faults"])
        found = upload_lists.faults_of(
            connection, row.id, warnings, paging.after_id("findings"), paging.PAGE + 1
        )
        may_follow = (
            row.status == "faults"
            and row.kind == "orders"
            and upload_lists.says(connection, row.id, "required_or_above")
        )
        return render_template(
            "hq/import_run.html",
            may_follow=may_follow,
            now=now,
            row=row,
            figures=figures,
            warnings=warnings,
            kind=kind_words.KINDS[row.kind],
            kinds=kind_words.KINDS,
            moving=row.status in MOVING,
            told=progress_of(row, now),
            page=paging.listed("findings", found, lambda each: (each.id,)),
            by_column=upload_lists.fault_columns(connection, row.id) if figures["faults"] else [],
            version=versions.current(connection).network,
            before=upload_lists.saved_before(connection, row),
            kept_until=row.uploaded_at + uploads.KEPT,
            fault_words=fault_words,
            file_size=size,
            matching=_matching(row, given, wrong),
            answered=HeadingMap.of_json(row.heading_map),
            understood=understood_words.lines((row.result or {}).get("understood"), _),
        )


@dataclass(frozen=True, slots=True)
class Matching:
    """The step of the columns. `missing`: our columns that may be given one value for all rows,
    with the value so far; `wrong`: (name, why)."""

    headings: list[Heading]
    columns: list[tuple[str, bool]]
    missing: list[tuple[str, bool, str]]
    wrong: list[tuple[str, str]]


def _matching(
    row: Row[Any], given: HeadingMap | None, wrong: Sequence[FieldFault]
) -> Matching | None:
    """None unless the columns wait for an answer, or somebody wants to answer once more."""
    asked = (
        row.status == "columns"
        or given is not None
        or "columns" in request.args
        and row.status not in (*MOVING, "saved")
    )
    if not (asked and row.headings and row.stored_as):
        return None
    answer = given if given is not None else HeadingMap.of_json(row.heading_map)
    columns, headings = (
        upload_headings.known_columns(row.kind),
        upload_headings.offered(row.kind, row.headings, answer),
    )
    taken = {each.ours for each in headings}
    missing = [
        (name, must, answer.fixed.get(name, ""))
        for name, must in columns
        if name in answer.fixed or must and name not in taken
    ]
    return Matching(
        headings,
        columns,
        missing,
        [(each.field, fault_words.reason(each.reason)) for each in wrong],
    )


@blueprint.post("/imports/<int:upload_id>/columns")
@needs("import:write")
def match_import_columns(upload_id: int) -> Any:
    """Each heading with what it becomes ("" leaves it out), and values for all rows."""
    with db.read() as connection:
        row = _found(connection, upload_id)
    names = list(dict.fromkeys(each["name"] for each in row.headings or ()))
    fixed = {
        name: request.form.get(f"set-{name}", "").strip()
        for name, _ in upload_headings.known_columns(row.kind)
    }
    given = HeadingMap(
        {name: request.form.get(f"ours-{place}", "") for place, name in enumerate(names)},
        {name: text for name, text in fixed.items() if text},
    )
    wrong = upload_runs.match_columns(
        upload_id,
        given,
        actor=current_actor(),
        user_id=current_user.id,
        now=dt.datetime.now(dt.UTC),
    )
    return (_run_page(upload_id, given, wrong), 422) if wrong else _to(upload_id)


@blueprint.get("/imports/<int:upload_id>/progress", strict_slashes=False)
@needs("import:write")
def import_progress(upload_id: int) -> Any:
    """The moving part of the page; when nothing moves any more the whole page is asked for."""
    now, _today = now_and_today()
    with db.read() as connection:
        row = _found(connection, upload_id)
        if row.status not in MOVING:
            return "", 200, {"HX-Refresh": "true"}
        return render_template("hq/import_progress.html", row=row, told=progress_of(row, now))


@blueprint.get("/imports/<int:upload_id>/<findings>.csv", strict_slashes=False)
@needs("import:write")
def import_findings(upload_id: int, findings: str) -> Response:
    """The file that `flask import` would leave: line, column, value, reason."""
    if findings not in ("errors", "warnings"):
        raise NotFound("There is no such file.")
    with db.read() as connection:
        row = _found(connection, upload_id)
        found = upload_lists.faults_of(connection, row.id, findings == "warnings")
    total = upload_lists.counts(row.result)["warnings" if findings == "warnings" else "faults"]
    said = FaultList(
        [
            ImportFault(
                each.line, each.column_name, each.value, fault_words.words(each), each.code or ""
            )
            for each in found
        ],
        total if found else 0,
        sum(each.warning == 2 for each in found),
    )
    answer = Response(
        as_csv(said).encode("utf-8-sig", "replace"), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{row.id}-{findings}.csv"'
    return answer


@blueprint.post("/imports/<int:upload_id>/<deed>")
@needs("import:write")
def import_deed(upload_id: int, deed: str) -> Any:
    """save, check (again, perhaps as another kind), discard."""
    actor, now = current_actor(), dt.datetime.now(dt.UTC)
    if deed == "save":
        upload_runs.save(
            upload_id,
            actor=actor,
            user_id=current_user.id,
            now=now,
            accept=request.form.get("accept") == "yes",
        )
    elif deed == "check":
        upload_runs.check_again(
            upload_id,
            actor=actor,
            user_id=current_user.id,
            now=now,
            kind=request.form.get("kind") or None,
            follow_above=request.form.get("follow") == "yes",
        )
    elif deed == "discard":
        forgetting.discard(upload_id, actor=actor, now=now)
        flash(_("The file was removed; nothing of it was written."), "good")
        return redirect(url_for("hq.imports"), 303)
    else:
        raise NotFound("There is no such deed.")
    return _to(upload_id)
