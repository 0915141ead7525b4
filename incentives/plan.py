"""An incentive plan as a value, from its file form (CONTRACT 4, C1-C5, C10-C13). Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from incentives.tiers import Tiers
from ledger.money import LARGEST_MINOR

METRICS = ("valid_adds", "converted_referrals")
ASSIGNED = ("branches", "dealers", "stores", "guides")
LARGEST = LARGEST_MINOR
COMPONENT = re.compile(
    r"[A-Za-z0-9_-]{1,20}"
)  # no dot or colon: names of components and lines are put together with them


@dataclass(frozen=True, slots=True)
class PerEvent:
    """So much for each valid event (C1, C2)."""

    code: str
    metric: str
    amount_minor: int
    vests_after_days: int = 7
    guide_day_cap: int | None = 50
    min_order_minor: int = 0
    invite_days: int = 30
    freeze_days: int = 7
    freeze_without_receipt_days: int = 15
    auto_receipt_days: Mapping[str, int] = field(
        default_factory=lambda: {"express": 10, "pickup": 2, "local": 2}
    )
    sources: tuple[str, ...] = ("qr", "link", "card")
    first_again_days: int = 90


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of sales (C4, C5). `per`: order, period (C5: the month, when a plan does not say) or
    cumulative (since `valid_from`) is the span over which tiers count."""

    code: str
    per: str
    tiers: Tiers
    sku_rates: Mapping[str, int] = field(default_factory=dict)
    category_rates: Mapping[str, int] = field(default_factory=dict)
    freeze_days: int = 7
    freeze_without_receipt_days: int = 15
    auto_receipt_days: Mapping[str, int] = field(
        default_factory=lambda: {"express": 10, "pickup": 2, "local": 2}
    )
    order_cap_minor: int | None = None
    guide_month_cap_minor: int | None = None
    cross_dealer: bool = False
    deduct_subsidy: bool = True
    deduct_tax: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """One version. Days are inclusive; `assigned` None is everybody, else kind to codes. Payer
    shares in basis points."""

    plan_code: str
    name: Mapping[str, str]
    valid_from: dt.date
    valid_to: dt.date | None
    assigned: Mapping[str, frozenset[str]] | None
    dealer_bp: int
    hq_bp: int
    components: tuple[PerEvent | Rate, ...]

    def holds(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
