"""Who a customer belongs to, as a fold over his facts (B1-B5, B9-B11). Pure.

The bindings are computed from all binding facts in the order in which they happened, so late,
repeated and disordered facts give the same answer. Two bindings with the same rules and clocks:
`home` names a store, `owner` a guide. What the clock alone will do (a lapse, a leaver's last day, a
home whose protection makes the new owner's store wait) is part of the answer: intervals may lie in
the future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stores.base.possible_times import MOST_AHEAD
from stores.network.binding_rules import Closing, Conditions, Rules


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


@dataclass(slots=True)
class _Story:
    """`waiting`: the owner's store, which becomes home when the home's protection is over (B3), and
    what that fact was judged by. `himself`: the guides he is (B5). `pooled`: the friend add of a
    leaver that brought the home (B9), and who added. `released`: the home that a closing without
    successor ended, while no other took its place. `conditions`: of the fact that is being
    applied."""

    rules: Rules
    conditions: Conditions
    held: dict[str, Binding] = field(default_factory=dict)
    past: list[Binding] = field(default_factory=list)
    waiting: tuple[int, Conditions] | None = None
    himself: set[int | None] = field(default_factory=set)
    pooled: tuple[int, int | None] | None = None
    released: tuple[Closing, Binding] | None = None

    def run(self, to: dt.datetime | None) -> None:
        """Let the clock do what is due up to `to` (None: all that it will ever do), in the order of
        the moments."""
        while (due := self._next()) is not None and (to is None or due[0] <= to):
            at, kind, reason = due
            if reason in (CLOSED, UNDONE):
                self.follow_store(at, reason)
                continue
            if reason == REASSIGNED_BACK:
                self.move_back(at)
                continue
            self.end(kind, at, reason)
            if kind == "home" and self.waiting is not None:
                self.follow_owner(at)

    def may_own(self, fact: BindingFact) -> bool:
        """Whether the guide of the fact may get the customer: he works then, and is somebody else
        (B5)."""
        return fact.guide_store_id is not None and fact.guide_id not in self.himself

    def waits_for(self, at: dt.datetime) -> bool:
        """Whether the owner's store, or who follows it, can become home at that moment; a store
        that is gone takes no home away."""
        return self.waiting is not None and self.rules.standing(self.waiting[0], at) is not None

    def follow_owner(self, at: dt.datetime) -> None:
        """The store that waited becomes home."""
        assert self.waiting is not None
        owner, (store_id, self.conditions), self.waiting = self.held["owner"], self.waiting, None
        self.begin(
            "home", at, "home_protected", (owner.source_kind, owner.source_id), store_id=store_id
        )

    def _next(self) -> tuple[dt.datetime, str, str] | None:
        """The next thing that the clock does: (moment, kind of the binding that ends, why)."""
        due = [(b.valid_until, b.kind, "validity_over") for b in self.held.values()]
        owner, home = self.held.get("owner"), self.held.get("home")
        if owner is not None and owner.leaves_at is not None:
            due.append((owner.leaves_at, "owner", owner.leaves_for))
        if home is not None and self.waits_for(home.protected_until):
            due.append((home.protected_until, "home", "owner_of_another_store"))
        if self.rules.closings or home is not None and home.moved_by is not None:
            due += self._moves(home)
        return min(due, key=lambda d: (d[0], d[1] != "owner", d[2]), default=None)

    def _moves(self, home: Binding | None) -> list[tuple[dt.datetime, str, str]]:
        """When the store of the home closes, and when a closing that moved or released it is taken
        back (A11)."""
        due = []
        if (
            home is not None
            and (closing := self.rules.next_closing(home.store_id, home.started_at)) is not None
        ):
            due.append((closing.at, "home", CLOSED))
        caused = (
            home.moved_by
            if home is not None
            else self.released[0]
            if self.released is not None
            else None
        )
        if caused is not None and caused.undone_at is not None:
            due.append(
                (
                    caused.undone_at,
                    "home",
                    UNDONE if isinstance(caused, Closing) else REASSIGNED_BACK,
                )
            )
        return due

    def follow_store(self, at: dt.datetime, reason: str) -> None:
        """The home goes to the successor, is released, or comes back; its clocks run on."""
        old = self.held.get("home")
        if reason == UNDONE:
            moved_by, before = (
                (old.moved_by, old) if old is not None else self.released or (None, None)
            )
            closing = moved_by if isinstance(moved_by, Closing) else None
            target: int | None = closing.store_id if closing is not None else None
        else:
            closing, before = (
                self.rules.next_closing(old.store_id, old.started_at) if old is not None else None,
                old,
            )
            target = self.rules.standing(closing.successor_id, at) if closing is not None else None
        if old is not None:
            self.end("home", at, reason)
        self.released = None
        if before is None or closing is None:
            return
        if target is None and self.waits_for(
            at
        ):  # nothing protects against the owner's store any more
            self.follow_owner(at)
        elif target is None:
            self.released = (closing, before)
        elif at < before.valid_until:
            self.carry(before, target, at, reason, closing if reason == CLOSED else None)

    def carry(
        self,
        before: Binding,
        store_id: int,
        at: dt.datetime,
        reason: str,
        moved_by: Closing | Reassignment | None,
    ) -> None:
        """The same home at another store; its clocks run on, by that store's pauses from now on."""
        protected, valid = (
            self.rules.moved(until, at, before.clock_store_id, store_id)
            for until in (before.protected_until, before.valid_until)
        )
        self.held["home"] = replace(
            before,
            store_id=store_id,
            started_at=at,
            protected_until=protected,
            valid_until=valid,
            reason=reason,
            ended_at=None,
            end_reason=None,
            moved_by=moved_by,
            clock_store_id=store_id,
        )

    def reassign(self, fact: BindingFact) -> None:
        """The home goes where headquarters said, its clocks run on; one that a closing released is
        given again."""
        home = self.held.get("home")
        before = (
            home if home is not None else self.released[1] if self.released is not None else None
        )
        target = self.rules.standing(fact.store_id, fact.at)
        if (
            before is None
            or target is None
            or before.store_id != fact.from_store_id
            or target == before.store_id
            or fact.at >= before.valid_until
            or fact.at < before.protected_until
            and not fact.forced
        ):
            return
        if home is not None:
            self.end("home", fact.at, REASSIGNED)
        self.released = None
        self.carry(
            before,
            target,
            fact.at,
            REASSIGNED,
            Reassignment(fact.source_id, fact.from_store_id or 0, fact.undone_at),
        )

    def move_back(self, at: dt.datetime) -> None:
        """The home goes back to where a re-assignment took it from, or to who follows that store;
        with nobody it ends."""
        old = self.held["home"]
        self.end("home", at, REASSIGNED_BACK)
        target = (
            self.rules.standing(old.moved_by.store_id, at) if old.moved_by is not None else None
        )
        if target is not None:
            self.carry(old, target, at, REASSIGNED_BACK, None)

    def end(self, kind: str, at: dt.datetime, reason: str) -> None:
        self.past.append(replace(self.held.pop(kind), ended_at=at, end_reason=reason))
        if kind == "owner":
            self.waiting = None

    def begin(
        self,
        kind: str,
        at: dt.datetime,
        reason: str,
        source: tuple[str, int],
        *,
        store_id: int | None = None,
        guide_id: int | None = None,
        leaves: tuple[dt.datetime | None, str] = (None, "guide_left"),
        has_order: bool = False,
        works_at: int | None = None,
    ) -> None:
        if kind in self.held:
            self.end(kind, at, reason)
        if kind == "home":
            store_id, self.released = self.rules.standing(store_id, at), None
            if store_id is None:
                return
        clock = store_id if kind == "home" else works_at
        self.held[kind] = Binding(
            kind,
            store_id,
            guide_id,
            at,
            self.protected(clock, at),
            self.valid(clock, at),
            reason,
            *source,
            has_order=has_order,
            leaves_at=leaves[0],
            leaves_for=leaves[1],
            clock_store_id=clock,
        )

    def protected(self, store_id: int | None, at: dt.datetime) -> dt.datetime:
        return self.rules.after(store_id, at, self.conditions.protection_days)

    def valid(self, store_id: int | None, at: dt.datetime) -> dt.datetime:
        return self.rules.after(store_id, at, self.conditions.validity_days)

    def may_take(self, held: Binding, at: dt.datetime) -> bool:
        """B4."""
        policy = self.conditions.snatch_policy
        return policy == "anytime" or policy == "after_protection" and at >= held.protected_until

    def keep(self, kind: str, **changes: object) -> None:
        self.held[kind] = replace(self.held[kind], **changes)  # type: ignore[arg-type]


