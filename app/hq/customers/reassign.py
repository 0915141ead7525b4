"""Re-assigning a customer base on pages: a plan, what it would move, the run with its progress, and
the way back (A11, B3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Connection

import db
from app.hq.home import blueprint
from app.jobs import job_runs
from app.services import reassign_runs
from app.ui import fault_words, table_answers, work_labels
from app.ui.job_words import progress_of
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, InvalidInput, NotFound
from stores.base import versions
from stores.customer_deeds import reassign_lists, reassign_undo, reassignments
from stores.customer_deeds.reassign_plan import CAUSES, PLACES, TARGETS, Plan, parse

RUNS = (
    Column(
        "created_at",
        _l("Planned at"),
        "moment",
        sort="created_at",
        door=lambda row: url_for("hq.reassignment", number=row.id),
    ),
    Column("reason", _l("Reason"), door=lambda row: url_for("hq.reassignment", number=row.id)),
    Column(
        "state",
        _l("State"),
        "tag",
        sort="state",
        words=work_labels.REASSIGN_STATES,
        meanings=work_labels.REASSIGN_MEANINGS,
    ),
    Column("customers", _l("To be moved"), "count", sort="customers"),
    Column("protected", _l("Protected, left out"), "count"),
    Column("unplaced", _l("Without a store"), "count"),
    Column("moved", _l("Moved"), "count", sort="moved"),
    Column("actor", _l("By"), value=lambda row: row.actor, shown=False),
)
LINES = (
    Column(
        "from_code",
        _l("Old home"),
        "chip",
        value=lambda row: (row.from_code, row.from_name),
        sort="from_code",
        door=lambda row: url_for("hq.store", code=row.from_code),
    ),
    Column(
        "from_dealer",
        _l("Its dealer"),
        "code",
        door=lambda row: url_for("hq.dealer", code=row.from_dealer) if row.from_dealer else None,
    ),
    Column(
        "to_code",
        _l("New home"),
        "chip",
        value=lambda row: (row.to_code, row.to_name) if row.to_code else None,
        door=lambda row: url_for("hq.store", code=row.to_code) if row.to_code else None,
    ),
    Column(
        "to_dealer",
        _l("Dealer there"),
        "code",
        door=lambda row: url_for("hq.dealer", code=row.to_dealer) if row.to_dealer else None,
    ),
    Column("cause", _l("Why"), "words", sort="cause", words=work_labels.REASSIGN_CAUSES),
    Column("customers", _l("Customers"), "count", sort="customers"),
    Column("protected", _l("Protected, left out"), "count", sort="protected"),
)
FAULTS = {
    "reason": _l("Say why customers are moved, in at most 200 characters."),
    "causes": _l(
        "Choose whom: a cause, stores, a dealer, a region or an area. First orders stand alone, "
        "with the order of rules at the last visit."
    ),
    "from_store_codes": _l("There is no store with one of these codes."),
    "dealer_code": _l("There is no dealer with this code who has a store."),
    "area_code": _l("There is no area with this code."),
    "to_store_code": _l("Name a store that takes visitors now, and choose it as the target."),
    "bound_from": _l("Write the day as 2026-01-31."),
    "bound_before": _l("Write the day as 2026-01-31."),
    "region_code": _l("Write the code of a region, such as 310000."),
}


@blueprint.route("/reassign", methods=["GET", "POST"], strict_slashes=False)
@needs("network:write")
def reassign() -> Any:
    faults: dict[str, Any] = {}
    if request.method == "POST":
        try:
            number = reassign_runs.ask(
                _asked(),
                actor=current_actor(),
                user_id=current_user.id,
                now=dt.datetime.now(dt.UTC),
            )
            return redirect(url_for("hq.reassignment", number=number), 303)
        except InvalidInput as refused:
            faults = {
                fault.field: FAULTS.get(fault.field, fault.reason) for fault in refused.errors
            }
    given = request.form if request.method == "POST" else request.args
    table = table_answers.asked("reassignments", RUNS, "-created_at")
    with db.read() as connection:
        answer = table_answers.answer(
            table,
            lambda order: reassign_lists.runs(connection, order),
            "hq/reassign.html",
            given=given,
            chosen=set(given.getlist("causes")),
            faults=faults,
            causes=CAUSES,
            targets=TARGETS,
            places=PLACES,
            total_rows=reassign_lists.count(connection),
        )
    return (answer, 422) if faults else answer


def _asked() -> Plan:
    """The plan of the form; what is empty is absent."""
    form = request.form
    body: dict[str, Any] = {
        name: form[name].strip()
        for name in (
            "reason",
            "dealer_code",
            "region_code",
            "area_code",
            "bound_from",
            "bound_before",
            "target",
            "place",
            "to_store_code",
        )
        if form.get(name, "").strip()
    }
    stores = form.get("from_store_codes", "").replace(",", " ").replace("，", " ").split()
    return parse(
        {
            **body,
            "from_store_codes": stores,
            "causes": form.getlist("causes"),
            "include_protected": form.get("include_protected") == "yes",
        }
    )


@blueprint.get("/reassign/<int:number>", strict_slashes=False)
@needs("network:write")
def reassignment(number: int) -> Any:
    now, _today = now_and_today()
    table = table_answers.asked("reassignment", LINES, "-customers")
    with db.read() as connection:
        row = reassignments.find(connection, number)
        run = reassign_runs.last_run(connection, number)
        figures = reassign_lists.figures(connection, number)
        stale = row.state == "checked" and (row.network_version, row.policy_version) != tuple(
            versions.current(connection)
        )
        return table_answers.answer(
            table,
            lambda order: reassign_lists.rows(connection, number, order),
            "hq/reassignment.html",
            row=row,
            plan=parse(row.plan),
            run=run,
            figures=figures,
            stale=stale,
            moving=_moves(run),
            told=progress_of(run, now) if run is not None else None,
            undoable=reassign_undo.undoable(row, now),
            now=now,
            fault_words=fault_words,
            undo_until=(row.finished_at or row.started_at) + reassign_undo.UNDO_FOR
            if row.started_at
            else None,
        )


def _moves(run: Any) -> bool:
    return run is not None and run.state in job_runs.OPEN


@blueprint.get("/reassign/<int:number>/progress", strict_slashes=False)
@needs("network:write")
def reassignment_progress(number: int) -> Any:
    """The moving part of the page; when nothing moves any more the whole page is asked for."""
    now, _today = now_and_today()
    with db.read() as connection:
        row, run = (
            reassignments.find(connection, number),
            reassign_runs.last_run(connection, number),
        )
    if not _moves(run):
        return "", 200, {"HX-Refresh": "true"}
    return render_template(
        "hq/reassign_progress.html", row=row, run=run, told=progress_of(run, now)
    )


_DEEDS = {
    "check": reassign_runs.check_again,
    "start": reassign_runs.start,
    "go-on": reassign_runs.go_on,
    "undo": reassign_runs.undo,
}


@blueprint.post("/reassign/<int:number>/<deed>")
@needs("network:write")
def reassign_deed(number: int, deed: str) -> Any:
    """check (again), start, go-on, undo."""
    if deed not in _DEEDS:
        raise NotFound("There is no such deed.")
    with db.read() as connection:
        _here(connection, number)
    try:
        _DEEDS[deed](
            number, actor=current_actor(), user_id=current_user.id, now=dt.datetime.now(dt.UTC)
        )
    except Conflict as refused:
        flash(
            _(
                "The network or the policy changed since the check; check again to see what would "
                "happen now."
            )
            if refused.code == "network_changed"
            else _("This moved on meanwhile; what you see now is how it stands."),
            "wrong",
        )
    return redirect(url_for("hq.reassignment", number=number), 303)


def _here(connection: Connection, number: int) -> None:
    """Raises NotFound."""
    reassignments.find(connection, number)
