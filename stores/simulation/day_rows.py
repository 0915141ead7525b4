"""The visits of one day as columns, and how rungs answer them. Pure."""

from __future__ import annotations

import datetime as dt

import numpy as np

from stores.network.policy import RUNGS
from stores.simulation.columns import NEVER, Bools, Floats, Ints, Visits
from stores.simulation.snapshot_columns import Decided, SnapshotColumns

SAFE_M = 1e-4


class DayRows:
    """The visits of one day: `open` are those that no rung has answered yet."""

    def __init__(
        self, ladder: SnapshotColumns, visits: Visits, rows: Ints, day: dt.date, found: Decided
    ):
        self.ladder, self.snapshot, self.policy, self.day, self.found = (
            ladder,
            ladder.snapshot,
            ladder.policy,
            day,
            found,
        )
        self.visits, self.rows = visits, rows
        self.at, self.lat, self.lng = visits.at[rows], visits.latitude[rows], visits.longitude[rows]
        self.located = ~np.isnan(self.lat)
        self.state = {name: column[rows] for name, column in visits.state.items()}
        self.open = np.ones(len(rows), dtype=bool)
        self.walk = np.zeros(len(rows), dtype=bool)
        self.limits = self._limits()
        self._near: tuple[Ints, Floats, Floats] | None = None
        self._areas: list[tuple[int, ...]] | None = None

    def _settle(self, rung: str, which: Bools, stores: Ints, metres: Floats | None = None) -> None:
        """`stores` and `metres` are columns of the whole day; without metres they are measured."""
        rows = np.flatnonzero(which & self.open)
        if not len(rows):
            return
        self.found.stores[self.rows[rows]] = stores[rows]
        self.found.rungs[self.rows[rows]] = RUNGS.index(rung)
        self.found.metres[self.rows[rows]] = (
            self.ladder.metres(self.lat[rows], self.lng[rows], stores[rows])
            if metres is None
            else metres[rows]
        )
        self.open[rows] = False

    def _unsure(self, which: Bools) -> None:
        self.walk |= which & self.open
        self.open &= ~which

    def _within(self, name: str, span: int) -> Bools:
        since = self.state[name]
        known = since != NEVER
        gone = self.at - np.where(known, since, self.at)
        return known & (gone >= 0) & (gone <= span)

    def _holds(self, name: str) -> Bools:
        return (self.state[name] != NEVER) & (self.at < self.state[name])

    def _named(self, name: str, which: Bools) -> Ints:
        return self.ladder.named(np.where(which & self.open, self.state[name], 0), self.day)

    def _measured(self, stores: Ints) -> Floats:
        """To a store named for each row; NaN where there is none or no place."""
        found, rows = np.full(len(stores), np.nan), np.flatnonzero((stores != 0) & self.located)
        found[rows] = self.ladder.metres(self.lat[rows], self.lng[rows], stores[rows])
        return found

    def _only(self, rows: Ints) -> Bools:
        found = np.zeros(len(self.rows), dtype=bool)
        found[rows] = True
        return found

    def _limits(self) -> Floats:
        """A6, A7: how much farther than the best a store may be and still count as equal."""
        policy, rows = self.policy, self.rows
        if policy.ambiguity_m == 0:
            return np.zeros(len(rows))
        told = np.minimum(
            np.nan_to_num(self.visits.accuracy[rows], nan=0.0), policy.fuzzy_accuracy_m
        )
        return np.maximum(
            policy.ambiguity_m,
            np.where(self.visits.fuzzy[rows], float(policy.fuzzy_accuracy_m), told),
        )
