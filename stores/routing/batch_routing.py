"""Routing many visitors at once without storing anything: the same answers as `decide`, most of
them by arrays (CONTRACT 2, `flask assign`).

A row takes the fast way only where the ladder's outcome is known without walking it: no rung before
NEAREST can speak (nothing is remembered of the visitor, no parameter, no area covers the point, no
radius reaches it), the nearest store leads every other by more than the ambiguity limit, and it is
within the NEAREST limit. Every other row is decided by `decide` itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from ledger.faults import InvalidInput
from ledger.pieces import pieces
from stores.base.brand import business_day
from stores.facts.customers import customer_identity, customer_state
from stores.facts.decision import NEW_CUSTOMER, State, Visit
from stores.facts.entry_records import STATE_FIELDS
from stores.facts.visits import EntryParam, entry_param_of
from stores.geo import ip_regions
from stores.geo.coordinates import CRS_NAMES, Coordinates, is_null_island, to_wgs84, to_wgs84_arrays
from stores.geo.regions import region_and_above
from stores.network.policy import Policy
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide

IN_LIST = 5_000
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,2})?"
)
_SAFE_M = 1e-4  # far above what the conversion of whole columns may differ from the single one


@dataclass(slots=True)
class Row:
    """One visitor as in the file: texts as they came, '' for nothing."""

    visitor_id: str
    latitude: str = ""
    longitude: str = ""
    crs: str = ""
    accuracy_m: str = ""
    entry_param: str = ""
    region_code: str = ""
    ip: str = ""  # asked for its region where nothing better is known (A9)


@dataclass(frozen=True, slots=True)
class Assigned:
    """`notes` hold location_unusable where the row's location was, and what came of its entry
    parameter and network address."""

    store_code: str | None
    dealer_code: str | None
    distance_m: float | None
    rung: str
    reason: str
    notes: tuple[str, ...] = ()


Place = tuple[float, float, str, float | None]  # latitude, longitude, crs, accuracy
UNUSABLE = "location_unusable"


def place_of(row: Row) -> Place | str | None:
    """The location as given, UNUSABLE, or None for a row without one."""
    if not row.latitude and not row.longitude:
        return None
    if (
        row.crs not in CRS_NAMES
        or not _NUMBER.fullmatch(row.latitude)
        or not _NUMBER.fullmatch(row.longitude)
    ):
        return UNUSABLE
    latitude, longitude = float(row.latitude), float(row.longitude)
    if row.accuracy_m and not _NUMBER.fullmatch(row.accuracy_m):
        return UNUSABLE
    accuracy = float(row.accuracy_m) if row.accuracy_m else None
    if accuracy is not None and not 0 <= accuracy <= 1e8:
        return UNUSABLE
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or is_null_island(
        latitude, longitude
    ):
        return UNUSABLE
    return latitude, longitude, row.crs, accuracy


def states_of(connection: Connection, visitors: Sequence[str]) -> dict[str, State]:
    """What is remembered of the visitors that are known, by customer_id."""
    found: dict[str, State] = {}
    wanted = list(
        {each for each in visitors if each and "\0" not in each}
    )  # PostgreSQL has no such text
    i, s = customer_identity.c, customer_state.c
    for some in pieces(wanted, IN_LIST):
        query = (
            select(i.value, *(s[name] for name in STATE_FIELDS))
            .join(customer_state, s.customer_id == i.customer_id)
            .where(i.kind == "customer_id", i.value.in_(some))
        )
        found |= {r[0]: State(*r[1:]) for r in connection.execute(query)}
    return found


class Router:
    """Decides rows on one snapshot at one moment."""

    def __init__(self, snapshot: Snapshot, at: dt.datetime, keys: Sequence[bytes]):
        self.snapshot, self.at, self.keys = snapshot, at, keys
        self.day = business_day(at)
        self.policy: Policy = snapshot.policy
        rungs = self.policy.rungs
        self.before = frozenset(rungs[: rungs.index("NEAREST")]) if "NEAREST" in rungs else None
        self.everything = frozenset(rungs)
        self.index = snapshot.index_on(self.day)
        self.codes = [store.code for store in snapshot.stores]
        self.dealers = [
            contract.dealer_code if (contract := store.contract_on(self.day)) else None
            for store in snapshot.stores
        ]

    def assign(self, rows: Sequence[Row], states: Mapping[str, State]) -> list[Assigned]:
        """One answer a row, in their order."""
        places = [place_of(row) for row in rows]
        points = self._points(places)
        covering = self._covering(points)
        quick = self._nearest(rows, places, points, states, covering)
        return [
            quick.get(n)
            or self._walk(
                row,
                places[n],
                points.get(n),
                states.get(row.visitor_id, NEW_CUSTOMER),
                covering.get(n),
            )
            for n, row in enumerate(rows)
        ]

    def _covering(self, points: dict[int, tuple[float, float]]) -> dict[int, list[int]]:
        """Ids of the areas whose shape covers each point; none without areas."""
        if not self.snapshot.shapes:
            return {}
        return dict(
            zip(
                points,
                self.snapshot.area_keys_covering(
                    [p[0] for p in points.values()], [p[1] for p in points.values()]
                ),
                strict=True,
            )
        )

    # -- the fast way ------------------------------------------------------------------------------

    def _nearest(
        self,
        rows: Sequence[Row],
        places: list[Any],
        points: dict[int, tuple[float, float]],
        states: Mapping[str, State],
        covering: Mapping[int, list[int]],
    ) -> dict[int, Assigned]:
        if self.before is None:
            return {}
        asked = [
            n
            for n in points
            if not rows[n].entry_param
            and self._silent(self.before, rows[n], states.get(rows[n].visitor_id))
        ]
        if not asked:
            return {}
        lats, lngs = (
            np.array([points[n][0] for n in asked]),
            np.array([points[n][1] for n in asked]),
        )
        positions, distances, leads = self.index.nearest_batch_with_lead(lats, lngs)
        proven = leads > np.array([self._limit_m(places[n][3]) + _SAFE_M for n in asked])
        proven &= positions >= 0
        if self.policy.nearest_limit_m is not None:
            proven &= distances < self.policy.nearest_limit_m - _SAFE_M
        if "RADIUS" in self.before and self.snapshot.max_radius_m:
            proven &= distances > self.snapshot.max_radius_m + 1.0
        if {"TERRITORY", "SERVICE_AREA"} & self.before and covering:
            proven &= np.array([not covering[n] for n in asked])
        found = {}
        for n, position, distance, sure in zip(
            asked, positions.tolist(), distances.tolist(), proven.tolist(), strict=True
        ):
            if sure:
                found[n] = Assigned(
                    self.codes[position], self.dealers[position], distance, "NEAREST", "nearest"
                )
        return found

    def _limit_m(self, accuracy_m: float | None) -> float:
        """A6 for a location that is not fuzzy."""
        if self.policy.ambiguity_m == 0:
            return 0.0
        return max(self.policy.ambiguity_m, min(accuracy_m or 0.0, self.policy.fuzzy_accuracy_m))

    def _silent(self, rungs: frozenset[str], row: Row, state: State | None) -> bool:
        """Whether none of these rungs can answer, but for those that look at the place, for a row
        without a parameter."""
        if row.region_code and (
            not self.snapshot.by_region.keys().isdisjoint(region_and_above(row.region_code))
            or "REGION" in rungs
            and self.policy.region_defaults
        ):
            return False
        if "DEFAULT" in rungs and self.policy.default_store is not None:
            return False
        return state is None or not (
            "HQ_PIN" in rungs
            and state.pinned_store_id
            or "MANUAL" in rungs
            and state.manual_store_id is not None
            or state.home_store_id is not None
            and not rungs.isdisjoint(("HOME_PROTECTED", "HOME"))
            or "ENTRY_CACHED" in rungs
            and state.param_at is not None
            or "LAST_VISIT" in rungs
            and state.last_store_id is not None
        )

    # -- the ladder --------------------------------------------------------------------------------

    def _walk(
        self,
        row: Row,
        place: Any,
        point: tuple[float, float] | None,
        state: State,
        covering: list[int] | None,
    ) -> Assigned:
        notes: list[str] = [UNUSABLE] if place is not None and point is None else []
        if row.ip and not row.region_code and point is None:
            region, note = ip_regions.region_of(row.ip)
            row, notes = replace(row, region_code=region or ""), [*notes, note]
        if point is None and not row.entry_param and self._silent(self.everything, row, state):
            return Assigned(
                None,
                None,
                None,
                "PICKER",
                "picker" if len(self.index) else "picker_empty_network",
                tuple(notes),
            )
        param = None
        if row.entry_param:
            read = entry_param_of(row.entry_param, self.at, self.day, self.snapshot, self.keys)
            param = read if isinstance(read, EntryParam) else None
            notes += [] if isinstance(read, EntryParam) else [f"entry_param_{read}"]
        decision = decide(
            Visit(
                self.at,
                self.day,
                Coordinates(*point) if point is not None else None,
                place[3] if point is not None else None,
                region_code=row.region_code or None,
                param=param,
                notes=tuple(notes),
            ),
            state,
            self.snapshot,
            covering=covering,
        )
        store = (
            self.snapshot.by_id.get(decision.store_id) if decision.store_id is not None else None
        )
        contract = store.contract_on(self.day) if store is not None else None
        return Assigned(
            store.code if store else None,
            contract.dealer_code if contract else None,
            decision.distance_m,
            decision.rung,
            decision.reason,
            decision.notes,
        )

    # -- places ------------------------------------------------------------------------------------

    def _points(self, places: Sequence[Any]) -> dict[int, tuple[float, float]]:
        """WGS-84 by row. Whole columns are converted to within a nanometre, which matters on the
        edge of an area alone: where there are areas, each row is converted as `decide` would have
        it."""
        by_crs: dict[str, list[int]] = {}
        for n, place in enumerate(places):
            if type(place) is tuple:
                by_crs.setdefault(place[2], []).append(n)
        found: dict[int, tuple[float, float]] = {}
        for crs, numbers in by_crs.items():
            if crs == "wgs84":
                found |= {n: (places[n][0], places[n][1]) for n in numbers}
                continue
            try:
                if self.snapshot.areas:
                    raise InvalidInput("one by one")
                lats, lngs = to_wgs84_arrays(
                    [places[n][0] for n in numbers], [places[n][1] for n in numbers], crs
                )
                found |= dict(
                    zip(numbers, zip(lats.tolist(), lngs.tolist(), strict=True), strict=True)
                )
            except InvalidInput:
                found |= {n: point for n in numbers if (point := _converted(places[n])) is not None}
        return found


def _converted(place: Place) -> tuple[float, float] | None:
    try:
        point = to_wgs84(*place[:3])
    except InvalidInput:
        return None
    return point.latitude, point.longitude
