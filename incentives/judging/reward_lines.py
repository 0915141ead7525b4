"""What a month is judged to: lines and movements, and the published plans that judge it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from incentives.plan import Plan

PENDING, VESTED, VOIDED, CLAWED_BACK = "pending", "vested", "voided", "clawed_back"
EARNED, VEST = "earned", "vest"


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A published version; `version` is its number among those of its plan_code."""

    id: int
    version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Movement:
    """At `at`, what was earned (or had vested) of a component changed by `amount_minor`, for this
    payer's store."""

    kind: str
    at: dt.datetime
    component: str
    dealer_id: int | None
    store_id: int | None
    amount_minor: int
    plan_version_id: int


@dataclass(frozen=True, slots=True)
class RewardLine:
    """`line_id` is stable: component, source and line number. Amounts are the guide's, before any
    split of payers."""

    line_id: str
    component: str
    state: str
    amount_minor: int
    occurred_at: dt.datetime
    vests_at: dt.datetime | None
    reason: str
    plan_version_id: int | None
    order_no: str | None
    trace: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """All lines of the month by (occurred_at, line_id), and the movements behind them."""

    lines: tuple[RewardLine, ...]
    movements: tuple[Movement, ...]


def movement_order(each: Movement) -> tuple[Any, ...]:
    """By time, then by what tells movements of one moment apart."""
    return (
        each.at,
        each.kind,
        each.component,
        each.plan_version_id,
        each.dealer_id or 0,
        each.store_id or 0,
        each.amount_minor,
    )
