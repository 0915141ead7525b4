"""A change of one store, dealer or guide before it is saved: what would differ, what is wrong with it, and whether somebody was quicker.

The cells are those of the import, the services the same: what a page can save is what a file can.
"""
from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

import db
from ledger.faults import Conflict
from stores.actors import Actor
from stores.importing.cells import Context
from stores.importing.check import Row, check
from stores.importing.columns import COLUMNS, KEYS
from stores.importing.faults import FaultList, ImportFault
from stores.importing.sheets import Sheet
from stores.registers import dealers, guides, lists, lookalikes, stores
from stores.registers.saving import Outcome, Refused

APPLY = {"stores": stores.apply, "dealers": dealers.apply, "guides": guides.apply}
TOGETHER = {"latitude", "longitude", "crs", "country", "region_code"}  # a position is judged with its system and its region


@dataclass(frozen=True, slots=True)
class Proposal:
    """`before` and `after` are cells as text by column. `row` is what would be applied, None when a cell is at fault or nothing differs."""

    kind: str
    before: dict[str, str]
    after: dict[str, str]
    row: Row | None = None
    faults: list[ImportFault] = field(default_factory=list)
    warnings: list[ImportFault] = field(default_factory=list)

    @property
    def new(self) -> bool:
        return not self.before

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """(column, before, after) of what differs, in the order of the columns."""
        return [(name, self.before.get(name, ""), value) for name, value in self.after.items() if value != self.before.get(name, "")]

    def changes(self, *names: str) -> bool:
        return any(self.after.get(name, "") != self.before.get(name, "") for name in names)


def cells(connection: Connection, kind: str, actor: Actor, today: dt.date, code: str) -> dict[str, str] | None:
    """The present row as cells of the import; None when it is unknown or not the actor's to see."""
    found = lists.one(connection, kind, actor, today, code)
    return None if found is None else {column.name: cell(found.get(column.name)) for column in COLUMNS[kind]}


def cell(value: Any) -> str:
    """A stored value as a person writes it in a file."""
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def mark(present: Mapping[str, str] | None) -> str:
    """What a form remembers of the row it was made from."""
    return hashlib.sha256(db.canonical(dict(present or {})).encode()).hexdigest()[:16]


def propose(kind: str, before: Mapping[str, str] | None, given: Mapping[str, str], context: Context, actor: Actor, now: dt.datetime) -> Proposal:
    """Check the given cells (absent columns keep their value) by the rules of the import and of the register. Writes nothing."""
    present = dict(before or {})
    after = {column.name: given.get(column.name, present.get(column.name, "")).strip() for column in COLUMNS[kind]}
    proposal = Proposal(kind, present, after)
    touched = {name for name, _, _ in proposal.differences}
    if not touched:
        return proposal
    if kind == "guides" and "store_code" in touched and after["customers"]:
        touched.add("customers")  # it was said of the former move; now it is said of this one
    if touched & TOGETHER:
        touched |= TOGETHER & set(after)
    names = tuple(column.name for column in COLUMNS[kind]
                  if column.name in touched or column.name in KEYS[kind] or not present and (column.required or after[column.name]))
    checked = check(kind, Sheet(names, [(1, {name: after[name] for name in names})], FaultList(), "form"), context)
    faults, row = list(checked.faults.kept), checked.rows[0] if checked.rows and not checked.faults else None
    warnings = checked.warnings
    if row is not None:
        try:
            with db.read() as connection:
                warnings = warnings.with_those_of(lookalikes.warnings_of(connection, kind, [row]))
            warnings = warnings.with_those_of(APPLY[kind]([row], actor=actor, now=now, dry_run=True).warnings)
        except Refused as refusal:
            faults, row = list(refusal.faults.kept), None
    return Proposal(kind, present, after, row, faults, list(warnings.kept))


def save(proposal: Proposal, seen: str, *, actor: Actor, now: dt.datetime, today: dt.date) -> Outcome:
    """Apply what was proposed if the row is still the one that was looked at. Raises Conflict, Refused, NotAllowed."""
    assert proposal.row is not None
    code = proposal.after[KEYS[proposal.kind][0]]
    with db.transaction() as connection:
        if mark(cells(connection, proposal.kind, actor, today, code)) != seen:
            raise Conflict("Somebody changed this meanwhile.")
        return APPLY[proposal.kind]([proposal.row], actor=actor, now=now)
