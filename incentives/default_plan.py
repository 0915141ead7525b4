"""The plan every chain starts with (C1, C2, C4): adds 2.00, referrals 10.00, sales 3 %. Amounts in
the currency's minor units. Pure."""

from __future__ import annotations

from typing import Any


def default_plan(decimals: int) -> dict[str, Any]:
    """CONTRACT 4's file form; `decimals` of the brand's currency turn 2.00, 10.00 and 50.00 into
    minor units."""
    unit = 10**decimals
    return {
        "plan_code": "default",
        "name": {"zh": "默认激励方案", "en": "Default plan"},
        "valid_from": "2000-01-01",
        "valid_to": None,
        "assigned_to": {"all": True},
        "payer": {"dealer_bp": 10000, "hq_bp": 0},
        "components": [
            {
                "code": "add",
                "kind": "per_event",
                "metric": "valid_adds",
                "amount_minor": 2 * unit,
                "vests_after_days": 7,
                "caps": {"guide_day": 50},
            },
            {
                "code": "referral",
                "kind": "per_event",
                "metric": "converted_referrals",
                "amount_minor": 10 * unit,
                "min_order_minor": 50 * unit,
            },
            {
                "code": "sales",
                "kind": "rate",
                "basis": "net_sales",
                "per": "order",
                "tiers": {
                    "mode": "marginal",
                    "bound": "lower",
                    "bands": [{"up_to_minor": None, "rate_bp": 300}],
                },
                "freeze_days": 7,
            },
        ],
    }
