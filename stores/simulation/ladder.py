"""The ladder over columns: the store and rung that `decide` would answer, for many visits at once
(CONTRACT 2, A4). Pure.

It knows nothing of its own: what a rung that names a store answers is asked of that rung itself,
once for each store and day; where the place decides, the nearest index answers whole columns, and
those that count as equally near are ranked as A6 says. A radius's answer is taken only where it is
proven. Every other visit is decided by `decide`. `Ladder.walked` counts those."""

from __future__ import annotations

import datetime as dt

import numpy as np

from stores.network.policy import RUNGS
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide
from stores.simulation.columns import Ints, Visits
from stores.simulation.naming_rungs import NamingRungs
from stores.simulation.placing_rungs import PlacingRungs
from stores.simulation.snapshot_columns import Decided, SnapshotColumns

PICKER = RUNGS.index("PICKER")
NAMED = (
    "HQ_PIN",
    "MANUAL",
    "HOME_PROTECTED",
    "ENTRY_PARAM",
    "ENTRY_CACHED",
)  # rungs that no place can turn to another store


class Ladder(SnapshotColumns):
    """Decides columns of visits on one snapshot; `walk`: every one by `decide`."""

    def __init__(self, snapshot: Snapshot, walk: bool = False):
        super().__init__(snapshot)
        self.walk = walk
        self.walked = 0

    def decide(self, visits: Visits) -> Decided:
        """The answer of the ladder to each visit, as arrays in the order of the visits: store,
        rung, distance in metres."""
        found = Decided(
            np.zeros(len(visits), dtype=np.int64),
            np.full(len(visits), PICKER, dtype=np.int64),
            np.full(len(visits), np.nan),
        )
        walk = np.ones(len(visits), dtype=bool) if self.walk else visits.odd.copy()
        for day in np.unique(visits.day).tolist():
            rows = np.flatnonzero((visits.day == day) & ~walk)
            if len(rows):
                walk[_Day(self, visits, rows, dt.date.fromordinal(day), found).go()] = True
        for n in np.flatnonzero(walk).tolist():
            self.walked += 1
            visit, state = visits.one(n)
            answer = decide(visit, state, self.snapshot)
            found.stores[n], found.rungs[n] = answer.store_id or 0, RUNGS.index(answer.rung)
            found.metres[n] = np.nan if answer.distance_m is None else answer.distance_m
        return found


class _Day(NamingRungs, PlacingRungs):
    """One day's visits, from rung to rung."""

    def go(self) -> Ints:
        """Fill in what is certain; answers the rows to be walked."""
        for name in self.policy.rungs[:-1]:
            if not self.open.any():
                break
            rung = getattr(self, f"_{name.lower()}", None)
            if rung is None:  # not known here: walked
                self._unsure(self.open.copy())
            else:
                rung()
        return self.rows[self.walk]
