"""A scenario from the form of the common questions: rules, a store opened, moved, paused or closed; past days or made-up visitors."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ledger.faults import FieldFault, InvalidInput
from stores import pasted
from stores.policy import PRESETS

QUESTIONS = {"open": _l("Open a store"), "move": _l("Move a store"), "close": _l("Close a store"), "pause": _l("Pause a store"), "rules": _l("Change the rules")}
PAST_DAYS = (7, 30, 90)
NUMBERS = ("nearest_limit_m", "ambiguity_m", "home_reach_m", "cover_m", "last_visit_days", "cached_param_days")
FIELDS = ("name", "question", "store_code", "store_name", "dealer_code", "latitude", "longitude", "crs", "service_radius_m", "successor_store_code",
          "paused_until", "preset", *NUMBERS, "visits", "points", "seed", "country")


def given(form: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form, '' for nothing."""
    return {name: (form.get(name) or "").strip() for name in FIELDS}


def body_of(values: Mapping[str, str], in_force: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    """The scenario's JSON. Raises InvalidInput for what the form alone can tell; the rest is told by the scenario's own reading."""
    question = values["question"]
    body: dict[str, Any] = {"name": values["name"] or _name(values), "on": _on(values, today)}
    if question == "rules":
        return {**body, "policy": _rules(values, in_force)}
    if question not in QUESTIONS:
        raise _fault("question", _("Say what would change."))
    change: dict[str, Any] = {"store_code": values["store_code"]}
    if question in ("open", "move"):
        change |= _place(values)
    if question == "open":
        change |= {"dealer_code": values["dealer_code"], "name": values["store_name"] or values["store_code"]}
        if values["service_radius_m"]:
            change["service_radius_m"] = _whole(values, "service_radius_m")
    if question == "close" and values["successor_store_code"]:
        change["successor_store_code"] = values["successor_store_code"]
    if question == "pause":
        change["paused_until"] = values["paused_until"]
    return {**body, "changes": [{question: change}]}


def _name(values: Mapping[str, str]) -> str:
    words = str(QUESTIONS.get(values["question"], ""))
    return f"{words}: {values['store_name'] or values['store_code']}" if values["question"] != "rules" else words


def _on(values: Mapping[str, str], today: dt.date) -> dict[str, Any]:
    if values["visits"] == "population":
        found: dict[str, Any] = {"points": _whole(values, "points"), "seed": _whole(values, "seed") if values["seed"] else 1}
        return {"population": {**found, **({"country": values["country"].upper()} if values["country"] else {})}}
    days = int(values["visits"]) if values["visits"].isascii() and values["visits"].isdigit() and int(values["visits"]) in PAST_DAYS else PAST_DAYS[0]
    return {"entries": {"from": (today - dt.timedelta(days=days - 1)).isoformat(), "to": today.isoformat()}}


def _rules(values: Mapping[str, str], in_force: Mapping[str, Any]) -> dict[str, Any]:
    """The rules in force with what the form changes of them."""
    found = dict(in_force)
    if values["preset"] in PRESETS and values["preset"] != in_force["preset"]:
        found |= {"preset": values["preset"], "rungs": list(PRESETS[values["preset"]]), "switching": values["preset"] != "home_locked"}
    for name in NUMBERS:
        if values[name]:
            found[name] = _whole(values, name)
    return found


def _place(values: Mapping[str, str]) -> dict[str, Any]:
    try:
        point = pasted.read(values["latitude"], values["longitude"])
    except InvalidInput:
        raise _fault("latitude", _("Give latitude and longitude in degrees, such as 31.23, 121.47.")) from None
    return {"latitude": point.latitude, "longitude": point.longitude, "crs": values["crs"]}


def _whole(values: Mapping[str, str], name: str) -> int:
    text = values[name].replace(",", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise _fault(name, _("A whole number is needed here."))
    return int(text)


def _fault(name: str, reason: str) -> InvalidInput:
    return InvalidInput(reason, code="scenario_invalid", errors=[FieldFault(name, reason)])


def placed(faults: InvalidInput) -> dict[str, str]:
    """The faults by field of the form: `changes[0].open.latitude` is that of `latitude`."""
    return {each.field.rpartition(".")[2] if each.field.rpartition(".")[2] in FIELDS else "": each.reason for each in faults.errors} or {"": faults.detail}
