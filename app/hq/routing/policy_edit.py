"""Changing the routing policy: edit, look at what differs, simulate exactly these rules, publish
with a note, now or later; or one of old again (H1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

import db
from app.hq.home import blueprint
from app.hq.routing import simulation_forms as forms
from app.hq.routing.policy import CHOICES, PARAMETERS, changes, said
from app.services import simulation_runs
from app.ui import fault_words
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, InvalidInput, NotFound
from stores.base.brand import brand
from stores.base.times import InvalidTime, parse_instant
from stores.network import policies
from stores.network.policy import PRESETS, RUNGS, Policy, parse
from stores.simulation import simulations

WORDS = {"snatch_policy": ("after_protection", "never", "anytime"), "order_owner": ("order_shop",)}
YES_OR_NO = tuple(name for name, (_words, unit, _rule) in PARAMETERS.items() if unit == "yes")
OTHER = ("default_store", "region_defaults", *YES_OR_NO)
WHOLE = ("m", "days", "hours", "bp", "number", "visitors")
NO_LIMIT = ("nearest_limit_m", "guide_daily_capacity")  # may be left empty


@blueprint.route("/policy/edit", methods=["GET", "POST"])
@needs("rules:write")
def edit_policy() -> Any:
    """`version=`: begin with that one instead of the rules in force. Each button of the form sends
    the whole form."""
    _now, today = now_and_today()
    with db.read() as connection:
        held = policies.in_force(connection)
        base = (
            _version(connection, request.args.get("version"))
            if request.args.get("version")
            else held
        )
        values = _form(request.form) if request.method == "POST" else _of_policy(parse(base.body))
        deed, faults = request.form.get("deed", ""), {}
        values = _turned(values, deed)
        differences: list[tuple[str, str, str]] | None = None
        try:
            policy = parse(body_of(values))
            differences = changes(parse(held.body), policy)
            trial = simulations.trial_of(connection, policy)
            current = trial is not None and simulations.is_current(connection, trial)
        except InvalidInput as fault:
            faults, trial, current = {each.field: each.reason for each in fault.errors}, None, False
    if deed == "simulate" and not faults and differences:
        first = today - dt.timedelta(days=forms.PAST_DAYS[0] - 1)
        body = {
            "name": _("Rules of %(day)s", day=today.isoformat()),
            "policy": policy.body(),
            "on": {"entries": {"from": first.isoformat(), "to": today.isoformat()}},
        }
        try:
            found = simulation_runs.ask(
                body, actor=current_actor(), user_id=current_user.id, now=dt.datetime.now(dt.UTC)
            )
            return redirect(url_for("hq.simulation", simulation_id=found), 303)
        except InvalidInput as fault:
            faults = {each.field.removeprefix("policy."): each.reason for each in fault.errors}
    page = render_template(
        "hq/edit_policy.html",
        values=values,
        faults=faults,
        differences=differences,
        held=held,
        base=base,
        trial=trial,
        current=current,
        parameters=PARAMETERS,
        presets=[(code, said("preset", code)) for code in PRESETS],
        rules=WORDS,
        choices=CHOICES,
        other=OTHER,
        yes_or_no=YES_OR_NO,
        no_limit=NO_LIMIT,
        days=forms.PAST_DAYS[0],
        fault_words=fault_words,
        looked=deed in ("look", "simulate"),
        picker="PICKER",
    )
    return page, 422 if faults else 200


def _of_policy(policy: Policy) -> dict[str, Any]:
    """The form as it shows a policy: texts, and the rungs in their order, those that are switched
    off where they would usually stand."""
    values: dict[str, Any] = {
        name: "" if value is None else str(value)
        for name, value in policy.body().items()
        if name not in ("rungs", "region_defaults", "note")
    }
    on = [code for code in policy.rungs if code != "PICKER"]
    values["region_defaults"] = "\n".join(
        f"{region} {store}" for region, store in sorted(policy.region_defaults.items())
    )
    values |= {name: "yes" if getattr(policy, name) else "" for name in YES_OR_NO}
    return {**values, "rungs": _with_off(on), "on": set(on)}


def _with_off(on: Sequence[str]) -> list[str]:
    """All rungs: those that are off stand behind the one that usually goes before them."""
    found = list(on)
    for place, code in enumerate(RUNGS[:-1]):
        if code not in found:
            found.insert(found.index(RUNGS[place - 1]) + 1 if place else 0, code)
    return found


def _form(form: MultiDict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: (form.get(name) or "").strip() for name in (*PARAMETERS, "preset")
    }
    order = [code for code in dict.fromkeys(form.getlist("rung")) if code in RUNGS[:-1]]
    return {
        **values,
        "region_defaults": form.get("region_defaults", ""),
        "rungs": _with_off(order),
        "on": set(form.getlist("on")),
    }


def _turned(values: dict[str, Any], deed: str) -> dict[str, Any]:
    """The form after one of its small buttons: a rung up or down, or the order of the preset."""
    rungs, (what, _colon, code) = list(values["rungs"]), deed.partition(":")
    if what in ("up", "down") and code in rungs:
        at = rungs.index(code)
        to = max(0, min(len(rungs) - 1, at + (1 if what == "down" else -1)))
        rungs.insert(to, rungs.pop(at))
    if what == "preset" and values["preset"] in PRESETS:
        on = [each for each in PRESETS[values["preset"]] if each != "PICKER"]
        return {
            **values,
            "rungs": _with_off(on),
            "on": set(on),
            "switching": "" if values["preset"] == "home_locked" else "yes",
        }
    return {**values, "rungs": rungs}


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """The policy in its file form; what is no number stays text, so that the policy's own reading
    tells it."""
    body: dict[str, Any] = {
        "preset": values["preset"],
        "rungs": [*(code for code in values["rungs"] if code in values["on"]), "PICKER"],
    }
    body |= {name: values[name] == "yes" for name in YES_OR_NO}
    for name, (_words, unit, _rule) in PARAMETERS.items():
        text = values[name]
        if unit in WHOLE:
            body[name] = (
                int(text)
                if text.isascii() and text.isdigit() and len(text) < 16
                else None
                if not text and name in NO_LIMIT
                else text
            )
        elif name in WORDS:
            body[name] = text
    body["default_store"] = values["default_store"] or None
    pairs = [line.split() for line in values["region_defaults"].splitlines() if line.strip()]
    body["region_defaults"] = (
        {pair[0]: pair[1] for pair in pairs}
        if all(len(pair) == 2 for pair in pairs)
        else values["region_defaults"]
    )
    return body


def _version(connection: Connection, text: str | None) -> Any:
    row = (
        policies.version(connection, int(text))
        if text and text.isascii() and text.isdigit() and len(text) < 16
        else None
    )
    if row is None:
        raise NotFound(f"There is no policy version {text!r}.")
    return row


# -- publishing ------------------------------------------------------------------------------------


def _asked(connection: Connection) -> tuple[Policy, Any, Any]:
    """What is to be published: the rules that a simulation tried, or an old version again. (policy,
    simulation or None, version or None)"""
    number = request.values.get("simulation", "")
    if number:
        row = (
            simulation_runs.find(connection, int(number))
            if number.isascii() and number.isdigit() and len(number) < 16
            else None
        )
        if (
            row is None
            or not row.rules_only
            or row.scenario["policy"] is None
            or row.summary is None
        ):
            raise NotFound(f"There is no finished simulation {number!r} of rules.")
        return parse(row.scenario["policy"]), row, None
    row = _version(connection, request.values.get("version"))
    return parse(row.body), None, row


@blueprint.get("/policy/review")
@needs("rules:write")
def review_policy() -> Any:
    """`simulation=` its rules, or `version=` an old one again."""
    with db.read() as connection:
        return _review(connection)


def _review(connection: Connection, fault: str = "") -> str:
    policy, trial, old = _asked(connection)
    held = policies.in_force(connection)
    return render_template(
        "hq/review_policy.html",
        differences=changes(parse(held.body), policy),
        trial=trial,
        old=old,
        held=held,
        fault=fault,
        now=now_and_today()[0],
        current=trial is not None and simulations.is_current(connection, trial),
        waiting=policies.waiting(connection),
        note=request.form.get(
            "note", _("Back to version %(n)s", n=old.version) if old is not None else ""
        ),
        at=request.form.get("at", ""),
    )


@blueprint.post("/policy/publish")
@needs("rules:write")
def publish_policy() -> Any:
    """Needs a note; rules that were never in force also need their simulation on the network and
    rules in force."""
    now = dt.datetime.now(dt.UTC)
    with db.read() as connection:
        policy, trial, _old = _asked(connection)
        before = policies.in_force(connection).version
    note, fault = request.form.get("note", "").strip(), ""
    try:
        if not note:
            raise InvalidInput(_("Say in a note why these rules change."))
        at = parse_instant(request.form["at"], brand().timezone) if request.form.get("at") else None
        if at is not None and at < now - dt.timedelta(minutes=1):
            raise InvalidInput(_("This moment has passed; leave it empty to publish now."))
        version = policies.publish(
            policy.body(),
            actor=current_actor(),
            now=now,
            note=note,
            effective_at=at,
            require=simulations.require_trial if trial is not None else None,
        )
    except InvalidTime:
        fault = _("A time looks like 2026-11-22 10:00.")
    except (InvalidInput, Conflict) as refusal:
        fault = fault_words.reason(refusal.detail)
    if fault:
        with db.read() as connection:
            return _review(connection, fault), 422
    if version == before:
        flash(_("These rules are in force already; nothing changed."), "wait")
    elif at is not None and at > now:
        flash(_("Version %(n)s waits and comes into force at its time.", n=version), "good")
    else:
        flash(_("Version %(n)s is in force. Decisions made before keep theirs.", n=version), "good")
    return redirect(url_for("hq.policy"), 303)
