"""What binds one customer while his facts are walked, and what the clock alone does to it (B1-B5,
B9-B11). Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from stores.customers.bindings import (
    CLOSED,
    REASSIGNED,
    REASSIGNED_BACK,
    UNDONE,
    Binding,
    BindingFact,
    Reassignment,
)
from stores.network.binding_rules import Closing, Conditions, Rules


@dataclass(slots=True)
class Story:
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
        """Whether another may take the binding `held` at `at` under the takeover policy of these
        conditions (B4)."""
        policy = self.conditions.snatch_policy
        return policy == "anytime" or policy == "after_protection" and at >= held.protected_until

    def keep(self, kind: str, **changes: object) -> None:
        self.held[kind] = replace(self.held[kind], **changes)  # type: ignore[arg-type]
