"""Trying a route: what an arrival would be told now or at another moment, nothing stored (POST
/routes and the page of headquarters)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

import db
from stores.base import keys, versions
from stores.customers import guide_loads
from stores.facts.customers import customer_state
from stores.facts.decision import NEW_CUSTOMER, Decision, State
from stores.facts.entry_records import STATE_FIELDS
from stores.facts.entry_statements import read
from stores.facts.visits import Arrival, Visit, visit_of
from stores.network import network
from stores.network.snapshot import Snapshot
from stores.routing import room, what_if
from stores.routing.decide import decide
from stores.routing.entry_reading import named_changes


@dataclass(frozen=True, slots=True)
class Tried:
    """The decision with all that went into it."""

    decision: Decision
    visit: Visit
    state: State
    snapshot: Snapshot

    def what_ifs(self) -> list[tuple[str, str | None, str | None, str]]:
        """Single changes that would lead elsewhere: (change, store code, name, rung)."""
        return named_changes(
            what_if.what_ifs(self.visit, self.state, self.snapshot, self.decision), self.snapshot
        )


def try_arrival(arrival: Arrival, at: dt.datetime) -> Tried:
    """What an entry sent now would be told: the entry path's read and decision without its write.
    Raises InvalidCoordinates."""
    with db.statement(writes=False) as connection:
        found = read(connection, arrival.identities, None)
        return _tried(connection, arrival, at, found.state, network.snapshot(found.versions))


def try_route(
    connection: Connection, arrival: Arrival, at: dt.datetime, customer: int | None
) -> Tried:
    """Decide for the customer with this surrogate, None for somebody new, by the snapshot and
    policy of now (A2). Raises InvalidCoordinates."""
    snapshot, state = network.snapshot(versions.current(connection)), NEW_CUSTOMER
    if customer is not None:
        row = connection.execute(
            customer_state.select().where(customer_state.c.customer_id == customer)
        ).first()
        state = (
            State(*(getattr(row, name) for name in STATE_FIELDS))
            if row is not None
            else NEW_CUSTOMER
        )
    return _tried(connection, arrival, at, state, snapshot)


def _tried(
    connection: Connection, arrival: Arrival, at: dt.datetime, state: State, snapshot: Snapshot
) -> Tried:
    visit = visit_of(arrival, at, snapshot, keys.entry_param_keys(), guide_loads.of_day)
    full, busy = (
        room.full_stores(connection, visit.day, snapshot),
        room.busy_guides(connection, visit.day, snapshot),
    )
    return Tried(decide(visit, state, snapshot, full=full, busy=busy), visit, state, snapshot)
