"""What if: ask for a simulation, watch it, read who gains and who loses, lay two beside each other
(H1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Connection, Row

import db
from app.hq.home import blueprint
from app.hq.routing.simulation_words import conflicts, in_words, place
from app.pages import maps as map_pages
from app.services import simulation_runs
from app.services.simulation_runs import WAITS
from app.ui import fault_words, labels, maps, table_answers, words, work_labels
from app.ui.actor_names import actor_names
from app.ui.audit_words import ACTORS
from app.ui.job_words import progress_of
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, NotFound
from stores.simulation import simulations
from stores.simulation.tally import KINDS

SHOWN_PAIRS, SHOWN_PLACES = 12, 12
MARGIN = 0.03  # degrees around what changes on the map: some three kilometres


def _moved(row: Row[Any]) -> int | None:
    return row.summary["moved"]["visits"] if row.summary else None


LIST = (
    Column("asked_at", _l("Asked at"), "moment", sort="asked_at"),
    Column(
        "name",
        _l("Name"),
        sort="name",
        door=lambda row: url_for("hq.simulation", simulation_id=row.id),
    ),
    Column(
        "state",
        _l("State"),
        "tag",
        sort="state",
        words=work_labels.SIMULATION_STATES,
        meanings=work_labels.SIMULATION_MEANINGS,
    ),
    Column("user", _l("By"), value=lambda row: row.user_name or labels.label(ACTORS, row.actor)),
    Column(
        "visits",
        _l("Visits tried"),
        "count",
        value=lambda row: row.summary["visits"] if row.summary else None,
    ),
    Column("moved", _l("Led elsewhere"), "count", value=_moved),
    Column(
        "versions",
        _l("Network and policy version"),
        value=lambda row: f"{row.network_version} · {row.policy_version}" if row.summary else None,
        shown=False,
    ),
)


def _door(row: Row[Any]) -> str | None:
    if not row.code or row.kind == "store" and row.latitude is None:
        return None
    endpoint, name = {
        "store": ("hq.store", "code"),
        "dealer": ("hq.dealer", "code"),
        "branch": ("hq.branch", "code"),
    }[row.kind]
    return url_for(endpoint, **{name: row.code})


ROWS = (
    Column(
        "code",
        _l("Store, dealer or branch"),
        "chip",
        value=lambda row: (row.code, row.name or row.code) if row.code else ("–", _("no store")),
        sort="code",
    ),
    Column("visits_before", _l("Visits before"), "count", sort="visits_before"),
    Column("visits_after", _l("Visits after"), "count", sort="visits_after"),
    Column("gained", _l("Gained"), "count", sort="gained"),
    Column("lost", _l("Lost"), "count", sort="lost"),
    Column(
        "net",
        _l("Net change"),
        "count",
        value=lambda row: row.visits_after - row.visits_before,
        sort="net",
    ),
    Column("revenue_before", _l("Revenue before"), "money", sort="revenue_before", shown=False),
    Column("revenue_after", _l("Revenue after"), "money", sort="revenue_after", shown=False),
    Column("revenue_gained", _l("Revenue gained"), "money", sort="revenue_gained", shown=False),
    Column("revenue_lost", _l("Revenue lost"), "money", sort="revenue_lost", shown=False),
    Column(
        "revenue_net",
        _l("Revenue, net"),
        "money",
        value=lambda row: row.revenue_after - row.revenue_before,
        sort="revenue_net",
    ),
)


@blueprint.get("/simulations", strict_slashes=False, endpoint="simulations")
@needs("simulation:read")
def simulations_page() -> Any:
    now, _today = now_and_today()
    table = table_answers.asked("simulations", LIST, "-asked_at")
    with db.read() as connection:
        return table_answers.answer(
            table,
            lambda order: simulation_runs.listed(connection, order),
            "hq/simulations.html",
            now=now,
            total_rows=simulation_runs.count(connection),
            finished=simulation_runs.finished(connection),
            may_write=current_actor().may("simulation:write"),
        )


def _found(connection: Connection, simulation_id: int) -> Row[Any]:
    row = simulation_runs.find(connection, simulation_id)
    if row is None:
        raise NotFound(f"There is no simulation {simulation_id}.")
    return row


@blueprint.get("/simulations/<int:simulation_id>", strict_slashes=False)
@needs("simulation:read")
def simulation(simulation_id: int) -> Any:
    now, _today = now_and_today()
    kind = request.args.get("kind", "dealer")
    kind, every = kind if kind in KINDS else "dealer", request.args.get("all") == "yes"
    with db.read() as connection:
        row = _found(connection, simulation_id)
        asked_by = row.user_name or actor_names({row.actor})[row.actor]
        page = {
            "row": row,
            "now": now,
            "asked_by": asked_by,
            "said": in_words(connection, row),
            "may_write": current_actor().may("simulation:write"),
            "fault_words": fault_words,
        }
        if row.summary is None:
            return render_template(
                "hq/simulation.html", told=progress_of(row, now), moving=row.state in WAITS, **page
            )
        columns = tuple(_with_door(column) for column in ROWS)
        pairs = row.summary["pairs"][:SHOWN_PAIRS]
        totals = simulations.totals(connection, simulation_id, kind, every)
        table = table_answers.asked(f"simulation-{kind}", columns, "-moved")
        return table_answers.answer(
            table,
            lambda order: simulations.listed(connection, simulation_id, kind, order, every),
            "hq/simulation.html",
            every=every,
            total=_foot(totals),
            kind=kind,
            moving=False,
            switches=_switches(kind, "hq.simulation", simulation_id=simulation_id),
            total_rows=totals["rows"],
            summary=row.summary,
            best_worst=simulations.extremes(connection, simulation_id, "dealer"),
            pairs=pairs,
            names=simulations.names(
                connection, simulation_id, "dealer", {code for pair in pairs for code in pair[:2]}
            ),
            places=[place(each) for each in row.summary["unserved"]["where"][:SHOWN_PLACES]],
            conflicts=conflicts(connection, row),
            current=simulations.is_current(connection, row),
            others=_others(connection, row),
            **page,
        )


def _switches(kind: str, endpoint: str, **values: int) -> list[tuple[str, str, bool]]:
    return [
        (
            url_for(endpoint, kind=each, **values) + "#rows",
            labels.label(work_labels.SIMULATION_KINDS, each),
            each == kind,
        )
        for each in KINDS
    ]


def _with_door(column: Column) -> Column:
    return (
        column
        if column.key != "code"
        else Column(column.key, column.name, column.kind, column.value, column.sort, _door)
    )


def _foot(totals: dict[str, int]) -> dict[str, Any]:
    return {
        **totals,
        "net": totals["visits_after"] - totals["visits_before"],
        "revenue_net": totals["revenue_after"] - totals["revenue_before"],
    }


def _others(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    """Finished ones on the same visits, to compare with."""
    return [
        each
        for each in simulation_runs.finished(connection)
        if each.id != row.id and each.scenario["on"] == row.scenario["on"]
    ]


@blueprint.post("/simulations/<int:simulation_id>/again")
@needs("simulation:write")
def repeat_simulation(simulation_id: int) -> Any:
    """The same question once more, of the network and the rules as they are now; days of the past
    stay those days."""
    with db.read() as connection:
        body = _found(connection, simulation_id).scenario
    again = simulation_runs.ask(
        body, actor=current_actor(), user_id=current_user.id, now=dt.datetime.now(dt.UTC)
    )
    return redirect(url_for("hq.simulation", simulation_id=again), 303)


@blueprint.get("/simulations/<int:simulation_id>/progress", strict_slashes=False)
@needs("simulation:read")
def simulation_progress(simulation_id: int) -> Any:
    """The moving part of the page; when nothing moves any more the whole page is asked for."""
    now, _today = now_and_today()
    with db.read() as connection:
        row = _found(connection, simulation_id)
    if row.state not in WAITS:
        return "", 200, {"HX-Refresh": "true"}
    return render_template(
        "hq/simulation_progress.html",
        row=row,
        told=progress_of(row, now),
        may_write=current_actor().may("job:write"),
    )


@blueprint.get("/simulations/<int:simulation_id>/map.json")
@needs("simulation:read")
def simulation_map(simulation_id: int) -> Response:
    """Stores by how many visits they gain or lose, net; it opens where anything changes."""
    with db.read() as connection:
        opened = _opened([_found(connection, simulation_id)])
        rows = simulations.rows(connection, simulation_id, "store")
    points, changed = [], []
    for row in rows:
        if row.latitude is None:
            continue
        if row.gained or row.lost:
            changed.append((row.latitude, row.longitude))
        net = row.visits_after - row.visits_before
        about = _(
            "%(before)s visits before, %(after)s after",
            before=words.count(row.visits_before),
            after=words.count(row.visits_after),
        )
        points.append(
            maps.point(
                row.latitude,
                row.longitude,
                row.code,
                row.name,
                mark="loss" if net < 0 else "",
                value=abs(net),
                words=about,
                door=row.code not in opened,
            )
        )
    title = _("Visits gained (filled) or lost (rings), net")
    return jsonify(
        maps.collection(
            points,
            door=map_pages.door(),
            title=title,
            head=_("Net change"),
            none=_("as before"),
            write=words.count,
            bounds=_around(changed),
        )
    )


def _around(points: Sequence[tuple[float, float]]) -> list[list[float]] | None:
    """The corners of a box around these places; none for no place, and across the antimeridian the
    map looks for itself."""
    if not points or max(lng for _lat, lng in points) - min(lng for _lat, lng in points) > 180:
        return None
    lats, lngs = [lat for lat, _lng in points], [lng for _lat, lng in points]
    return [[min(lats) - MARGIN, min(lngs) - MARGIN], [max(lats) + MARGIN, max(lngs) + MARGIN]]


def _opened(rows: Sequence[Row[Any]]) -> set[str]:
    """Stores that exist in the question alone: they have no page."""
    return {
        each["open"]["store_code"]
        for row in rows
        for each in row.scenario["changes"]
        if "open" in each
    }


@blueprint.get("/simulations/compare", strict_slashes=False)
@needs("simulation:read")
def compare_simulations() -> Any:
    """Two finished ones on the same visits; `kind` of row."""
    pair = [
        int(text)
        if (text := request.args.get(name, "")).isascii() and text.isdigit() and len(text) < 16
        else 0
        for name in ("a", "b")
    ]
    kind = request.args.get("kind", "dealer")
    kind = kind if kind in KINDS else "dealer"
    with db.read() as connection:
        rows = [_found(connection, each) for each in pair]
        said = [in_words(connection, row) for row in rows]
        try:
            found = simulations.side_by_side(connection, *pair, kind)
        except Conflict as refusal:
            return render_template(
                "hq/compare_simulations.html",
                rows=rows,
                said=said,
                fault=fault_words.reason(refusal.detail),
                found=[],
            ), 409
    differ = [each for each in found if each["first"] != each["second"]]
    differ.sort(key=lambda each: (-abs(each["first"] - each["second"]), each["code"]))
    return render_template(
        "hq/compare_simulations.html",
        rows=rows,
        said=said,
        fault="",
        found=differ[:200],
        differ=len(differ),
        kind=kind,
        opened=_opened(rows),
        switches=_switches(kind, "hq.compare_simulations", a=pair[0], b=pair[1]),
    )
