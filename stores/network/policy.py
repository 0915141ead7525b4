"""A routing policy as a value: which rungs in which order, with which numbers (A4-A8, CONTRACT 4).
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.faults import FieldFault, InvalidInput

RUNGS = (
    "HQ_PIN",
    "MANUAL",
    "HOME_PROTECTED",
    "ENTRY_PARAM",
    "HOME",
    "ENTRY_CACHED",
    "LAST_VISIT",
    "TERRITORY",
    "SERVICE_AREA",
    "RADIUS",
    "NEAREST",
    "REGION",
    "DEFAULT",
    "PICKER",
)
_BINDING, _PLACE = RUNGS[2:7], RUNGS[7:11]
PRESETS: dict[str, tuple[str, ...]] = {
    "franchise": RUNGS,
    "nearest_first": RUNGS[:2] + _PLACE + _BINDING + RUNGS[11:],
    "link_first": ("HQ_PIN", "MANUAL", "ENTRY_PARAM", "HOME_PROTECTED", *RUNGS[4:]),
    "home_locked": ("HQ_PIN", "HOME_PROTECTED", "HOME", "ENTRY_PARAM", *RUNGS[5:]),
}
OWNER_BASES = ("order_shop",)


@dataclass(frozen=True, slots=True)
class Policy:
    """Every default of DOMAIN A1-A18; an absent key of the file has this default, never the last
    version's value."""

    preset: str = "franchise"
    rungs: tuple[str, ...] = RUNGS
    nearest_limit_m: int | None = 50_000
    ambiguity_m: int = 200
    fuzzy_accuracy_m: int = 3_000
    protection_days: int = 30
    validity_days: int = 365
    switching: bool = True
    home_reach_m: int = 100_000
    manual_hours: int = 24
    cached_param_days: int = 7
    last_visit_days: int = 30
    cover_m: int = 10_000
    switch_nearer_m: int = 500
    switch_nearer_bp: int = 2_000
    refusal_hours: int = 24
    guide_link_days: int = 30
    order_visit_hours: int = 24
    touch_days: int = 7
    duty_guides: bool = True
    guide_daily_capacity: int | None = None
    proposal_orders: int = 3
    proposal_days: int = 90
    snatch_policy: str = "after_protection"
    order_owner: str = "order_shop"
    default_store: str | None = None
    region_defaults: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def body(self) -> dict[str, Any]:
        """The file form, complete."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "rungs": list(self.rungs), "region_defaults": dict(self.region_defaults)}


_WHOLE = {  # name: (lowest, highest)
    "nearest_limit_m": (0, 20_100_000),
    "ambiguity_m": (0, 100_000),
    "fuzzy_accuracy_m": (0, 100_000),
    "protection_days": (0, 3_650),
    "validity_days": (0, 36_500),
    "home_reach_m": (0, 20_100_000),
    "manual_hours": (0, 8_760),
    "cached_param_days": (0, 3_650),
    "last_visit_days": (0, 3_650),
    "cover_m": (0, 1_000_000),
    "switch_nearer_m": (0, 1_000_000),
    "switch_nearer_bp": (0, 10_000),
    "refusal_hours": (0, 8_760),
    "guide_link_days": (0, 36_500),
    "order_visit_hours": (0, 8_760),
    "touch_days": (0, 3_650),
    "guide_daily_capacity": (0, 1_000_000),
    "proposal_orders": (1, 1_000),
    "proposal_days": (1, 3_650),
}
_CHOICE = {
    "preset": tuple(PRESETS),
    "snatch_policy": ("after_protection", "never", "anytime"),
    "order_owner": OWNER_BASES,
}


def parse(body: Any) -> Policy:
    """A policy from its file form. Raises InvalidInput with one fault per wrong key; store codes
    are checked by the publisher."""
    if not isinstance(body, dict):
        raise InvalidInput(
            "A policy is a JSON object; see the keys with `flask policy show`.",
            code="policy_invalid",
        )
    faults = [
        FieldFault(str(name), "is no key of a policy")
        for name in body
        if name not in Policy.__dataclass_fields__
    ]
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name in Policy.__dataclass_fields__:
            reason, clean = _value(name, value)
            if reason:
                faults.append(FieldFault(name, reason))
            else:
                values[name] = clean
    if faults:
        raise InvalidInput(
            "The policy was not read: "
            + "; ".join(f"{f.field} {f.reason}" for f in faults[:5])
            + ".",
            code="policy_invalid",
            errors=faults,
        )
    preset = values.get("preset", "franchise")
    if "rungs" not in values:
        values["rungs"] = PRESETS[preset]
    if preset == "home_locked" and "switching" not in values:
        values["switching"] = False
    return Policy(**values)


def _value(name: str, value: Any) -> tuple[str, Any]:
    """(why not, clean value)."""
    if name in _WHOLE:
        if value is None and name in ("nearest_limit_m", "guide_daily_capacity"):
            return "", None
        low, high = _WHOLE[name]
        ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return ("" if ok else f"must be a whole number from {low} to {high}"), value
    if name in _CHOICE:
        return (
            "" if value in _CHOICE[name] else f"must be one of {', '.join(_CHOICE[name])}"
        ), value
    if name in ("switching", "duty_guides"):
        return ("" if isinstance(value, bool) else "must be true or false"), value
    if name == "note":
        ok = isinstance(value, str) and len(value) <= 500 and "".join(value.split()).isprintable()
        return ("" if ok else "must be visible text of at most 500 characters"), value
    if name == "default_store":
        return ("" if value is None or _is_code(value) else "must be a store code or null"), value
    if name == "region_defaults":
        ok = isinstance(value, dict) and all(
            _is_code(each) for pair in value.items() for each in pair
        )
        return ("" if ok else "must be an object of region code to store code"), value
    return _rungs(value)


def _is_code(value: Any) -> bool:
    """Text of 1 to 64 visible characters: no half characters, which no database keeps."""
    return isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable()


def _rungs(value: Any) -> tuple[str, Any]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return "must be a list of reason codes", None
    unknown = [each for each in value if each not in RUNGS]
    if unknown:
        return f"names unknown rules {', '.join(unknown)}; known are {', '.join(RUNGS)}", None
    if len(set(value)) != len(value):
        return "names a rule twice", None
    if not value:
        return (
            "is empty, so nobody would be led anywhere; leave the key out for the list of the "
            "preset, or name PICKER alone for the list of stores",
            None,
        )
    return "", tuple(each for each in value if each != "PICKER") + ("PICKER",)
