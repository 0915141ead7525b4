"""A change of one store, dealer, guide, branch, area or contract's terms before it is saved: what
would differ, what is wrong with it, and whether somebody was quicker.

The cells are those of the import, the services the same: what a page can save is what a file can.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

import db
from ledger.canonical import canonical
from ledger.faults import Conflict, InvalidInput
from stores.base.actors import Actor
from stores.geo.areas import parse_geometry
from stores.imports.area_file import LISTS, PROPERTIES, AreaRow, check_features
from stores.imports.cells import Context
from stores.imports.check import Row, check
from stores.imports.columns import COLUMNS, KEYS
from stores.imports.faults import FaultList, ImportFault
from stores.imports.outcomes import Apply, Outcome, Refused
from stores.imports.sheets import Sheet
from stores.registers import areas, branches, dealers, guides, lists, lookalikes, stores, terms

APPLY: dict[str, Apply] = {
    "stores": stores.apply,
    "dealers": dealers.apply,
    "guides": guides.apply,
    "branches": branches.apply,
    "terms": terms.apply,
    "areas": areas.apply,
}
SHAPE = "geometry"
NAMES: dict[str, tuple[str, ...]] = {
    **{kind: tuple(column.name for column in COLUMNS[kind]) for kind in APPLY if kind != "areas"},
    "areas": (*PROPERTIES, SHAPE),
}
CODE = {kind: KEYS[kind][0] for kind in APPLY if kind != "areas"} | {"areas": "area_code"}
TOGETHER = {
    "latitude",
    "longitude",
    "crs",
    "country",
    "region_code",
}  # a position is judged with its system and its region


@dataclass(frozen=True, slots=True)
class Proposal:
    """`before` and `after` are cells as text by column. `row` is what would be applied, None when a
    cell is at fault or nothing differs."""

    kind: str
    before: dict[str, str]
    after: dict[str, str]
    row: Row | AreaRow | None = None
    faults: list[ImportFault] = field(default_factory=list)
    warnings: list[ImportFault] = field(default_factory=list)

    @property
    def new(self) -> bool:
        return not self.before

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """(column, before, after) of what differs, in the order of the columns."""
        return [
            (name, self.before.get(name, ""), value)
            for name, value in self.after.items()
            if value != self.before.get(name, "")
        ]

    def changes(self, *names: str) -> bool:
        return any(self.after.get(name, "") != self.before.get(name, "") for name in names)


def cells(
    connection: Connection, kind: str, actor: Actor, today: dt.date, code: str
) -> dict[str, str] | None:
    """The present row as cells of the import; None when it is unknown or not the actor's to see."""
    found = lists.one(connection, kind, actor, today, code)
    return None if found is None else {name: cell(found.get(name)) for name in NAMES[kind]}


def cell(value: Any) -> str:
    """A stored value as a person writes it in a file."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return canonical(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def mark(present: Mapping[str, str] | None) -> str:
    """What a form remembers of the row it was made from."""
    return hashlib.sha256(canonical(dict(present or {})).encode()).hexdigest()[:16]


def propose(
    kind: str,
    before: Mapping[str, str] | None,
    given: Mapping[str, str],
    context: Context,
    actor: Actor,
    now: dt.datetime,
) -> Proposal:
    """Check the given cells (absent columns keep their value) by the rules of the import and of the
    register. Writes nothing."""
    present = dict(before or {})
    after = {name: given.get(name, present.get(name, "")).strip() for name in NAMES[kind]}
    if kind == "areas":
        return _area(present, after, context, actor, now)
    proposal = Proposal(kind, present, after)
    touched = {name for name, _, _ in proposal.differences}
    if not touched:
        return proposal
    if kind == "guides" and "store_code" in touched and after["customers"]:
        touched.add("customers")  # it was said of the former move; now it is said of this one
    if touched & TOGETHER:
        touched |= TOGETHER & set(after)
    names = tuple(
        column.name
        for column in COLUMNS[kind]
        if column.name in touched
        or column.name in KEYS[kind]
        or not present
        and (column.required or after[column.name])
    )
    checked = check(
        kind,
        Sheet(names, [(1, {name: after[name] for name in names})], FaultList(), "form"),
        context,
    )
    faults, row = (
        list(checked.faults.kept),
        checked.rows[0] if checked.rows and not checked.faults else None,
    )
    warnings = checked.warnings
    if row is not None:
        try:
            with db.read() as connection:
                warnings = warnings.with_those_of(lookalikes.warnings_of(connection, kind, [row]))
            warnings = warnings.with_those_of(
                APPLY[kind]([row], actor=actor, now=now, dry_run=True).warnings
            )
        except Refused as refusal:
            faults, row = list(refusal.faults.kept), None
    return Proposal(kind, present, after, row, faults, list(warnings.kept))


def _area(
    present: dict[str, str], after: dict[str, str], context: Context, actor: Actor, now: dt.datetime
) -> Proposal:
    """`geometry` is GeoJSON as it was pasted: a geometry, a feature, or a collection of one. `crs`
    is said of a shape that is pasted; what is stored is WGS-84 already."""
    if after[SHAPE] == present.get(SHAPE):
        after["crs"] = present.get("crs", after["crs"])
    proposal = Proposal("areas", present, after)
    if not proposal.differences:
        return proposal
    try:
        shape = pasted_shape(after[SHAPE])
    except InvalidInput as reason:
        return replace(proposal, faults=[ImportFault(1, SHAPE, "", reason.detail)])
    said: dict[str, Any] = {
        name: value.replace(",", " ").split() if name in LISTS else value
        for name, value in after.items()
        if name != SHAPE
    }
    checked = check_features(
        [{"type": "Feature", "properties": said, "geometry": shape}], context, parse_geometry
    )
    if checked.faults:
        return replace(proposal, faults=list(checked.faults.kept))
    try:
        warnings = areas.apply(checked.rows, actor=actor, now=now, dry_run=True).warnings
    except Refused as refusal:
        return replace(proposal, faults=list(refusal.faults.kept))
    return replace(proposal, row=checked.rows[0], warnings=list(warnings.kept))


def pasted_shape(text: str) -> Any:
    """The GeoJSON geometry of a pasted text, None for an empty one. Raises InvalidInput."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(
            'is no JSON; paste a GeoJSON geometry, such as {"type": "Polygon", "coordinates": '
            "[...]}"
        ) from None
    if isinstance(found, dict) and found.get("type") == "FeatureCollection":
        features = found.get("features")
        if not (isinstance(features, list) and len(features) == 1):
            raise InvalidInput("holds several features; paste one, or import the file")
        found = features[0]
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = found.get("geometry")
    if not isinstance(found, dict):
        raise InvalidInput(
            'is no GeoJSON geometry; paste {"type": "Polygon", "coordinates": [...]}'
        )
    return found


def save(
    proposal: Proposal, seen: str, *, actor: Actor, now: dt.datetime, today: dt.date
) -> Outcome:
    """Apply what was proposed if the row is still the one that was looked at. Raises Conflict,
    Refused, NotAllowed."""
    assert proposal.row is not None
    code = proposal.after[CODE[proposal.kind]]
    with db.transaction() as connection:
        if mark(cells(connection, proposal.kind, actor, today, code)) != seen:
            raise Conflict("Somebody changed this meanwhile.")
        return APPLY[proposal.kind]([proposal.row], actor=actor, now=now)
