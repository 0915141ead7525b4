"""Honouring a deletion request (P5, M20, O6): identifiers go, facts, orders and books keep their surrogate and their sums."""
from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

import db
from ledger.audit import record
from ledger.faults import NotFound
from ledger.idempotency import idempotency_key
from stores.actors import Actor
from stores.customer_deed_kinds import customer_deed, customer_deed_note
from stores.customers import customer, customer_identity
from stores.entries import entry, entry_point, entry_trace
from stores.guides import guide

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """The surrogate that stays, and how many identities, points and traces went."""

    customer: int
    identities: int
    points: int
    traces: int


def erase_customer(customer_id: str, *, actor: Actor, now: dt.datetime) -> Erased:
    """Forget who a customer is: all identities, where he was, what his entries' traces say. Whoever comes back later is new.

    Raises NotFound, also when it was done before (nothing leads from the identifier to the surrogate any more), NotAllowed."""
    actor.require("customer:erase")
    with db.transaction() as connection:
        i = customer_identity.c
        found = connection.execute(select(i.customer_id).where(i.kind == "customer_id", i.value == customer_id)).scalar()
        if found is None:
            raise NotFound(f"There is no customer {customer_id!r}; if they were erased before, nothing is left to erase.", code="unknown_customer")
        points, traces = _forget_entries(connection, found)
        identities = connection.execute(delete(customer_identity).where(i.customer_id == found)).rowcount
        connection.execute(update(customer).where(customer.c.id == found).values(customer_id=f"erased-{found}"))
        connection.execute(update(guide).where(guide.c.own_customer_id == found).values(own_customer_id=None))
        deeds = select(customer_deed.c.id).where(customer_deed.c.customer_id == found)
        connection.execute(delete(customer_deed_note).where(customer_deed_note.c.deed_id.in_(deeds)))
        record(connection, actor.name, "erase_customer", "customer", found, {"identities": identities, "points": points, "traces": traces}, at=now)
        return Erased(found, identities, points, traces)


def _forget_entries(connection: Connection, surrogate: int) -> tuple[int, int]:
    """Points, traces and kept answers of all his entries."""
    ids = list(connection.execute(select(entry.c.entry_id).where(entry.c.customer_id == surrogate)).scalars())
    points = traces = 0
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start:start + AT_ONCE]
        points += connection.execute(delete(entry_point).where(entry_point.c.entry_id.in_(part))).rowcount
        traces += connection.execute(delete(entry_trace).where(entry_trace.c.entry_id.in_(part))).rowcount
        connection.execute(delete(idempotency_key).where(idempotency_key.c.reference.in_(part)))
    return points, traces
