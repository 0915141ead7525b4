"""Many arrivals at once: history, files, the demo chain. Decided one after the other as `entering`
does, written set-based (M8, M12, M21).

The arrivals of a chunk are read and decided outside the write, in the order in which they happened,
each seeing what the ones before it left behind. The write checks that network, policy and every
customer are still as they were read; otherwise the chunk is decided again, the third time under the
locks. One transaction per chunk; inside an open transaction all chunks join that one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

import db
from ledger.bulk import allocate, insert_rows, update_rows
from ledger.faults import Conflict
from ledger.pieces import pieces
from stores.base import keys, versions
from stores.base.receipt import refuse_impossible
from stores.base.versions import Versions, routing_state
from stores.customers import guide_loads, people
from stores.customers.people import Identity
from stores.facts.customers import IDENTITY_KINDS, customer, customer_identity, customer_state
from stores.facts.decision import NEW_CUSTOMER, Decision, State, Visit
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.entry_records import (
    STATE_FIELDS,
    entry_row,
    is_newest_param,
    is_visit,
    point_row,
    trace_row,
)
from stores.facts.visits import Arrival, visit_of
from stores.network import network
from stores.routing.decide import decide

CHUNK = 5_000
TRIES = 4
LOCKED_FROM = 3
POINT_LIFE = dt.timedelta(hours=24)  # P2: older points and traces are not written at all
TRACE_LIFE = dt.timedelta(days=30)
_LEFT_BEHIND = (  # what an arrival changes of a state
    "rv",
    "last_store_id",
    "last_visit_at",
    "last_guide_id",
    "param_store_id",
    "param_guide_id",
    "param_channel_id",
    "param_at",
)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PastArrival:
    """One arrival with its entry id (a UUIDv7) and the moment it is decided; `arrival.occurred_at`
    None: that moment."""

    entry_id: str
    arrival: Arrival
    decided_at: dt.datetime

    @property
    def at(self) -> dt.datetime:
        return self.arrival.occurred_at or self.decided_at


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an arrival was led; ids are surrogates, `store_id` None for the picker."""

    entry_id: str
    store_id: int | None
    dealer_id: int | None
    guide_id: int | None
    rung: str


class _Moved(Exception):
    """What the chunk was decided on has changed."""


def record_arrivals(
    arrivals: Sequence[PastArrival], *, now: dt.datetime, progress: Progress | None = None
) -> list[Placed]:
    """Record arrivals in the order in which they happened; answers where each was led, in the order
    given. `now` is the clock by which points (24 h) and traces (30 days) are kept. An entry id that
    is known fails the chunk (IntegrityError). Raises ImpossibleTime, InvalidCoordinates, Conflict
    when the network kept changing."""
    for each in arrivals:
        refuse_impossible("occurred_at", each.at, now)
    ordered = sorted(arrivals, key=lambda a: (a.at, a.entry_id))
    placed: dict[str, Placed] = {}
    for part in pieces(ordered, CHUNK):
        for made in _record_chunk(part, now):
            placed[made.values["entry_id"]] = Placed(
                *(
                    made.values[name]
                    for name in ("entry_id", "store_id", "dealer_id", "guide_id", "rung")
                )
            )
        if progress is not None:
            progress(len(part))
    return [placed[a.entry_id] for a in arrivals]


@dataclass(slots=True)
class _Person:
    """One customer as the chunk sees him: `id` None while new; `state` moves on with every arrival,
    `rv` is what was read."""

    id: int | None
    text: str
    state: State
    rv: int
    links: list[Identity] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Made:
    person: _Person
    visit: Visit
    state: State  # the one decided on
    decision: Decision
    values: dict[str, Any]
    past: PastArrival


@dataclass(slots=True)
class _Chunk:
    at: Versions
    people: dict[Identity, _Person]
    made: list[_Made] = field(default_factory=list)
    merges: set[tuple[int, int]] = field(default_factory=set)

    def persons(self) -> list[_Person]:
        """Everybody who arrived, once, in the order of arrival."""
        return list({id(m.person): m.person for m in self.made}.values())


def _record_chunk(part: Sequence[PastArrival], now: dt.datetime) -> list[_Made]:
    for attempt in range(1, TRIES + 1):
        try:
            if attempt < LOCKED_FROM:
                with db.read() as connection:
                    chunk = _decided(connection, part)
                with db.transaction() as connection:
                    _check(connection, chunk)
                    _write(connection, chunk, now)
            else:
                with db.transaction() as connection:
                    _hold_versions(connection)
                    people.lock(connection, people.find(connection, _identities(part)).values())
                    chunk = _decided(connection, part)
                    _write(connection, chunk, now)
            return chunk.made
        except _Moved:
            continue
        # a rival created one of these customers in between; a repeated entry id fails again and is
        # told
        except IntegrityError:
            if attempt == TRIES:
                raise
    raise Conflict(
        "The network or the customers kept changing; nothing of this part was written, send it "
        "once more.",
        code="busy",
    )


def _identities(part: Iterable[PastArrival]) -> Iterable[Identity]:
    return (pair for each in part for pair in each.arrival.identities.items())


# -- deciding --------------------------------------------------------------------------------------


def _decided(connection: Connection, part: Sequence[PastArrival]) -> _Chunk:
    at = versions.current(connection)
    snapshot = network.snapshot(at)
    chunk = _Chunk(Versions(snapshot.version, snapshot.policy_version), _people(connection, part))
    signing, loads = keys.entry_param_keys(), dict[dt.date, dict[int, int]]()
    for past in part:
        person = _person(chunk, past)
        visit = visit_of(past.arrival, past.at, snapshot, signing)
        if visit.day not in loads:
            loads[visit.day] = guide_loads.given(connection, visit.day)
        counts = loads[visit.day]
        decision = decide(replace(visit, loads=counts), person.state, snapshot)
        if decision.guide_id is not None:
            counts[decision.guide_id] = counts.get(decision.guide_id, 0) + 1
        chunk.made.append(
            _Made(
                person,
                visit,
                person.state,
                decision,
                entry_row(past.arrival, visit, decision, past.decided_at)
                | {"entry_id": past.entry_id},
                past,
            )
        )
        person.state = _after(person.state, visit, decision, past.decided_at)
    return chunk


