"""The values of bindings: the facts that bind a customer, and what then holds (B1-B5, B9-B11);
`course` folds the ones to the others. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from stores.base.possible_times import MOST_AHEAD
from stores.network.binding_rules import Closing, Conditions


@dataclass(frozen=True, slots=True)
class Reassignment:
    """What moved a home from `store_id` by headquarters' re-assignment `id`; `undone_at`: it was
    taken back."""

    id: int
    store_id: int
    undone_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class BindingFact:
    """`kind`: confirmed, deleted, transferred, order, chatted (B3: a day on which he wrote and a
    guide answered), assigned (B2), wished (B4: the customer asks for a guide), home (A14: he asks
    for a home store, or its manager approved one), reassigned (headquarters moved a customer base:
    from `from_store_id` to `store_id`, `forced` also where B3 protects, until `undone_at`),
    is_guide (B5: he is the guide himself). `source_no` is the event's or order's own number: of one
    moment the smaller comes first, whichever arrived first. `guide_id` is the adder, the deleted,
    the taker, or of an order the guide whose link was last used; `guide_store_id` where that guide
    worked then (None: not employed), `guide_until` when he stops keeping customers (B9, B10), None:
    never, and `guide_goes` why; `guide_leaving`: it was known by then that he goes, and he takes
    nobody new (B9). `from_guide_id` is the giver of a transfer if named. Orders carry store and
    credited guide. `conditions`: of the policy that was in force when the fact was recorded (A2),
    None: of the rules'; a policy published later rewrites no binding. `received_at` None: it has no
    time but its receipt."""

    at: dt.datetime
    kind: str
    source_id: int
    source_no: str = ""
    guide_id: int | None = None
    guide_store_id: int | None = None
    guide_until: dt.datetime | None = None
    guide_goes: str = "guide_left"
    guide_leaving: bool = False
    from_guide_id: int | None = None
    store_id: int | None = None
    credited_guide_id: int | None = None
    from_store_id: int | None = None
    forced: bool = False
    undone_at: dt.datetime | None = None
    conditions: Conditions | None = None
    received_at: dt.datetime | None = None

    @property
    def ahead(self) -> bool:
        """Whether it could not have happened when it was received; such facts stand in old
        installations (N5)."""
        return self.received_at is not None and self.at - self.received_at > MOST_AHEAD

    @property
    def place(self) -> Place:
        """Its place among the facts of its customer."""
        return self.at, self.kind, self.source_no


Place = tuple[dt.datetime, str, str]
CLOSED, UNDONE = "store_closed", "closing_undone"
REASSIGNED, REASSIGNED_BACK = "reassigned", "reassignment_undone"


@dataclass(frozen=True, slots=True)
class Binding:
    """One interval [started_at, ended_at) of one binding. `ended_at` is the moment known so far: in
    the future it is the moment at which the clock ends it, unless another fact comes first."""

    kind: str
    store_id: int | None
    guide_id: int | None
    started_at: dt.datetime
    protected_until: dt.datetime
    valid_until: dt.datetime
    reason: str
    source_kind: str
    source_id: int
    ended_at: dt.datetime | None = None
    end_reason: str | None = None
    has_order: bool = False
    leaves_at: dt.datetime | None = None
    leaves_for: str = "guide_left"  # why the owner stops keeping him at `leaves_at`
    moved_by: Closing | Reassignment | None = None  # of a home: what brought it here
    clock_store_id: int | None = (
        None  # whose pauses stop the clocks: the home itself, the store where the owner worked then
    )


@dataclass(frozen=True, slots=True)
class Held:
    """The bindings in force at one moment."""

    home: Binding | None
    owner: Binding | None


def known_by(facts: Iterable[BindingFact], now: dt.datetime) -> list[BindingFact]:
    """Those that count by now: what was told of an impossible time to come waits for it (N5)."""
    return [fact for fact in facts if fact.at <= now or not fact.ahead]


def in_force(bindings: Iterable[Binding], kind: str, at: dt.datetime) -> Binding | None:
    """The binding of `kind` that holds at the moment `at`."""
    return next(
        (
            b
            for b in bindings
            if b.kind == kind and b.started_at <= at and (b.ended_at is None or at < b.ended_at)
        ),
        None,
    )