class Course:
    """One customer's facts, walked from the first to the last. Facts may be added on the way, each
    at the place just asked for."""

    def __init__(self, facts: Iterable[BindingFact], rules: Rules):
        self._coming = sorted(
            {f.place: f for f in facts}.values(), key=lambda f: f.place, reverse=True
        )
        self._story = _Story(rules, rules.conditions)

    def held_at(self, place: Place) -> Held:
        """What binds the customer when something happens at this place, by the facts before it."""
        while self._coming and self._coming[-1].place < place:
            self.add(self._coming.pop())
        self._story.run(place[0])
        return Held(self._story.held.get("home"), self._story.held.get("owner"))

    def add(self, fact: BindingFact) -> None:
        self._story.run(fact.at)
        self._story.conditions = fact.conditions or self._story.rules.conditions
        _APPLY[fact.kind](self._story, fact)

    def bindings(self) -> list[Binding]:
        """Walk to the end: all bindings by start."""
        while self._coming:
            self.add(self._coming.pop())
        self._story.run(None)
        return sorted(
            self._story.past, key=lambda b: (b.started_at, b.kind, b.ended_at or b.started_at)
        )


def timeline(facts: Iterable[BindingFact], rules: Rules) -> list[Binding]:
    """All bindings of one customer by start, those that the clock will begin included."""
    return Course(facts, rules).bindings()


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


