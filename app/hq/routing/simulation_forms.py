"""A scenario from the form of the common questions: rules, stores opened, moved, paused or closed,
territories; past days or made-up visitors.

Several changes are one question: those that were added already stand in the form as `held`, each
the values of its fields as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ledger.faults import FieldFault, InvalidInput, Malformed
from stores.base import pasted
from stores.network.policy import PRESETS, parse
from stores.simulation.scenario import NAME_LENGTH

QUESTIONS = {
    "open": _l("Open a store"),
    "move": _l("Move a store"),
    "close": _l("Close a store"),
    "pause": _l("Pause a store"),
    "territory": _l("Change a territory"),
    "remove_area": _l("Remove an area"),
    "rules": _l("Change the rules"),
}
PAST_DAYS = (7, 30, 90)
NUMBERS = (
    "nearest_limit_m",
    "ambiguity_m",
    "home_reach_m",
    "cover_m",
    "last_visit_days",
    "cached_param_days",
)
OF_STORE, OF_PLACE = ("open", "move", "close", "pause"), ("open", "move")
OF_CHANGE = (
    "question",
    "store_code",
    "store_name",
    "dealer_code",
    "latitude",
    "longitude",
    "crs",
    "service_radius_m",
    "successor_store_code",
    "paused_until",
    "area_code",
    "region_codes",
    "postal_codes",
    "geometry",
    "preset",
    *NUMBERS,
)
FIELDS = ("name", *OF_CHANGE, "visits", "points", "seed", "country")
MOST_HELD = 40
Values = Mapping[str, str]


def given(form: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form, '' for nothing."""
    return {name: (form.get(name) or "").strip() for name in FIELDS}


def held_of(texts: Sequence[str]) -> list[dict[str, str]]:
    """The changes that were added before. Raises Malformed for what this form never wrote."""
    try:
        found = [json.loads(text) for text in texts]
        for each in found:
            parse(json.loads(each.get("policy") or "{}"))
    except (ValueError, RecursionError, AttributeError, TypeError, InvalidInput):
        found = [None]
    if len(found) > MOST_HELD or not all(
        isinstance(each, dict)
        and each.get("question") in QUESTIONS
        and all(
            key in (*OF_CHANGE, "policy") and isinstance(value, str) for key, value in each.items()
        )
        for each in found
    ):
        raise Malformed("This is not what the form holds; load it again.")
    return [{**dict.fromkeys(OF_CHANGE, ""), **each} for each in found]


def kept(values: Values) -> dict[str, str]:
    """The values of one change alone, to stand in the form."""
    return {name: values[name] for name in (*OF_CHANGE, "policy") if values.get(name)}


def says_nothing(values: Values, in_force: Mapping[str, Any]) -> bool:
    """Nobody filled in what the question is about."""
    question = values["question"]
    if question == "rules":
        return values["preset"] in ("", in_force["preset"]) and not any(
            values[name] for name in NUMBERS
        )
    names = (
        ("area_code",)
        if question in ("territory", "remove_area")
        else ("store_code", "store_name", "latitude", "longitude")
    )
    return not any(values[name] for name in names)


def body_of(
    values: Values, held: Sequence[Values], in_force: Mapping[str, Any], today: dt.date
) -> dict[str, Any]:
    """The scenario's JSON. Raises InvalidInput for what the form alone can tell; the rest is told
    by the scenario's own reading."""
    every = [*held, values] if not held or not says_nothing(values, in_force) else list(held)
    rules = [each for each in every if each["question"] == "rules"]
    if len(rules) > 1:
        raise _fault(
            "question",
            _("The rules are among the changes already; take them away there to change them anew."),
        )
    for number, each in enumerate(every):
        if each["question"] != "rules" and any(
            _about(each) == _about(other)
            for other in every[:number]
            if other["question"] != "rules"
        ):
            raise _fault(
                _about(each)[0],
                _(
                    "There is a change of %(code)s already; take that one away first.",
                    code=_about(each)[1],
                ),
            )
    body: dict[str, Any] = {
        "name": values["name"] or _name(every),
        "on": _on(values, today),
        "changes": [change_of(each) for each in every if each not in rules],
    }
    return {**body, "policy": rules_of(rules[0], in_force)} if rules else body


def checked(
    values: Values, held: Sequence[Values], in_force: Mapping[str, Any], today: dt.date
) -> dict[str, Any]:
    """The body with these changes on visits of no account: what is wrong with the changes
    themselves."""
    return {
        **body_of({**values, "name": "-", "visits": str(PAST_DAYS[0])}, held, in_force, today),
        "on": {"population": {"points": 1, "seed": 1}},
    }


def change_of(values: Values) -> dict[str, Any]:
    """One change of the network as a scenario has it."""
    question = values["question"]
    if question not in QUESTIONS:
        raise _fault("question", _("Say what would change."))
    if question in ("territory", "remove_area"):
        return {
            question: _area(values)
            if question == "territory"
            else {"area_code": values["area_code"]}
        }
    change: dict[str, Any] = {"store_code": values["store_code"]}
    if question in OF_PLACE:
        change |= _place(values)
    if question == "open":
        change |= {
            "dealer_code": values["dealer_code"],
            "name": values["store_name"] or values["store_code"],
        }
        if values["service_radius_m"]:
            change["service_radius_m"] = _whole(values, "service_radius_m")
    if question == "close" and values["successor_store_code"]:
        change["successor_store_code"] = values["successor_store_code"]
    if question == "pause":
        change["paused_until"] = values["paused_until"]
    return {question: change}


