"""The check of a re-assignment: what it would move is counted, no binding is written (A11, A12,
B3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import insert, update

import db
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import Conflict
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds import reassign_chunks
from stores.customer_deeds.reassign_plan import Move, Plan, Planner, parse
from stores.customer_deeds.reassignments import find, locked
from stores.customers import rebinding
from stores.facts.reassignments import reassignment, reassignment_move
from stores.network import network


def ask(plan: Plan, *, actor: Actor, now: dt.datetime) -> int:
    """Write down a plan that is to be checked; returns its number. Raises InvalidInput,
    NotAllowed."""
    actor.require("network:write")
    parse(plan.body())
    with db.transaction() as connection:
        Planner(
            plan, network.snapshot(versions.current(connection)), now, business_day(now)
        )  # codes that nobody knows are refused at once
        number = int(
            connection.execute(
                insert(reassignment)
                .values(
                    state="asked",
                    plan=plan.body(),
                    reason=plan.reason,
                    actor=actor.name,
                    created_at=now,
                    customers=0,
                    protected=0,
                    unplaced=0,
                    moved=0,
                )
                .returning(reassignment.c.id)
            ).scalar_one()
        )
        audit.record(connection, actor.name, "plan_reassignment", "reassignment", number, at=now)
    return number


def check(number: int, *, actor: Actor, now: dt.datetime) -> Any:
    """Count what the plan would move, by old and new store; binds nobody. Repeatable until it is
    started. Returns the row. Raises Conflict, NotFound."""
    actor.require("network:write")
    rebinding.move_waiting_homes(now)
    with db.read() as connection:
        row, snapshot = find(connection, number), network.snapshot(versions.current(connection))
        planner = Planner(parse(row.plan), snapshot, now, business_day(now))
        since = now - dt.timedelta(days=snapshot.policy.last_visit_days)
        counted = list(reassign_chunks.counted(connection, planner, since, now))
    moves = [
        {"reassignment_id": number, **values}
        for values in (
            _move_row(planner.move(f, last), n, protected) for f, last, n, protected in counted
        )
        if values
    ]
    placed = [m for m in moves if m["to_store_id"] is not None]
    totals = {
        "customers": sum(m["customers"] for m in placed),
        "protected": sum(m["protected"] for m in moves),
        "unplaced": sum(m["customers"] for m in moves if m["to_store_id"] is None),
    }
    with db.transaction() as connection:
        if locked(connection, number).state not in ("asked", "checked"):
            raise Conflict("This re-assignment was started already.")
        connection.execute(
            reassignment_move.delete().where(reassignment_move.c.reassignment_id == number)
        )
        insert_rows(connection, reassignment_move, moves)
        connection.execute(
            update(reassignment)
            .where(reassignment.c.id == number)
            .values(
                state="checked",
                network_version=snapshot.version,
                policy_version=snapshot.policy_version,
                visits_since=since,
                **totals,
            )
        )
        return find(connection, number)


def _move_row(move: Move | None, customers: int, protected: int) -> dict[str, Any] | None:
    if move is None:
        return None
    left = 0 if move.forced else protected
    return {
        "from_store_id": move.from_id,
        "last_store_id": move.last_id,
        "to_store_id": move.to_id,
        "cause": move.cause,
        "gone": move.gone,
        "forced": move.forced,
        "customers": customers - left,
        "protected": left,
    }