def _confirmed(story: _Story, fact: BindingFact) -> None:
    """B2: the first confirmed friend add binds; a later one by another guide makes a follower only.
    Whom a leaver still adds is his store's, in its pool (B9)."""
    if not story.may_own(fact) or "owner" in story.held:
        return
    if not fact.guide_leaving:
        _own(story, fact, "friend_add")
    elif "home" not in story.held:
        story.begin(
            "home", fact.at, "friend_add", ("event", fact.source_id), store_id=fact.guide_store_id
        )
        story.pooled = fact.source_id, fact.guide_id


def _own(story: _Story, fact: BindingFact, reason: str) -> None:
    """A new owner; his store becomes home, at once or when the protection of another home is over
    (B3)."""
    source = (_SOURCES[fact.kind], fact.source_id)
    ordered = fact.kind == "order"
    story.begin(
        "owner",
        fact.at,
        reason,
        source,
        guide_id=fact.guide_id,
        leaves=(fact.guide_until, fact.guide_goes),
        has_order=ordered,
        works_at=fact.guide_store_id,
    )
    home, works_at = story.held.get("home"), story.rules.standing(fact.guide_store_id, fact.at)
    if works_at is None:
        return
    if home is None or home.store_id != works_at and fact.at >= home.protected_until:
        story.begin("home", fact.at, reason, source, store_id=works_at, has_order=ordered)
    elif home.store_id != works_at:
        story.waiting = works_at, story.conditions


def _deleted(story: _Story, fact: BindingFact) -> None:
    """B3: a friend-add binding without any order ends when the customer deletes the guide."""
    owner, home = story.held.get("owner"), story.held.get("home")
    if (
        owner is None
        and home is not None
        and home.source_kind == "event"
        and not home.has_order
        and story.pooled == (home.source_id, fact.guide_id)
    ):
        story.end("home", fact.at, "deleted_by_customer")
        return
    if (
        owner is None
        or owner.guide_id != fact.guide_id
        or owner.has_order
        or owner.reason != "friend_add"
    ):
        return
    if (
        home is not None
        and (home.source_kind, home.source_id) == (owner.source_kind, owner.source_id)
        and not home.has_order
    ):
        story.end("home", fact.at, "deleted_by_customer")
    story.end("owner", fact.at, "deleted_by_customer")


