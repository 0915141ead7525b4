"""Plans in their file form (CONTRACT 4): read in full, and every wrong key named by its path."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from incentives.default_plan import default_plan
from incentives.plan import PerEvent, Rate
from incentives.plan_form import parse
from incentives.tiers import Band, Tiers
from ledger.faults import InvalidInput

SALES = {
    "code": "sales",
    "kind": "rate",
    "basis": "net_sales",
    "per": "period",
    "tiers": {
        "mode": "retroactive",
        "bound": "upper",
        "bands": [
            {"up_to_minor": 2_000_000, "rate_bp": 300, "amount_minor": 5},
            {"up_to_minor": None, "amount_minor": 7},
        ],
    },
    "rates": {"sku": {"A": 500}, "category": {"tea": 0}},
    "freeze_days": 3,
    "freeze_without_receipt_days": 9,
    "auto_receipt_days": {"express": 1},
    "caps": {"order_minor": 10, "guide_month_minor": 20},
    "cross_dealer": True,
    "deduct_subsidy": False,
    "deduct_tax": False,
}
ADD = {
    "code": "add",
    "kind": "per_event",
    "metric": "valid_adds",
    "amount_minor": 200,
    "vests_after_days": 5,
    "caps": {"guide_day": 50},
    "sources": ["qr"],
    "first_again_days": 60,
}
REFERRAL = {
    "code": "referral",
    "kind": "per_event",
    "metric": "converted_referrals",
    "amount_minor": 1_000,
    "min_order_minor": 5_000,
    "invite_days": 20,
}
PLAN = {
    "plan_code": "guides",
    "name": {"zh": "导购", "en": "Guides"},
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "assigned_to": {"stores": ["S1"], "guides": ["G1", "G2"]},
    "payer": {"dealer_bp": 6_000, "hq_bp": 4_000},
    "components": [ADD, REFERRAL, SALES],
    "note": "why",
}


def test_a_plan_is_read_in_full():
    plan = parse(PLAN)
    assert (plan.plan_code, plan.valid_from, plan.valid_to, plan.dealer_bp, plan.hq_bp) == (
        "guides",
        dt.date(2026, 1, 1),
        dt.date(2026, 12, 31),
        6_000,
        4_000,
    )
    assert plan.assigned == {"stores": frozenset({"S1"}), "guides": frozenset({"G1", "G2"})}
    add, referral, sales = plan.components
    assert isinstance(add, PerEvent) and (
        add.amount_minor,
        add.vests_after_days,
        add.guide_day_cap,
        add.sources,
        add.first_again_days,
    ) == (
        200,
        5,
        50,
        ("qr",),
        60,
    )
    assert isinstance(referral, PerEvent) and (
        referral.metric,
        referral.min_order_minor,
        referral.invite_days,
    ) == ("converted_referrals", 5_000, 20)
    assert sales == Rate(
        "sales",
        "period",
        Tiers("retroactive", "upper", (Band(2_000_000, 300, 5), Band(None, 0, 7))),
        {"A": 500},
        {"tea": 0},
        3,
        9,
        {"express": 1, "pickup": 2, "local": 2},
        10,
        20,
        True,
        False,
        False,
    )


def test_absent_keys_have_the_domains_defaults():
    plan = parse(
        {
            "plan_code": "p",
            "valid_from": "2026-01-01",
            "components": [
                {"code": "a", "kind": "per_event", "metric": "valid_adds", "amount_minor": 1},
                {
                    "code": "s",
                    "kind": "rate",
                    "tiers": {"bands": [{"up_to_minor": None, "rate_bp": 300}]},
                },
            ],
        }
    )
    assert (plan.valid_to, plan.assigned, plan.dealer_bp, plan.hq_bp) == (None, None, 10_000, 0)
    assert plan.components[0] == PerEvent(
        "a",
        "valid_adds",
        1,
        7,
        50,
        0,
        30,
        7,
        15,
        {"express": 10, "pickup": 2, "local": 2},
        ("qr", "link", "card"),
        90,
    )
    assert plan.components[1] == Rate("s", "period", Tiers("marginal", "lower", (Band(None, 300),)))


def test_days_are_inclusive():
    plan = parse(PLAN)
    assert [plan.holds(dt.date(2026, 1, 1) + dt.timedelta(days=d)) for d in (-1, 0, 364, 365)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "decimals, amounts", [(2, (200, 1_000, 5_000)), (0, (2, 10, 50)), (3, (2_000, 10_000, 50_000))]
)
def test_the_first_plan_is_in_the_currencys_minor_units(decimals, amounts):
    add, referral, sales = parse(default_plan(decimals)).components
    assert isinstance(add, PerEvent) and isinstance(referral, PerEvent) and isinstance(sales, Rate)
    assert (add.amount_minor, referral.amount_minor, referral.min_order_minor) == amounts
    assert (sales.per, sales.tiers.total(10_000)) == ("order", 300)


NOTHING = object()
BAD: list[tuple[str, Any, str]] = [
    ("plan_code", NOTHING, "plan_code"),
    ("plan_code", "", "plan_code"),
    ("plan_code", 7, "plan_code"),
    ("plan_code", "a/b", "plan_code"),
    ("plan_code", "x" * 41, "plan_code"),
    ("plan_code", "a\0", "plan_code"),
    ("name", "Guides", "name"),
    ("name", {"fr": "Guides"}, "name"),
    ("name", {"en": "a\nb"}, "name"),
    ("name", {"en": "\ud800"}, "name"),
    ("valid_from", NOTHING, "valid_from"),
    ("valid_from", "2026-1-1", "valid_from"),
    ("valid_from", "2026-02-30", "valid_from"),
    ("valid_from", "2026-W01-1", "valid_from"),
    ("valid_from", 20260101, "valid_from"),
    ("valid_to", "2025-12-31", "valid_to"),
    ("valid_to", "never", "valid_to"),
    ("extra", 1, "extra"),
    ("assigned_to", {}, "assigned_to"),
    ("assigned_to", {"all": False}, "assigned_to"),
    ("assigned_to", {"teams": ["T"]}, "assigned_to"),
    ("assigned_to", ["S1"], "assigned_to"),
    ("assigned_to", {"stores": []}, "assigned_to.stores"),
    ("assigned_to", {"stores": "S1"}, "assigned_to.stores"),
    ("assigned_to", {"stores": ["a\0"]}, "assigned_to.stores"),
    ("payer", {"dealer_bp": 5_000}, "payer"),
    ("payer", {"dealer_bp": 10_001, "hq_bp": 0}, "payer.dealer_bp"),
    ("payer", {"dealer_bp": 1.5, "hq_bp": 0}, "payer.dealer_bp"),
    ("payer", {"dealer_bp": True, "hq_bp": 9_999}, "payer.dealer_bp"),
    ("payer", {"store_bp": 1}, "payer.store_bp"),
    ("payer", [], "payer"),
    ("budget_minor", 100, "budget_minor"),
    ("components", [], "components"),
    ("components", NOTHING, "components"),
    ("components", {}, "components"),
    ("components.0", "add", "components.0"),
    ("components.0.code", NOTHING, "components.0.code"),
    ("components.0.code", "a.b", "components.0.code"),
    ("components.0.code", "a:b", "components.0.code"),
    ("components.0.code", "a\0", "components.0.code"),
    ("components.0.code", "sales", "components"),
    ("components.0.kind", "bonus", "components.0.kind"),
    ("components.0.kind", "override", "components.0.kind"),
    ("components.0.kind", "scorecard", "components.0.kind"),
    ("components.0.kind", ["rate"], "components.0.kind"),
    ("components.0.metric", NOTHING, "components.0.metric"),
    ("components.0.metric", "chats", "components.0.metric"),
    ("components.0.metric", ["valid_adds"], "components.0.metric"),
    ("components.0.amount_minor", NOTHING, "components.0.amount_minor"),
    ("components.0.amount_minor", -1, "components.0.amount_minor"),
    ("components.0.amount_minor", 1.0, "components.0.amount_minor"),
    ("components.0.amount_minor", 10**11 + 1, "components.0.amount_minor"),
    ("components.0.amount_minor", "200", "components.0.amount_minor"),
    ("components.0.vests_after_days", -1, "components.0.vests_after_days"),
    ("components.0.caps", {"guide_week": 1}, "components.0.caps.guide_week"),
    ("components.0.caps", [], "components.0.caps"),
    ("components.0.caps", {"guide_day": "50"}, "components.0.caps"),
    ("components.0.sources", "qr", "components.0.sources"),
    ("components.0.tiers", {}, "components.0.tiers"),
    ("components.2.basis", "gross", "components.2.basis"),
    ("components.2.per", "week", "components.2.per"),
    ("components.2.tiers", NOTHING, "components.2.tiers"),
    ("components.2.tiers.bands", [], "components.2.tiers"),
    ("components.2.tiers.mode", "linear", "components.2.tiers.mode"),
    ("components.2.tiers.bound", "both", "components.2.tiers.bound"),
    ("components.2.tiers.step", 1, "components.2.tiers.step"),
    ("components.2.tiers.bands.0", 300, "components.2.tiers.bands.0"),
    ("components.2.tiers.bands.0", {"up_to_minor": 5}, "components.2.tiers.bands.0"),
    ("components.2.tiers.bands.0.rate_bp", 10_001, "components.2.tiers.bands.0.rate_bp"),
    ("components.2.tiers.bands.0.percent", 3, "components.2.tiers.bands.0.percent"),
    ("components.2.tiers.bands.0.up_to_minor", None, "components.2.tiers.bands"),
    ("components.2.tiers.bands.1.up_to_minor", 1, "components.2.tiers.bands"),
    ("components.2.tiers.bands.1.up_to_minor", 2_000_000, "components.2.tiers.bands"),
    ("components.2.rates", [], "components.2.rates"),
    ("components.2.rates.brand", {"X": 1}, "components.2.rates.brand"),
    ("components.2.rates.sku", {"A": 10_001}, "components.2.rates.sku"),
    ("components.2.rates.sku", [], "components.2.rates.sku"),
    ("components.2.rates.category", {"tea": True}, "components.2.rates.category"),
    ("components.2.auto_receipt_days", {"express": -1}, "components.2.auto_receipt_days"),
    ("components.2.freeze_days", 3_651, "components.2.freeze_days"),
    ("components.2.caps", {"day_minor": 1}, "components.2.caps.day_minor"),
    ("components.2.floor_minor", 100, "components.2.floor_minor"),
    ("components.2.gate", {"metric": "adds", "at_least": 10}, "components.2.gate"),
    ("components.2.cross_dealer", 1, "components.2.cross_dealer"),
    ("components.2.deduct_tax", "yes", "components.2.deduct_tax"),
]


def with_one_change(path: str, value: Any) -> dict[str, Any]:
    body: Any = copy.deepcopy(PLAN)
    *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
    at = body
    for part in way:
        at = at[part]
    if value is NOTHING:
        del at[last]
    else:
        at[last] = value
    return body


@pytest.mark.parametrize(
    "path, value, named",
    BAD,
    ids=[
        f"{path}={value!r:.30}" if value is not NOTHING else f"no {path}" for path, value, _ in BAD
    ],
)
def test_a_wrong_key_is_named_by_its_path(path, value, named):
    with pytest.raises(InvalidInput) as refused:
        parse(with_one_change(path, value))
    assert named in [fault.field for fault in refused.value.errors]


@pytest.mark.parametrize("body", [None, [], "plan", 7])
def test_a_plan_is_an_object(body):
    with pytest.raises(InvalidInput):
        parse(body)


def test_all_faults_are_told_at_once():
    with pytest.raises(InvalidInput) as refused:
        parse(
            {
                "plan_code": "",
                "valid_from": "x",
                "payer": [],
                "components": [
                    {"code": "a", "kind": "per_event", "metric": "no", "amount_minor": -1}
                ],
                "zzz": 1,
            }
        )
    assert {f.field for f in refused.value.errors} == {
        "plan_code",
        "valid_from",
        "payer",
        "components.0.metric",
        "components.0.amount_minor",
        "zzz",
    }


@pytest.mark.parametrize(
    "path, value",
    [
        ("components.0.kind", "override"),
        ("components.0.kind", "scorecard"),
        ("budget_minor", 1),
        ("components.2.gate", {}),
        ("components.2.floor_minor", 0),
    ],
)
def test_what_is_not_calculated_yet_is_refused_in_clear_words(path, value):
    with pytest.raises(InvalidInput, match="not calculated by this version; leave"):
        parse(with_one_change(path, value))
