"""What is kept of an entry: its row for good, point and exact distances for 24 h, the trace for 30
days (A16, M11, P2). Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

from stores.facts.decision import Decision, State, Visit
from stores.facts.visits import Arrival
from stores.geo.coordinates import distance_class_m

NOT_A_VISIT = (
    "REGION",
    "DEFAULT",
    "PICKER",
)  # a default is no choice of the visitor: it does not become his last visit
STATE_FIELDS = tuple(f.name for f in fields(State))


def entry_row(
    arrival: Arrival, visit: Visit, decision: Decision, now: dt.datetime
) -> dict[str, Any]:
    """What `entry` keeps for good; entry_id and customer_id are the caller's."""
    param = visit.param
    return {
        "store_id": decision.store_id,
        "dealer_id": decision.dealer_id,
        "guide_id": decision.guide_id,
        "rung": decision.rung,
        "reason": decision.reason,
        "touchpoint": arrival.touchpoint,
        "channel_id": param.channel_id if param else None,
        "param_guide_id": param.guide_id if param else None,
        "occurred_at": visit.at,
        "decided_at": now,
        "business_day": visit.day,
        "network_version": decision.network_version,
        "policy_version": decision.policy_version,
        "located": 0 if visit.point is None else 2 if visit.fuzzy else 1,
    }


def point_row(
    arrival: Arrival, visit: Visit, decision: Decision, now: dt.datetime
) -> dict[str, Any]:
    """What `entry_point` keeps for 24 h."""
    source, point = arrival.source, visit.point
    return {
        "latitude": point.latitude if point else None,
        "longitude": point.longitude if point else None,
        "crs": source.crs if source else None,
        "source_latitude": source.latitude if source else None,
        "source_longitude": source.longitude if source else None,
        "accuracy_m": source.accuracy_m if source else None,
        "fuzzy": int(visit.fuzzy),
        "distances": _distances(decision),
        "recorded_at": now,
    }


def trace_row(visit: Visit, state: State, decision: Decision, now: dt.datetime) -> dict[str, Any]:
    """What `entry_trace` keeps for 30 days: of distances the winner's 1 km class alone, for the
    classes of several stores would cross in the visitor's place (M11)."""
    return {
        "visit": _visit_record(visit),
        "state": state_record(state),
        "trace": _trace_record(decision),
        "distance_class_km": class_km(decision.distance_m),
        "recorded_at": now,
    }


def class_km(distance: float | None) -> int | None:
    """The 1 km class in which a distance may be kept (A16, M11)."""
    return None if distance is None else distance_class_m(distance) // 1000


def _distances(decision: Decision) -> dict[str, float]:
    shown = [c for step in decision.steps for c in step.candidates] + list(decision.alternatives)
    found = {str(c.store_id): round(c.distance_m, 3) for c in shown if c.distance_m is not None}
    if decision.store_id is not None and decision.distance_m is not None:
        found[str(decision.store_id)] = round(decision.distance_m, 3)
    return found


def _visit_record(visit: Visit) -> dict[str, Any]:
    param = visit.param
    return {
        "at": visit.at.isoformat(),
        "day": visit.day.isoformat(),
        "fuzzy": visit.fuzzy,
        "region_code": visit.region_code,
        "postal_code": visit.postal_code,
        "notes": list(visit.notes),
        "param": [param.store_id, param.guide_id, param.channel_id, param.issued_at.isoformat()]
        if param
        else None,
    }


def state_record(state: State) -> dict[str, Any]:
    """The customer's state as the decision used it; moments as ISO text, nothing that is None."""
    found = {}
    for name in STATE_FIELDS:
        value = getattr(state, name)
        if value is not None:
            found[name] = value.isoformat() if isinstance(value, dt.datetime) else value
    return found


def _trace_record(decision: Decision) -> dict[str, Any]:
    return {
        "steps": [
            [s.rung, s.outcome, [[c.store_id, c.why] for c in s.candidates]] for s in decision.steps
        ],
        "alternatives": [[c.store_id, c.why] for c in decision.alternatives],
        "notes": list(decision.notes),
        "epoch": decision.epoch,
        "guide": [decision.served.why, [list(each) for each in decision.served.loads]],
        "full": sorted(decision.full),
    }


def is_visit(state: State, visit: Visit, decision: Decision, now: dt.datetime) -> bool:
    """Whether this becomes the customer's last visit: he was led to a store by more than a default,
    and came later than he did before."""
    return (
        decision.store_id is not None
        and decision.rung not in NOT_A_VISIT
        and _is_newest(state.last_visit_at, visit, now)
    )


def is_newest_param(state: State, visit: Visit, now: dt.datetime) -> bool:
    """Whether the visit's parameter is the one to remember; a visit told late does not push out a
    newer one."""
    return visit.param is not None and _is_newest(state.param_at, visit, now)


def _is_newest(remembered: dt.datetime | None, visit: Visit, now: dt.datetime) -> bool:
    """What is remembered of a time to come, which a wrong clock once told, holds no place against
    what happens now (N5)."""
    return remembered is None or remembered <= visit.at or remembered > now
