"""Which plans and components count for a guide on a day (C4, C10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from incentives.facts import GuideFacts, Place
from incentives.judging.reward_lines import PlanVersion
from incentives.plan import PerEvent, Plan, Rate

DEFAULT = "default"  # the plan that holds where no other says something else


def component_name(plan: Plan, code: str) -> str:
    """How lines and transfers name a component: its code, led by the plan's when that is not the
    default plan."""
    return code if plan.plan_code == DEFAULT else f"{plan.plan_code}.{code}"


def plans_in_force(
    versions: Sequence[PlanVersion], day: dt.date, facts: GuideFacts, place: Place
) -> list[PlanVersion]:
    """Of each plan_code the newest version whose days hold `day`, if it is assigned to the guide at
    his place of that day."""
    newest: dict[str, PlanVersion] = {}
    for each in versions:
        if each.plan.holds(day) and (
            each.plan.plan_code not in newest or newest[each.plan.plan_code].version < each.version
        ):
            newest[each.plan.plan_code] = each
    return [
        newest[code]
        for code in sorted(newest)
        if _assigned(newest[code].plan, facts.guide_code, place)
    ]


def components_in_force(
    versions: Sequence[PlanVersion], day: dt.date, facts: GuideFacts, place: Place
) -> list[tuple[PlanVersion, PerEvent | Rate]]:
    """What counts for the guide on that day. A component of another plan takes the place of the
    default plan's of the same code (C4)."""
    found = [(v, c) for v in plans_in_force(versions, day, facts, place) for c in v.plan.components]
    own = {c.code for v, c in found if v.plan.plan_code != DEFAULT}
    return [(v, c) for v, c in found if v.plan.plan_code != DEFAULT or c.code not in own]


def _assigned(plan: Plan, guide_code: str, place: Place) -> bool:
    if plan.assigned is None:
        return True
    own: dict[str, frozenset[str | None]] = {
        "guides": frozenset({guide_code}),
        "stores": frozenset({place.store_code}),
        "dealers": frozenset({place.dealer_code}),
        "branches": frozenset(place.branch_codes),
    }
    return any(codes & own[kind] for kind, codes in plan.assigned.items())
