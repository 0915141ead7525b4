"""Asking what if: the form of one or several changes, and on which visits to try them (H1)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Connection

import db
from app.hq.home import blueprint
from app.hq.routing import policy as policy_pages
from app.hq.routing import simulation_forms as forms
from app.hq.routing.simulation_words import rules_sentence, sentences
from app.services import simulation_runs
from app.ui import fault_words
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import InvalidInput
from stores.geo.coordinates import CRS_NAMES
from stores.lists import area_lists
from stores.network import policies
from stores.network.policy import PRESETS
from stores.simulation import simulations

Held = list[dict[str, str]]


@blueprint.route("/simulations/new", methods=["GET", "POST"], strict_slashes=False)
@needs("simulation:write")
def new_simulation() -> Any:
    """`deed`: add one change and go on, drop:N, or simulate. `of`: begin with the changes of that
    simulation."""
    _now, today = now_and_today()
    values, faults = forms.given(request.values), {}
    with db.read() as connection:
        in_force = policies.show(connection)
        texts, values = (
            (request.form.getlist("held"), values)
            if request.method == "POST"
            else _begun(connection, values)
        )
        held, body = forms.held_of(texts), None
        if request.method == "POST":
            values = _with_extent(connection, values, today)
            try:
                held, values, body = _done(
                    connection, request.form.get("deed", ""), held, values, in_force, today
                )
            except InvalidInput as fault:
                faults = forms.placed(fault)
        added = _told(connection, held, in_force)
    if body is not None:
        try:
            found = simulation_runs.ask(
                body, actor=current_actor(), user_id=current_user.id, now=dt.datetime.now(dt.UTC)
            )
            return redirect(url_for("hq.simulation", simulation_id=found), 303)
        except InvalidInput as fault:
            faults = forms.placed(fault)
    presets = [(code, policy_pages.said("preset", code)) for code in PRESETS]
    numbers = [(name, policy_pages.PARAMETERS[name][0], in_force[name]) for name in forms.NUMBERS]
    page = render_template(
        "hq/new_simulation.html",
        values=values,
        faults=faults,
        questions=forms.QUESTIONS,
        presets=presets,
        numbers=numbers,
        in_force=in_force,
        systems=CRS_NAMES,
        past_days=forms.PAST_DAYS,
        fault_words=fault_words,
        added=added,
    )
    return page, 422 if faults else 200


def _done(
    connection: Connection,
    deed: str,
    held: Held,
    values: dict[str, str],
    in_force: dict[str, Any],
    today: dt.date,
) -> tuple[Held, dict[str, str], dict[str, Any] | None]:
    """What stands in the form afterwards, and the scenario to be asked, if any. Raises
    InvalidInput."""
    if deed.startswith("drop:") and deed[5:].isdecimal():
        return [each for number, each in enumerate(held) if number != int(deed[5:])], values, None
    if deed == "add":
        simulations.check(connection, forms.checked(values, held, in_force, today))
        more = [] if forms.says_nothing(values, in_force) else [forms.kept(values)]
        blank = {
            **dict.fromkeys(forms.OF_CHANGE, ""),
            "question": values["question"],
            "crs": values["crs"],
        }
        return (
            forms.held_of([json.dumps(each) for each in [*held, *more]]),
            {**values, **blank},
            None,
        )
    return held, values, forms.body_of(values, held, in_force, today)


def _begun(connection: Connection, values: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The changes of the simulation that `of` names, if there is one, and on which visits it was
    tried."""
    number = request.args.get("of", "")
    row = (
        simulation_runs.find(connection, int(number))
        if number.isascii() and number.isdigit() and len(number) < 16
        else None
    )
    if row is None:
        return [], values
    return [json.dumps(each) for each in forms.values_of(row.scenario)][: forms.MOST_HELD], {
        **values,
        **forms.visits_of(row.scenario["on"]),
    }


def _with_extent(connection: Connection, values: dict[str, str], today: dt.date) -> dict[str, str]:
    """A territory that is there keeps its extent where nothing else is said: another dealer gets it
    as it is."""
    if (
        values["question"] != "territory"
        or values["region_codes"]
        or values["postal_codes"]
        or values["geometry"]
    ):
        return values
    row = (
        area_lists.find_area(connection, current_actor(), values["area_code"], today)
        if values["area_code"]
        else None
    )
    if row is None or row.kind != "territory":
        return values
    extent = {
        "region_codes": " ".join(row.region_codes or ()),
        "postal_codes": " ".join(row.postal_codes or ()),
    }
    shape = json.dumps(row.geometry) if row.geometry else ""
    return {
        **values,
        **extent,
        "geometry": shape,
        "crs": "wgs84",
        "dealer_code": values["dealer_code"] or row.dealer_code or "",
    }


def _told(connection: Connection, held: Held, in_force: dict[str, Any]) -> list[tuple[str, str]]:
    """(in words, as the form keeps it) of each change that was added."""
    network = iter(
        sentences(
            connection, [forms.change_of(each) for each in held if each["question"] != "rules"]
        )
    )
    return [
        (
            rules_sentence(in_force, forms.rules_of(each, in_force))
            if each["question"] == "rules"
            else next(network),
            json.dumps(forms.kept(each)),
        )
        for each in held
    ]
