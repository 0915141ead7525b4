"""The ladder: which store's cloud shop a visitor is led to, and why (A1-A18). Pure: (visit, state, snapshot) -> Decision.

A rung is a small function in RUNGS below; it answers with a Match, or says in one word why it does not. The order and the numbers
are policy data. To add a rung: write the function, name it in `policy.RUNGS`, add its words to `explanations` (docs/adding-a-rung.md).
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import Any

from stores.coordinates import Coordinates, distance_m, distances_m
from stores.policy import Policy
from stores.regions import region_and_above
from stores.snapshot import AreaRecord, Snapshot, StoreRecord

MAX_ALTERNATIVES = 5
PICKER_STORES = 20
KEPT_CANDIDATES = 5
MEASURED_STORES = 24  # so many are measured as quickly as asked of an index
_TOLD = frozenset({"travel", "no_longer_covers"})  # outcomes of a skipped rung that the visitor is told (A8, A14)
SERVED_HOURS = 24
_HOPS = 5  # a chain of successors longer than this is a mistake of the network, not a wish


@dataclass(frozen=True, slots=True)
class EntryParam:
    """A signed parameter that held at `occurred_at` (A18): surrogate ids."""

    store_id: int | None
    guide_id: int | None
    channel_id: int | None
    issued_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of one arrival. `day` is the brand's day of `at`; `point` is WGS-84 or None when no usable location is known. `loads`:
    how many visitors each guide was given on that day, None where guides on duty are not chosen (A15)."""

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
    """What is remembered of the customer (M12). Ids are surrogates; moments are aware. The next home waits for the end of this one (B3)."""

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
        if self.next_home_store_id is None or self.home_valid_until is None or moment < self.home_valid_until:
            return self
        return replace(self, home_store_id=self.next_home_store_id, home_protected_until=self.next_home_protected_until,
                       home_valid_until=self.next_home_valid_until, next_home_store_id=None, next_home_protected_until=None,
                       next_home_valid_until=None)