def _transferred(story: _Story, fact: BindingFact) -> None:
    """B11: our owner changes at once; a transfer is no friend add and moves the home by the rule of
    any new owner. A further state of the same transfer changes nothing, nor does a follower who is
    handed over, nor does a leaver take anybody (B9)."""
    owner = story.held.get("owner")
    if (
        not story.may_own(fact)
        or fact.guide_leaving
        or owner is not None
        and owner.guide_id == fact.guide_id
    ):
        return
    if owner is None or fact.from_guide_id is None or fact.from_guide_id == owner.guide_id:
        _own(story, fact, "transfer")


def _order(story: _Story, fact: BindingFact) -> None:
    """B2-B4: the first order by a guide's link binds, a later one takes over when policy allows,
    neither by a leaver's (B9); orders renew and prolong."""
    owner = story.held.get("owner")
    if story.may_own(fact) and not fact.guide_leaving:
        if owner is None:
            _own(story, fact, "order_by_link")
        elif fact.guide_id != owner.guide_id and story.may_take(owner, fact.at):
            _own(story, fact, f"snatch_{story.conditions.snatch_policy}")
    if "home" not in story.held and fact.store_id is not None:
        story.begin(
            "home",
            fact.at,
            "first_order",
            ("order", fact.source_id),
            store_id=fact.store_id,
            has_order=True,
        )
    _renew(story, fact)


def _renew(story: _Story, fact: BindingFact) -> None:
    """B3: any paid order prolongs both; protection is renewed by an order with the owner, of the
    home by one at the home store."""
    for kind, held in list(story.held.items()):
        valid_until = story.valid(held.clock_store_id, fact.at)
        protected = story.protected(held.clock_store_id, fact.at)
        own = (
            fact.credited_guide_id == held.guide_id
            if kind == "owner"
            else fact.store_id == held.store_id
        )
        story.keep(
            kind,
            valid_until=max(valid_until, held.valid_until),
            has_order=True,
            protected_until=max(protected, held.protected_until) if own else held.protected_until,
        )


def _chatted(story: _Story, fact: BindingFact) -> None:
    """B3: a two-way chat keeps both bindings from lapsing, as an order does; it protects
    nothing."""
    for kind, held in list(story.held.items()):
        story.keep(
            kind, valid_until=max(story.valid(held.clock_store_id, fact.at), held.valid_until)
        )


def _assigned(story: _Story, fact: BindingFact) -> None:
    """B2: a manager gives a customer without an owner to a guide."""
    if story.may_own(fact) and "owner" not in story.held:
        _own(story, fact, "manual_assignment")


def _wished(story: _Story, fact: BindingFact) -> None:
    """B4: the customer asks for a guide; whom he has gives way as the policy says."""
    owner = story.held.get("owner")
    if story.may_own(fact) and (
        owner is None or owner.guide_id != fact.guide_id and story.may_take(owner, fact.at)
    ):
        _own(story, fact, "customer_request")


def _home_wished(story: _Story, fact: BindingFact) -> None:
    """A14, B4: another home by the customer's own wish or with its manager's approval, where the
    present one is not protected."""
    home = story.held.get("home")
    if home is None or home.store_id != fact.store_id and story.may_take(home, fact.at):
        story.waiting = None
        story.begin(
            "home",
            fact.at,
            fact.source_no.partition(":")[0],
            ("deed", fact.source_id),
            store_id=fact.store_id,
        )


def _reassigned(story: _Story, fact: BindingFact) -> None:
    """Headquarters moves a customer base: never a protected home unless the deed says so (B3),
    clocks as with a closing (A11)."""
    story.reassign(fact)


def _is_guide(story: _Story, fact: BindingFact) -> None:
    """B5: nobody owns himself. A binding to another guide stays."""
    story.himself.add(fact.guide_id)


_SOURCES = {
    "confirmed": "event",
    "transferred": "event",
    "order": "order",
    "assigned": "deed",
    "wished": "deed",
    "home": "deed",
}
_APPLY = {
    "confirmed": _confirmed,
    "deleted": _deleted,
    "transferred": _transferred,
    "order": _order,
    "chatted": _chatted,
    "assigned": _assigned,
    "wished": _wished,
    "home": _home_wished,
    "reassigned": _reassigned,
    "is_guide": _is_guide,
}
