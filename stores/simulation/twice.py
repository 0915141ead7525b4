"""One chunk of visits decided by both ladders, as exactly as what is still kept of them allows.
Pure.

Three bases, counted apart (M11): *exact*, decided again from everything the first decision knew;
*approximate*, the place is forgotten and stands in: as far from the store that served as the kept 1
km class says, in a direction that is the entry's own, preferring one from which today's rules lead
to that store again; *as they were*, nothing but the result is left, so nobody is moved unless his
store no longer serves."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import numpy as np

from stores.geo.coordinates import moved_by
from stores.network.policy import RUNGS
from stores.routing.decide import decide
from stores.simulation.columns import Bools, Floats, Ints, Visits, taken
from stores.simulation.ladder import NAMED, Ladder
from stores.simulation.past import Arrivals
from stores.simulation.snapshot_columns import Decided
from stores.simulation.tally import Batch

TRIES = 6
_INTO_CLASS = (0.5, 0.5, 0.25, 0.75, 0.1, 0.9)  # how far into the 1 km class each try stands
_TURN = 360 * 0.381966  # the golden angle: tries look in ever new directions
CHECKED = 16  # rows of each chunk decided once more, one by one


class Differs(Exception):
    """The ladder by columns and the one that is walked do not agree."""


@dataclass(slots=True)
class Twice:
    """Both ladders; `counts` says on which basis how many visits were decided."""

    before: Ladder
    after: Ladder
    counts: Counter[str]

    def made_up(self, visits: Visits) -> Batch:
        n = len(visits)
        before, after = self._both(visits)
        self.counts["exact"] += n
        return _batch(
            visits, before, after, np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        )

    def of_past(self, past: Arrivals) -> Batch:
        visits, n = past.visits, len(past.visits)
        before = Decided(past.stores.copy(), past.rungs.copy(), np.full(n, np.nan))
        after = Decided(past.stores.copy(), past.rungs.copy(), np.full(n, np.nan))
        near = (
            past.traced
            & ~past.placed
            & (past.class_km >= 0)
            & (past.stores != 0)
            & self._known(past.stores)
        )
        exact = np.flatnonzero(past.placed)
        _put(exact, self._both(taken(visits, exact)), (before, after))
        self.counts["exact"] += len(exact)
        self.counts["same_as_then"] += int((before.stores[exact] == past.stores[exact]).sum())
        self._near(past, np.flatnonzero(near), before, after)
        self._results(past, np.flatnonzero(~past.placed & ~near), before, after)
        return _batch(visits, before, after, past.customers, past.revenue)

    def _both(self, visits: Visits, before: Decided | None = None) -> tuple[Decided, Decided]:
        found = before or self.before.decide(visits), self.after.decide(visits)
        rows = (
            np.unique(np.linspace(0, len(visits) - 1, CHECKED).astype(np.int64)).tolist()
            if len(visits)
            else []
        )
        for ladder, answers in zip((self.before, self.after), found, strict=True):
            for n in rows:
                one = decide(*visits.one(n), ladder.snapshot)
                if (one.store_id or 0, RUNGS.index(one.rung)) != (
                    answers.stores[n],
                    answers.rungs[n],
                ):
                    raise Differs
        self.counts["checked"] += len(rows)
        return found

    def _known(self, stores: Ints) -> Bools:
        return np.isin(
            stores, np.array([s.id for s in self.before.snapshot.stores], dtype=np.int64)
        )

    # -- the place is forgotten --------------------------------------------------------------------

    def _near(self, past: Arrivals, rows: Ints, before: Decided, after: Decided) -> None:
        """Try places at the kept distance until today's rules lead to the store of then; the first
        try where none does."""
        if not len(rows):
            return
        visits, led = past.visits, past.stores[rows]
        lats, lngs = self._stand_in(past, rows, 0)
        visits.latitude[rows], visits.longitude[rows] = lats, lngs
        settled = self.before.decide(taken(visits, rows))
        waiting = np.flatnonzero(settled.stores != led)
        for turn in range(1, TRIES):
            if not len(waiting):
                break
            visits.latitude[rows[waiting]], visits.longitude[rows[waiting]] = self._stand_in(
                past, rows[waiting], turn
            )
            found = self.before.decide(taken(visits, rows[waiting]))
            agreed = np.flatnonzero(found.stores == led[waiting])
            _put(waiting[agreed], (_some(found, agreed),), (settled,))
            waiting = np.delete(waiting, agreed)
        visits.latitude[rows[waiting]], visits.longitude[rows[waiting]] = (
            lats[waiting],
            lngs[waiting],
        )
        both = self._both(taken(visits, rows), settled)
        _put(rows, both, (before, after))
        sure = self._whatever_the_place(both) & ~self._may_be_isolated(
            visits.state["manual_store_id"][rows]
        )
        self.counts["exact"] += int(sure.sum())
        self.counts["same_as_then"] += int((both[0].stores[sure] == led[sure]).sum())
        self.counts["approximate"] += int((~sure).sum())
        self.counts["approximate_agree"] += int((both[0].stores[~sure] == led[~sure]).sum())
        for each in (before, after):  # the distance to a place that stands in says nothing
            each.metres[rows] = np.nan

    def _stand_in(self, past: Arrivals, rows: Ints, turn: int) -> tuple[Floats, Floats]:
        at = self.before.positions(past.stores[rows])
        metres = (past.class_km[rows] + _INTO_CLASS[turn]) * 1_000.0
        return moved_by(
            self.before.lats[at],
            self.before.lngs[at],
            (past.mark[rows] * (360 / 2**32) + turn * _TURN) % 360,
            metres,
        )

    def _whatever_the_place(self, both: tuple[Decided, Decided]) -> Bools:
        """Where both ladders were answered before any rung looked at the place."""
        sure = np.ones(len(both[0].stores), dtype=bool)
        for ladder, found in zip((self.before, self.after), both, strict=True):
            rungs = ladder.policy.rungs
            blind = rungs[: next(n for n, name in enumerate(rungs) if name not in NAMED)]
            sure &= np.isin(found.rungs, [RUNGS.index(name) for name in blind])
        return sure

    def _may_be_isolated(self, chosen: Ints) -> Bools:
        """A10: whether a choice of the visitor's own holds depends on the place where there are
        isolated areas."""
        return np.full(
            len(chosen), self.before.snapshot.has_isolated or self.after.snapshot.has_isolated
        ) & (chosen != 0)

    # -- the result alone is kept ------------------------------------------------------------------

    def _results(self, past: Arrivals, rows: Ints, before: Decided, after: Decided) -> None:
        """As they were, but for those whose store served before the scenario and does not after:
        they are decided as new visitors at that store."""
        lost = []
        for day in np.unique(past.visits.day[rows]).tolist():
            of_day = rows[(past.visits.day[rows] == day) & self._known(past.stores[rows])]
            serves = [
                ladder.named(past.stores[of_day], dt.date.fromordinal(day)) == past.stores[of_day]
                for ladder in (self.before, self.after)
            ]
            lost.append(of_day[serves[0] & ~serves[1]])
        moved = np.concatenate(lost) if lost else np.zeros(0, dtype=np.int64)
        self.counts["as_they_were"] += len(rows) - len(moved)
        self.counts["approximate"] += len(moved)
        self.counts["approximate_agree"] += len(moved)
        if not len(moved):
            return
        at, visits = self.before.positions(past.stores[moved]), past.visits
        visits.latitude[moved], visits.longitude[moved] = self.before.lats[at], self.before.lngs[at]
        _put(moved, (self.after.decide(taken(visits, moved)),), (after,))
        after.metres[moved] = np.nan


def _put(rows: Ints, found: tuple[Decided, ...], into: tuple[Decided, ...]) -> None:
    for one, whole in zip(found, into, strict=True):
        whole.stores[rows], whole.rungs[rows], whole.metres[rows] = (
            one.stores,
            one.rungs,
            one.metres,
        )


def _some(found: Decided, rows: Ints) -> Decided:
    return Decided(found.stores[rows], found.rungs[rows], found.metres[rows])


def _batch(
    visits: Visits, before: Decided, after: Decided, customers: Ints, revenue: Ints
) -> Batch:
    return Batch(
        visits.day,
        before.stores,
        after.stores,
        before.metres,
        after.metres,
        customers,
        revenue,
        visits.latitude,
        visits.longitude,
        visits.regions,
    )
