"""An entry: one read, one decision, one write (M12-M14). Two round trips on PostgreSQL.

The read brings the versions, the customer with his state and the idempotency key. The write is
guarded: it counts only if the state is still the one that was read (`rv`) and the network and
policy are still the ones that decided. A refused write is tried again; from the third time on the
customer is locked first and the guard asks only whether the chosen store is still eligible, so that
neither a crowd of entries of one customer nor steady edits can keep a visitor waiting. Where a
store or guide takes only so many visitors a day, the place is taken in the transaction that writes
the entry (M15)."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

import db
from ledger.faults import Conflict
from ledger.idempotency import LIFETIME, KeyReused
from stores.base import keys
from stores.base.receipt import refuse_impossible
from stores.customers import guide_loads, people
from stores.facts.decision import Decision, State
from stores.facts.entry_records import entry_row, is_newest_param, is_visit, point_row, trace_row
from stores.facts.entry_statements import Found, Shape, forget_key, lock_customer, read, write
from stores.facts.visits import Arrival, Visit, visit_of
from stores.network import network
from stores.network.snapshot import Snapshot
from stores.routing import room
from stores.routing.decide import decide

TRIES = 8
LOCKED_FROM = 3


class TooManyChanges(Conflict):
    """The network kept changing under the entry (HTTP 409); the caller may send it again."""

    code = "busy"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored entry. `repeated` when the idempotency key had been used: then only `entry_id` is
    set."""

    entry_id: str
    customer_id: str = ""
    decision: Decision | None = None
    decided_at: dt.datetime | None = None
    snapshot: Snapshot | None = None
    repeated: bool = False
    day: dt.date = dt.date.min


class _Limited(Exception):
    """The decision takes a place that is limited; it needs a transaction."""


class _NotWritten(Exception):
    """A guard refused the entry after a place was taken; the place must be given back."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What stays the same through all tries."""

    arrival: Arrival
    key: str | None
    body_hash: str
    now: dt.datetime


def enter(
    arrival: Arrival, *, key: str | None = None, body_hash: str = "", now: dt.datetime
) -> Recorded:
    """Record one arrival and answer where it leads. The same `key` with the same body (by its hash)
    answers the first entry again.

    Raises ImpossibleTime, KeyReused, InvalidCoordinates, TooManyChanges.
    """
    refuse_impossible("occurred_at", arrival.occurred_at, now)
    asked, limited = _Asked(arrival, key, body_hash, now), False
    for attempt in range(1, TRIES + 1):
        locked = attempt >= LOCKED_FROM
        try:
            with db.transaction() if locked or limited else db.statement() as connection:
                recorded, merged = _try(connection, asked, locked, limited or locked)
        except _Limited:
            limited = True
            continue
        except _NotWritten:
            continue
        except db.INTEGRITY_ERRORS:  # a rival took the idempotency key or the identity in between
            if attempt == TRIES:
                raise
            continue
        if merged:
            with db.transaction() as connection:
                people.note_merges(connection, [merged], now)
        if recorded is not None:
            if recorded.decision is not None:
                guide_loads.note(recorded.day, recorded.decision.guide_id)
            return recorded
    raise TooManyChanges(
        "The network kept changing while this entry was decided; nothing was written, send it "
        "once more."
    )


def _try(
    connection: Any, asked: _Asked, locked: bool, together: bool
) -> tuple[Recorded | None, set[int]]:
    """One attempt: the entry, None when a guard refused it; and the customers who turned out to be
    one person, if any. `together`: all of it is one transaction, in which a limited place may be
    taken. Raises _Limited, _NotWritten."""
    arrival, now = asked.arrival, asked.now
    found = read(connection, arrival.identities, asked.key)
    if locked and found.customer is not None:
        lock_customer(connection, found.customer)
        found = read(connection, arrival.identities, asked.key)
    if found.kept is not None:
        if found.kept.created_at > now - LIFETIME:
            if found.kept.body_hash != asked.body_hash:
                raise KeyReused()
            return Recorded(found.kept.entry_id, repeated=True), set()
        forget_key(connection, asked.key, now - LIFETIME)
    snapshot = network.snapshot(found.versions)
    visit = visit_of(
        arrival, arrival.occurred_at or now, snapshot, keys.entry_param_keys(), guide_loads.of_day
    )
    decision, placed = _with_room(connection, visit, found.state, snapshot, together)
    entry_id = new_entry_id(now)
    customer_text, links = _links(arrival, found, entry_id)
    shape = Shape(
        known=found.customer is not None,
        links=len(links),
        located=visit.point is not None,
        keyed=asked.key is not None,
        visited=is_visit(found.state, visit, decision, now),
        with_param=is_newest_param(found.state, visit, now),
        by_eligibility=locked,
        picker=decision.store_id is None,
    )
    values = {
        "entry_id": entry_id,
        "customer": found.customer,
        "customer_text": customer_text,
        "rv": found.state.rv,
        "key": asked.key,
        "body_hash": asked.body_hash,
        **{f"m{part}{n}": pair[i] for n, pair in enumerate(links) for i, part in enumerate("kv")},
        **_values(arrival, found, visit, decision, now),
    }
    if not write(connection, shape, values):
        if placed:
            raise _NotWritten
        return None, set()
    merged = (
        {found.customer, *found.others} if found.customer is not None and found.others else set()
    )
    return Recorded(entry_id, customer_text, decision, now, snapshot, day=visit.day), merged


def _with_room(
    connection: Any, visit: Visit, state: State, snapshot: Snapshot, together: bool
) -> tuple[Decision, bool]:
    """The decision with the places it needs taken, and whether any was. Each turn leaves out what
    turned out to be full (M15)."""
    full: frozenset[int] = frozenset()
    busy: frozenset[int] = frozenset()
    taken: set[tuple[str, int]] = set()
    while True:
        decision = decide(visit, state, snapshot, full=full, busy=busy)
        wanted = room.wanted(decision, snapshot)
        if wanted and not together:
            raise _Limited
        for kind, thing, most in wanted:
            if (kind, thing) in taken:
                continue
            if not room.take(connection, kind, thing, visit.day, most):
                if kind == room.STORE:
                    full |= room.full_stores(connection, visit.day, snapshot) | {thing}
                else:
                    busy |= room.busy_guides(connection, visit.day, snapshot) | {thing}
                break
            taken.add((kind, thing))
        else:
            return decision, bool(taken)


def new_entry_id(now: dt.datetime) -> str:
    """UUID version 7 (RFC 9562): 48 bits of milliseconds, then random."""
    raw = bytearray(int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _links(
    arrival: Arrival, found: Found, entry_id: str
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The customer's outside id, and the identities to link to him now; a visitor without one gets
    an id of ours."""
    given = arrival.identities.get("customer_id")
    if found.customer is not None:
        return given or found.customer_id, found.missing
    made = given or f"u-{entry_id}"
    return made, found.missing if given else (*found.missing, ("customer_id", made))


def _values(
    arrival: Arrival, found: Found, visit: Visit, decision: Decision, now: dt.datetime
) -> dict[str, Any]:
    point = point_row(arrival, visit, decision, now) if visit.point is not None else {}
    param = {"param_store_id": visit.param.store_id} if visit.param is not None else {}
    return {
        **entry_row(arrival, visit, decision, now),
        **point,
        **trace_row(visit, found.state, decision, now),
        **param,
    }
