"""Who a customer belongs to, as a fold over his facts (B1-B5, B9, B11). Pure.

The bindings are computed from all binding facts in the order in which they happened, so late, repeated and disordered facts give the
same answer. Two bindings with the same rules and clocks: `home` names a store, `owner` a guide.
"""
from __future__ import annotations

import datetime as dt
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the policy in force."""

    protection_days: int = 30
    validity_days: int = 365
    snatch_policy: str = "after_protection"


@dataclass(frozen=True, slots=True)
class BindingFact:
    """`kind`: confirmed, deleted, transferred, order. `guide_id` is the adder, the deleted, the taker, or of an order the guide whose
    link was last used; `guide_store_id` where that guide worked then (None: not employed). Orders carry store and credited guide."""

    at: dt.datetime
    kind: str
    source_id: int
    guide_id: int | None = None
    guide_store_id: int | None = None
    store_id: int | None = None
    credited_guide_id: int | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """One interval [started_at, ended_at) of one binding; `ended_at` None: still held, until `valid_until`."""

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

    def over_at(self, at: dt.datetime) -> bool:
        return self.ended_at is not None or at >= self.valid_until


@dataclass(slots=True)
class _Story:
    rules: Rules
    held: dict[str, Binding]
    past: list[Binding]

    def current(self, kind: str, at: dt.datetime) -> Binding | None:
        """The binding in force at `at`; one whose validity lapsed before is closed on its last day (B3)."""
        held = self.held.get(kind)
        if held is not None and at >= held.valid_until:
            self.end(kind, held.valid_until, "validity_over")
            return None
        return held

    def end(self, kind: str, at: dt.datetime, reason: str) -> None:
        self.past.append(replace(self.held.pop(kind), ended_at=at, end_reason=reason))

    def begin(self, kind: str, fact: BindingFact, reason: str, *, store_id: int | None = None, guide_id: int | None = None) -> None:
        if kind in self.held:
            self.end(kind, fact.at, reason)
        self.held[kind] = Binding(
            kind, store_id, guide_id, fact.at, fact.at + dt.timedelta(days=self.rules.protection_days),
            fact.at + dt.timedelta(days=self.rules.validity_days), reason, "order" if fact.kind == "order" else "event", fact.source_id,
            has_order=fact.kind == "order")

    def keep(self, kind: str, **changes: object) -> None:
        self.held[kind] = replace(self.held[kind], **changes)  # type: ignore[arg-type]


class Tale:
    """The bindings of one customer told fact by fact: `held(at)` for moments that only grow costs one look, not a whole fold."""

    def __init__(self, facts: Iterable[BindingFact], rules: Rules):
        self._rules = rules
        self._facts = sorted(facts, key=_order_of)
        self._restart()

    def _restart(self) -> None:
        self._story, self._told = _Story(self._rules, {}, []), 0

    def add(self, fact: BindingFact) -> None:
        """One more fact; one that belongs before what was told already has the tale told anew."""
        if self._told and _order_of(fact) < _order_of(self._facts[self._told - 1]):
            self._restart()
        insort(self._facts, fact, lo=self._told, key=_order_of)

    def held(self, at: dt.datetime) -> tuple[Binding | None, Binding | None]:
        """(home, owner) in force at `at`, by the facts up to then; the same as `in_force` of their `timeline`."""
        if self._told and self._facts[self._told - 1].at > at:
            self._restart()
        while self._told < len(self._facts) and self._facts[self._told].at <= at:
            fact = self._facts[self._told]
            _APPLY[fact.kind](self._story, fact)
            self._told += 1
        home, owner = self._story.held.get("home"), self._story.held.get("owner")
        return (home if home is not None and at < home.valid_until else None), (owner if owner is not None and at < owner.valid_until else None)


def _order_of(fact: BindingFact) -> tuple[dt.datetime, str, int]:
    return fact.at, fact.kind, fact.source_id


def timeline(facts: Iterable[BindingFact], rules: Rules) -> list[Binding]:
    """All bindings of one customer by start, those still held last of their kind."""
    story = _Story(rules, {}, [])
    for fact in sorted(facts, key=_order_of):
        _APPLY[fact.kind](story, fact)
    return sorted([*story.past, *story.held.values()], key=lambda b: (b.started_at, b.kind))


def in_force(bindings: Iterable[Binding], kind: str, at: dt.datetime) -> Binding | None:
    """The binding of `kind` that holds at the moment `at`."""
    return next((b for b in bindings if b.kind == kind and b.started_at <= at and (b.ended_at is None or at < b.ended_at) and at < b.valid_until), None)


def _confirmed(story: _Story, fact: BindingFact) -> None:
    """B2: the first confirmed friend add binds; a later one by another guide makes a follower only."""
    if fact.guide_id is None or fact.guide_store_id is None or story.current("owner", fact.at) is not None:
        return
    _own(story, fact, "friend_add")


def _own(story: _Story, fact: BindingFact, reason: str) -> None:
    """A new owner; his store becomes home unless the home is another one inside its protection (B3)."""
    story.begin("owner", fact, reason, guide_id=fact.guide_id)
    home = story.current("home", fact.at)
    if home is None or home.store_id != fact.guide_store_id and fact.at >= home.protected_until:
        story.begin("home", fact, reason, store_id=fact.guide_store_id)


def _deleted(story: _Story, fact: BindingFact) -> None:
    """B3: a friend-add binding without any order ends when the customer deletes the guide."""
    owner = story.current("owner", fact.at)
    if owner is None or owner.guide_id != fact.guide_id or owner.has_order or owner.reason != "friend_add":
        return
    home = story.current("home", fact.at)
    if home is not None and home.source_kind == "event" and home.source_id == owner.source_id and not home.has_order:
        story.end("home", fact.at, "deleted_by_customer")
    story.end("owner", fact.at, "deleted_by_customer")


def _transferred(story: _Story, fact: BindingFact) -> None:
    """B11: our owner changes at once; a transfer is no friend add and moves the home by the rule of any new owner."""
    if fact.guide_id is not None and fact.guide_store_id is not None:
        _own(story, fact, "transfer")


def _order(story: _Story, fact: BindingFact) -> None:
    """B2-B4: the first order by a guide's link binds, a later one takes over when policy allows; orders renew and prolong."""
    owner = story.current("owner", fact.at)
    linked = fact.guide_id is not None and fact.guide_store_id is not None
    if linked and owner is None:
        _own(story, fact, "order_by_link")
    elif linked and owner is not None and fact.guide_id != owner.guide_id and _may_take(story.rules, owner, fact.at):
        _own(story, fact, f"snatch_{story.rules.snatch_policy}")
    if story.current("home", fact.at) is None and fact.store_id is not None:
        story.begin("home", fact, "first_order", store_id=fact.store_id)
    _renew(story, fact)


def _may_take(rules: Rules, owner: Binding, at: dt.datetime) -> bool:
    return rules.snatch_policy == "anytime" or rules.snatch_policy == "after_protection" and at >= owner.protected_until


def _renew(story: _Story, fact: BindingFact) -> None:
    valid_until = fact.at + dt.timedelta(days=story.rules.validity_days)
    protected = fact.at + dt.timedelta(days=story.rules.protection_days)
    owner, home = story.held.get("owner"), story.held.get("home")
    if owner is not None:
        own = fact.credited_guide_id == owner.guide_id
        story.keep("owner", valid_until=valid_until, has_order=True, protected_until=max(protected, owner.protected_until) if own else owner.protected_until)
    if home is not None:
        here = fact.store_id == home.store_id
        story.keep("home", valid_until=valid_until, has_order=True, protected_until=max(protected, home.protected_until) if here else home.protected_until)


_APPLY = {"confirmed": _confirmed, "deleted": _deleted, "transferred": _transferred, "order": _order}
