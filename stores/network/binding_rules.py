"""What the network and the policy say of bindings: conditions, closings, pauses, and the clocks
that run by them (A11, B3, B4). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Closing:
    """A store that closed at `at` (A11). `ended_at`: it opened again; `undone_at`: the closing was
    taken back."""

    id: int
    store_id: int
    successor_id: int | None
    at: dt.datetime
    ended_at: dt.datetime | None = None
    undone_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """[start, end) in which a store serves nobody (A11)."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a policy says of bindings (B3, B4)."""

    protection_days: int = 30
    validity_days: int = 365
    snatch_policy: str = "after_protection"


@dataclass(frozen=True, slots=True)
class Rules:
    """`conditions` of the policy in force, and the closings and pauses known by store, oldest
    first."""

    conditions: Conditions = Conditions()
    closings: Mapping[int, tuple[Closing, ...]] = field(default_factory=dict)
    pauses: Mapping[int, tuple[Pause, ...]] = field(default_factory=dict)

    def after(self, store_id: int | None, at: dt.datetime, days: int) -> dt.datetime:
        """So many days after `at`, the time not counted in which the store paused (A11)."""
        return self._served(store_id, at, dt.timedelta(days=days))

    def moved(
        self, until: dt.datetime, at: dt.datetime, old: int | None, new: int | None
    ) -> dt.datetime:
        """When a clock ends that ran by the pauses of one store up to `at` and from then on runs by
        those of another (A11)."""
        if until <= at or old == new:
            return until
        paused = sum(
            (
                min(p.end, until) - max(p.start, at)
                for p in self._pauses(old)
                if p.start < until and p.end > at
            ),
            dt.timedelta(0),
        )
        return self._served(new, at, until - at - paused)

    def _served(self, store_id: int | None, at: dt.datetime, span: dt.timedelta) -> dt.datetime:
        end = at + span
        for pause in self._pauses(store_id):
            if pause.start < end and pause.end > at:
                end += pause.end - max(pause.start, at)
        return end

    def _pauses(self, store_id: int | None) -> tuple[Pause, ...]:
        return self.pauses.get(store_id, ()) if store_id is not None else ()

    def standing(self, store_id: int | None, at: dt.datetime) -> int | None:
        """The store itself, while it is closed its successor, and so on; None where nobody
        follows."""
        seen: set[int] = set()
        while store_id is not None and store_id not in seen:
            seen.add(store_id)
            closing = next(
                (
                    c
                    for c in self.closings.get(store_id, ())
                    if c.at <= at and (c.ended_at is None or at < c.ended_at)
                ),
                None,
            )
            if closing is None:
                return store_id
            store_id = closing.successor_id
        return None

    def next_closing(self, store_id: int | None, after: dt.datetime) -> Closing | None:
        """The first closing of a store after a moment."""
        return (
            next((c for c in self.closings.get(store_id, ()) if c.at > after), None)
            if store_id is not None
            else None
        )