def _people(connection: Connection, part: Sequence[PastArrival]) -> dict[Identity, _Person]:
    known = people.find(connection, _identities(part))
    persons: dict[int, _Person] = {}
    names = [customer_state.c[name] for name in STATE_FIELDS]
    for some in pieces(sorted(set(known.values())), 1_000):
        rows = connection.execute(
            select(customer.c.id, customer.c.customer_id, *names)
            .join(customer_state, customer_state.c.customer_id == customer.c.id)
            .where(customer.c.id.in_(some))
        )
        persons |= {r[0]: _Person(r[0], r[1], State(*r[2:]), r.rv) for r in rows}
    return {identity: persons[who] for identity, who in known.items()}


def _person(chunk: _Chunk, past: PastArrival) -> _Person:
    """Whoever the strongest known identity names; the identities nobody has are his from now on (as
    in `entering`)."""
    asked = sorted(past.arrival.identities.items(), key=lambda pair: IDENTITY_KINDS.index(pair[0]))
    person = next((chunk.people[pair] for pair in asked if pair in chunk.people), None)
    if person is None:
        given = past.arrival.identities.get("customer_id")
        person = _Person(None, given or f"u-{past.entry_id}", NEW_CUSTOMER, 0)
        if given is None:
            asked = [("customer_id", person.text), *asked]
    for pair in asked:
        other = chunk.people.get(pair)
        if other is None:
            chunk.people[pair] = person
            person.links.append(pair)
        elif other is not person and other.id is not None and person.id is not None:
            chunk.merges.add((min(other.id, person.id), max(other.id, person.id)))
    return person


def _after(state: State, visit: Visit, decision: Decision, now: dt.datetime) -> State:
    """What the arrival leaves behind: his last visit (unless a default led him) and his last signed
    parameter."""
    changes: dict[str, Any] = {"rv": state.rv + 1}
    if is_visit(state, visit, decision, now):
        changes |= {
            "last_store_id": decision.store_id,
            "last_visit_at": visit.at,
            "last_guide_id": decision.guide_id,
        }
    if is_newest_param(state, visit, now) and visit.param is not None:
        changes |= {
            "param_store_id": visit.param.store_id,
            "param_guide_id": visit.param.guide_id,
            "param_channel_id": visit.param.channel_id,
            "param_at": visit.at,
        }
    return replace(state, **changes)


# -- writing ---------------------------------------------------------------------------------------


def _hold_versions(connection: Connection) -> Versions:
    """The versions in force, held until the commit: changes of the network queue up behind us
    (SQLite's writer is alone already)."""
    return Versions(
        *connection.execute(
            select(routing_state.c.network_version, routing_state.c.policy_version).with_for_update(
                read=True
            )
        ).one()
    )


def _check(connection: Connection, chunk: _Chunk) -> None:
    if _hold_versions(connection) != chunk.at:
        raise _Moved
    known = {p.id: p.rv for p in chunk.persons() if p.id is not None}
    if people.lock(connection, known) != known:
        raise _Moved


def _write(connection: Connection, chunk: _Chunk, now: dt.datetime) -> None:
    persons = chunk.persons()
    known = [p for p in persons if p.id is not None]
    _create(connection, [p for p in persons if p.id is None], chunk)
    update_rows(
        connection,
        customer_state,
        [
            {"customer_id": p.id, **{name: getattr(p.state, name) for name in _LEFT_BEHIND}}
            for p in known
        ],
        key="customer_id",
    )
    insert_rows(
        connection,
        customer_identity,
        [
            {"kind": kind, "value": value, "customer_id": p.id}
            for p in persons
            for kind, value in p.links
        ],
    )
    for made in chunk.made:
        made.values["customer_id"] = made.person.id
    insert_rows(connection, entry, [made.values for made in chunk.made])
    recent = [m for m in chunk.made if now - m.past.decided_at < TRACE_LIFE]
    insert_rows(
        connection,
        entry_trace,
        [
            {
                "entry_id": m.past.entry_id,
                **trace_row(m.visit, m.state, m.decision, m.past.decided_at),
            }
            for m in recent
        ],
    )
    insert_rows(
        connection,
        entry_point,
        [
            {
                "entry_id": m.past.entry_id,
                **point_row(m.past.arrival, m.visit, m.decision, m.past.decided_at),
            }
            for m in recent
            if m.visit.point is not None and now - m.past.decided_at < POINT_LIFE
        ],
    )
    people.note_merges(connection, sorted(chunk.merges), now)


def _create(connection: Connection, new: Sequence[_Person], chunk: _Chunk) -> None:
    """Customer and state rows of those who are new. A rival who created one of them meanwhile fails
    on the unique key."""
    if not new:
        return
    since = {id(made.person): made.past.decided_at for made in reversed(chunk.made)}
    for person, key in zip(new, allocate(connection, customer, len(new)), strict=True):
        person.id = key
    insert_rows(
        connection,
        customer,
        [
            {"id": p.id, "customer_id": p.text, "employee": False, "created_at": since[id(p)]}
            for p in new
        ],
    )
    insert_rows(
        connection,
        customer_state,
        [
            {"customer_id": p.id, **{name: getattr(p.state, name) for name in STATE_FIELDS}}
            for p in new
        ],
    )
