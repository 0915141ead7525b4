"""Who a customer belongs to, as a fold over his facts (B1-B5, B9-B11). Pure.

The bindings are computed from all binding facts in the order in which they happened, so late,
repeated and disordered facts give the same answer. Two bindings with the same rules and clocks:
`home` names a store, `owner` a guide. What the clock alone will do (a lapse, a leaver's last
day, a home whose protection makes the new owner's store wait) is part of the answer: intervals
may lie in the future."""

from __future__ import annotations

from collections.abc import Iterable

from stores.customers.binding_story import Story
from stores.customers.bindings import Binding, BindingFact, Held, Place
from stores.network.binding_rules import Rules


class Course:
    """One customer's facts, walked from the first to the last. Facts may be added on the way, each
    at the place just asked for."""

    def __init__(self, facts: Iterable[BindingFact], rules: Rules):
        self._coming = sorted(
            {f.place: f for f in facts}.values(), key=lambda f: f.place, reverse=True
        )
        self._story = Story(rules, rules.conditions)

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


def _confirmed(story: Story, fact: BindingFact) -> None:
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


def _own(story: Story, fact: BindingFact, reason: str) -> None:
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


def _deleted(story: Story, fact: BindingFact) -> None:
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


def _transferred(story: Story, fact: BindingFact) -> None:
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


def _order(story: Story, fact: BindingFact) -> None:
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


def _renew(story: Story, fact: BindingFact) -> None:
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


def _chatted(story: Story, fact: BindingFact) -> None:
    """B3: a two-way chat keeps both bindings from lapsing, as an order does; it protects
    nothing."""
    for kind, held in list(story.held.items()):
        story.keep(
            kind, valid_until=max(story.valid(held.clock_store_id, fact.at), held.valid_until)
        )


def _assigned(story: Story, fact: BindingFact) -> None:
    """B2: a manager gives a customer without an owner to a guide."""
    if story.may_own(fact) and "owner" not in story.held:
        _own(story, fact, "manual_assignment")


def _wished(story: Story, fact: BindingFact) -> None:
    """B4: the customer asks for a guide; whom he has gives way as the policy says."""
    owner = story.held.get("owner")
    if story.may_own(fact) and (
        owner is None or owner.guide_id != fact.guide_id and story.may_take(owner, fact.at)
    ):
        _own(story, fact, "customer_request")


def _home_wished(story: Story, fact: BindingFact) -> None:
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


def _reassigned(story: Story, fact: BindingFact) -> None:
    """Headquarters moves a customer base: never a protected home unless the deed says so (B3),
    clocks as with a closing (A11)."""
    story.reassign(fact)


def _is_guide(story: Story, fact: BindingFact) -> None:
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
