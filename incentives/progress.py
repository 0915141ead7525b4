"""How a guide's month goes: targets with what is still missing, and the tiers of his sales
components (G3, C5, C8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from incentives import kpis, loading, rewards
from incentives.calculate import calculate
from incentives.facts import GuideFacts, Place
from incentives.judging.in_force import components_in_force
from incentives.judging.reward_lines import PlanVersion
from incentives.ladders import Ladder, ladders
from incentives.line_answers import line_answer
from incentives.plan import PerEvent, Rate
from incentives.results import is_cumulative
from stores.base import versions
from stores.base.brand import business_day
from stores.base.months import month_of
from stores.network import network


@dataclass(frozen=True, slots=True)
class Progress:
    """`kpis` as `kpis.of_guide`; `ladders` of the components in force today, empty for another
    month."""

    kpis: list[dict[str, Any]]
    ladders: list[Ladder]


def of_guide(connection: Connection, guide_id: int, period: str, now: dt.datetime) -> Progress:
    """Targets and tiers of a guide in `period` (YYYY-MM) as known at `now`; tiers only in the month
    that runs."""
    today = business_day(now)
    if period != month_of(today):
        return Progress(kpis.of_guide(connection, guide_id, period, now), [])
    plans, snapshot = (
        loading.plan_versions(connection),
        network.snapshot(versions.current(connection)),
    )
    loaded = loading.load(connection, [guide_id], period, snapshot, cumulative=is_cumulative(plans))
    if not loaded:
        return Progress(kpis.of_guide(connection, guide_id, period, now, []), [])
    facts = loaded[0]
    lines = [
        line_answer(line) for line in calculate(facts, plans, now).lines
    ] + rewards.adjustments_of(connection, guide_id).get(period, [])
    place = loading.places_of(guide_id, [today], snapshot, loading.branch_codes(connection)).get(
        today, Place()
    )
    return Progress(
        kpis.of_guide(connection, guide_id, period, now, lines),
        ladders(facts, plans, place, today, now),
    )


def in_force(
    connection: Connection, *, guide_id: int | None, store_id: int | None, now: dt.datetime
) -> list[tuple[PlanVersion, PerEvent | Rate]]:
    """The components that count today for a guide, or, without one, for whoever works in the
    store."""
    today, plans, snapshot = (
        business_day(now),
        loading.plan_versions(connection),
        network.snapshot(versions.current(connection)),
    )
    branches = loading.branch_codes(connection)
    guide = snapshot.guides.get(guide_id) if guide_id is not None else None
    if guide is not None:
        place = loading.places_of(guide.id, [today], snapshot, branches).get(today, Place())
    else:
        place = loading.place_at(store_id, today, snapshot, branches) or Place()
    code = guide.code if guide is not None else ""
    return components_in_force(
        plans, today, GuideFacts(guide_id or 0, code, month_of(today)), place
    )
