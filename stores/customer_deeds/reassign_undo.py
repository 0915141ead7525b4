"""Undoing a re-assignment within a day: bindings that nobody changed since go back (A11, B3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, update

import db
from ledger import audit
from ledger.faults import Conflict
from stores.base import versions
from stores.base.actors import Actor
from stores.customer_deeds.reassign import FOLDED, Clock, Tell, nobody, utc_now
from stores.customer_deeds.reassignments import find, locked, tell_both_sides
from stores.customers import binding_facts, people, rebinding
from stores.facts.reassignments import reassigned_customer, reassignment
from stores.network import network

UNDO_FOR = dt.timedelta(hours=24)


def undoable(row: Any, now: dt.datetime) -> bool:
    """Whether it can be undone: it moved somebody, and ended less than a day ago; an undoing that
    was interrupted goes on."""
    ended = row.finished_at or row.started_at
    return (
        row.state == "undoing"
        or row.state in ("done", "stopped")
        and row.moved > 0
        and now - ended <= UNDO_FOR
    )


def undo(number: int, *, actor: Actor, tell: Tell = nobody, clock: Clock = utc_now) -> Any:
    """Bring back the bindings that nobody changed since. From its first moment on every fold knows;
    the customers are folded chunk by chunk.

    Raises Conflict (nothing to undo, or later than 24 hours), NotFound, NotAllowed."""
    actor.require("network:write")
    now = clock()
    with db.transaction() as connection:
        row = locked(connection, number)
        if not undoable(row, now):
            raise Conflict(
                "There is nothing to undo here: nobody was moved, or more than 24 hours ago."
            )
        if row.state != "undoing":
            connection.execute(
                update(reassignment)
                .where(reassignment.c.id == number)
                .values(state="undoing", undone_at=now)
            )
            audit.record(
                connection,
                actor.name,
                "undo_reassignment",
                "reassignment",
                number,
                {"customers": row.moved},
                at=now,
            )
    f, last, done = reassigned_customer.c, 0, 0
    while True:
        tell(done, row.moved)
        with db.transaction() as connection:
            part = list(
                connection.execute(
                    select(f.customer_id)
                    .where(f.reassignment_id == number, f.customer_id > last)
                    .order_by(f.customer_id)
                    .limit(FOLDED)
                ).scalars()
            )
            if not part:
                break
            snapshot = network.snapshot(versions.current(connection))
            people.lock(connection, part)
            rebinding.rewrite(
                connection,
                binding_facts.facts_of(connection, part, snapshot),
                binding_facts.rules_of(snapshot),
                clock(),
            )
        last, done = part[-1], done + len(part)
    with db.transaction() as connection:
        if locked(connection, number).state == "undoing":
            connection.execute(
                update(reassignment).where(reassignment.c.id == number).values(state="undone")
            )
            tell_both_sides(connection, number, "reassignment_undone", clock())
        return find(connection, number)
