"""Honouring a deletion request (P5, M20, O6): identifiers go, facts, orders and books keep their
surrogate and their sums.

Who is erased is the whole person: every customer that turned out to be him. What goes is every
copy: identities, where he was, what his entries' traces say, answers kept under an Idempotency-Key,
words written about him, and, by `further`, what the app keeps (files, views, results of jobs)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    Column,
    Connection,
    Table,
    Text,
    delete,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

import db
from ledger.audit import record
from ledger.faults import Busy, NotFound
from ledger.idempotency import idempotency_key
from ledger.pieces import pieces
from stores.base.accepted_tables import accepted_file
from stores.base.actors import Actor
from stores.base.identifiers import Identifiers
from stores.base.phones import reveal, ways_of_writing
from stores.customers import people
from stores.facts.customer_deed_kinds import customer_deed, customer_deed_note
from stores.facts.customers import (
    customer,
    customer_identity,
    customer_merge,
    customer_state,
    erased_name,
)
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.reassignments import reassignment
from stores.network.guides import guide
from stores.simulation.simulations import simulation

AT_ONCE = 500
Further = Callable[[Connection, Identifiers], None]


@dataclass(frozen=True, slots=True)
class Erased:
    """The surrogate that stays, and how many identities, points and traces went."""

    customer: int
    identities: int
    points: int
    traces: int


def erase_customer(
    customer_id: str, *, actor: Actor, now: dt.datetime, further: Further | None = None
) -> Erased:
    """Forget who a customer is, in one transaction. Whoever comes back later is new. `further`
    removes what others keep of him, inside it.

    Raises NotFound, also when it was done before (nothing leads from the identifier to the
    surrogate any more), NotAllowed, Busy while a large file waits to be written."""
    actor.require("customer:erase")
    with db.transaction() as connection:
        if connection.execute(select(accepted_file.c.id).limit(1)).first() is not None:
            raise Busy(
                "A large file of orders is being written and may name this customer; nothing was "
                "erased. Ask again when it is written."
            )
        found = _known(connection, customer_id)
        person = _person(connection, found)
        _hold(connection, person)
        if _known(connection, customer_id) not in person:  # a rival erased him while we waited
            raise _unknown(customer_id)
        known_by = _identifiers(connection, person)
        points, traces = _forget_entries(connection, person)
        identities = connection.execute(
            delete(customer_identity).where(customer_identity.c.customer_id.in_(person))
        ).rowcount
        for each in person:
            connection.execute(
                update(customer).where(customer.c.id == each).values(customer_id=erased_name(each))
            )
        connection.execute(
            update(customer_state)
            .where(customer_state.c.customer_id.in_(person))
            .values(rv=customer_state.c.rv + 1)
        )
        connection.execute(
            update(guide).where(guide.c.own_customer_id.in_(person)).values(own_customer_id=None)
        )
        deeds = select(customer_deed.c.id).where(customer_deed.c.customer_id.in_(person))
        connection.execute(
            delete(customer_deed_note).where(customer_deed_note.c.deed_id.in_(deeds))
        )
        _forget_words(connection, known_by)
        if further is not None:
            further(connection, known_by)
        record(
            connection,
            actor.name,
            "erase_customer",
            "customer",
            found,
            {"identities": identities, "points": points, "traces": traces},
            at=now,
        )
        db.after_commit(db.forget_what_was_deleted)
        return Erased(found, identities, points, traces)


# -- who -------------------------------------------------------------------------------------------


def _known(connection: Connection, customer_id: str) -> int:
    i = customer_identity.c
    found = connection.execute(
        select(i.customer_id).where(i.kind == "customer_id", i.value == customer_id)
    ).scalar()
    if found is None:
        raise _unknown(customer_id)
    return int(found)


def _unknown(customer_id: str) -> NotFound:
    return NotFound(
        f"There is no customer {customer_id!r}; if they were erased before, nothing is left to "
        "erase.",
        code="unknown_customer",
    )


def _person(connection: Connection, found: int) -> list[int]:
    """All customers who turned out to be this one (M19), himself included."""
    m, person, fresh = customer_merge.c, {found}, {found}
    while fresh:
        pairs = connection.execute(
            select(m.kept_id, m.merged_id).where(or_(m.kept_id.in_(fresh), m.merged_id.in_(fresh)))
        ).all()
        fresh = {each for pair in pairs for each in pair} - person
        person |= fresh
    return sorted(person)


def _hold(connection: Connection, person: Sequence[int]) -> None:
    """Whoever links an identity to him meanwhile waits, and then finds him erased
    (`people.refuse_erased`)."""
    connection.execute(
        select(customer.c.id)
        .where(customer.c.id.in_(person))
        .order_by(customer.c.id)
        .with_for_update()
    )
    people.lock(connection, person)


def _identifiers(connection: Connection, person: Sequence[int]) -> Identifiers:
    i = customer_identity.c
    rows = connection.execute(
        select(i.kind, i.value, i.cipher).where(i.customer_id.in_(person))
    ).all()
    words = {r.value for r in rows if r.kind != "phone"}
    words |= set(
        connection.execute(
            select(customer.c.customer_id).where(customer.c.id.in_(person))
        ).scalars()
    )
    phones = set()
    for r in rows:
        if r.kind == "phone" and r.cipher is not None:
            try:
                phones |= ways_of_writing(reveal(r.cipher))
            except InvalidTag:  # sealed under a key that is gone: nobody can read it
                continue
    return Identifiers(words, phones)


# -- what ------------------------------------------------------------------------------------------


def _forget_entries(connection: Connection, person: Sequence[int]) -> tuple[int, int]:
    """Points, traces and kept answers of all his entries."""
    ids = list(
        connection.execute(
            select(entry.c.entry_id).where(entry.c.customer_id.in_(person))
        ).scalars()
    )
    points = traces = 0
    for part in pieces(ids, AT_ONCE):
        points += connection.execute(
            delete(entry_point).where(entry_point.c.entry_id.in_(part))
        ).rowcount
        traces += connection.execute(
            delete(entry_trace).where(entry_trace.c.entry_id.in_(part))
        ).rowcount
        connection.execute(delete(idempotency_key).where(idempotency_key.c.reference.in_(part)))
    return points, traces


def _forget_words(connection: Connection, known_by: Identifiers) -> None:
    """Where he is named in what was written of others, or asked for: kept answers, notes, plans and
    scenarios."""
    redact(connection, idempotency_key, ("answer",), known_by)
    redact(connection, customer_deed_note, ("note",), known_by)
    redact(connection, reassignment, ("plan", "reason"), known_by)
    redact(connection, simulation, ("name", "scenario", "summary"), known_by)


def redact(
    connection: Connection, table: Table, columns: Sequence[str], known_by: Identifiers
) -> int:
    """Write the rows of `table` that name the person in these columns, texts or JSON, without him;
    how many."""
    key = list(table.primary_key.columns)
    found = connection.execute(
        select(*key, *(table.c[name] for name in columns)).where(
            mentions([table.c[name] for name in columns], known_by)
        )
    ).all()
    changed = 0
    for row in found:
        values = {name: getattr(row, name) for name in columns}
        without = {name: known_by.without(value) for name, value in values.items()}
        if without != values:
            connection.execute(
                update(table).where(tuple_(*key) == tuple_(*row[: len(key)])).values(without)
            )
            changed += 1
    return changed


def mentions(columns: Sequence[Column[Any]], known_by: Identifiers) -> Any:
    """A wide net over the rows that may name him: his words as they stand and as JSON writes them,
    the last digits of a phone."""
    parts = {
        each
        for word in known_by.words
        for each in (word, json.dumps(word, ensure_ascii=False)[1:-1])
    } | known_by.endings()
    return or_(
        *(
            type_coerce(column, Text).contains(part, autoescape=True)
            for column in columns
            for part in sorted(parts)
        )
    )
