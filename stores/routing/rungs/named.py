"""Rungs that name a store: HQ's pin, the visitor's choice, his home, a link, his last visit (1-7),
a region's or the brand's default (12, 13)."""

from __future__ import annotations

from dataclasses import replace

from stores.facts.decision import Candidate, Match, Question, Rung, holds
from stores.geo.regions import region_and_above
from stores.routing.rungs.here import isolated_stores
from stores.routing.rungs.placed import by_place, covers, local_offer

_HOPS = 5  # a chain of successors longer than this is a mistake of the network, not a wish


def _hq_pin(q: Question) -> Match | str:
    return named(q, q.state.pinned_store_id) if q.state.pinned_store_id else "not_pinned"


def _manual(q: Question) -> Match | str:
    if q.state.manual_store_id is None or not q.within(
        q.state.manual_at, hours=q.policy.manual_hours
    ):
        return "no_choice"
    if not q.policy.switching or q.state.no_switch:
        return "switching_off"
    within = isolated_stores(q)
    if within is not None and q.state.manual_store_id not in within:
        return "outside_isolated_area"
    return named(q, q.state.manual_store_id)


def _home_protected(q: Question) -> Match | str:
    if q.state.home_store_id is None:
        return "no_home"
    if not holds(q.visit.at, q.state.home_protected_until):
        return "protection_over"
    found = named(q, q.state.home_store_id)
    if isinstance(found, Match) and _is_far(q, found):
        return replace(
            found, offers=local_offer(q, found.store), notes=(*found.notes, "travel")
        )  # A14
    return found


def _is_far(q: Question, home: Match) -> bool:
    """A14: beyond `home_reach`, at a known place."""
    return home.distance_m is not None and home.distance_m > q.policy.home_reach_m


def _entry_param(q: Question) -> Match | str:
    if q.visit.param is None:
        return "no_parameter"
    return by_param(q, q.visit.param.store_id, q.visit.param.guide_id)


def _home(q: Question) -> Match | str:
    if q.state.home_store_id is None:
        return "no_home"
    if not holds(q.visit.at, q.state.home_valid_until):
        return "binding_expired"
    found = named(q, q.state.home_store_id)
    if isinstance(found, Match) and _is_far(q, found):
        return "travel"  # A14: skipped for this visit, the binding stays
    return found


def _entry_cached(q: Question) -> Match | str:
    if not q.within(q.state.param_at, days=q.policy.cached_param_days):
        return "no_parameter"
    channel_id = q.state.param_channel_id
    if channel_id is not None and not q.snapshot.channel_holds(channel_id, q.visit.day):
        return "channel_over"  # A18
    return by_param(q, q.state.param_store_id, q.state.param_guide_id)


def _last_visit(q: Question) -> Match | str:
    if q.state.last_store_id is None or not q.within(
        q.state.last_visit_at, days=q.policy.last_visit_days
    ):
        return "no_recent_visit"
    found = named(q, q.state.last_store_id)
    if isinstance(found, str) or q.visit.point is None or found.distance_m is None:
        return found
    if not covers(q, found.store, found.distance_m):
        return "no_longer_covers"
    if found.distance_m < q.policy.switch_nearer_m:
        return found  # no store can be nearer by that much
    nearer = by_place(q)
    if nearer is None or nearer.store.id == found.store.id or nearer.distance_m is None:
        return found
    gain = found.distance_m - nearer.distance_m
    if (
        gain < q.policy.switch_nearer_m
        or gain * 10_000 < found.distance_m * q.policy.switch_nearer_bp
    ):
        return found
    if q.state.refused_store_id == nearer.store.id and q.within(
        q.state.refused_at, hours=q.policy.refusal_hours
    ):
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
    found = named(q, store_id)
    return "full" if isinstance(found, Match) and found.store.id in q.full else found


def named(q: Question, store_id: int | None) -> Match | str:
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


def by_param(q: Question, store_id: int | None, guide_id: int | None) -> Match | str:
    """A guide's link leads to the store where the guide works on that day."""
    if guide_id is not None:
        guide = q.snapshot.guides.get(guide_id)
        at = guide.store_on(q.visit.day) if guide else None
        if at is not None:
            return named(q, at)
        if store_id is None:
            return "guide_left"
    return named(q, store_id) if store_id is not None else "no_parameter"


NAMED: dict[str, Rung] = {
    "HQ_PIN": _hq_pin,
    "MANUAL": _manual,
    "HOME_PROTECTED": _home_protected,
    "ENTRY_PARAM": _entry_param,
    "HOME": _home,
    "ENTRY_CACHED": _entry_cached,
    "LAST_VISIT": _last_visit,
    "REGION": _region,
    "DEFAULT": _default,
}
