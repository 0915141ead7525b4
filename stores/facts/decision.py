"""What a decision is made of and what it says: the visit, what is remembered of the customer, a
rung's answer, the whole answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stores.geo.coordinates import Coordinates, distance_m
from stores.network.policy import Policy
from stores.network.records import AreaRecord, StoreRecord
from stores.network.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EntryParam:
    """A signed parameter that held at `occurred_at` (A18): surrogate ids."""

    store_id: int | None
    guide_id: int | None
    channel_id: int | None
    issued_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of one arrival. `day` is the brand's day of `at`; `point` is WGS-84 or None
    when no usable location is known. `loads`: how many visitors each guide was given on that day,
    None where guides on duty are not chosen (A15)."""

    at: dt.datetime
    day: dt.date
    point: Coordinates | None = None
    accuracy_m: float | None = None
    fuzzy: bool = False
    region_code: str | None = None
    postal_code: str | None = None
    param: EntryParam | None = None
    notes: tuple[str, ...] = ()
    loads: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of the customer (M12). Ids are surrogates; moments are aware. The next
    home waits for the end of this one (B3)."""

    rv: int = 0
    home_store_id: int | None = None
    home_protected_until: dt.datetime | None = None
    home_valid_until: dt.datetime | None = None
    next_home_store_id: int | None = None
    next_home_protected_until: dt.datetime | None = None
    next_home_valid_until: dt.datetime | None = None
    owner_guide_id: int | None = None
    owner_protected_until: dt.datetime | None = None
    owner_valid_until: dt.datetime | None = None
    last_store_id: int | None = None
    last_visit_at: dt.datetime | None = None
    last_guide_id: int | None = None
    param_store_id: int | None = None
    param_guide_id: int | None = None
    param_channel_id: int | None = None
    param_at: dt.datetime | None = None
    manual_store_id: int | None = None
    manual_at: dt.datetime | None = None
    refused_store_id: int | None = None
    refused_at: dt.datetime | None = None
    pinned_store_id: int | None = None
    no_switch: bool = False

    def at(self, moment: dt.datetime) -> State:
        """The state as it is at `moment`, if nothing but the clock happens until then."""
        if (
            self.next_home_store_id is None
            or self.home_valid_until is None
            or moment < self.home_valid_until
        ):
            return self
        return replace(
            self,
            home_store_id=self.next_home_store_id,
            home_protected_until=self.next_home_protected_until,
            home_valid_until=self.next_home_valid_until,
            next_home_store_id=None,
            next_home_protected_until=None,
            next_home_valid_until=None,
        )


NEW_CUSTOMER = State()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A store a rung weighed; `distance_m` None without a location; `why` says its place in the
    order."""

    store_id: int
    distance_m: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """A rung's answer: winner, the others it weighed (best first), how a tie was broken ('' for
    none), offers to the visitor."""

    store: StoreRecord
    distance_m: float | None
    others: tuple[Candidate, ...] = ()
    tie: str = ""
    offers: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One rung's outcome: `matched`, or the word why not, with the candidates it weighed."""

    rung: str
    outcome: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves the visitor in the store (A15): `why` is owner, entry_param, last_served,
    fewest_assigned, or '' for the store's service account; `loads` are the guides on duty with the
    visitors they were given that day, where that was the question."""

    guide_id: int | None = None
    why: str = ""
    loads: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with all that led to it. `store_id` is None for PICKER, whose stores stand in
    `alternatives`."""

    rung: str
    reason: str
    store_id: int | None
    dealer_id: int | None
    guide_id: int | None
    distance_m: float | None
    alternatives: tuple[Candidate, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    network_version: int
    policy_version: int
    epoch: int
    served: Served = Served()
    full: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """What every rung function gets. `full`: stores, `busy`: guides that can take nobody more today
    (M15)."""

    visit: Visit
    state: State
    snapshot: Snapshot
    policy: Policy
    full: frozenset[int] = frozenset()
    busy: frozenset[int] = frozenset()
    here: list[Sequence[AreaRecord]] = field(
        default_factory=list, repr=False, compare=False
    )  # the areas of this place, once the map was asked

    def distance_to(self, store: StoreRecord) -> float | None:
        if self.visit.point is None:
            return None
        return distance_m(self.visit.point, Coordinates(store.latitude, store.longitude))

    def within(self, moment: dt.datetime | None, **span: int) -> bool:
        return moment is not None and dt.timedelta(0) <= self.visit.at - moment <= dt.timedelta(
            **span
        )


Rung = Callable[[Question], Match | str]


def holds(at: dt.datetime, until: dt.datetime | None) -> bool:
    return until is not None and at < until
