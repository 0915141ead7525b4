"""How far a guide is on the tiers of a sales component, what is missing to the next band and what
it would pay (C5, G3). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from incentives.commission import bases_of, counter_of
from incentives.facts import GuideFacts, Order, Place
from incentives.judging.in_force import component_name, components_in_force
from incentives.judging.reasons import in_order_of_payment, why_no_commission
from incentives.judging.reward_lines import PlanVersion
from incentives.plan import Rate
from incentives.tiers import Band, Tiers, under


@dataclass(frozen=True, slots=True)
class Next:
    """`missing_minor`: the smallest further base that reaches the band above; `gain_minor`: what
    selling exactly that much more would add to the reward, under the month's cap."""

    missing_minor: int
    gain_minor: int
    band: Band


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a component stands. `sum_minor`: the commission base that counts for the tiers so far;
    `earned_minor`: what it and lines of a rate of their own earn so far; `at`: the number of the
    band reached; `next` None in the highest band, and where each order is judged alone."""

    component: str
    version: PlanVersion
    rate: Rate
    sum_minor: int
    earned_minor: int
    at: int
    next: Next | None


def above(tiers: Tiers, sum_minor: int) -> tuple[int, int] | None:
    """(missing, number of the band above): the smallest amount that, added to the sum, belongs to
    the next band; None in the highest.

    A bound belongs to the lower band unless the tiers say `upper`, so one smallest unit more than
    the bound is needed (C5)."""
    at = tiers.reached(max(0, sum_minor))
    top = tiers.bands[at].up_to_minor
    if top is None or at + 1 >= len(tiers.bands):
        return None
    missing = top - sum_minor + (1 if tiers.bound == "lower" else 0)
    return missing, tiers.reached(sum_minor + missing)


def ladders(
    facts: GuideFacts,
    versions: Sequence[PlanVersion],
    place: Place,
    day: dt.date,
    as_of: dt.datetime,
) -> list[Ladder]:
    """Every sales component in force on `day` for a guide who works at `place`, by its name;
    `facts` are those of the day's month."""
    found = []
    for version, component in components_in_force(versions, day, facts, place):
        if isinstance(component, Rate):
            found.append(_ladder(facts, versions, version, component, as_of))
    return sorted(found, key=lambda ladder: ladder.component)


def _ladder(
    facts: GuideFacts,
    versions: Sequence[PlanVersion],
    version: PlanVersion,
    component: Rate,
    as_of: dt.datetime,
) -> Ladder:
    def counts(order: Order) -> bool:
        place = facts.places.get(order.day, Place())
        return (version, component) in components_in_force(
            versions, order.day, facts, place
        ) and not why_no_commission(order, component)

    before = [
        base
        for order in (in_order_of_payment(facts.earlier) if component.per == "cumulative" else ())
        if order.day >= version.plan.valid_from and not why_no_commission(order, component)
        for base in bases_of(order, component)
    ]
    counter = counter_of(component, as_of, before)
    earned = sum(
        amount
        for order in in_order_of_payment(facts.orders)
        if counts(order)
        for _, amount in counter.add(bases_of(order, component))
    )
    if component.per == "order":  # each order begins at the first band
        return Ladder(
            component_name(version.plan, component.code), version, component, 0, earned, 0, None
        )
    tiers, so_far = component.tiers, counter.sum_minor
    step = above(tiers, so_far)
    if step is not None:
        missing, number = step
        gain = under(
            component.guide_month_cap_minor,
            counter.month_minor,
            tiers.total(so_far + missing) - tiers.total(so_far),
        )
    return Ladder(
        component_name(version.plan, component.code),
        version,
        component,
        so_far,
        earned,
        tiers.reached(so_far),
        None if step is None else Next(missing, gain, tiers.bands[number]),
    )
