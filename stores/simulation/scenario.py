"""A scenario: what would be different, and on which visits it is tried. Versioned JSON, one fault
per wrong key. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from db import canonical
from ledger.faults import Fault, FieldFault, InvalidInput
from stores.geo.areas import parse_geometry
from stores.geo.coordinates import CRS_NAMES, Coordinates, to_wgs84
from stores.geo.postal_codes import readable
from stores.network.policy import Policy, parse

FORMAT = 1
MOST_CHANGES, MOST_POINTS, MOST_DAYS = 1_000, 1_000_000, 400
NAME_LENGTH, CODE_LENGTH = 120, 64
_KEYS = ("format", "name", "policy", "changes", "on", "near_m")
_PLACE = ("latitude", "longitude", "crs")
NEEDED = {
    "open": ("store_code", "dealer_code", *_PLACE),
    "move": ("store_code", *_PLACE),
    "pause": ("store_code", "paused_until"),
    "close": ("store_code",),
    "territory": ("area_code", "dealer_code"),
    "remove_area": ("area_code",),
}
ALLOWED = {
    "open": ("name", "service_radius_m", "region_code", "priority"),
    "close": ("successor_store_code",),
    "territory": ("geometry", "crs", "region_codes", "postal_codes"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the network: its kind (a key of NEEDED) and its values; places are WGS-84 in
    `point`, drawn areas GeoJSON in `geometry`."""

    kind: str
    values: Mapping[str, Any]
    point: Coordinates | None = None

    @property
    def code(self) -> str:
        return str(self.values.get("store_code") or self.values.get("area_code"))


@dataclass(frozen=True, slots=True)
class PastEntries:
    """Entries of these brand days, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Population:
    """So many made-up new visitors, living where people live; the same seed is the same people."""

    points: int
    seed: int
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """`policy` None: the rules in force. `body` is what was given, complete; `near_m`: how near
    another dealer's store is a conflict."""

    name: str
    policy: Policy | None
    changes: tuple[Change, ...]
    on: PastEntries | Population
    near_m: int
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """One hash for one question, whatever its name."""
        return _hash({key: value for key, value in self.body.items() if key != "name"})


def rules_digest(policy: Policy) -> str:
    """One hash for one set of rules, whatever note it carries (what a publisher has simulated)."""
    return _hash({name: value for name, value in policy.body().items() if name != "note"})


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def read(body: Any) -> Scenario:
    """A scenario from its JSON form. Raises InvalidInput with one fault for each wrong key; codes
    are looked up by `changing.change`."""
    if not isinstance(body, dict):
        raise InvalidInput("A scenario is a JSON object.", code="scenario_invalid")
    faults = [
        FieldFault(str(key)[:64], f"is no key of a scenario; known are {', '.join(_KEYS)}")
        for key in body
        if key not in _KEYS
    ]
    if body.get("format", FORMAT) != FORMAT:
        faults.append(FieldFault("format", f"must be {FORMAT}"))
    name = body.get("name", "")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_LENGTH:
        faults.append(FieldFault("name", f"must be text of 1 to {NAME_LENGTH} characters"))
    near_m = body.get("near_m", 1_000)
    if not _whole(near_m, 0, 100_000):
        faults.append(FieldFault("near_m", "must be a whole number from 0 to 100000"))
    policy = _policy(body.get("policy"), faults)
    changes = _changes(body.get("changes", []), faults)
    on = _on(body.get("on"), faults)
    if faults or on is None:
        raise refused(faults)
    clean = {
        "format": FORMAT,
        "name": name.strip(),
        "policy": policy.body() if policy else None,
        "near_m": near_m,
        "changes": [{each.kind: dict(each.values)} for each in changes],
        "on": body["on"],
    }
    return Scenario(name.strip(), policy, tuple(changes), on, near_m, clean)


def refused(faults: list[FieldFault]) -> InvalidInput:
    return InvalidInput(
        "The scenario was not read: "
        + "; ".join(f"{f.field} {f.reason}" for f in faults[:5])
        + ".",
        code="scenario_invalid",
        errors=faults,
    )


