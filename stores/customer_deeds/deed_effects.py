"""What each kind of deed does, and which rule forbids it (A4, A8, A10, A14, B2, B4).

Deeds of the first kind answer the columns of the customer's state that change, the others None:
they are binding facts, folded with his orders and events."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ledger.faults import Conflict
from stores.base import keys
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.customer_deeds import home_proposals
from stores.facts.customer_deed_kinds import KINDS
from stores.facts.decision import Question, State
from stores.facts.visits import Arrival, SourcePoint, visit_of
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
class Work:
    """A deed with all that its rules read; `customer` is the surrogate id, `state` as of `now`."""

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


# -- what changes the state (A4, A8, A10) ----------------------------------------------------------

_Changes = dict[str, Any] | None


def _switched(work: Work) -> _Changes:
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


def _switch_ended(work: Work) -> _Changes:
    return {"manual_store_id": None, "manual_at": None}


def _refused(work: Work) -> _Changes:
    """A8: he was offered this store and declined."""
    assert work.store is not None
    return {"refused_store_id": work.store.id, "refused_at": work.now}


def _pinned(work: Work) -> _Changes:
    return {"pinned_store_id": _eligible(work).id}


def _unpinned(work: Work) -> _Changes:
    return {"pinned_store_id": None}


def _no_switch(work: Work) -> _Changes:
    return {"no_switch": True}


def _may_switch(work: Work) -> _Changes:
    return {"no_switch": False}


def _eligible(work: Work) -> StoreRecord:
    assert work.store is not None
    why = work.store.why_not(business_day(work.now))
    if why:
        raise work.refuse(
            "store_not_eligible", f"Store {work.store.code} takes no visitors: {why}."
        )
    return work.store


# -- what is a binding fact (A14, B2, B4) ----------------------------------------------------------


def _owner_assigned(work: Work) -> _Changes:
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


def _owner_requested(work: Work) -> _Changes:
    """B4: the customer asks for another guide."""
    guide = _employed(work)
    if work.state.owner_guide_id == guide.id and in_force(work.now, work.state.owner_valid_until):
        raise work.refuse("already", "This guide is their owner already.")
    _takeable(
        work,
        work.state.owner_guide_id,
        work.state.owner_protected_until,
        work.state.owner_valid_until,
    )
    return None


def _home_requested(work: Work) -> _Changes:
    """A14, B4: he wants this store as his home, or its manager approved the proposal."""
    store = _eligible(work)
    if work.deed.kind == "home_approved" and not home_proposals.is_proposed(
        work.connection, work.customer, store.id, work.snapshot.policy, work.now
    ):
        raise work.refuse(
            "no_proposal", "This customer has not bought there often enough lately to be proposed."
        )
    if work.state.home_store_id == store.id and in_force(work.now, work.state.home_valid_until):
        raise work.refuse("already", "This store is their home already.")
    _takeable(
        work, work.state.home_store_id, work.state.home_protected_until, work.state.home_valid_until
    )
    return None


def _home_declined(work: Work) -> _Changes:
    """A14: the proposal is put away; nothing changes."""
    return {}


def _employed(work: Work) -> GuideRecord:
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
    work: Work,
    held: int | None,
    protected_until: dt.datetime | None,
    valid_until: dt.datetime | None,
) -> None:
    """Go on if the policy lets another take a binding held now (B4). Raises what
    `work.refuse("binding_protected")` makes otherwise."""
    policy = work.snapshot.policy.snatch_policy
    if held is None or not in_force(work.now, valid_until) or policy == "anytime":
        return
    if policy == "never" or in_force(work.now, protected_until):
        until = (
            f" until {protected_until.isoformat()}"
            if protected_until is not None and policy != "never"
            else ""
        )
        raise work.refuse(
            "binding_protected",
            f"The present binding is protected{until} (takeover policy: {policy}).",
        )


def in_force(now: dt.datetime, until: dt.datetime | None) -> bool:
    """Whether what runs until then runs still."""
    return until is not None and now < until


EFFECTS = {
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
assert set(EFFECTS) == set(KINDS)
