"""What a guide earned in a month and why: facts and plan versions in, lines and movements out
(C1-C5, C10, C11, M5, M6). Pure.

A line is one fact judged by one component, with its amount, its state at `as_of`, when it vests,
and the arithmetic; what earned nothing is a line of 0 with its reason. Movements say when what was
earned and what vested changed, so that booking is the difference between the movements up to now
and what is booked. The same facts in any order or repetition give the same lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from incentives.facts import GuideFacts
from incentives.judging.contacts import ContactJudge
from incentives.judging.reward_lines import PlanVersion, Result, movement_order
from incentives.judging.sales import SaleJudge


def calculate(facts: GuideFacts, versions: Sequence[PlanVersion], as_of: dt.datetime) -> Result:
    """Judge every fact of one guide's month by the plans in force when it happened (C10)."""
    judged = _Judge(facts, versions, as_of)
    judged.adds()
    judged.referrals()
    judged.sales()
    return Result(
        tuple(sorted(judged.lines, key=lambda line: (line.occurred_at, line.line_id))),
        tuple(sorted(judged.movements, key=movement_order)),
    )


class _Judge(ContactJudge, SaleJudge):
    """Collects lines and movements of one guide's month."""
