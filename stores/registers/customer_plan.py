"""What rows of a customers file would write: who is new, which identities are added, what is at
fault (M19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from ledger.pieces import pieces
from stores.base.phones import hashes, seal
from stores.customers import people
from stores.facts.customers import customer, customer_identity
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome, Refused

LINKS = ("unionid", "openid", "external_userid")
OWNED = (
    "belongs to another customer already; one identity is one person. If both are one person, "
    "write yes in a column join of this row"
)
Identity = tuple[str, str]


@dataclass(slots=True)
class Person:
    """`identities` by kind, the phone as its keyed hash; `former` what the phone may stand under
    since before; `employee` None keeps the flag; `clears_phone`: an empty cell."""

    line: int
    customer_id: str
    identities: dict[str, str]
    phone: str | None
    employee: bool | None
    clears_phone: bool
    texts: Mapping[str, str]
    former: tuple[str, ...] = ()
    joins: bool = False
    cipher: bytes | None = None  # of the phone, where that itself is not kept


class _Link(NamedTuple):
    """`owner` None: a new customer. `cipher`: of a phone."""

    person: Person
    owner: int | None
    identity: Identity
    cipher: bytes | None


@dataclass(slots=True)
class Plan:
    """What the rows would write."""

    new: list[Person] = field(default_factory=list)
    flags: dict[bool, list[int]] = field(default_factory=lambda: {True: [], False: []})
    links: list[_Link] = field(default_factory=list)
    dropped_phones: list[int] = field(default_factory=list)
    joined: list[tuple[Person, int | None, set[int]]] = field(
        default_factory=list
    )  # who, his id unless new, the others whom the file says he is
    effective: list[Person] = field(default_factory=list)  # who is new or changes
    outcome: Outcome = field(default_factory=Outcome)


def person_of(row: Row) -> Person:
    """A row as a person; its phone by the hash of the present key and of former ones."""
    texts = {kind: row.get(kind) for kind in LINKS if row.get(kind)}
    phone = row.get("phone")
    own, *former = hashes(phone) if phone else ("",)
    identities = {
        "customer_id": row.values["customer_id"],
        **texts,
        **({"phone": own} if phone else {}),
    }
    employee = bool(row.get("employee")) if "employee" in row.values else None
    return Person(
        row.line,
        row.values["customer_id"],
        identities,
        phone,
        employee,
        "phone" in row.values and not phone,
        texts,
        tuple(former),
        bool(row.get("join")),
    )


def planned(connection: Connection, persons: list[Person]) -> Plan:
    """Raises Refused."""
    plan, faults = plan_of(connection, persons)
    if faults:
        raise Refused(faults)
    return plan


def plan_of(connection: Connection, persons: list[Person]) -> tuple[Plan, FaultList]:
    """What is to be written, without the identities at fault."""
    plan, changed, faults = Plan(), 0, FaultList()
    roots = partial(people.root, connection)
    _refuse_shared_phones(persons, faults)
    for some in pieces(persons):
        known = {
            found.customer_id: found
            for found in connection.execute(
                select(customer.c.id, customer.c.customer_id, customer.c.employee).where(
                    customer.c.customer_id.in_([p.customer_id for p in some])
                )
            )
        }
        owners = owners_of(
            connection,
            [
                identity
                for person in some
                for identity in (
                    *person.identities.items(),
                    *(("phone", each) for each in person.former),
                )
            ],
        )
        phones = _phones_of(connection, [found.id for found in known.values()])
        for person in some:
            found = known.get(person.customer_id)
            changes = _plan_one(plan, person, found, owners, phones, roots, faults)
            changed += changes
            if changes or found is None:
                plan.effective.append(person)
    plan.outcome = Outcome(len(plan.new), changed, len(persons) - len(plan.new) - changed)
    return plan, faults


def _plan_one(
    plan: Plan,
    person: Person,
    found: Any,
    owners: Mapping[Identity, int],
    phones: Mapping[int, str],
    roots: Callable[[int], int],
    faults: FaultList,
) -> bool:
    """Whether a known customer changes."""
    own = found.id if found is not None else None
    missing, others = [], set[int]()
    for identity in person.identities.items():
        owner = _owner(owners, person, identity)
        if owner is None:
            cipher = sealed(person) if identity[0] == "phone" else None  # here, not under the lock
            missing.append(_Link(person, own, identity, cipher))
        elif owner != own and person.joins:
            others.add(owner)
        elif owner != own:
            refuse_owned(person, identity[0], faults)
    joined = bool(others) and not _are_one(roots, {*others, own})
    if joined:
        plan.joined.append((person, own, others))
    if found is None:
        plan.new.append(person)
        plan.links += missing
        return False
    old_phone = phones.get(found.id)
    drops = old_phone is not None and (
        person.clears_phone
        or "phone" in person.identities
        and old_phone not in (person.identities["phone"], *person.former)
    )
    flagged = person.employee is not None and person.employee != found.employee
    if flagged:
        plan.flags[bool(person.employee)].append(found.id)
    if drops:
        plan.dropped_phones.append(found.id)
    plan.links += missing
    return bool(missing or drops or flagged or joined)


def sealed(person: Person) -> bytes | None:
    """The cipher of his phone, None without one."""
    return person.cipher or (seal(person.phone) if person.phone else None)


def _are_one(roots: Callable[[int], int], several: set[int | None]) -> bool:
    """Whether they were joined before; a new customer (None) was not."""
    return None not in several and len({roots(each) for each in several if each is not None}) == 1


def _owner(owners: Mapping[Identity, int], person: Person, identity: Identity) -> int | None:
    """Whose it is, a phone also under a former form of the number."""
    forms = (identity[1], *person.former) if identity[0] == "phone" else (identity[1],)
    return next(
        (owners[(identity[0], form)] for form in forms if (identity[0], form) in owners), None
    )


def refuse_owned(person: Person, kind: str, faults: FaultList) -> None:
    """Name the row whose identity belongs to another customer."""
    faults.add(person.line, kind, "" if kind == "phone" else person.identities[kind], OWNED)


def _refuse_shared_phones(persons: list[Person], faults: FaultList) -> None:
    first: dict[str, int] = {}
    for person in persons:
        if (
            person.phone
            and (line := first.setdefault(person.identities["phone"], person.line)) != person.line
        ):
            faults.add(
                person.line,
                "phone",
                "",
                f"stands in line {line} already; one identity is one person",
            )


def owners_of(connection: Connection, identities: list[Identity]) -> dict[Identity, int]:
    """Of those identities that are known: whose they are."""
    by_kind: dict[str, list[str]] = {}
    for kind, value in identities:
        by_kind.setdefault(kind, []).append(value)
    owners: dict[Identity, int] = {}
    for kind, values in by_kind.items():
        for some in pieces(values):
            query = select(customer_identity.c.value, customer_identity.c.customer_id).where(
                customer_identity.c.kind == kind, customer_identity.c.value.in_(some)
            )
            owners |= {(kind, value): owner for value, owner in connection.execute(query)}
    return owners


def _phones_of(connection: Connection, ids: list[int]) -> dict[int, str]:
    query = select(customer_identity.c.customer_id, customer_identity.c.value).where(
        customer_identity.c.kind == "phone"
    )
    return {
        owner: value
        for some in pieces(ids)
        for owner, value in connection.execute(
            query.where(customer_identity.c.customer_id.in_(some))
        )
    }