def _policy(body: Any, faults: list[FieldFault]) -> Policy | None:
    if body is None:
        return None
    try:
        return parse(body)
    except InvalidInput as fault:
        faults += [FieldFault(f"policy.{each.field}", each.reason) for each in fault.errors] or [
            FieldFault("policy", "must be a JSON object")
        ]
        return None


def _on(body: Any, faults: list[FieldFault]) -> PastEntries | Population | None:
    if (
        not isinstance(body, dict)
        or len(body) != 1
        or not isinstance(next(iter(body.values())), dict)
    ):
        faults.append(
            FieldFault(
                "on", 'must be {"entries": {"from", "to"}} or {"population": {"points", "seed"}}'
            )
        )
        return None
    kind, given = next(iter(body.items()))
    if kind == "entries":
        return _entries(given, faults)
    if kind == "population":
        return _population(given, faults)
    faults.append(FieldFault(f"on.{str(kind)[:40]}", "is neither entries nor population"))
    return None


def _entries(given: dict[str, Any], faults: list[FieldFault]) -> PastEntries | None:
    _only(given, ("from", "to"), "on.entries", faults)
    days = [_day(given.get(key), f"on.entries.{key}", faults) for key in ("from", "to")]
    if days[0] is None or days[1] is None:
        return None
    if days[1] < days[0]:
        faults.append(FieldFault("on.entries.to", "lies before from"))
    elif (days[1] - days[0]).days >= MOST_DAYS:
        faults.append(FieldFault("on.entries.to", f"makes more than {MOST_DAYS} days"))
    return PastEntries(days[0], days[1])


def _population(given: dict[str, Any], faults: list[FieldFault]) -> Population:
    _only(given, ("points", "seed", "country"), "on.population", faults)
    points, seed, country = given.get("points"), given.get("seed", 1), given.get("country")
    if not _whole(points, 1, MOST_POINTS):
        faults.append(
            FieldFault("on.population.points", f"must be a whole number from 1 to {MOST_POINTS}")
        )
    if not _whole(seed, 0, 2**32 - 1):
        faults.append(
            FieldFault("on.population.seed", "must be a whole number from 0 to 4294967295")
        )
    if country is not None and not (
        isinstance(country, str) and len(country) == 2 and country.isascii() and country.isupper()
    ):
        faults.append(
            FieldFault("on.population.country", "must be a country code of two capital letters")
        )
    return Population(points, seed, country)


def _changes(given: Any, faults: list[FieldFault]) -> list[Change]:
    if not isinstance(given, list) or len(given) > MOST_CHANGES:
        faults.append(FieldFault("changes", f"must be a list of at most {MOST_CHANGES} changes"))
        return []
    found, seen = [], set()
    for number, each in enumerate(given):
        before, change = len(faults), _change(each, f"changes[{number}]", faults)
        if change is None or len(faults) > before:
            continue
        about = ("area" if "area_code" in change.values else "store", change.code)
        if about in seen:
            faults.append(
                FieldFault(
                    f"changes[{number}].{change.kind}", f"is a second change of {change.code!r}"
                )
            )
        seen.add(about)
        found.append(change)
    return found


def _change(given: Any, at: str, faults: list[FieldFault]) -> Change | None:
    if (
        not isinstance(given, dict)
        or len(given) != 1
        or (kind := next(iter(given))) not in NEEDED
        or not isinstance(given[kind], dict)
    ):
        faults.append(FieldFault(at, f"must be an object with one key of {', '.join(NEEDED)}"))
        return None
    at, values = f"{at}.{kind}", given[kind]
    allowed = (*NEEDED[kind], *ALLOWED.get(kind, ()))
    _only(values, allowed, at, faults)
    faults += [
        FieldFault(f"{at}.{key}", "is missing") for key in NEEDED[kind] if values.get(key) is None
    ]
    for key, value in values.items():
        check = _CHECKS.get(key)
        if key in allowed and value is not None and check and (reason := check(value)):
            faults.append(FieldFault(f"{at}.{key}", reason))
    if kind == "territory":
        return _territory(values, at, faults)
    return Change(kind, values, _place(values, at, faults) if "latitude" in NEEDED[kind] else None)


