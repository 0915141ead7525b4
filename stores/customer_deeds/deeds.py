"""What a visitor or a member of staff decided about one customer: a switch, a refusal, a pin, an
owner, a home (A4, A8, A10, A14, B2, B4).

Append-only: each deed stands with who, when and why, and the customer's time line shows it. Deeds
of the first kind change what the ladder reads of his state at once; the others are binding facts,
folded with his orders and events by `course`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

import db
from ledger import audit
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds.deed_effects import EFFECTS, Deed, Work, in_force
from stores.customers import binding_facts, people, rebinding
from stores.facts.customer_deed_kinds import (
    BINDING_KINDS,
    HEADQUARTERS_KINDS,
    KINDS,
    MANAGER_KINDS,
    NAMES_GUIDE,
    NAMES_STORE,
    customer_deed,
    customer_deed_note,
)
from stores.facts.customers import customer_state
from stores.facts.decision import State
from stores.facts.entry_records import STATE_FIELDS
from stores.network import network
from stores.network.records import GuideRecord, StoreRecord
from stores.network.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Done:
    """`until`: when a switch or a refusal is over, when the protection of a new binding is; None
    where nothing ends it."""

    kind: str
    customer_id: str
    store_code: str | None
    guide_code: str | None
    at: dt.datetime
    until: dt.datetime | None


def do(deed: Deed, *, actor: Actor, now: dt.datetime) -> Done:
    """Do it in one transaction. Raises NotFound for a customer, store or guide that is unknown or
    beyond the actor's rows, InvalidInput for a field that the kind needs, Conflict with a code that
    says which rule forbids it: switching_off, no_switch, outside_isolated_area, store_not_eligible,
    guide_not_employed, guide_leaving, own_guide, has_owner, binding_protected, no_proposal,
    already."""
    _check_permission(deed.kind, actor)
    _check_fields(deed)
    with db.transaction() as connection:
        named = people.by_customer_id(connection, [deed.customer_id]).get(deed.customer_id)
        if named is None:
            raise NotFound(f"There is no customer {deed.customer_id!r}.", code="unknown_customer")
        people.lock(connection, [named.id])
        snapshot = network.snapshot(versions.current(connection))
        work = Work(
            connection,
            deed,
            actor,
            now,
            snapshot,
            named.id,
            _state(connection, named.id).at(now),
            _store(snapshot, deed.store_code),
            _guide(snapshot, deed.guide_code),
        )
        _check_rows(work)
        changes = EFFECTS[deed.kind](work)
        source = _keep(work)
        if changes is None:
            rebinding.rewrite(
                connection,
                binding_facts.facts_of(connection, [named.id], snapshot),
                binding_facts.rules_of(snapshot),
                now,
            )
        else:
            connection.execute(
                update(customer_state)
                .where(customer_state.c.customer_id == named.id)
                .values(rv=customer_state.c.rv + 1, **changes)
            )
        if deed.kind in HEADQUARTERS_KINDS or deed.kind in BINDING_KINDS:
            audit.record(
                connection,
                actor.name,
                f"customer_{deed.kind}",
                "customer",
                named.id,
                {"deed": source, "store": deed.store_code, "guide": deed.guide_code},
                at=now,
            )
        return Done(
            deed.kind,
            deed.customer_id,
            deed.store_code,
            deed.guide_code,
            now,
            _until(connection, work),
        )


def _keep(work: Work) -> int:
    """The number of the deed, written with its note."""
    deed = work.deed
    number = work.connection.execute(
        customer_deed.insert()
        .values(
            customer_id=work.customer,
            kind=deed.kind,
            store_id=work.store.id if work.store else None,
            guide_id=work.guide.id if work.guide else None,
            at=work.now,
            actor=work.actor.name,
        )
        .returning(customer_deed.c.id)
    ).scalar_one()
    if deed.note:
        work.connection.execute(customer_deed_note.insert().values(deed_id=number, note=deed.note))
    return int(number)


def _check_permission(kind: str, actor: Actor) -> None:
    if kind in HEADQUARTERS_KINDS:
        actor.require("customer:pin")
    elif kind not in MANAGER_KINDS or not actor.may("customer:assign"):
        actor.require("customer:write")


def _check_rows(work: Work) -> None:
    """A manager decides of his own store and guides, and of customers at home there or proposed to
    be (P6)."""
    if work.actor.scope_kind == "all":
        return
    own, day = work.actor.scope_id, business_day(work.now)
    at_home = work.state.home_store_id == own and in_force(work.now, work.state.home_valid_until)
    proposed = work.store is not None and work.store.id == own
    if work.actor.scope_kind != "store" or not (
        at_home and work.guide is not None and work.guide.store_on(day) == own or proposed
    ):
        raise NotFound("There is no such customer, store or guide of yours.")


def _check_fields(deed: Deed) -> None:
    faults = (
        [FieldFault("kind", f"must be one of {', '.join(KINDS)}")] if deed.kind not in KINDS else []
    )
    if deed.kind in NAMES_STORE and not deed.store_code:
        faults.append(FieldFault("store_code", f"is required for {deed.kind}"))
    if deed.kind in NAMES_GUIDE and not deed.guide_code:
        faults.append(FieldFault("guide_code", f"is required for {deed.kind}"))
    if deed.kind in HEADQUARTERS_KINDS and not deed.note.strip():
        faults.append(FieldFault("note", f"is required for {deed.kind}: say why"))
    if len(deed.note) > 200:
        faults.append(FieldFault("note", "must be text of at most 200 characters"))
    if faults:
        raise InvalidInput("; ".join(f"{f.field} {f.reason}" for f in faults) + ".", errors=faults)


def _state(connection: Connection, customer: int) -> State:
    row = connection.execute(
        select(*(customer_state.c[name] for name in STATE_FIELDS)).where(
            customer_state.c.customer_id == customer
        )
    ).one()
    return State(*row)


def _store(snapshot: Snapshot, code: str | None) -> StoreRecord | None:
    found = snapshot.by_code.get(code) if code else None
    if code and found is None:
        raise NotFound(f"There is no store {code!r}.", code="unknown_store")
    return found


def _guide(snapshot: Snapshot, code: str | None) -> GuideRecord | None:
    found = snapshot.guides_by_code.get(code) if code else None
    if code and found is None:
        raise NotFound(f"There is no guide {code!r}.", code="unknown_guide")
    return found


def _until(connection: Connection, work: Work) -> dt.datetime | None:
    policy, kind = work.snapshot.policy, work.deed.kind
    if kind == "switched":
        return work.now + dt.timedelta(hours=policy.manual_hours)
    if kind == "refused":
        return work.now + dt.timedelta(hours=policy.refusal_hours)
    if kind in ("owner_assigned", "owner_requested", "home_requested", "home_approved"):
        state = _state(connection, work.customer)
        return (
            state.owner_protected_until if kind.startswith("owner") else state.home_protected_until
        )
    return None
