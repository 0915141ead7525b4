"""The register of customers: surrogate, identities, employee flag (P3, P5, B5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import db
from stores.base import accepted_files
from stores.base.actors import Actor
from stores.imports.check import Row
from stores.imports.outcomes import Outcome, refuse_doubtful
from stores.registers.customer_pieces import write_in_pieces
from stores.registers.customer_plan import (
    person_of,
    planned,
)
from stores.registers.customer_writing import told, write

MANY = 5_000  # customers that one transaction takes


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by customer_id, all rows or none. unionid, openid and external_userid are added to
    what is known (a person has several; an empty cell takes none away, or a file would undo what
    entries linked); the phone is replaced, an empty cell clears it. Raises Refused: an identity
    that belongs to another customer, unless the row says `join` yes: then both are one person from
    now on (M19), as if an entry had brought both identities.

    Customers come in by entries meanwhile, under no version: rows are planned on a read, then
    inserted where missing, and whoever was first is respected (his identities are compared once
    more). Many are written as an accepted file (stores/base/accepted_files.py): from its acceptance
    on nothing can refuse it, so an identity that a rival took meanwhile stays his, and the audit
    log says how many did. Raises Busy."""
    actor.require("import:write")
    persons = [person_of(row) for row in rows]
    if not dry_run:
        accepted_files.await_others()
    with db.read() as connection:
        plan = planned(connection, persons)
    if dry_run or not plan.outcome.effective:
        return plan.outcome
    refuse_doubtful(plan.outcome, accept)
    if plan.outcome.effective > MANY:
        return write_in_pieces(persons, plan, actor, now)
    with db.transaction() as connection:
        write(connection, plan, now)
        told(connection, plan.outcome, len(rows), actor, now)
    return plan.outcome