def values_of(scenario: Mapping[str, Any]) -> list[dict[str, str]]:
    """The changes of a scenario as the form holds them: to ask it once more with something
    different."""
    found = []
    for each in scenario["changes"]:
        question, change = next(iter(each.items()))
        values = {
            "question": question,
            **{
                name: str(value)
                for name, value in change.items()
                if name in OF_CHANGE and isinstance(value, str | int | float)
            },
        }
        values |= {
            name: " ".join(change[name])
            for name in ("region_codes", "postal_codes")
            if change.get(name)
        }
        values |= {"geometry": json.dumps(change["geometry"])} if change.get("geometry") else {}
        found.append({**values, **({"store_name": change["name"]} if change.get("name") else {})})
    return (
        [*found, {"question": "rules", "policy": json.dumps(scenario["policy"])}]
        if scenario["policy"]
        else found
    )


def visits_of(on: Mapping[str, Any]) -> dict[str, str]:
    """The visits of a scenario as the form asks for them; of past days the shortest choice that is
    as long."""
    if "population" in on:
        return {
            "visits": "population",
            **{name: str(value) for name, value in on["population"].items()},
        }
    first, last = (dt.date.fromisoformat(on["entries"][key]) for key in ("from", "to"))
    return {
        "visits": str(
            next((days for days in PAST_DAYS if days > (last - first).days), PAST_DAYS[-1])
        )
    }


def rules_of(values: Values, in_force: Mapping[str, Any]) -> dict[str, Any]:
    """The rules in force with what the form changes of them."""
    if values.get("policy"):
        return dict(json.loads(values["policy"]))
    found = dict(in_force)
    if values["preset"] in PRESETS and values["preset"] != in_force["preset"]:
        found |= {
            "preset": values["preset"],
            "rungs": list(PRESETS[values["preset"]]),
            "switching": values["preset"] != "home_locked",
        }
    for name in NUMBERS:
        if values[name]:
            found[name] = _whole(values, name)
    return found


def _about(values: Values) -> tuple[str, str]:
    """(field, code) of what a change is about."""
    name = "area_code" if values["question"] in ("territory", "remove_area") else "store_code"
    return name, values[name]


def _name(several: Sequence[Values]) -> str:
    first = several[0]
    words = str(QUESTIONS.get(first["question"], ""))
    about = first["store_name"] or first["store_code"] or first["area_code"]
    words = _("%(what)s: %(about)s", what=words, about=about) if about else words
    return (
        _("%(first)s, and more", first=words[: NAME_LENGTH - 20]) if len(several) > 1 else words
    )[:NAME_LENGTH]


def _on(values: Values, today: dt.date) -> dict[str, Any]:
    if values["visits"] == "population":
        found: dict[str, Any] = {
            "points": _whole(values, "points"),
            "seed": _whole(values, "seed") if values["seed"] else 1,
        }
        return {
            "population": {
                **found,
                **({"country": values["country"].upper()} if values["country"] else {}),
            }
        }
    days = (
        int(values["visits"])
        if values["visits"].isascii()
        and values["visits"].isdigit()
        and int(values["visits"]) in PAST_DAYS
        else PAST_DAYS[0]
    )
    return {
        "entries": {
            "from": (today - dt.timedelta(days=days - 1)).isoformat(),
            "to": today.isoformat(),
        }
    }


def _area(values: Values) -> dict[str, Any]:
    found: dict[str, Any] = {"area_code": values["area_code"], "dealer_code": values["dealer_code"]}
    for name in ("region_codes", "postal_codes"):
        written = values[name].replace("，", ",").replace("\n", ",").replace(";", ",")
        if (
            codes := [code.strip() for code in written.split(",") if code.strip()]
            if "," in written.strip(",")
            else written.replace(",", " ").split()
        ):
            found[name] = codes
    if values["geometry"]:
        found |= {"geometry": _shape(values["geometry"]), "crs": values["crs"] or "wgs84"}
    return found


def _shape(text: str) -> dict[str, Any]:
    """The polygon of a GeoJSON text: a geometry, a feature or a file of one feature."""
    try:
        found = json.loads(text)
        found = (
            found["features"][0]
            if found.get("type") == "FeatureCollection" and len(found["features"]) == 1
            else found
        )
        found = found["geometry"] if found.get("type") == "Feature" else found
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        found = None
    if not isinstance(found, dict):
        raise _fault(
            "geometry", _('Paste the polygon as GeoJSON: {"type": "Polygon", "coordinates": ...}.')
        )
    return found


def _place(values: Values) -> dict[str, Any]:
    try:
        point = pasted.read(values["latitude"], values["longitude"])
    except InvalidInput:
        raise _fault(
            "latitude", _("Give latitude and longitude in degrees, such as 31.23, 121.47.")
        ) from None
    return {"latitude": point.latitude, "longitude": point.longitude, "crs": values["crs"]}


def _whole(values: Values, name: str) -> int:
    text = values[name].replace(",", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise _fault(name, _("A whole number is needed here."))
    return int(text)


def _fault(name: str, reason: str) -> InvalidInput:
    return InvalidInput(reason, code="scenario_invalid", errors=[FieldFault(name, reason)])


def placed(faults: InvalidInput) -> dict[str, str]:
    """The faults by field of the form: `changes[0].open.latitude` is that of `latitude`."""
    return {
        each.field.rpartition(".")[2]
        if each.field.rpartition(".")[2] in FIELDS
        else "": each.reason
        for each in faults.errors
    } or {"": faults.detail}
