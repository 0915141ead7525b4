"""A snapshot for whole columns of visits: its stores as columns, and what rungs answer that look at
no place, asked once for each store and day. Pure."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stores.facts.decision import Match, Question, State, Visit
from stores.geo.coordinates import distances_m
from stores.geo.nearest import NearestIndex
from stores.network.snapshot import Snapshot
from stores.routing.rungs import RUNGS as WALKED
from stores.simulation.columns import Floats, Ints

_KEPT_GROUPS = 20_000
AT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the rungs asked look at the day alone


@dataclass(slots=True)
class Decided:
    """Of each visit the store's id (0 for the picker), the rung's number in policy.RUNGS, the
    distance (NaN without a place or store)."""

    stores: Ints
    rungs: Ints
    metres: Floats


class SnapshotColumns:
    """The stores of a snapshot as columns; what its rungs answer and the nearest indexes of some
    stores are remembered."""

    def __init__(self, snapshot: Snapshot):
        self.snapshot, self.policy = snapshot, snapshot.policy
        self._groups: OrderedDict[tuple[object, ...], NearestIndex] = OrderedDict()
        self._named: dict[tuple[object, ...], int] = {}
        self.ids = np.array([s.id for s in snapshot.stores], dtype=np.int64)
        order = np.argsort(self.ids)
        self._sorted_ids, self._order = self.ids[order], order
        self.lats = np.array([s.latitude for s in snapshot.stores], dtype=np.float64)
        self.lngs = np.array([s.longitude for s in snapshot.stores], dtype=np.float64)
        self.radius = np.array(
            [-1 if s.service_radius_m is None else s.service_radius_m for s in snapshot.stores],
            dtype=np.int64,
        )

    def radii(self) -> list[int]:
        """The service radii that stores have."""
        return sorted({int(each) for each in self.radius.tolist() if each >= 0})

    def positions(self, ids: Ints) -> Ints:
        """The places of known store ids in the snapshot."""
        return self._order[np.searchsorted(self._sorted_ids, ids)]

    def metres(self, latitudes: Floats, longitudes: Floats, ids: Ints) -> Floats:
        """From places to stores; NaN without a place."""
        found, known = np.full(len(ids), np.nan), np.flatnonzero(~np.isnan(latitudes))
        at = self.positions(ids[known])
        found[known] = distances_m(
            latitudes[known], longitudes[known], self.lats[at], self.lngs[at]
        )
        return found

    def asked(
        self,
        rung: str,
        day: dt.date,
        key: object,
        visit: Callable[[Visit], Visit] | None,
        state: State,
    ) -> int:
        """What a rung that looks at no place answers on that day: the store's id, 0 for no
        answer."""
        memo = (rung, day, key)
        if memo not in self._named:
            asked = Visit(AT, day) if visit is None else visit(Visit(AT, day))
            answer = WALKED[rung](Question(asked, state, self.snapshot, self.policy))
            self._named[memo] = answer.store.id if isinstance(answer, Match) else 0
        return self._named[memo]

    def named(self, ids: Ints, day: dt.date) -> Ints:
        """Stores as named, or their successors (A11); 0 where neither serves."""
        several, where = np.unique(ids, return_inverse=True)
        found = [
            self.asked("HQ_PIN", day, each, None, State(pinned_store_id=each)) if each else 0
            for each in several.tolist()
        ]
        return np.array(found, dtype=np.int64)[where]

    def group(self, key: tuple[object, ...], positions: Callable[[], list[int]]) -> NearestIndex:
        """The nearest index of some stores, remembered."""
        found = self._groups.get(key)
        if found is None:
            codes = [s.code for s in self.snapshot.stores]
            found = self._groups[key] = NearestIndex(
                self.lats, self.lngs, codes, positions=np.array(positions(), dtype=np.int64)
            )
            if len(self._groups) > _KEPT_GROUPS:
                self._groups.popitem(last=False)
        return found
