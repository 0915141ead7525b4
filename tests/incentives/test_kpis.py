"""KPIs: actuals, targets and attainment (C8, C18)."""

from __future__ import annotations

import pytest

import db
from incentives import kpis
from tests.incentives.world import at, rate_plan


def kpis_of(world, guide="G1", period="2025-06", when="07-30"):
    with db.read() as connection:
        return {
            row["metric"]: row
            for row in kpis.of_guide(connection, world.guides[guide], period, at(when))
        }


def targets(world, **wanted: str) -> None:
    world.network.load(
        "targets",
        *(
            {"period": "2025-06", "level": "guide", "code": "G1", "metric": metric, "target": value}
            for metric, value in wanted.items()
        ),
    )


def test_actuals_count_the_months_facts(world):
    for n in range(3):
        world.adds("06-03", "G1", f"friend{n}")
    world.event("contact.deleted_by_customer", "06-04", "G1", "friend0", None)
    world.event("referral.invited", "06-05", "G1", "invited")
    world.sells("A", "06-06", 10_000, customer="invited")
    world.sells("B", "06-07", 30_000, guide="G1", store="S3")  # performance across dealers (E7)
    world.refunds("B", "06-20", 5_000)
    world.event(
        "chat.day",
        "06-08",
        "G1",
        None,
        None,
        chats=5,
        messages=20,
        replies=18,
        avg_first_reply_min=3,
    )
    found = {metric: row["actual"] for metric, row in kpis_of(world).items()}
    assert found == {
        "adds": 3,
        "valid_adds": 2,
        "adds_lost_rate": 3_333,
        "referrals": 1,
        "converted_referrals": 1,
        "net_sales": 35_000,
        "orders": 2,
        "chats": 5,
        "reply_rate": 9_000,
        "avg_first_reply_min": 3,
    }


def test_a_refund_lowers_the_month_it_falls_in_b13(world):
    world.sells("A", "06-30", 10_000)
    world.refunds("A", "07-01", 4_000)
    assert (
        kpis_of(world)["net_sales"]["actual"],
        kpis_of(world, period="2025-07")["net_sales"]["actual"],
    ) == (10_000, -4_000)


def test_attainment_is_actual_over_target_and_the_other_way_round_for_inverse_metrics_c8(world):
    for n in range(3):
        world.adds("06-03", "G1", f"friend{n}")
    world.sells("A", "06-06", 6_200_000)
    world.event(
        "chat.day",
        "06-08",
        "G1",
        None,
        None,
        chats=5,
        messages=20,
        replies=18,
        avg_first_reply_min=5,
    )
    targets(
        world, adds="4", net_sales="50000", reply_rate="90", avg_first_reply_min="4", complaints="2"
    )
    found = kpis_of(world)
    assert {
        metric: found[metric]["attainment_bp"]
        for metric in ("adds", "net_sales", "reply_rate", "avg_first_reply_min", "complaints")
    } == {
        "adds": 7_500,
        "net_sales": 12_400,
        "reply_rate": 10_000,
        "avg_first_reply_min": 8_000,
        "complaints": None,
    }
    assert (found["complaints"]["target"], found["complaints"]["actual"]) == (2, None)


@pytest.mark.parametrize("target", ["0", None])
def test_a_zero_or_missing_target_has_no_attainment_c8(world, target):
    world.adds("06-03", "G1", "friend")
    if target is not None:
        targets(world, adds=target)
    assert kpis_of(world)["adds"]["attainment_bp"] is None


def test_an_event_that_two_plans_pay_counts_once(world):
    world.publishes(
        rate_plan(
            plan_code="campaign",
            components=[
                {"code": "gift", "kind": "per_event", "metric": "valid_adds", "amount_minor": 50}
            ],
        )
    )
    world.adds("06-03", "G1", "friend")
    assert world.earned("G1", "2025-06", "07-30") == 250
    assert kpis_of(world)["valid_adds"]["actual"] == 1


def test_a_valid_add_that_pays_nothing_is_valid(world):
    world.publishes(
        rate_plan(
            components=[
                {"code": "add", "kind": "per_event", "metric": "valid_adds", "amount_minor": 0}
            ]
        )
    )
    world.adds("06-03", "G1", "friend")
    assert kpis_of(world)["valid_adds"]["actual"] == 1
