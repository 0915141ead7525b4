"""Who gains and who loses: sums over visits decided twice. Pure.

Nothing is counted twice: every visit is one before and one after, with its whole share of money, so
gains equal losses and the rows of stores add up to the total (the visitors who have no store are a
row of their own, with the code '')."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from stores.network.snapshot import Snapshot
from stores.simulation.columns import Floats, Ints
from stores.simulation.places import nearest_settlements, settlements

KINDS = ("store", "dealer", "branch")
TOP_PAIRS, TOP_PLACES = 200, 50
FIGURES = (
    "visits_before",
    "visits_after",
    "gained",
    "lost",
    "revenue_before",
    "revenue_after",
    "revenue_gained",
    "revenue_lost",
)


@dataclass(slots=True)
class Batch:
    """Visits decided twice; store ids 0 for none. `customers` are surrogates (0: made up),
    `revenue` is each visit's share in minor units."""

    days: Ints
    before: Ints
    after: Ints
    metres_before: Floats
    metres_after: Floats
    customers: Ints
    revenue: Ints
    latitude: Floats
    longitude: Floats
    regions: list[str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """What one store, dealer or branch had before and after. `code` '' stands for the visits that
    belong to none."""

    kind: str
    code: str
    name: str
    visits_before: int
    visits_after: int
    gained: int
    lost: int
    revenue_before: int
    revenue_after: int
    revenue_gained: int
    revenue_lost: int
    latitude: float | None = None
    longitude: float | None = None


@dataclass(slots=True)
class _Sums:
    names: list[str]
    sums: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros((len(FIGURES), len(self.names)), dtype=np.int64)

    def add(self, before: Ints, after: Ints, revenue: Ints) -> None:
        moved = before != after
        one = np.ones(len(before), dtype=np.int64)
        for place, (where, what) in enumerate(
            (
                (before, one),
                (after, one),
                (after[moved], one[moved]),
                (before[moved], one[moved]),
                (before, revenue),
                (after, revenue),
                (after[moved], revenue[moved]),
                (before[moved], revenue[moved]),
            )
        ):
            np.add.at(self.sums[place], where, what)


class Tally:
    """Add batches, then ask for `rows` and `summary`."""

    def __init__(self, before: Snapshot, after: Snapshot):
        self.snapshots = (before, after)
        known = {
            s.id: s for snapshot in self.snapshots for s in snapshot.stores
        }  # the later one wins: a store moved is where it went
        self.stores = [None, *sorted(known.values(), key=lambda s: s.code)]
        self._ids = np.array([0 if s is None else s.id for s in self.stores], dtype=np.int64)
        self._order = np.argsort(self._ids)
        dealers = sorted({c.dealer_code for s in known.values() for c in s.contracts})
        branches = sorted({s.branch_code for s in known.values() if s.branch_code})
        self._dealer_at = {code: n for n, code in enumerate(["", *dealers])}
        branch_at = {code: n for n, code in enumerate(["", *branches])}
        self._branch = np.array(
            [0 if s is None else branch_at[s.branch_code or ""] for s in self.stores],
            dtype=np.int64,
        )
        self._by_kind = {
            "store": _Sums([s.code if s else "" for s in self.stores]),
            "dealer": _Sums(list(self._dealer_at)),
            "branch": _Sums(list(branch_at)),
        }
        self._dealers: dict[tuple[int, int], Ints] = {}
        self.pairs: Counter[tuple[int, int]] = Counter()
        self.pairs_revenue: Counter[tuple[int, int]] = Counter()
        self.unserved: tuple[Counter[tuple[str, Any]], Counter[tuple[str, Any]]] = (
            Counter(),
            Counter(),
        )
        self._metres: tuple[list[Floats], list[Floats]] = ([], [])
        self._customers: list[Ints] = []
        self._moved_customers: list[Ints] = []
        self.visits = self.moved = self.moved_dealer = self.revenue = self.revenue_moved = 0

    def add(self, batch: Batch) -> None:
        before, after = self._places(batch.before), self._places(batch.after)
        moved = before != after
        self._by_kind["store"].add(before, after, batch.revenue)
        self._by_kind["branch"].add(self._branch[before], self._branch[after], batch.revenue)
        dealers = self._dealers_of(before, batch.days, 0), self._dealers_of(after, batch.days, 1)
        self._by_kind["dealer"].add(*dealers, batch.revenue)
        self._pair(*dealers, batch.revenue)
        self.visits += len(before)
        self.moved += int(moved.sum())
        self.moved_dealer += int((dealers[0] != dealers[1]).sum())
        self.revenue += int(batch.revenue.sum())
        self.revenue_moved += int(batch.revenue[moved].sum())
        self._customers.append(np.unique(batch.customers))
        self._moved_customers.append(np.unique(batch.customers[moved]))
        for which, (stores, metres) in enumerate(
            ((before, batch.metres_before), (after, batch.metres_after))
        ):
            self._metres[which].append(metres[~np.isnan(metres)])
            self._where(which, np.flatnonzero(stores == 0), batch)

    def _places(self, ids: Ints) -> Ints:
        return self._order[np.searchsorted(self._ids[self._order], ids)]

    def _dealers_of(self, stores: Ints, days: Ints, which: int) -> Ints:
        found = np.zeros(len(stores), dtype=np.int64)
        for day in np.unique(days).tolist():
            rows = days == day
            found[rows] = self._dealers_on(dt.date.fromordinal(day), which)[stores[rows]]
        return found

    def _dealers_on(self, day: dt.date, which: int) -> Ints:
        snapshot = self.snapshots[which]
        key = (which, snapshot.epoch(day))
        if key not in self._dealers:
            codes = []
            for each in self.stores:
                store = snapshot.by_id.get(each.id) if each is not None else None
                contract = store.contract_on(day) if store is not None else None
                codes.append(self._dealer_at[contract.dealer_code if contract else ""])
            self._dealers[key] = np.array(codes, dtype=np.int64)
        return self._dealers[key]

    def _pair(self, before: Ints, after: Ints, revenue: Ints) -> None:
        moved = before != after
        width = len(self._dealer_at)
        keys, where, counts = np.unique(
            before[moved] * width + after[moved], return_inverse=True, return_counts=True
        )
        money = np.zeros(len(keys), dtype=np.int64)
        np.add.at(money, where, revenue[moved])
        for key, number, minor in zip(keys.tolist(), counts.tolist(), money.tolist(), strict=True):
            pair = divmod(key, width)
            self.pairs[pair] += number
            self.pairs_revenue[pair] += minor

    def _where(self, which: int, rows: Ints, batch: Batch) -> None:
        numbers = rows.tolist()
        by_place = [n for n in numbers if not batch.regions[n] and not np.isnan(batch.latitude[n])]
        self.unserved[which].update(
            ("region", batch.regions[n]) for n in numbers if batch.regions[n]
        )
        self.unserved[which].update(
            ("city", city)
            for city in nearest_settlements(batch.latitude[by_place], batch.longitude[by_place])
        )
        nowhere = sum(1 for n in numbers if not batch.regions[n] and np.isnan(batch.latitude[n]))
        if nowhere:
            self.unserved[which][("unknown", "")] += nowhere

    # -- what is told ------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """Stores, dealers and branches that had a visit before or after."""
        found = []
        for kind in KINDS:
            sums = self._by_kind[kind]
            for place in np.flatnonzero(sums.sums[:2].any(axis=0)).tolist():
                store = self.stores[place] if kind == "store" else None
                found.append(
                    Row(
                        kind,
                        sums.names[place],
                        store.name if store else "",
                        *(int(n) for n in sums.sums[:, place]),
                        latitude=store.latitude if store else None,
                        longitude=store.longitude if store else None,
                    )
                )
        return found

    def summary(self) -> dict[str, Any]:
        """The total and the top rows, as JSON. Visits count arrivals, customers count people
        once."""
        dealers = list(self._dealer_at)
        top = sorted(self.pairs.items(), key=lambda each: (-each[1], each[0]))[:TOP_PAIRS]
        return {
            "visits": self.visits,
            "customers": _distinct(self._customers),
            "revenue_minor": self.revenue,
            "moved": {
                "visits": self.moved,
                "customers": _distinct(self._moved_customers),
                "revenue_minor": self.revenue_moved,
                "to_another_dealer": self.moved_dealer,
            },
            "distance": {
                "before": _distances(self._metres[0]),
                "after": _distances(self._metres[1]),
            },
            "unserved": {
                "before": self.unserved[0].total(),
                "after": self.unserved[1].total(),
                "where": self._unserved_places(),
            },
            "pairs": [
                [dealers[a], dealers[b], number, self.pairs_revenue[a, b]] for (a, b), number in top
            ],
            "pairs_in_all": len(self.pairs),
        }

    def _unserved_places(self) -> list[dict[str, Any]]:
        before, after = self.unserved
        places = sorted({*before, *after}, key=lambda p: (-max(before[p], after[p]), str(p)))[
            :TOP_PLACES
        ]
        return [
            {**_place(*place), "before": before[place], "after": after[place]} for place in places
        ]


def _place(kind: str, key: Any) -> dict[str, Any]:
    if kind != "city":
        return {"region": key} if kind == "region" else {}
    city = settlements()[key]
    return {"city": city.name, "city_zh": city.name_zh, "country": city.country}


def _distinct(parts: list[Ints]) -> int:
    """People, each once; made-up visitors are people of no name."""
    known = np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
    return int((known != 0).sum())


def _distances(parts: list[Floats]) -> dict[str, int | None]:
    metres = np.concatenate(parts) if parts else np.zeros(0)
    if not len(metres):
        return {"visits": 0, "average_m": None, "p95_m": None}
    return {
        "visits": len(metres),
        "average_m": round(float(metres.mean())),
        "p95_m": round(float(np.percentile(metres, 95, method="lower"))),
    }
