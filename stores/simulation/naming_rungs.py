"""Rungs that name a store, over columns: what a rung answers is asked of that rung itself, once for
each store and day. Pure."""

from __future__ import annotations

import numpy as np

from stores.facts.decision import EntryParam, State, Visit
from stores.simulation.day_rows import SAFE_M, DayRows
from stores.simulation.snapshot_columns import AT

_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_NOTHING = State()


class NamingRungs(DayRows):
    """One method a rung, named as it is."""

    def _hq_pin(self) -> None:
        stores = self._named("pinned_store_id", self.state["pinned_store_id"] != 0)
        self._settle("HQ_PIN", stores != 0, stores)

    def _manual(self) -> None:
        if self.policy.switching:
            chosen = (
                (self.state["manual_store_id"] != 0)
                & self._within("manual_at", self.policy.manual_hours * _HOUR)
                & (self.state["no_switch"] == 0)
            )
            if self.snapshot.has_isolated:  # A10: where he is decides whether he may
                self._unsure(chosen)
            stores = self._named("manual_store_id", chosen)
            self._settle("MANUAL", stores != 0, stores)

    def _home_protected(self) -> None:
        stores = self._named(
            "home_store_id",
            (self.state["home_store_id"] != 0) & self._holds("home_protected_until"),
        )
        self._settle("HOME_PROTECTED", stores != 0, stores)

    def _home(self) -> None:
        stores = self._named(
            "home_store_id", (self.state["home_store_id"] != 0) & self._holds("home_valid_until")
        )
        metres = self._measured(stores)
        reach = self.policy.home_reach_m
        self._unsure((stores != 0) & (np.abs(metres - reach) < SAFE_M))
        self._settle("HOME", (stores != 0) & ~(metres > reach), stores)

    def _entry_param(self) -> None:
        params = [
            self.visits.params[n] if open_ else None
            for n, open_ in zip(self.rows.tolist(), self.open.tolist(), strict=True)
        ]
        stores = np.array(
            [0 if p is None else self._of_param(p.store_id, p.guide_id) for p in params],
            dtype=np.int64,
        )
        self._settle("ENTRY_PARAM", stores != 0, stores)

    def _entry_cached(self) -> None:
        which = self._within("param_at", self.policy.cached_param_days * _DAY) & self.open
        over = [
            each
            for each in np.unique(self.state["param_channel_id"][which]).tolist()
            if each and not self.snapshot.channel_holds(each, self.day)
        ]
        which &= ~np.isin(self.state["param_channel_id"], over)
        stores = np.zeros(len(self.rows), dtype=np.int64)
        for n in np.flatnonzero(which).tolist():
            stores[n] = self._of_param(
                int(self.state["param_store_id"][n]) or None,
                int(self.state["param_guide_id"][n]) or None,
            )
        self._settle("ENTRY_CACHED", stores != 0, stores)

    def _of_param(self, store_id: int | None, guide_id: int | None) -> int:
        param = EntryParam(store_id, guide_id, None, AT)
        return self.ladder.asked(
            "ENTRY_PARAM",
            self.day,
            (store_id, guide_id),
            lambda v: Visit(v.at, v.day, param=param),
            _NOTHING,
        )

    def _last_visit(self) -> None:
        recent = (self.state["last_store_id"] != 0) & self._within(
            "last_visit_at", self.policy.last_visit_days * _DAY
        )
        stores = self._named("last_store_id", recent)
        self._settle("LAST_VISIT", (stores != 0) & ~self.located, stores)
        metres = self._measured(stores)
        asked = np.flatnonzero((stores != 0) & self.open)
        reach, areas = np.full(len(stores), np.nan), np.zeros(len(stores), dtype=bool)
        several, where = np.unique(stores[asked], return_inverse=True)
        radius = (
            self.ladder.radius[self.ladder.positions(several)]
            if len(several)
            else np.zeros(0, dtype=np.int64)
        )
        reach[asked] = (
            np.where(radius >= 0, radius, self.policy.cover_m)[where]
            if len(several)
            else reach[asked]
        )
        areas[asked] = (
            np.array(
                [self.snapshot.has_service_area(each, self.day) for each in several.tolist()],
                dtype=bool,
            )[where]
            if len(several)
            else False
        )
        self._unsure(areas | (np.abs(metres - reach) < SAFE_M))
        self._settle("LAST_VISIT", (stores != 0) & (metres <= reach), stores)

    def _region(self) -> None:
        if not self.policy.region_defaults:
            return
        stores = np.zeros(len(self.rows), dtype=np.int64)
        for n in np.flatnonzero(self.open).tolist():
            code = self.visits.regions[int(self.rows[n])]
            stores[n] = self._of_region(code) if code else 0
        self._settle("REGION", stores != 0, stores)

    def _of_region(self, code: str) -> int:
        return self.ladder.asked(
            "REGION", self.day, code, lambda v: Visit(v.at, v.day, region_code=code), _NOTHING
        )

    def _default(self) -> None:
        store = self.ladder.asked("DEFAULT", self.day, None, None, _NOTHING)
        self._settle(
            "DEFAULT",
            np.full(len(self.rows), store != 0),
            np.full(len(self.rows), store, dtype=np.int64),
        )