def _place(values: dict[str, Any], at: str, faults: list[FieldFault]) -> Coordinates | None:
    if any(each.field in (f"{at}.{key}" for key in _PLACE) for each in faults):
        return None
    try:
        return to_wgs84(values["latitude"], values["longitude"], values["crs"])
    except Fault as fault:
        faults.append(FieldFault(f"{at}.latitude", fault.detail))
        return None


def _territory(values: dict[str, Any], at: str, faults: list[FieldFault]) -> Change:
    if not any(values.get(key) for key in ("geometry", "region_codes", "postal_codes")):
        faults.append(
            FieldFault(f"{at}.geometry", "is missing, and so are region_codes and postal_codes")
        )
    if values.get("geometry") is not None:
        try:
            parse_geometry(values["geometry"], values.get("crs") or "wgs84")
        except Fault as fault:
            faults.append(FieldFault(f"{at}.geometry", fault.detail))
    return Change("territory", values)


# -- single values ---------------------------------------------------------------------------------


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _only(
    given: Mapping[str, Any], allowed: tuple[str, ...], at: str, faults: list[FieldFault]
) -> None:
    faults += [
        FieldFault(f"{at}.{str(key)[:40]}", f"is no key here; known are {', '.join(allowed)}")
        for key in given
        if key not in allowed
    ]


def _day(value: Any, at: str, faults: list[FieldFault]) -> dt.date | None:
    reason = _a_day(value)
    if reason:
        faults.append(FieldFault(at, reason))
        return None
    return dt.date.fromisoformat(value)


def _a_day(value: Any) -> str:
    try:
        ok = (
            isinstance(value, str) and len(value) == 10 and dt.date.fromisoformat(value) is not None
        )
    except ValueError:
        ok = False
    return "" if ok else "must be a day like 2026-03-01"


def _a_code(value: Any) -> str:
    return (
        ""
        if isinstance(value, str) and 0 < len(value) <= CODE_LENGTH
        else f"must be text of 1 to {CODE_LENGTH} characters"
    )


def _degrees(most: float) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        ok = (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and -most <= value <= most
        )
        return "" if ok else f"must be degrees from {-most:.0f} to {most:.0f}"

    return check


def _codes(value: Any) -> str:
    ok = (
        isinstance(value, list) and len(value) <= 5_000 and all(not _a_code(each) for each in value)
    )
    return "" if ok else "must be a list of codes"


def _postal_codes(value: Any) -> str:
    if reason := _codes(value):
        return reason
    return (
        ""
        if len(readable(value)) == len(value)
        else "must be postal codes, ranges such as 75001-75020 or beginnings such as NG1*"
    )


_CHECKS: dict[str, Callable[[Any], str]] = {
    "store_code": _a_code,
    "dealer_code": _a_code,
    "area_code": _a_code,
    "successor_store_code": _a_code,
    "region_code": _a_code,
    "name": lambda value: (
        ""
        if isinstance(value, str) and 0 < len(value) <= 200
        else "must be text of 1 to 200 characters"
    ),
    "crs": lambda value: "" if value in CRS_NAMES else f"must be one of {', '.join(CRS_NAMES)}",
    "latitude": _degrees(90),
    "longitude": _degrees(180),
    "paused_until": _a_day,
    "region_codes": _codes,
    "postal_codes": _postal_codes,
    "service_radius_m": lambda value: (
        "" if _whole(value, 0, 1_000_000) else "must be a whole number from 0 to 1000000"
    ),
    "priority": lambda value: (
        "" if _whole(value, -1_000_000, 1_000_000) else "must be a whole number"
    ),
}
