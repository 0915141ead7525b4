"""A scenario: what would be different, and on which visits it is tried. Versioned JSON, one fault
per wrong key. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import canonical
from ledger.faults import FieldFault, InvalidInput
from stores.base import file_forms
from stores.geo.coordinates import Coordinates
from stores.network.policy import Policy

FORMAT = 1
MOST_CHANGES, MOST_POINTS, MOST_DAYS = 1_000, 1_000_000, 400
NAME_LENGTH, CODE_LENGTH = 120, 64
REFUSAL = "scenario_invalid"


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


def refused(faults: list[FieldFault]) -> InvalidInput:
    return file_forms.refused(faults, "scenario", REFUSAL)
