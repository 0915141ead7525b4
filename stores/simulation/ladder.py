"""The ladder over columns: the store and rung that `decide` would answer, for many visits at once
(CONTRACT 2, A4). Pure.

It knows nothing of its own: what a rung that names a store answers is asked of that rung itself,
once for each store and day; where the place decides, the nearest index answers whole columns, and
those that count as equally near are ranked as A6 says. A radius's answer is taken only where it is
proven. Every other visit is decided by `decide`. `Ladder.walked` counts those."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stores.facts.decision import EntryParam, Match, Question, State, Visit
from stores.geo.coordinates import distances_m
from stores.geo.nearest import NearestIndex
from stores.geo.regions import region_and_above
from stores.network.policy import RUNGS
from stores.network.records import StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide
from stores.routing.rungs import RUNGS as WALKED
from stores.simulation.columns import EPOCH, NEVER, Bools, Floats, Ints, Visits

SAFE_M = 1e-4
PICKER = RUNGS.index("PICKER")
NAMED = (
    "HQ_PIN",
    "MANUAL",
    "HOME_PROTECTED",
    "ENTRY_PARAM",
    "ENTRY_CACHED",
)  # rungs that no place can turn to another store
_SMALL_GROUP = 4  # below, an index of the group's stores costs more than walking the ladder
_KEPT_GROUPS = 20_000
_MOST_RADII = 24  # different ones; beyond, whoever may be inside one is walked
_HOUR, _DAY = 3_600_000_000, 86_400_000_000


@dataclass(slots=True)
class Decided:
    """Of each visit the store's id (0 for the picker), the rung's number in policy.RUNGS, the
    distance (NaN without a place or store)."""

    stores: Ints
    rungs: Ints
    metres: Floats


class Ladder:
    """Decides columns of visits on one snapshot; `walk`: every one by `decide`."""

    def __init__(self, snapshot: Snapshot, walk: bool = False):
        self.walk = walk
        self.snapshot, self.policy = snapshot, snapshot.policy
        self.walked = 0
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

    def decide(self, visits: Visits) -> Decided:
        """One answer a row."""
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
            asked = Visit(_AT, day) if visit is None else visit(Visit(_AT, day))
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


_NOTHING = State()
_AT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the rungs asked look at the day alone


class _Day:
    """The visits of one day: `open` are those that no rung has answered yet."""

    def __init__(self, ladder: Ladder, visits: Visits, rows: Ints, day: dt.date, found: Decided):
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

    # -- answers -----------------------------------------------------------------------------------

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

    # -- rungs that name a store -------------------------------------------------------------------

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
        param = EntryParam(store_id, guide_id, None, _AT)
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

    # -- rungs that look at the place --------------------------------------------------------------

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

    def _only(self, rows: Ints) -> Bools:
        found = np.zeros(len(self.rows), dtype=bool)
        found[rows] = True
        return found

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
