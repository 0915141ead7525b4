"""Rungs that look at the place, over columns: the nearest index answers, and those that count as
equally near are ranked as A6 says. An answer is taken only where it is proven. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from stores.geo.nearest import NearestIndex
from stores.geo.regions import region_and_above
from stores.network.records import StoreRecord
from stores.simulation.columns import EPOCH, NEVER, Floats, Ints
from stores.simulation.day_rows import SAFE_M, DayRows

_SMALL_GROUP = 4  # below, an index of the group's stores costs more than walking the ladder
_MOST_RADII = 24  # different ones; beyond, whoever may be inside one is walked


class PlacingRungs(DayRows):
    """One method a rung, named as it is."""

    def _nearest_of_all(self) -> tuple[Ints, Floats, Floats]:
        """(positions, metres, leads) of the located rows; computed once, for those still open."""
        if self._near is None:
            n, rows = len(self.rows), np.flatnonzero(self.located & self.open)
            positions, metres, leads = (
                np.full(n, -1, dtype=np.int64),
                np.full(n, np.nan),
                np.zeros(n),
            )
            if len(rows):
                positions[rows], metres[rows], leads[rows] = self.snapshot.index_on(
                    self.day
                ).nearest_batch_with_lead(self.lat[rows], self.lng[rows])
            self._near = positions, metres, leads
        return self._near

    def _areas_here(self) -> list[tuple[int, ...]]:
        """Ids of the areas in force that speak for each row's place, region or postal code
        (A12)."""
        if self._areas is None:
            found: list[tuple[int, ...]] = [()] * len(self.rows)
            rows = np.flatnonzero(self.located & self.open)
            for n, covering in zip(
                rows.tolist(),
                self.snapshot.area_keys_covering(self.lat[rows], self.lng[rows]),
                strict=True,
            ):
                found[n] = self._in_force(n, covering)
            self._areas = found
        return self._areas

    def _in_force(self, n: int, covering: list[int]) -> tuple[int, ...]:
        row, ids = int(self.rows[n]), set(covering)
        region, postal_code = self.visits.regions[row], self.visits.postal_codes[row]
        if region and self.snapshot.by_region:
            ids |= {
                area.id
                for code in region_and_above(region)
                for area in self.snapshot.by_region.get(code, ())
            }
        if postal_code:
            ids |= {area.id for area in self.snapshot.by_postal_code.holding(postal_code)}
        return (
            tuple(sorted(i for i in ids if self.snapshot.areas[i].holds(self.day))) if ids else ()
        )

    def _territory(self) -> None:
        self._by_areas("TERRITORY", "territory", self._of_dealers)

    def _service_area(self) -> None:
        self._by_areas("SERVICE_AREA", "service_area", self._of_areas)

    def _of_dealers(self, areas: tuple[int, ...]) -> list[StoreRecord]:
        found = []
        for dealer in {self.snapshot.areas[i].dealer_id for i in areas} - {None}:
            for store in self.snapshot.by_dealer.get(dealer or 0, ()):
                contract = store.contract_on(self.day)
                if (
                    contract is not None
                    and contract.dealer_id == dealer
                    and not store.why_not(self.day)
                ):
                    found.append(store)
        return found

    def _of_areas(self, areas: tuple[int, ...]) -> list[StoreRecord]:
        stores = (
            self.snapshot.by_id.get(i)
            for i in {self.snapshot.areas[a].store_id for a in areas}
            if i is not None
        )
        return [store for store in stores if store is not None and not store.why_not(self.day)]

    def _by_areas(
        self, rung: str, kind: str, stores_of: Callable[[tuple[int, ...]], list[StoreRecord]]
    ) -> None:
        """Rows of one set of areas have one set of stores to choose the nearest of."""
        if not self.snapshot.areas:
            return
        groups: dict[tuple[int, ...], list[int]] = {}
        here = self._areas_here()
        for n in np.flatnonzero(self.open & self.located).tolist():
            if here[n] and (
                of_kind := tuple(i for i in here[n] if self.snapshot.areas[i].kind == kind)
            ):
                groups.setdefault(of_kind, []).append(n)
        for areas, numbers in groups.items():
            rows = np.array(numbers)
            if len(rows) < _SMALL_GROUP:
                self._unsure(self._only(rows))
                continue
            epoch = self.snapshot.epoch(self.day)
            index = self.ladder.group(
                (rung, areas, epoch),
                lambda areas=areas: [
                    int(p)
                    for p in self.ladder.positions(  # type: ignore[misc]
                        np.array(sorted({s.id for s in stores_of(areas)}), dtype=np.int64)
                    )
                ],
            )
            if len(index):
                self._best(
                    rung,
                    rows,
                    index,
                    *index.nearest_batch_with_lead(self.lat[rows], self.lng[rows]),
                )

    def _best(
        self,
        rung: str,
        rows: Ints,
        index: NearestIndex,
        positions: Ints,
        metres: Floats,
        leads: Floats,
        most: float | None = None,
    ) -> None:
        """A6: the nearest where it leads by more than the limit, else the first of those that count
        as equally near. `most`: none beyond it."""
        stores, far = np.zeros(len(self.rows), dtype=np.int64), np.full(len(self.rows), np.nan)
        stores[rows], far[rows] = self.ladder.ids[positions], metres
        close = rows[~(leads > self.limits[rows] + SAFE_M)]
        for n, found in zip(
            close.tolist(),
            index.ambiguous_batch(self.lat[close], self.lng[close], self.limits[close]),
            strict=True,
        ):
            position, far[n] = self._first_of(
                [pair for pair in found if most is None or pair[1] <= most], n
            )
            stores[n] = self.ladder.ids[position]
        self._settle(rung, self._only(rows), stores, far)

    def _first_of(self, equal: list[tuple[int, float]], n: int) -> tuple[int, float]:
        """The tie-breaks of A6, for row n: home in force, last visit, open now, priority, nearer,
        smaller code."""
        if len(equal) == 1 or self.limits[n] == 0:
            return equal[0]
        home = (
            int(self.state["home_store_id"][n])
            if self.state["home_valid_until"][n] != NEVER
            and self.at[n] < self.state["home_valid_until"][n]
            else 0
        )
        last, at = (
            int(self.state["last_store_id"][n]),
            EPOCH + dt.timedelta(microseconds=int(self.at[n])),
        )

        def rank(pair: tuple[int, float]) -> tuple[bool, bool, bool, int, float, str]:
            store = self.snapshot.stores[pair[0]]
            return (
                store.id != home,
                store.id != last,
                not store.open_at(at),
                -store.priority,
                pair[1],
                store.code,
            )

        return min(equal, key=rank)

    def _radius(self) -> None:
        """Stores of one radius have an index of their own; the best of those that reach the place
        is certain when it leads all others that do."""
        if self.snapshot.max_radius_m == 0:
            return
        rows = np.flatnonzero(self.located & self.open)
        radii = self.ladder.radii()
        if len(radii) > _MOST_RADII:
            positions, metres, _leads = (each[rows] for each in self._nearest_of_all())
            self._unsure(
                self._only(rows[(positions >= 0) & ~(metres > self.snapshot.max_radius_m + 1.0)])
            )
            return
        limits = self.limits[rows]
        best, lead = np.full(len(rows), np.inf), np.full(len(rows), np.inf)
        stores, unsure = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        for radius in radii:
            positions, metres, leads = self._of_radius(radius, rows)
            unsure |= np.abs(metres - radius) < SAFE_M
            reach = metres <= radius
            nearer = reach & (metres < best)
            gap = np.abs(
                np.where(reach, metres, np.inf) - np.where(np.isinf(best), -1e18, best)
            )  # of the two groups' nearest
            lead = np.where(
                nearer, np.minimum(leads, gap), np.where(reach, np.minimum(lead, gap), lead)
            )
            stores, best = (
                np.where(nearer, self.ladder.ids[positions], stores),
                np.where(nearer, metres, best),
            )
        found, far = np.zeros(len(self.rows), dtype=np.int64), np.full(len(self.rows), np.nan)
        found[rows], far[rows] = stores, best
        sure = (stores != 0) & (lead > limits + SAFE_M) & ~unsure
        self._settle("RADIUS", self._only(rows[sure]), found, far)
        self._unsure(self._only(rows[(stores != 0) & ~sure | unsure]))

    def _of_radius(self, radius: int, rows: Ints) -> tuple[Ints, Floats, Floats]:
        stores = self.snapshot.stores
        index = self.ladder.group(
            ("RADIUS", radius, self.snapshot.epoch(self.day)),
            lambda: [
                n
                for n, store in enumerate(stores)
                if store.service_radius_m == radius and not store.why_not(self.day)
            ],
        )
        positions, metres, leads = index.nearest_batch_with_lead(self.lat[rows], self.lng[rows])
        return positions, np.where(positions < 0, np.inf, metres), leads

    def _nearest(self) -> None:
        positions, metres, leads = self._nearest_of_all()
        known, most = self.located & (positions >= 0), self.policy.nearest_limit_m
        if most is not None:
            known &= ~(metres > most + SAFE_M)  # every other store is farther
            self._unsure(known & (metres > most - SAFE_M))
        rows = np.flatnonzero(known & self.open)
        if len(rows):
            self._best(
                "NEAREST",
                rows,
                self.snapshot.index_on(self.day),
                positions[rows],
                metres[rows],
                leads[rows],
                most,
            )
