"""An immutable picture of the network for routing: stores, contracts, areas, guides at one network
version (DESIGN 2, M7). Pure.

Dated fields are judged by the day asked for, so one snapshot answers for any day; the nearest index
of a day is built on first use and shared by all days of the same epoch (between two boundaries of
opening, closing, contract or pause days)."""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stores.geo.areas import AreaIndex
from stores.geo.nearest import NearestIndex
from stores.geo.postal_codes import readable
from stores.geo.postal_index import PostalIndex
from stores.network.binding_rules import Closing, Conditions, Pause
from stores.network.bundles import Shelves
from stores.network.policy import Policy
from stores.network.records import (
    AreaRecord,
    ChannelRecord,
    GuideRecord,
    StoreRecord,
    conditions_of,
)

REMEMBERED_EPOCHS = 64
REMEMBERED_LISTS = 4
REMEMBERED_DEALERS = (
    20_000  # indexes of dealers, all epochs together; a dealer of some stores takes 2 kB
)


class Snapshot:
    """Read by many threads; nothing in it changes but the memory of epoch indexes."""

    def __init__(
        self,
        version: int,
        policy_version: int,
        policy: Policy,
        stores: Sequence[StoreRecord],
        guides: Mapping[int, GuideRecord],
        areas: Sequence[AreaRecord],
        area_index: AreaIndex[int],
        channels: Mapping[int, ChannelRecord],
        closings: Mapping[int, tuple[Closing, ...]] | None = None,
        pauses: Mapping[int, tuple[Pause, ...]] | None = None,
        shelves: Shelves | None = None,
        conditions: Sequence[tuple[dt.datetime, Conditions]] = (),
    ):
        self.version = version
        self.policy_version = policy_version
        self.policy = policy
        self.stores = tuple(sorted(stores, key=lambda s: s.code))
        self.by_id = {s.id: s for s in self.stores}
        self.by_code = {s.code: s for s in self.stores}
        self.guides = guides
        self.channels = channels
        self.closings = closings or {}  # by store id, oldest first
        self.pauses = pauses or {}
        self.shelves = shelves or Shelves()
        self.conditions = tuple(
            conditions
        )  # of bindings, with the moment from which on policies said so, oldest first
        self.guides_by_code = {g.code: g for g in guides.values()}
        self.areas = {a.id: a for a in areas}
        self.has_capacity = any(s.daily_capacity is not None for s in self.stores)
        self.has_isolated = any(a.kind == "isolated" for a in areas)
        self._by_workplace: dict[int, list[GuideRecord]] = {}
        for guide in sorted(guides.values(), key=lambda g: g.code):
            for store_id in {job.store_id for job in guide.jobs}:
                self._by_workplace.setdefault(store_id, []).append(guide)
        self.by_region = _by_listed_code(areas, "region_codes")
        self.by_postal_code = PostalIndex(
            (entry, area)
            for area in sorted(areas, key=lambda a: a.code)
            for entry in readable(sorted(area.postal_codes))
        )
        self.by_dealer: dict[int, list[StoreRecord]] = {}
        for each in self.stores:
            for dealer_id in {c.dealer_id for c in each.contracts}:
                self.by_dealer.setdefault(dealer_id, []).append(each)
        self._area_index = area_index
        self._lats = np.array([s.latitude for s in self.stores], dtype=float)
        self._lngs = np.array([s.longitude for s in self.stores], dtype=float)
        self._codes = [s.code for s in self.stores]
        self._position = {s.id: n for n, s in enumerate(self.stores)}
        self._service_areas: dict[int, list[AreaRecord]] = {}
        for area in areas:
            if area.kind == "service_area" and area.store_id is not None:
                self._service_areas.setdefault(area.store_id, []).append(area)
        self.max_radius_m = max((s.service_radius_m or 0 for s in self.stores), default=0)
        self.boundaries = sorted(_boundaries(self.stores, areas))
        self._indexes: OrderedDict[int, NearestIndex] = OrderedDict()
        self._dealer_indexes: dict[tuple[int, int], NearestIndex] = {}
        self._radii: OrderedDict[int, list[tuple[NearestIndex, int]]] = OrderedDict()
        self._listed: OrderedDict[int, dict[tuple[int, str], list[StoreRecord]]] = OrderedDict()
        self._lock = threading.Lock()

    def changed(
        self,
        policy: Policy | None = None,
        stores: Sequence[StoreRecord] | None = None,
        areas: Sequence[AreaRecord] | None = None,
        shapes: AreaIndex[int] | None = None,
    ) -> Snapshot:
        """The same network with other rules, stores or areas: what if (A16). Its versions are those
        it was made from."""
        return Snapshot(
            self.version,
            self.policy_version,
            policy or self.policy,
            self.stores if stores is None else stores,
            self.guides,
            list(self.areas.values()) if areas is None else areas,
            self._area_index if shapes is None else shapes,
            self.channels,
            self.closings,
            self.pauses,
            self.shelves,
            self.conditions,
        )

    @property
    def shapes(self) -> AreaIndex[int]:
        """The index that finds the drawn areas at a point, by id of the area; built once (M1)."""
        return self._area_index

    def channel_holds(self, channel_id: int, day: dt.date) -> bool:
        """Whether codes of the channel count on that day (A18)."""
        channel = self.channels.get(channel_id)
        return channel is not None and channel.holds(day)

    def conditions_at(self, moment: dt.datetime) -> Conditions:
        """What the policy in force at that moment said of bindings; before the first one, what that
        said."""
        at = bisect_right(self.conditions, moment, key=lambda each: each[0])
        return self.conditions[max(at - 1, 0)][1] if self.conditions else conditions_of(self.policy)

    def epoch(self, day: dt.date) -> int:
        """Days of one epoch have the same eligible stores."""
        return bisect_right(self.boundaries, day)

    def valid_until(self, day: dt.date) -> dt.date | None:
        """The next day on which eligibility may change by the clock alone, None if never (M7)."""
        at = self.epoch(day)
        return self.boundaries[at] if at < len(self.boundaries) else None

    def index_on(self, day: dt.date) -> NearestIndex:
        """The nearest index over the stores eligible on that day; positions are those of
        `stores`."""
        epoch = self.epoch(day)
        found = self._indexes.get(epoch)
        if found is None:
            with self._lock:
                found = self._indexes.get(epoch)
                if found is None:
                    found = self._build(day)
                    self._indexes[epoch] = found
                    while len(self._indexes) > REMEMBERED_EPOCHS:
                        self._indexes.popitem(last=False)
        return found

    def _build(self, day: dt.date) -> NearestIndex:
        positions = [i for i, s in enumerate(self.stores) if not s.why_not(day)]
        return NearestIndex(
            self._lats, self._lngs, self._codes, positions=np.array(positions, dtype=np.intp)
        )

    def index_of_dealer(self, dealer_id: int, day: dt.date) -> NearestIndex:
        """The nearest index over the stores that sell for a dealer on that day; positions are those
        of `stores`. Built on first use."""
        key = (self.epoch(day), dealer_id)
        found = self._dealer_indexes.get(key)
        if found is None:
            positions = [
                self._position[s.id]
                for s in self.by_dealer.get(dealer_id, ())
                if s.sells_for(dealer_id, day)
            ]
            found = NearestIndex(
                self._lats, self._lngs, self._codes, positions=np.array(positions, dtype=np.intp)
            )
            if len(self._dealer_indexes) >= REMEMBERED_DEALERS:
                self._dealer_indexes.clear()
            self._dealer_indexes[key] = found
        return found

    def radii_on(self, day: dt.date) -> Sequence[tuple[NearestIndex, int]]:
        """Stores with a service radius eligible on that day, those of like radii (within a factor
        of two) in one index with their greatest: one store that delivers far makes nobody look at
        all the others. Built once an epoch."""
        epoch = self.epoch(day)
        found = self._radii.get(epoch)
        if found is None:
            alike: dict[int, list[int]] = {}
            for n, each in enumerate(self.stores):
                if each.service_radius_m and not each.why_not(day):  # one of 0 reaches nobody
                    alike.setdefault(each.service_radius_m.bit_length(), []).append(n)
            found = [
                (
                    NearestIndex(
                        self._lats,
                        self._lngs,
                        self._codes,
                        positions=np.array(positions, dtype=np.intp),
                    ),
                    max(self.stores[n].service_radius_m or 0 for n in positions),
                )
                for positions in alike.values()
            ]
            with self._lock:
                self._radii[epoch] = found
                while len(self._radii) > REMEMBERED_LISTS:
                    self._radii.popitem(last=False)
        return found

    def listed_on(self, day: dt.date) -> Mapping[tuple[int, str], Sequence[StoreRecord]]:
        """Stores eligible on that day, by priority (higher first) and code: all under (0, ""), and
        those whose region begins with so many characters under (2, "31"), (4, "3101"), (6,
        "310101"); a shorter code of a region stands whole. Built once an epoch."""
        epoch = self.epoch(day)
        found = self._listed.get(epoch)
        if found is None:
            found = {}
            for each in sorted(
                (s for s in self.stores if not s.why_not(day)), key=lambda s: (-s.priority, s.code)
            ):
                region = each.region_code or ""
                for n in {0, *(n for n in (2, 4) if len(region) >= n), *((6,) if region else ())}:
                    found.setdefault((n, region[:n]), []).append(each)
            with self._lock:
                self._listed[epoch] = found
                while len(self._listed) > REMEMBERED_LISTS:
                    self._listed.popitem(last=False)
        return found

    def on_duty(self, store_id: int, day: dt.date) -> list[GuideRecord]:
        """Guides who take new visitors of the store, by code: employed there as a guide, with no
        last day known yet (B9)."""
        return [
            g
            for g in self._by_workplace.get(store_id, ())
            if any(
                job.store_id == store_id
                and job.role == "guide"
                and job.valid_to is None
                and job.holds(day)
                for job in g.jobs
            )
        ]

    def has_service_area(self, store_id: int, day: dt.date) -> bool:
        """Whether a delivery area of the store is in force on that day."""
        return any(area.holds(day) for area in self._service_areas.get(store_id, ()))

    def areas_covering(self, latitude: float, longitude: float, day: dt.date) -> list[AreaRecord]:
        """Areas whose shape covers the point and that hold on that day, by code."""
        found = [self.areas[key] for key in self._area_index.covering(latitude, longitude)]
        return sorted((a for a in found if a.holds(day)), key=lambda a: a.code)

    def area_keys_covering(
        self, latitudes: npt.ArrayLike, longitudes: npt.ArrayLike
    ) -> list[list[int]]:
        """Ids of the areas whose shape covers each point, whether they hold on a day or not."""
        return self._area_index.covering_batch(latitudes, longitudes)


def _by_listed_code(areas: Sequence[AreaRecord], name: str) -> dict[str, list[AreaRecord]]:
    found: dict[str, list[AreaRecord]] = {}
    for area in sorted(areas, key=lambda a: a.code):
        for code in getattr(area, name):
            found.setdefault(code, []).append(area)
    return found


def _boundaries(stores: Sequence[StoreRecord], areas: Sequence[AreaRecord]) -> set[dt.date]:
    found: set[dt.date | None] = set()
    for each in stores:
        found |= {each.opened_on, each.closed_on}
        if each.paused_until is not None and each.status == "paused":
            found.add(each.paused_until + dt.timedelta(days=1))
        for contract in each.contracts:
            found |= {contract.valid_from, contract.valid_to}
    for area in areas:
        found |= {area.valid_from, area.valid_to}
    return {day for day in found if day is not None}
