"""The register of customers: surrogate, identities, employee flag (P3, P5, B5)."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, select, update

import db
from ledger import audit
from ledger.bulk import allocate
from ledger.upsert import insert_missing
from stores.base import accepted_files
from stores.base.accepted_files import Piece, Written
from stores.base.actors import Actor
from stores.base.phones import hashes, seal
from stores.customers import people
from stores.facts.customers import customer, customer_identity, customer_state
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome, Refused, refuse_doubtful
from stores.registers.saving import IN_LIST, pieces

LINKS = ("unionid", "openid", "external_userid")
OWNED = (
    "belongs to another customer already; one identity is one person. If both are one person, "
    "write yes in a column join of this row"
)
Identity = tuple[str, str]
MANY = 5_000  # customers that one transaction takes
IN_PIECE = 2_000  # some tenths of a second of SQLite's writer


def apply(
    rows: Sequence[Row],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    accept: bool = True,
) -> Outcome:
    """Upsert by customer_id, all rows or none. unionid, openid and external_userid are added to
    what is known (a person has several; an empty cell takes none away, or a file would undo what
    entries linked); the phone is replaced, an empty cell clears it. Raises Refused: an identity
    that belongs to another customer, unless the row says `join` yes: then both are one person from
    now on (M19), as if an entry had brought both identities.

    Customers come in by entries meanwhile, under no version: rows are planned on a read, then
    inserted where missing, and whoever was first is respected (his identities are compared once
    more). Many are written as an accepted file (stores/base/accepted_files.py): from its acceptance
    on nothing can refuse it, so an identity that a rival took meanwhile stays his, and the audit
    log says how many did. Raises Busy."""
    actor.require("import:write")
    persons = [_person(row) for row in rows]
    if not dry_run:
        accepted_files.await_others()
    with db.read() as connection:
        plan = _plan(connection, persons)
    if dry_run or not plan.outcome.effective:
        return plan.outcome
    refuse_doubtful(plan.outcome, accept)
    if plan.outcome.effective > MANY:
        return _write_in_pieces(persons, plan, actor, now)
    with db.transaction() as connection:
        _write(connection, plan, now)
        _told(connection, plan.outcome, len(rows), actor, now)
    return plan.outcome


def _told(
    connection: Connection, outcome: Outcome, rows: int, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        connection,
        actor.name,
        "import_customers",
        "customer",
        f"{rows} rows",
        {"new": outcome.new, "changed": outcome.changed},
        at=now,
    )


@dataclass(slots=True)
class _Person:
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

    person: _Person
    owner: int | None
    identity: Identity
    cipher: bytes | None


@dataclass(slots=True)
class _Plan:
    new: list[_Person] = field(default_factory=list)
    flags: dict[bool, list[int]] = field(default_factory=lambda: {True: [], False: []})
    links: list[_Link] = field(default_factory=list)
    dropped_phones: list[int] = field(default_factory=list)
    joined: list[tuple[_Person, int | None, set[int]]] = field(
        default_factory=list
    )  # who, his id unless new, the others whom the file says he is
    effective: list[_Person] = field(default_factory=list)  # who is new or changes
    outcome: Outcome = field(default_factory=Outcome)


def _person(row: Row) -> _Person:
    texts = {kind: row.get(kind) for kind in LINKS if row.get(kind)}
    phone = row.get("phone")
    own, *former = hashes(phone) if phone else ("",)
    identities = {
        "customer_id": row.values["customer_id"],
        **texts,
        **({"phone": own} if phone else {}),
    }
    employee = bool(row.get("employee")) if "employee" in row.values else None
    return _Person(
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


def _plan(connection: Connection, persons: list[_Person]) -> _Plan:
    """Raises Refused."""
    plan, faults = _plan_of(connection, persons)
    if faults:
        raise Refused(faults)
    return plan


def _plan_of(connection: Connection, persons: list[_Person]) -> tuple[_Plan, FaultList]:
    """What is to be written, without the identities at fault."""
    plan, changed, faults = _Plan(), 0, FaultList()
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
        owners = _owners(
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
    plan: _Plan,
    person: _Person,
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
            cipher = _sealed(person) if identity[0] == "phone" else None  # here, not under the lock
            missing.append(_Link(person, own, identity, cipher))
        elif owner != own and person.joins:
            others.add(owner)
        elif owner != own:
            _refuse_owned(person, identity[0], faults)
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


def _sealed(person: _Person) -> bytes | None:
    return person.cipher or (seal(person.phone) if person.phone else None)


def _are_one(roots: Callable[[int], int], several: set[int | None]) -> bool:
    """Whether they were joined before; a new customer (None) was not."""
    return None not in several and len({roots(each) for each in several if each is not None}) == 1


def _owner(owners: Mapping[Identity, int], person: _Person, identity: Identity) -> int | None:
    """Whose it is, a phone also under a former form of the number."""
    forms = (identity[1], *person.former) if identity[0] == "phone" else (identity[1],)
    return next(
        (owners[(identity[0], form)] for form in forms if (identity[0], form) in owners), None
    )


def _refuse_owned(person: _Person, kind: str, faults: FaultList) -> None:
    faults.add(person.line, kind, "" if kind == "phone" else person.identities[kind], OWNED)


def _refuse_shared_phones(persons: list[_Person], faults: FaultList) -> None:
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


def _owners(connection: Connection, identities: list[Identity]) -> dict[Identity, int]:
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


# -- many ------------------------------------------------------------------------------------------


def _write_in_pieces(
    persons: list[_Person], plan: _Plan, actor: Actor, now: dt.datetime
) -> Outcome:
    """Stage, accept and write. Nobody's number is closed meanwhile: entries bring the same
    customers, and whoever is first is respected."""
    with accepted_files.turn() as mine:
        if mine.others:
            with db.read() as connection:
                plan = _plan(connection, persons)
            if not plan.outcome.effective:
                return plan.outcome

        def counts(connection: Connection) -> bool:
            _told(connection, plan.outcome, len(persons), actor, now)
            return True

        parts = pieces(plan.effective, IN_PIECE)
        file_id = accepted_files.stage(
            mine,
            (Piece("customers", [_packed(each) for each in some], []) for some in parts),
            actor=actor.name,
            now=now,
        )
        accepted_files.accept(mine, file_id, counts, now=now, keys=())
        accepted_files.write(mine, file_id)
    return plan.outcome


@accepted_files.writes("customers")
def _write_piece(rows: list[Any], actor: str, received_at: dt.datetime, written: Written) -> None:
    with db.read() as connection:
        plan, taken = _plan_of(connection, [_unpacked(row) for row in rows])
    with db.transaction() as connection:
        left = len(taken) + _write(connection, plan, received_at, lenient=True)
        if left:
            audit.record(
                connection,
                actor,
                "import_customers",
                "customer",
                "identities left",
                {"left_to_others": left},
                at=received_at,
            )
        written(connection)


def _packed(person: _Person) -> list[Any]:
    """As JSON; the phone is sealed."""
    cipher = _sealed(person)
    return [
        person.line,
        person.customer_id,
        person.identities,
        base64.b64encode(cipher).decode() if cipher else None,
        person.employee,
        person.clears_phone,
        person.former,
        person.joins,
    ]


def _unpacked(row: list[Any]) -> _Person:
    line, customer_id, identities, cipher, employee, clears_phone, former, joins = row
    texts = {kind: value for kind, value in identities.items() if kind in LINKS}
    return _Person(
        line,
        customer_id,
        identities,
        None,
        employee,
        clears_phone,
        texts,
        tuple(former),
        joins,
        base64.b64decode(cipher) if cipher else None,
    )


# -- writing ---------------------------------------------------------------------------------------


def _write(connection: Connection, plan: _Plan, now: dt.datetime, *, lenient: bool = False) -> int:
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


def _create(connection: Connection, new: list[_Person], now: dt.datetime) -> dict[str, int]:
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


def _meet(connection: Connection, persons: list[_Person]) -> dict[str, int]:
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


def _taken(connection: Connection, plan: _Plan, ids: Mapping[str, int]) -> FaultList:
    """Identities that a rival took between read and write."""
    faults = FaultList()
    for links in pieces(plan.links, IN_LIST):
        owners = _owners(connection, [link.identity for link in links])
        for person, owner, identity, _ in links:
            if owners.get(identity) != (ids[person.customer_id] if owner is None else owner):
                _refuse_owned(person, identity[0], faults)
    return faults
