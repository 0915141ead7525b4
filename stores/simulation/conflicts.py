"""Border conflicts that a scenario makes: two dealers' territories that overlap, a store in or
beside another dealer's ground (A12). Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any

from stores.geo.postal_codes import readable
from stores.network.snapshot import Snapshot
from stores.simulation.scenario import Scenario

MOST = 200


def conflicts(after: Snapshot, scenario: Scenario, day: dt.date) -> list[dict[str, Any]]:
    """Of the stores opened or moved and the territories drawn, on that day: kind, what, with what,
    metres or square metres."""
    found: list[dict[str, Any]] = []
    for change in scenario.changes:
        if change.kind in ("open", "move"):
            found += _of_store(after, change.code, scenario.near_m, day)
        elif change.kind == "territory":
            found += _of_territory(after, change.code, day)
    return found[:MOST]


def _of_store(after: Snapshot, code: str, near_m: int, day: dt.date) -> list[dict[str, Any]]:
    store = after.by_code[code]
    own = contract.dealer_code if (contract := store.contract_on(day)) else None
    found: list[dict[str, Any]] = []
    for area in after.areas_covering(store.latitude, store.longitude, day):
        held = (each.contract_on(day) for each in after.by_dealer.get(area.dealer_id or 0, ()))
        dealers = {
            contract.dealer_code
            for contract in held
            if contract is not None and contract.dealer_id == area.dealer_id
        }
        if area.kind == "territory" and own not in dealers:
            found.append(
                {
                    "kind": "store_in_territory",
                    "store": code,
                    "area": area.code,
                    "dealer": min(dealers, default=None),
                }
            )
    for place, metres in (
        after.index_on(day).within(store.latitude, store.longitude, near_m + 0.001)
        if near_m
        else ()
    ):
        other = after.stores[place]
        theirs = contract.dealer_code if (contract := other.contract_on(day)) else None
        if other.id != store.id and theirs != own:
            found.append(
                {
                    "kind": "stores_near",
                    "store": code,
                    "other": other.code,
                    "dealer": theirs,
                    "metres": round(metres),
                }
            )
    return found


def _of_territory(after: Snapshot, code: str, day: dt.date) -> list[dict[str, Any]]:
    area = next(a for a in after.areas.values() if a.code == code)
    found: list[dict[str, Any]] = []
    if area.id in {key for key, _ in after.shapes.items()}:
        for key, m2 in after.shapes.overlaps(area.id):
            other = after.areas[key]
            if other.kind == "territory" and other.dealer_id != area.dealer_id and other.holds(day):
                found.append(
                    {
                        "kind": "territories_overlap",
                        "area": code,
                        "other_area": other.code,
                        "square_metres": round(m2),
                    }
                )
    listed_there = readable(area.postal_codes)
    for other in after.areas.values():
        shared = area.region_codes & other.region_codes
        if other.postal_codes:
            shared |= {
                str(entry)
                for entry in listed_there
                if any(entry.meets(theirs) for theirs in readable(other.postal_codes))
            }
        if (
            other.id != area.id
            and other.kind == "territory"
            and other.dealer_id != area.dealer_id
            and shared
            and other.holds(day)
        ):
            found.append(
                {
                    "kind": "territories_share_codes",
                    "area": code,
                    "other_area": other.code,
                    "codes": sorted(shared)[:20],
                }
            )
    return found
