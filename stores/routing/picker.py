"""The list of stores to choose from (A4, A9): never empty while a visitor can be led to any store
at all. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from stores.facts.decision import NEW_CUSTOMER, Visit
from stores.geo.coordinates import Coordinates
from stores.network.records import StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide

_ALONE = ("PICKER",)


@dataclass(frozen=True, slots=True)
class Picked:
    """`why`: same_region, nearby, listed or isolated_area (A10). `open_now` None where the hours
    are unknown. `distance_m` None without a point."""

    store: StoreRecord
    distance_m: float | None
    open_now: bool | None
    why: str


def nearby(
    snapshot: Snapshot,
    at: dt.datetime,
    day: dt.date,
    point: Coordinates | None = None,
    region_code: str | None = None,
) -> list[Picked]:
    """At most PICKER_STORES eligible stores, as the ladder's last rung lists them: the own region
    first, then by distance, else by priority."""
    decision = decide(
        Visit(at=at, day=day, point=point, region_code=region_code),
        NEW_CUSTOMER,
        snapshot,
        replace(snapshot.policy, rungs=_ALONE),
    )
    found = []
    for each in decision.alternatives:
        store = snapshot.by_id[each.store_id]
        found.append(
            Picked(
                store, each.distance_m, None if store.hours is None else store.open_at(at), each.why
            )
        )
    return found
