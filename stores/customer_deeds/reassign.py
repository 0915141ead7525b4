"""Re-assigning a customer base (A11, A12, B3): after the check, a run in chunks, each customer
once.

A move is one fact a customer, folded with his others ever after (`course`, kind reassigned). His
clocks run on as at a closing (A11): a re-assignment starts no new protection and prolongs nothing.
Who is protected stays (B3), unless his store is closed or the plan says otherwise. Nothing is
silent: the run is audited, and the dealers and shops on both sides are told how many went where.

A chunk is one transaction that locks its customers, looks at each again, and writes facts, bindings
and states by sets. It writes what the fold would; who cannot be written so (a home that waits,
facts of the same moment) is folded. A run that was killed goes on where it stood."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

import db
from ledger import audit
from ledger.faults import Conflict
from ledger.pieces import pieces
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds import reassign_chunks
from stores.customer_deeds.reassign_plan import parse
from stores.customer_deeds.reassignments import find, locked, tell_both_sides
from stores.customers import binding_facts, rebinding
from stores.facts.reassignments import reassignment, reassignment_move
from stores.network import network
from stores.network.snapshot import Snapshot

CHUNK = 20_000
FOLDED = 500  # customers folded in one go
Clock = Callable[[], dt.datetime]
Tell = Callable[[int, int], None]


def utc_now() -> dt.datetime:
    """The clock of a run."""
    return dt.datetime.now(dt.UTC)


def nobody(done: int, total: int) -> None:
    """Told of progress."""


def start(number: int, *, actor: Actor, now: dt.datetime) -> None:
    """From a check that still holds to a run. Raises Conflict (not checked, or the network or
    policy changed since), NotFound, NotAllowed."""
    actor.require("network:write")
    with db.transaction() as connection:
        row = locked(connection, number)
        if row.state != "checked":
            raise Conflict("Only a re-assignment that was checked and not started can be started.")
        if (row.network_version, row.policy_version) != tuple(versions.current(connection)):
            raise Conflict(
                "The network or the policy changed since the check; check again to see what would "
                "happen now.",
                code="network_changed",
            )
        connection.execute(
            update(reassignment)
            .where(reassignment.c.id == number)
            .values(state="running", started_at=now)
        )
        audit.record(
            connection,
            actor.name,
            "start_reassignment",
            "reassignment",
            number,
            {"customers": row.customers, "protected": row.protected},
            at=now,
        )


def proceed(
    number: int, *, actor: Actor, tell: Tell = nobody, clock: Clock = utc_now, chunk: int = CHUNK
) -> Any:
    """Move everybody who is to be moved and not moved yet, and tell both sides; returns the row.
    What `tell` raises leaves between chunks; the run can be taken up again. Raises Conflict when it
    is not running."""
    actor.require("network:write")
    with db.transaction() as connection:
        row = locked(connection, number)
        if row.state == "stopped":
            connection.execute(
                update(reassignment).where(reassignment.c.id == number).values(state="running")
            )
        elif row.state != "running":
            raise Conflict("This re-assignment is not running.")
    with db.read(apart=True) as connection:
        waiting = reassign_chunks.still_to_move(connection, number)
    total, known = row.moved + len(waiting), None
    for begin in range(0, len(waiting), chunk):
        tell(row.moved + begin, total)
        known = _move_chunk(number, waiting[begin : begin + chunk], known, clock)
    return _finish(number, actor, clock())


def _move_chunk(
    number: int, customers: array[int], known: tuple[Snapshot, frozenset[int]] | None, clock: Clock
) -> tuple[Snapshot, frozenset[int]]:
    """One transaction; a target that takes no visitors any more is passed over."""
    with db.transaction() as connection:
        row = locked(connection, number)
        if row.state != "running":
            raise Conflict("This re-assignment is not running any more.")
        snapshot = network.snapshot(versions.current(connection))
        at = clock()
        if known is None or known[0] is not snapshot:
            m = reassignment_move.c
            targets = connection.execute(
                select(m.to_store_id)
                .distinct()
                .where(m.reassignment_id == number, m.to_store_id.is_not(None))
            ).scalars()
            known = (
                snapshot,
                frozenset(t for t in targets if snapshot.by_id[t].why_not(business_day(at))),
            )
        plan, paused = (
            parse(row.plan),
            {store_id for store_id, several in snapshot.pauses.items() if several[-1].end > at},
        )
        with reassign_chunks.chosen(
            connection, number, plan, row.visits_since, customers, known[1], paused, at
        ) as chunk:
            moved = chunk.write_facts()
            chunk.write_bindings()
            for part in pieces(chunk.folded, FOLDED):
                rebinding.rewrite(
                    connection,
                    binding_facts.facts_of(connection, part, snapshot),
                    binding_facts.rules_of(snapshot),
                    at,
                )
        connection.execute(
            update(reassignment)
            .where(reassignment.c.id == number)
            .values(moved=reassignment.c.moved + moved)
        )
    return known


def stop(number: int, *, actor: Actor, now: dt.datetime) -> None:
    """Leave a run where it stands; it can be taken up again. Who was moved stays moved."""
    actor.require("network:write")
    with db.transaction() as connection:
        row = locked(connection, number)
        if row.state == "running":
            connection.execute(
                update(reassignment).where(reassignment.c.id == number).values(state="stopped")
            )
            audit.record(
                connection,
                actor.name,
                "stop_reassignment",
                "reassignment",
                number,
                {"customers": row.moved},
                at=now,
            )


def _finish(number: int, actor: Actor, now: dt.datetime) -> Any:
    with db.transaction() as connection:
        row = locked(connection, number)
        if row.state != "running":
            raise Conflict("This re-assignment is not running any more.")
        connection.execute(
            update(reassignment)
            .where(reassignment.c.id == number)
            .values(state="done", finished_at=now)
        )
        tell_both_sides(connection, number, "customers_reassigned", now)
        audit.record(
            connection,
            actor.name,
            "reassign_customers",
            "reassignment",
            number,
            {"customers": row.moved, "protected": row.protected},
            at=now,
        )
        return find(connection, number)
