"""A decision as the outside sees it: codes instead of surrogates, stable words instead of sentences
(CONTRACT 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from stores.facts.decision import Candidate, Decision
from stores.network.records import StoreRecord
from stores.network.snapshot import Snapshot


def decision_answer(decision: Decision, snapshot: Snapshot, day: dt.date) -> dict[str, Any]:
    """store_code, dealer_code, guide_code, cloud_shop_url, bundle, distance_m, rung, reason,
    alternatives; nulls for PICKER. `day`: the visit's."""
    store = snapshot.by_id.get(decision.store_id) if decision.store_id is not None else None
    guide = snapshot.guides.get(decision.guide_id) if decision.guide_id is not None else None
    dealer = (
        next((c.dealer_code for c in store.contracts if c.dealer_id == decision.dealer_id), None)
        if store is not None
        else None
    )
    guide_code = guide.code if guide else None
    return {
        "store_code": store.code if store else None,
        "dealer_code": dealer,
        "guide_code": guide_code,
        "cloud_shop_url": store.cloud_shop_url if store else None,
        "bundle": bundle(store, guide_code, snapshot, day),
        "distance_m": rounded(decision.distance_m),
        "rung": decision.rung,
        "reason": decision.reason,
        "alternatives": shown(decision.alternatives, snapshot),
        "notes": list(decision.notes),
        "network_version": decision.network_version,
        "policy_version": decision.policy_version,
    }


def bundle(
    store: StoreRecord | None, guide_code: str | None, snapshot: Snapshot, day: dt.date
) -> dict[str, Any] | None:
    """The shop of the store on that day: its address, the guide, and the mall's references that it
    shows; None without a store."""
    if store is None:
        return None
    shown = snapshot.shelves.of(store.id, day)
    return {
        "cloud_shop_url": store.cloud_shop_url,
        "guide_code": guide_code,
        "promotions": list(shown.promotions),
        "ranges": {"on": list(shown.ranges_on), "off": list(shown.ranges_off)},
    }


def trace_answer(decision: Decision, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every rung with its outcome and the candidates it weighed."""
    return [
        {"rung": step.rung, "outcome": step.outcome, "candidates": shown(step.candidates, snapshot)}
        for step in decision.steps
    ]


def shown(candidates: Iterable[Candidate], snapshot: Snapshot) -> list[dict[str, Any]]:
    found = []
    for each in candidates:
        store = snapshot.by_id.get(each.store_id)
        if store is not None:
            found.append(
                {
                    "store_code": store.code,
                    "name": store.name,
                    "distance_m": rounded(each.distance_m),
                    "why": each.why,
                }
            )
    return found


def rounded(distance_m: float | None) -> float | None:
    """Metres to a decimetre, for an answer to the visitor himself."""
    return None if distance_m is None else round(distance_m, 1)
