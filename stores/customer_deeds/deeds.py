"""What a visitor or a member of staff decided about one customer: a switch, a refusal, a pin, an
owner, a home (A4, A8, A10, A14, B2, B4).

Append-only: each deed stands with who, when and why, and the customer's time line shows it. Deeds
of the first kind change what the ladder reads of his state at once; the others are binding facts,
folded with his orders and events by `bindings`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

import db
from ledger import audit
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from stores.base import keys, versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds import home_proposals
from stores.customers import people, rebinding
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
from stores.facts.decision import Question, State
from stores.facts.entry_records import STATE_FIELDS
from stores.facts.visits import Arrival, SourcePoint, visit_of
from stores.network import network
from stores.network.guides import guide as guide_table
from stores.network.records import GuideRecord, StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.rungs.here import isolated_stores


@dataclass(frozen=True, slots=True)
class Deed:
    """`kind` is one of KINDS; `source` the visitor's place, where he switches. `note` says why; it
    is required of headquarters' deeds."""

    kind: str
    customer_id: str
    store_code: str | None = None
    guide_code: str | None = None
    note: str = ""
    source: SourcePoint | None = None


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
        work = _Work(
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
        changes = _CHANGES[deed.kind](work)
        source = connection.execute(
            customer_deed.insert()
            .values(
                customer_id=named.id,
                kind=deed.kind,
                store_id=work.store.id if work.store else None,
                guide_id=work.guide.id if work.guide else None,
                at=now,
                actor=actor.name,
            )
            .returning(customer_deed.c.id)
        ).scalar_one()
        if deed.note:
            connection.execute(customer_deed_note.insert().values(deed_id=source, note=deed.note))
        if changes is None:
            rebinding.rewrite(
                connection,
                rebinding.facts_of(connection, [named.id], snapshot),
                rebinding.rules_of(snapshot),
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
                {"deed": int(source), "store": deed.store_code, "guide": deed.guide_code},
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


@dataclass(frozen=True, slots=True)
class _Work:
    connection: Connection
    deed: Deed
    actor: Actor
    now: dt.datetime
    snapshot: Snapshot
    customer: int
    state: State
    store: StoreRecord | None
    guide: GuideRecord | None

    def refuse(self, code: str, words: str) -> Conflict:
        return Conflict(words, code=code)


def _check_permission(kind: str, actor: Actor) -> None:
    if kind in HEADQUARTERS_KINDS:
        actor.require("customer:pin")
    elif kind not in MANAGER_KINDS or not actor.may("customer:assign"):
        actor.require("customer:write")


def _check_rows(work: _Work) -> None:
    """A manager decides of his own store and guides, and of customers at home there or proposed to
    be (P6)."""
    if work.actor.scope_kind == "all":
        return
    own, day = work.actor.scope_id, business_day(work.now)
    at_home = work.state.home_store_id == own and _holds(work.now, work.state.home_valid_until)
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


# -- what changes the state (A4, A8, A10) ----------------------------------------------------------

_Changes = dict[str, Any] | None


def _switched(work: _Work) -> _Changes:
    """A10: the visitor's own choice; it sets MANUAL, not his home."""
    store, policy = _eligible(work), work.snapshot.policy
    if not policy.switching or "MANUAL" not in policy.rungs:
        raise work.refuse("switching_off", "Switching stores is off in the policy in force.")
    if work.state.no_switch:
        raise work.refuse(
            "no_switch", "This customer may not switch stores; headquarters set that."
        )
    source = work.deed.source
    visit = visit_of(Arrival({}, source), work.now, work.snapshot, keys.entry_param_keys())
    within = isolated_stores(Question(visit, work.state, work.snapshot, policy))
    if within is not None and store.id not in within:
        raise work.refuse(
            "outside_isolated_area",
            "The visitor is in an isolated area; there they can choose among its stores only.",
        )
    return {"manual_store_id": store.id, "manual_at": work.now}


def _switch_ended(work: _Work) -> _Changes:
    return {"manual_store_id": None, "manual_at": None}


def _refused(work: _Work) -> _Changes:
    """A8: he was offered this store and declined."""
    assert work.store is not None
    return {"refused_store_id": work.store.id, "refused_at": work.now}


def _pinned(work: _Work) -> _Changes:
    return {"pinned_store_id": _eligible(work).id}


def _unpinned(work: _Work) -> _Changes:
    return {"pinned_store_id": None}


def _no_switch(work: _Work) -> _Changes:
    return {"no_switch": True}


def _may_switch(work: _Work) -> _Changes:
    return {"no_switch": False}


def _eligible(work: _Work) -> StoreRecord:
    assert work.store is not None
    why = work.store.why_not(business_day(work.now))
    if why:
        raise work.refuse(
            "store_not_eligible", f"Store {work.store.code} takes no visitors: {why}."
        )
    return work.store


# -- what is a binding fact (A14, B2, B4) ----------------------------------------------------------


def _owner_assigned(work: _Work) -> _Changes:
    """B2: a manager gives a customer of the pool to a guide; who has an owner is taken over by B4
    alone."""
    _employed(work)
    if (
        work.state.owner_guide_id is not None
        and work.state.owner_valid_until is not None
        and work.now < work.state.owner_valid_until
    ):
        raise work.refuse(
            "has_owner",
            "This customer has an owner guide; only their own wish or an order by another guide's "
            "link can change that (B4).",
        )
    return None


def _owner_requested(work: _Work) -> _Changes:
    """B4: the customer asks for another guide."""
    guide = _employed(work)
    if work.state.owner_guide_id == guide.id and _holds(work.now, work.state.owner_valid_until):
        raise work.refuse("already", "This guide is their owner already.")
    _takeable(
        work,
        work.state.owner_guide_id,
        work.state.owner_protected_until,
        work.state.owner_valid_until,
    )
    return None


def _home_requested(work: _Work) -> _Changes:
    """A14, B4: he wants this store as his home, or its manager approved the proposal."""
    store = _eligible(work)
    if work.deed.kind == "home_approved" and not home_proposals.is_proposed(
        work.connection, work.customer, store.id, work.snapshot.policy, work.now
    ):
        raise work.refuse(
            "no_proposal", "This customer has not bought there often enough lately to be proposed."
        )
    if work.state.home_store_id == store.id and _holds(work.now, work.state.home_valid_until):
        raise work.refuse("already", "This store is their home already.")
    _takeable(
        work, work.state.home_store_id, work.state.home_protected_until, work.state.home_valid_until
    )
    return None


def _home_declined(work: _Work) -> _Changes:
    """A14: the proposal is put away; nothing changes."""
    return {}


def _employed(work: _Work) -> GuideRecord:
    assert work.guide is not None
    if work.guide.store_on(business_day(work.now)) is None:
        raise work.refuse("guide_not_employed", f"Guide {work.guide.code} works in no store today.")
    if work.guide.is_leaving(business_day(work.now)):
        raise work.refuse(
            "guide_leaving", f"Guide {work.guide.code} is leaving and takes no new customers (B9)."
        )
    own = work.connection.execute(
        select(guide_table.c.own_customer_id).where(guide_table.c.id == work.guide.id)
    ).scalar()
    if own == work.customer:
        raise work.refuse(
            "own_guide",
            f"This customer is guide {work.guide.code}; guides do not own themselves (B5).",
        )
    return work.guide


def _takeable(
    work: _Work,
    held: int | None,
    protected_until: dt.datetime | None,
    valid_until: dt.datetime | None,
) -> None:
    """B4 for what is held now."""
    policy = work.snapshot.policy.snatch_policy
    if held is None or not _holds(work.now, valid_until) or policy == "anytime":
        return
    if policy == "never" or _holds(work.now, protected_until):
        until = (
            f" until {protected_until.isoformat()}"
            if protected_until is not None and policy != "never"
            else ""
        )
        raise work.refuse(
            "binding_protected",
            f"The present binding is protected{until} (takeover policy: {policy}).",
        )


def _holds(now: dt.datetime, until: dt.datetime | None) -> bool:
    return until is not None and now < until


def _until(connection: Connection, work: _Work) -> dt.datetime | None:
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


_CHANGES = {
    "switched": _switched,
    "switch_ended": _switch_ended,
    "refused": _refused,
    "pinned": _pinned,
    "unpinned": _unpinned,
    "no_switch": _no_switch,
    "may_switch": _may_switch,
    "owner_assigned": _owner_assigned,
    "owner_requested": _owner_requested,
    "home_requested": _home_requested,
    "home_approved": _home_requested,
    "home_declined": _home_declined,
}
assert set(_CHANGES) == set(KINDS)
