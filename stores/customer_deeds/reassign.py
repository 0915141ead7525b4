"""Re-assigning a customer base (A11, A12, B3): a check that counts and writes no binding, then a
run in chunks, each customer once.

A move is one fact a customer, folded with his others ever after (`bindings`, kind reassigned). His
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

from sqlalchemy import Connection, func, insert, select, update

import db
from ledger import audit
from ledger.bulk import insert_rows
from ledger.faults import Conflict, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds import reassign_chunks
from stores.customer_deeds.reassign_plan import Move, Plan, Planner, parse
from stores.customers import notices, people, rebinding
from stores.facts.reassignments import reassigned_customer, reassignment, reassignment_move
from stores.network import network
from stores.network.snapshot import Snapshot

CHUNK = 20_000
FOLDED = 500  # customers folded in one go
UNDO_FOR = dt.timedelta(hours=24)
Clock = Callable[[], dt.datetime]
Tell = Callable[[int, int], None]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _nobody(done: int, total: int) -> None:
    """Told of progress."""


# -- the check -------------------------------------------------------------------------------------


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
        if _locked(connection, number).state not in ("asked", "checked"):
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


# -- the run ---------------------------------------------------------------------------------------


def start(number: int, *, actor: Actor, now: dt.datetime) -> None:
    """From a check that still holds to a run. Raises Conflict (not checked, or the network or
    policy changed since), NotFound, NotAllowed."""
    actor.require("network:write")
    with db.transaction() as connection:
        row = _locked(connection, number)
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
    number: int, *, actor: Actor, tell: Tell = _nobody, clock: Clock = _utc_now, chunk: int = CHUNK
) -> Any:
    """Move everybody who is to be moved and not moved yet, and tell both sides; returns the row.
    What `tell` raises leaves between chunks; the run can be taken up again. Raises Conflict when it
    is not running."""
    actor.require("network:write")
    with db.transaction() as connection:
        row = _locked(connection, number)
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
        row = _locked(connection, number)
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
            for begin in range(0, len(chunk.folded), FOLDED):
                part = chunk.folded[begin : begin + FOLDED]
                rebinding.rewrite(
                    connection,
                    rebinding.facts_of(connection, part, snapshot),
                    rebinding.rules_of(snapshot),
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
        row = _locked(connection, number)
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
        row = _locked(connection, number)
        if row.state != "running":
            raise Conflict("This re-assignment is not running any more.")
        connection.execute(
            update(reassignment)
            .where(reassignment.c.id == number)
            .values(state="done", finished_at=now)
        )
        _tell_both_sides(connection, number, "customers_reassigned", now)
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


# -- back again ------------------------------------------------------------------------------------


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


def undo(number: int, *, actor: Actor, tell: Tell = _nobody, clock: Clock = _utc_now) -> Any:
    """Bring back the bindings that nobody changed since. From its first moment on every fold knows;
    the customers are folded chunk by chunk.

    Raises Conflict (nothing to undo, or later than 24 hours), NotFound, NotAllowed."""
    actor.require("network:write")
    now = clock()
    with db.transaction() as connection:
        row = _locked(connection, number)
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
                rebinding.facts_of(connection, part, snapshot),
                rebinding.rules_of(snapshot),
                clock(),
            )
        last, done = part[-1], done + len(part)
    with db.transaction() as connection:
        if _locked(connection, number).state == "undoing":
            connection.execute(
                update(reassignment).where(reassignment.c.id == number).values(state="undone")
            )
            _tell_both_sides(connection, number, "reassignment_undone", clock())
        return find(connection, number)


# -- steps -----------------------------------------------------------------------------------------


def find(connection: Connection, number: int) -> Any:
    """Raises NotFound."""
    row = (
        connection.execute(select(reassignment).where(reassignment.c.id == number)).first()
        if 0 < number < 2**63
        else None
    )
    if row is None:
        raise NotFound(f"There is no re-assignment {number}.")
    return row


def _locked(connection: Connection, number: int) -> Any:
    if db.lock_clause(connection):
        connection.execute(
            select(reassignment.c.id).where(reassignment.c.id == number).with_for_update()
        )
    return find(connection, number)


def _tell_both_sides(connection: Connection, number: int, kind: str, now: dt.datetime) -> None:
    """A notice for each old store and each dealer on the other side, to both dealers and the shops:
    how many, and where to when it is one store."""
    f, day, snapshot = (
        reassigned_customer.c,
        business_day(now),
        network.snapshot(versions.current(connection)),
    )
    query = (
        select(f.from_store_id, f.to_store_id, func.count())
        .where(f.reassignment_id == number)
        .group_by(f.from_store_id, f.to_store_id)
    )
    pairs: dict[tuple[int, int | None], list[tuple[int, int]]] = {}
    planner = Planner(Plan("told", causes=("closed",)), snapshot, now, day)
    dealer = {
        store_id: contract.dealer_id if (contract := planner.dealer_of(store_id)) else None
        for store_id in snapshot.by_id
    }
    for old, new, n in connection.execute(query):
        pairs.setdefault((old, dealer[new]), []).append((new, n))
    for (old, taker), several in sorted(
        pairs.items(), key=lambda pair: (pair[0][0], pair[0][1] or 0)
    ):
        scopes = (
            {("store", old)}
            | {("store", new) for new, _ in several}
            | {("dealer", d) for d in (dealer[old], taker) if d is not None}
        )
        about = {
            "successor_code": snapshot.by_id[several[0][0]].code if len(several) == 1 else None,
            "customers": sum(n for _, n in several),
            "stores": len(several),
            "reassignment": number,
        }
        notices.tell(connection, kind, scopes, old, about, day, now)