NEW_CUSTOMER = State()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A store a rung weighed; `distance_m` None without a location; `why` says its place in the order."""

    store_id: int
    distance_m: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """A rung's answer: winner, the others it weighed (best first), how a tie was broken ('' for none), offers to the visitor."""

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
    """Who serves the visitor in the store (A15): `why` is owner, entry_param, last_served, fewest_assigned, or '' for the store's service
    account; `loads` are the guides on duty with the visitors they were given that day, where that was the question."""

    guide_id: int | None = None
    why: str = ""
    loads: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with all that led to it. `store_id` is None for PICKER, whose stores stand in `alternatives`."""

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
    """What every rung function gets. `full`: stores, `busy`: guides that can take nobody more today (M15)."""

    visit: Visit
    state: State
    snapshot: Snapshot
    policy: Policy
    full: frozenset[int] = frozenset()
    busy: frozenset[int] = frozenset()
    here: list[Sequence[AreaRecord]] = field(default_factory=list, repr=False, compare=False)  # the areas of this place, once the map was asked

    def distance_to(self, store: StoreRecord) -> float | None:
        if self.visit.point is None:
            return None
        return distance_m(self.visit.point, Coordinates(store.latitude, store.longitude))

    def within(self, moment: dt.datetime | None, **span: int) -> bool:
        return moment is not None and dt.timedelta(0) <= self.visit.at - moment <= dt.timedelta(**span)


Rung = Callable[[Question], Match | str]


def decide(visit: Visit, state: State, snapshot: Snapshot, policy: Policy | None = None, *, full: frozenset[int] = frozenset(),
           busy: frozenset[int] = frozenset(), covering: Sequence[int] | None = None) -> Decision:
    """Walk the ladder of `policy` (the snapshot's own by default); first match wins (A4). `covering`: ids of the areas whose shape covers the
    point, where the map was asked already.

    `full` are stores, `busy` guides whose capacity of the day is used up (M15). A full store is passed by where we choose (8-13), not
    where the visitor or his binding names it (1-7)."""
    question = Question(visit, state.at(visit.at), snapshot, policy or snapshot.policy, full, busy)
    if covering is not None:
        question.here.append(_in_force(question, [snapshot.areas[key] for key in covering]))
    steps: list[Step] = []
    for name in question.policy.rungs:
        found = RUNGS[name](question) if name != "PICKER" else "no_rung_matched"
        if isinstance(found, str):
            steps.append(_passed(name, found))
            continue
        steps.append(Step(name, "matched", _candidates(found)))
        return _decision(question, name, found, steps)
    steps[-1] = Step("PICKER", "matched")
    return _picker(question, steps)


@cache
def _passed(rung: str, outcome: str) -> Step:
    """A rung that did not match; there are few, so each is made once."""
    return Step(rung, outcome)


def _decision(question: Question, rung: str, match: Match, steps: list[Step]) -> Decision:
    visit, snapshot = question.visit, question.snapshot
    contract = match.store.contract_on(visit.day)
    within = isolated_stores(question)
    ambiguous = tuple(c for c in match.others if c.why == "ambiguous" and (within is None or c.store_id in within))[:MAX_ALTERNATIVES]
    offers = tuple(c for c in match.offers if c.store_id not in {a.store_id for a in ambiguous} and (within is None or c.store_id in within))
    served = choose_guide(question, match.store, rung)
    overflow = ("overflow",) if any(c.why == "full" for c in match.others) else _overflow(steps)
    reason = rung.lower() + (f"_by_{match.tie}" if match.tie else "")
    return Decision(rung=rung, reason=reason, store_id=match.store.id, dealer_id=contract.dealer_id if contract else None,
                    guide_id=served.guide_id, distance_m=match.distance_m, alternatives=(ambiguous + offers)[:MAX_ALTERNATIVES],
                    steps=tuple(steps), notes=visit.notes + _told(steps) + match.notes + overflow, network_version=snapshot.version,
                    policy_version=snapshot.policy_version, epoch=snapshot.epoch(visit.day), served=served, full=question.full)


def _overflow(steps: Sequence[Step]) -> tuple[str, ...]:
    """M15: that somebody had no room is said."""
    return ("overflow",) if any(step.outcome == "full" for step in steps) else ()


def _told(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(step.outcome for step in steps if step.outcome in _TOLD)


def _candidates(match: Match) -> tuple[Candidate, ...]:
    return (Candidate(match.store.id, match.distance_m, "winner"), *match.others)[:KEPT_CANDIDATES]


def choose_guide(question: Question, store: StoreRecord, rung: str) -> Served:
    """A15: the owner if working there, else the guide of the entry parameter (of the cached one where that led here), else of the guides
    on duty the one who was given fewest visitors today (who was there within a day keeps his), else the store's service account.

    On duty is who works there as a guide and is not about to leave (B9); of equals the smaller code goes first. Nor does a leaver's link
    bring him anybody new; who belongs to him stays with him until his last day."""
    state, visit, param = question.state, question.visit, question.visit.param
    wished = ((state.owner_guide_id if _holds(visit.at, state.owner_valid_until) else None, "owner"),
              (param.guide_id if param is not None else state.param_guide_id if rung == "ENTRY_CACHED" else None, "entry_param"))
    for guide_id, why in wished:
        guide = question.snapshot.guides.get(guide_id) if guide_id is not None else None
        if guide is not None and guide.store_on(visit.day) == store.id and (why == "owner" or not guide.is_leaving(visit.day)):
            return Served(guide.id, why)
    if visit.loads is None or not question.policy.duty_guides:
        return Served()
    on_duty = [g for g in question.snapshot.on_duty(store.id, visit.day) if g.id not in question.busy]
    loads = tuple((g.id, visit.loads.get(g.id, 0)) for g in on_duty)
    if state.last_store_id == store.id and question.within(state.last_visit_at, hours=SERVED_HOURS) and any(g.id == state.last_guide_id for g in on_duty):
        return Served(state.last_guide_id, "last_served", loads)
    if not on_duty:
        return Served()
    chosen = min(on_duty, key=lambda g: (visit.loads.get(g.id, 0), g.code))  # type: ignore[union-attr]
    return Served(chosen.id, "fewest_assigned", loads)


def isolated_stores(question: Question) -> frozenset[int] | None:
    """A10: inside isolated areas the visitor may switch among their stores only, those of the area's dealer or the one it names. None:
    he is in no such area, or where he is is not known."""
    if not question.snapshot.has_isolated:
        return None
    areas = areas_here(question, "isolated")
    if not areas:
        return None
    day, found = question.visit.day, {a.store_id for a in areas if a.store_id is not None}
    for dealer_id in {a.dealer_id for a in areas if a.dealer_id is not None}:
        found |= {s.id for s in question.snapshot.by_dealer.get(dealer_id, ()) if s.sells_for(dealer_id, day)}
    return frozenset(found)


# -- rungs that name a store (1-7, 12, 13) ------------------------------------------------------------------------------------

def _hq_pin(q: Question) -> Match | str:
    return _named(q, q.state.pinned_store_id) if q.state.pinned_store_id else "not_pinned"


def _manual(q: Question) -> Match | str:
    if q.state.manual_store_id is None or not q.within(q.state.manual_at, hours=q.policy.manual_hours):
        return "no_choice"
    if not q.policy.switching or q.state.no_switch:
        return "switching_off"
    within = isolated_stores(q)
    if within is not None and q.state.manual_store_id not in within:
        return "outside_isolated_area"
    return _named(q, q.state.manual_store_id)


def _home_protected(q: Question) -> Match | str:
    if q.state.home_store_id is None:
        return "no_home"
    if not _holds(q.visit.at, q.state.home_protected_until):
        return "protection_over"
    found = _named(q, q.state.home_store_id)
    if isinstance(found, Match) and found.distance_m is not None and found.distance_m > q.policy.home_reach_m:
        return replace(found, offers=_local_offer(q, found.store), notes=(*found.notes, "travel"))  # A14
    return found


def _entry_param(q: Question) -> Match | str:
    if q.visit.param is None:
        return "no_parameter"
    return _by_param(q, q.visit.param.store_id, q.visit.param.guide_id)


def _home(q: Question) -> Match | str:
    if q.state.home_store_id is None:
        return "no_home"
    if not _holds(q.visit.at, q.state.home_valid_until):
        return "binding_expired"
    found = _named(q, q.state.home_store_id)
    if isinstance(found, Match) and found.distance_m is not None and found.distance_m > q.policy.home_reach_m:
        return "travel"  # A14: skipped for this visit, the binding stays
    return found


def _entry_cached(q: Question) -> Match | str:
    if not q.within(q.state.param_at, days=q.policy.cached_param_days):
        return "no_parameter"
    channel_id = q.state.param_channel_id
    if channel_id is not None and not q.snapshot.channel_holds(channel_id, q.visit.day):
        return "channel_over"  # A18
    return _by_param(q, q.state.param_store_id, q.state.param_guide_id)


def _last_visit(q: Question) -> Match | str:
    if q.state.last_store_id is None or not q.within(q.state.last_visit_at, days=q.policy.last_visit_days):
        return "no_recent_visit"
    found = _named(q, q.state.last_store_id)
    if isinstance(found, str) or q.visit.point is None or found.distance_m is None:
        return found
    if not _covers(q, found.store, found.distance_m):
        return "no_longer_covers"
    if found.distance_m < q.policy.switch_nearer_m:
        return found  # no store can be nearer by that much
    nearer = _by_place(q)
    if nearer is None or nearer.store.id == found.store.id or nearer.distance_m is None:
        return found
    gain = found.distance_m - nearer.distance_m
    if gain < q.policy.switch_nearer_m or gain * 10_000 < found.distance_m * q.policy.switch_nearer_bp:
        return found
    if q.state.refused_store_id == nearer.store.id and q.within(q.state.refused_at, hours=q.policy.refusal_hours):
        return replace(found, notes=(*found.notes, "switch_refused"))
    return replace(found, offers=(Candidate(nearer.store.id, nearer.distance_m, "nearer"),))


def _region(q: Question) -> Match | str:
    """The default store of the district, else of its city, else of its province."""
    if not q.visit.region_code:
        return "no_region"
    outcome = "no_default_for_region"
    for code in region_and_above(q.visit.region_code):
        store = q.snapshot.by_code.get(q.policy.region_defaults.get(code, ""))
        if store is not None:
            found = _chosen(q, store.id)
            if isinstance(found, Match):
                return found
            outcome = found if outcome == "no_default_for_region" else outcome
    return outcome


def _default(q: Question) -> Match | str:
    store = q.snapshot.by_code.get(q.policy.default_store or "")
    return _chosen(q, store.id) if store is not None else "no_default"


def _chosen(q: Question, store_id: int) -> Match | str:
    """A store that the policy names; it may be full."""
    found = _named(q, store_id)
    return "full" if isinstance(found, Match) and found.store.id in q.full else found


def _named(q: Question, store_id: int | None) -> Match | str:
    """The named store, or its successor while it is paused or closed (A11)."""
    store, first_reason = q.snapshot.by_id.get(store_id) if store_id is not None else None, ""
    for _ in range(_HOPS):
        if store is None:
            break
        why = store.why_not(q.visit.day)
        if not why:
            return Match(store, q.distance_to(store), notes=("successor",) if first_reason else ())
        first_reason = first_reason or why
        if why not in ("paused", "closed") or store.successor_id is None:
            break
        store = q.snapshot.by_id.get(store.successor_id)
    return f"store_{first_reason}" if first_reason else "store_unknown"


def _by_param(q: Question, store_id: int | None, guide_id: int | None) -> Match | str:
    """A guide's link leads to the store where the guide works on that day."""
    if guide_id is not None:
        guide = q.snapshot.guides.get(guide_id)
        at = guide.store_on(q.visit.day) if guide else None
        if at is not None:
            return _named(q, at)
        if store_id is None:
            return "guide_left"
    return _named(q, store_id) if store_id is not None else "no_parameter"


# -- rungs that look at the place (8-11) --------------------------------------------------------------------------------------

def _territory(q: Question) -> Match | str:
    if q.visit.point is None:
        return "no_location"
    areas = areas_here(q, "territory")
    if not areas:
        return "outside_territories"
    found = [pair for dealer_id in sorted({a.dealer_id for a in areas if a.dealer_id is not None}) for pair in _of_dealer(q, dealer_id)]
    return _roomy(q, sorted(found, key=lambda pair: (pair[1], pair[0].code))) if found else "no_open_store_of_dealer"


def _of_dealer(q: Question, dealer_id: int) -> list[tuple[StoreRecord, float]]:
    """The dealer's stores that may win here and some behind them, nearest first: a dealer may have thousands. All of them while stores are full."""
    point, day = q.visit.point, q.visit.day
    assert point is not None
    index, stores = q.snapshot.index_of_dealer(dealer_id, day), q.snapshot.stores
    few = q.full or len(index) <= MEASURED_STORES
    equal = len(index) if few else len(index.ambiguous(point.latitude, point.longitude, _limit_m(q)))
    return [(stores[i], d) for i, d in index.k_nearest(point.latitude, point.longitude, equal + KEPT_CANDIDATES)]


def areas_here(q: Question, kind: str) -> list[AreaRecord]:
    """Areas in force whose shape covers the point, or that list the visitor's region (or its city or province) or postal code (A12)."""
    if not q.here:
        q.here.append(_all_areas_here(q))
    return [area for area in q.here[0] if area.kind == kind]


def _all_areas_here(q: Question) -> list[AreaRecord]:
    point = q.visit.point
    return _in_force(q, q.snapshot.areas_covering(point.latitude, point.longitude, q.visit.day) if point is not None else ())


def _in_force(q: Question, covering: Sequence[AreaRecord]) -> list[AreaRecord]:
    """Those that cover the point and those that list the visitor's codes, as far as they hold on his day."""
    found, visit = list(covering), q.visit
    for code in region_and_above(visit.region_code) if visit.region_code else ():
        found += q.snapshot.by_region.get(code, ())
    found += q.snapshot.by_postal_code.get(visit.postal_code or "", ())
    return [area for area in found if area.holds(visit.day)]


def _service_area(q: Question) -> Match | str:
    if q.visit.point is None:
        return "no_location"
    day, ids = q.visit.day, {a.store_id for a in areas_here(q, "service_area")}
    stores = [s for i in ids if i is not None and (s := q.snapshot.by_id.get(i)) is not None and not s.why_not(day)]
    return _roomy(q, _measured(q, stores)) if stores else "outside_service_areas"


def _radius(q: Question) -> Match | str:
    point = q.visit.point
    if point is None:
        return "no_location"
    if q.snapshot.max_radius_m == 0:
        return "no_radius_set"
    stores = q.snapshot.stores
    near = (pair for index, most in q.snapshot.radii_on(q.visit.day) for pair in index.within(point.latitude, point.longitude, most + 0.001))
    found = sorted(((stores[i], d) for i, d in near if d <= (stores[i].service_radius_m or 0)), key=lambda pair: (pair[1], pair[0].code))
    return _roomy(q, found) if found else "outside_radii"


def _nearest(q: Question) -> Match | str:
    point = q.visit.point
    if point is None:
        return "no_location"
    index, stores = q.snapshot.index_on(q.visit.day), q.snapshot.stores
    found = [(stores[i], d) for i, d in index.ambiguous(point.latitude, point.longitude, _limit_m(q))]
    if not found:
        return "no_store"
    if found[0][0].id in q.full:  # look on, to all that are equal with the nearest store that has room
        near = [(stores[i], d) for i, d in index.k_nearest(point.latitude, point.longitude, len(q.full) + 1)]
        best = next((d for s, d in near if s.id not in q.full), None)
        if best is None:
            return "full"
        found = [(stores[i], d) for i, d in index.within(point.latitude, point.longitude, best + max(_limit_m(q), 0.001))]
    if q.policy.nearest_limit_m is not None:
        found = [pair for pair in found if pair[1] <= q.policy.nearest_limit_m]  # no tie-break may reach beyond the limit
    return _roomy(q, found) if found else "too_far"


def _roomy(q: Question, found: Sequence[tuple[StoreRecord, float]]) -> Match | str:
    """`_best` of those that have room today; the full ones are shown behind them (M15)."""
    if not q.full:
        return _best(q, found)
    room = [pair for pair in found if pair[0].id not in q.full]
    if not room:
        return "full"
    match = _best(q, room)
    return replace(match, others=match.others + tuple(Candidate(s.id, d, "full") for s, d in found if s.id in q.full))


def _measured(q: Question, stores: Sequence[StoreRecord]) -> list[tuple[StoreRecord, float]]:
    """Stores with their distance, nearest first; none without a point."""
    point = q.visit.point
    if point is None or not stores:
        return []
    metres = distances_m(point.latitude, point.longitude, [s.latitude for s in stores], [s.longitude for s in stores]).tolist()
    return sorted(zip(stores, metres, strict=True), key=lambda pair: (pair[1], pair[0].code))


def _limit_m(q: Question) -> float:
    """A6, A7: how much farther than the best a store may be and still count as equal."""
    if q.policy.ambiguity_m == 0:
        return 0.0
    accuracy = q.policy.fuzzy_accuracy_m if q.visit.fuzzy else min(q.visit.accuracy_m or 0.0, q.policy.fuzzy_accuracy_m)
    return float(max(q.policy.ambiguity_m, accuracy))


def _best(q: Question, found: Sequence[tuple[StoreRecord, float]]) -> Match:
    """A6 over stores ordered by distance: those less than the limit behind the best are equal; then the fixed order of tie-breaks."""
    limit, nearest = _limit_m(q), found[0][1]
    equal = [pair for pair in found if pair[1] - nearest < limit or pair[1] == nearest]
    if limit == 0 or len(equal) == 1:
        winner = equal[0]  # exact, then the smaller code
        tie = ""
    else:
        ranked = sorted(equal, key=lambda pair: _rank(q, pair))
        winner = ranked[0]
        tie = _tie_word(q, winner, equal[0]) if winner[0].id != equal[0][0].id else ""
        equal = ranked
    others = tuple(Candidate(s.id, d, "ambiguous" if limit > 0 else "same_place") for s, d in equal if s.id != winner[0].id)
    taken = {s.id for s, _ in equal}
    beyond = tuple(Candidate(s.id, d, "farther") for s, d in islice((pair for pair in found if pair[0].id not in taken), KEPT_CANDIDATES))
    return Match(winner[0], winner[1], others + beyond, tie)


_TIES = ("home", "last_visit", "open_now", "priority", "nearer", "store_code")


def _rank(q: Question, pair: tuple[StoreRecord, float]) -> tuple[Any, ...]:
    store, distance = pair
    home = q.state.home_store_id if _holds(q.visit.at, q.state.home_valid_until) else None  # one that lapsed is none (B3)
    return (store.id != home, store.id != q.state.last_store_id, not store.open_at(q.visit.at), -store.priority,
            distance, store.code)


def _tie_word(q: Question, winner: tuple[StoreRecord, float], nearest: tuple[StoreRecord, float]) -> str:
    """The first tie-break that sets the winner apart from the nearest store, to which it was preferred."""
    return next(word for word, a, b in zip(_TIES, _rank(q, winner), _rank(q, nearest), strict=True) if a != b)


# -- what rungs share ---------------------------------------------------------------------------------------------------------

def _holds(at: dt.datetime, until: dt.datetime | None) -> bool:
    return until is not None and at < until


def _covers(q: Question, store: StoreRecord, distance: float) -> bool:
    """A8: inside the service area, or within the radius, or (neither set) within `cover_m`."""
    has_area = q.snapshot.has_service_area(store.id, q.visit.day)
    if has_area and any(a.store_id == store.id for a in areas_here(q, "service_area")):
        return True
    if store.service_radius_m is not None:
        return distance <= store.service_radius_m
    return not has_area and distance <= q.policy.cover_m


def _by_place(q: Question) -> Match | None:
    """What rungs 8-11 of this policy would answer."""
    for name in q.policy.rungs:
        if name in ("TERRITORY", "SERVICE_AREA", "RADIUS", "NEAREST"):
            found = RUNGS[name](q)
            if isinstance(found, Match):
                return found
    return None


def _local_offer(q: Question, home: StoreRecord) -> tuple[Candidate, ...]:
    local = _by_place(q)
    return (Candidate(local.store.id, local.distance_m, "local"),) if local is not None and local.store.id != home.id else ()


def _picker(question: Question, steps: list[Step]) -> Decision:
    """Never an empty page (A4): up to 20 stores, the same region first, then by distance when a point is known, else priority and code."""
    snapshot, visit, within = question.snapshot, question.visit, isolated_stores(question)
    shown = _isolated_picks(question, within) if within else []
    shown = shown or (_near_picks(question) if visit.point is not None else _listed_picks(question))
    return Decision(rung="PICKER", reason="picker" if shown else "picker_empty_network", store_id=None, dealer_id=None, guide_id=None,
                    distance_m=None, alternatives=tuple(shown), steps=tuple(steps), notes=visit.notes + _told(steps) + _overflow(steps),
                    network_version=snapshot.version, policy_version=snapshot.policy_version, epoch=snapshot.epoch(visit.day), full=question.full)


def _isolated_picks(q: Question, within: frozenset[int]) -> list[Candidate]:
    """A10: inside an isolated area only its stores may be chosen; none of them in service, everything is listed."""
    day, stores = q.visit.day, [each for number in within if (each := q.snapshot.by_id.get(number)) is not None]
    picked = [Candidate(s.id, q.distance_to(s), "isolated_area") for s in stores if not s.why_not(day)]
    return sorted(picked, key=lambda c: (c.distance_m or 0.0, -q.snapshot.by_id[c.store_id].priority, q.snapshot.by_id[c.store_id].code))[:PICKER_STORES]


def _near_picks(q: Question) -> list[Candidate]:
    snapshot, day, point = q.snapshot, q.visit.day, q.visit.point
    assert point is not None
    shown: list[Candidate] = []
    for own in _by_region(q):
        shown += [Candidate(s.id, d, "same_region") for s, d in _measured(q, own)]
        if len(shown) >= PICKER_STORES:
            return shown[:PICKER_STORES]
    taken = {each.store_id for each in shown}
    near = [(snapshot.stores[i], d) for i, d in snapshot.index_on(day).k_nearest(point.latitude, point.longitude, PICKER_STORES + len(taken))]
    return (shown + [Candidate(s.id, d, "nearby") for s, d in near if s.id not in taken])[:PICKER_STORES]


def _listed_picks(q: Question) -> list[Candidate]:
    shown = [Candidate(s.id, None, "same_region") for own in _by_region(q) for s in own[:PICKER_STORES]][:PICKER_STORES]
    taken = {each.store_id for each in shown}
    others = (s for s in q.snapshot.listed_on(q.visit.day).get((0, ""), ()) if s.id not in taken)
    return shown + [Candidate(s.id, None, "listed") for s in islice(others, PICKER_STORES - len(shown))]


def _by_region(q: Question) -> Iterator[list[StoreRecord]]:
    """Stores of the visitor's region: those of the very district (or the very code, such as US-TX), then of its city, then of its province or
    country, each once, by priority and code."""
    listed, region, seen = q.snapshot.listed_on(q.visit.day), q.visit.region_code or "", set[int]()
    for n in (6, 4, 2):
        found = [s for s in listed.get((n, region[:n]), ()) if s.id not in seen] if region and (n == 6 or len(region) >= n) else []
        seen.update(s.id for s in found)
        yield found


RUNGS: dict[str, Rung] = {
    "HQ_PIN": _hq_pin, "MANUAL": _manual, "HOME_PROTECTED": _home_protected, "ENTRY_PARAM": _entry_param, "HOME": _home,
    "ENTRY_CACHED": _entry_cached, "LAST_VISIT": _last_visit, "TERRITORY": _territory, "SERVICE_AREA": _service_area,
    "RADIUS": _radius, "NEAREST": _nearest, "REGION": _region, "DEFAULT": _default,
}
