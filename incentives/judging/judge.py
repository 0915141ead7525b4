"""What every judgement of a guide's month shares: the plans in force, lines, movements (D5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from incentives.facts import GuideFacts, Place
from incentives.judging.in_force import components_in_force
from incentives.judging.reward_lines import (
    VOIDED,
    Movement,
    PlanVersion,
    RewardLine,
)
from incentives.plan import PerEvent, Plan, Rate
from ledger.money import basis_points


class Judge:
    """Collects lines and movements of one guide's month."""

    def __init__(self, facts: GuideFacts, versions: Sequence[PlanVersion], as_of: dt.datetime):
        self.facts, self.versions, self.as_of = facts, versions, as_of
        self.lines: list[RewardLine] = []
        self.movements: list[Movement] = []
        self.in_force: dict[dt.date, list[tuple[PlanVersion, PerEvent | Rate]]] = {}

    def place(self, day: dt.date) -> Place:
        return self.facts.places.get(day, Place())

    def components(
        self, day: dt.date, wanted: Callable[[PerEvent | Rate], bool]
    ) -> list[tuple[PlanVersion, PerEvent | Rate]]:
        if day not in self.in_force:
            self.in_force[day] = components_in_force(
                self.versions, day, self.facts, self.place(day)
            )
        return [(v, c) for v, c in self.in_force[day] if wanted(c)]

    def nothing(
        self,
        component: str,
        source: str,
        at: dt.datetime,
        reason: str,
        version: PlanVersion | None,
        **trace: Any,
    ) -> None:
        self.lines.append(
            RewardLine(
                f"{component}:{source}",
                component,
                VOIDED,
                0,
                at,
                None,
                reason,
                version.id if version else None,
                trace.pop("order_no", None),
                trace,
            )
        )

    def move(
        self,
        kind: str,
        at: dt.datetime,
        component: str,
        version: PlanVersion,
        place: tuple[int | None, int | None],
        before: int,
        after: int,
    ) -> None:
        """From one total to another. The totals are split between the payers, not the steps, so
        that what is undone leaves nothing (D5)."""
        dealer_id, store_id = place
        for payer, old, new in zip(
            (None, dealer_id),
            _split(before, dealer_id, version.plan),
            _split(after, dealer_id, version.plan),
            strict=True,
        ):
            if new != old:
                self.movements.append(
                    Movement(kind, at, component, payer, store_id, new - old, version.id)
                )


def _split(total: int, dealer_id: int | None, plan: Plan) -> tuple[int, int]:
    """Headquarters' and the dealer's part; the dealer takes the rounding, headquarters everything
    where there is no dealer."""
    by_hq = basis_points(total, plan.hq_bp) if dealer_id is not None else total
    return by_hq, total - by_hq
