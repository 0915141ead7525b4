"""Writing planned customers, respecting whoever was first (M19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Connection, and_, delete, select, update

from ledger import audit
from ledger.bulk import allocate
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base.actors import Actor
from stores.customers import people
from stores.facts.customers import customer, customer_identity, customer_state
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome, Refused
from stores.registers.customer_plan import (
    Person,
    Plan,
    owners_of,
    refuse_owned,
)
from stores.registers.saving import IN_LIST


def told(
    connection: Connection, outcome: Outcome, rows: int, actor: Actor, now: dt.datetime
) -> None:
    """The audit line of an import of customers."""
    audit.record(
        connection,
        actor.name,
        "import_customers",
        "customer",
        f"{rows} rows",
        {"new": outcome.new, "changed": outcome.changed},
        at=now,
    )


def write(connection: Connection, plan: Plan, now: dt.datetime, *, lenient: bool = False) -> int:
    """Raises Refused when a rival took an identity between plan and write; `lenient`: it stays his,
    and the answer is how many did."""
    ids = _create(connection, plan.new, now)
    for some in pieces(plan.dropped_phones):
        connection.execute(
            delete(customer_identity).where(
                and_(customer_identity.c.kind == "phone", customer_identity.c.customer_id.in_(some))
            )
        )
    for flag, flagged in plan.flags.items():
        for some in pieces(flagged):
            connection.execute(
                update(customer).where(customer.c.id.in_(some)).values(employee=flag)
            )
    missing = 0
    for links in pieces(plan.links, 4 * IN_LIST):
        missing += insert_missing(
            connection,
            customer_identity,
            [
                {
                    "kind": kind,
                    "value": value,
                    "customer_id": ids[person.customer_id] if owner is None else owner,
                    "cipher": cipher,
                }
                for person, owner, (kind, value), cipher in links
            ],
        )
    people.refuse_erased(connection, {owner for _, owner, _, _ in plan.links if owner is not None})
    taken = _taken(connection, plan, ids) if missing < len(plan.links) else FaultList()
    if taken and not lenient:
        raise Refused(taken)
    people.note_merges(
        connection,
        [
            {ids[person.customer_id] if own is None else own, *others}
            for person, own, others in plan.joined
        ],
        now,
    )
    return len(taken)


def _create(connection: Connection, new: list[Person], now: dt.datetime) -> dict[str, int]:
    """Ids by customer_id; somebody an entry created meanwhile keeps his row and takes the flag of
    the file."""
    ids: dict[str, int] = {}
    for some in pieces(new, 4 * IN_LIST):
        own = dict(
            zip(
                (p.customer_id for p in some),
                allocate(connection, customer, len(some)),
                strict=True,
            )
        )
        missing = insert_missing(
            connection,
            customer,
            [
                {
                    "id": own[p.customer_id],
                    "customer_id": p.customer_id,
                    "employee": bool(p.employee),
                    "created_at": now,
                }
                for p in some
            ],
        )
        if missing < len(some):
            own |= _meet(connection, some)
        insert_missing(
            connection,
            customer_state,
            [{"customer_id": key, "rv": 0, "no_switch": False} for key in own.values()],
        )
        ids |= own
    return ids


def _meet(connection: Connection, persons: list[Person]) -> dict[str, int]:
    """Ids as they are stored; the flag of those who came before us."""
    ids: dict[str, int] = {}
    for some in pieces(persons):
        found = list(
            connection.execute(
                select(customer.c.id, customer.c.customer_id, customer.c.employee).where(
                    customer.c.customer_id.in_([p.customer_id for p in some])
                )
            )
        )
        ids |= {each.customer_id: each.id for each in found}
        employed = {p.customer_id for p in some if p.employee}
        late = [each.id for each in found if each.customer_id in employed and not each.employee]
        connection.execute(update(customer).where(customer.c.id.in_(late)).values(employee=True))
    return ids


def _taken(connection: Connection, plan: Plan, ids: Mapping[str, int]) -> FaultList:
    """Identities that a rival took between read and write."""
    faults = FaultList()
    for links in pieces(plan.links, IN_LIST):
        owners = owners_of(connection, [link.identity for link in links])
        for person, owner, identity, _ in links:
            if owners.get(identity) != (ids[person.customer_id] if owner is None else owner):
                refuse_owned(person, identity[0], faults)
    return faults
