"""Booking by plans: who pays, new versions, own plans, cumulative tiers, rates of goods (C4, C13, D5, E7)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

import db
from ledger.journals import transfer
from stores.orders.inputs import LineIn
from tests.incentives.world import rate_plan


def test_a_sale_across_dealers_is_performance_without_money_e7(world):
    world.sells("A", "06-01", 30_000, guide="G1", store="S3")
    world.books("06-30")
    assert world.balance("G1") == (0, 0)
    assert world.reasons("G1", "2025-06", "06-30") == [("cross_dealer", 0)]


def test_across_dealers_the_employer_pays_in_his_own_store_when_the_plan_says_so(world):
    world.publishes(rate_plan(cross_dealer=True))
    world.sells("A", "06-01", 30_000, guide="G1", store="S3")
    world.books("06-30")
    assert world.balance("G1") == (0, 900)
    assert (world.cost("D1"), world.cost("D2")) == (900, 0)
    stores = {r.store_id for r in world.network.rows(transfer) if r.kind == "reward"}
    assert stores == {world_store(world, "S1")}


def world_store(world, code):
    from stores.network.stores import store

    with db.read() as connection:
        return connection.execute(select(store.c.id).where(store.c.store_code == code)).scalar_one()


def test_headquarters_part_never_touches_the_dealers_earnings_c13(world):
    world.publishes(rate_plan(payer=(3_333, 6_667)))
    world.sells("A", "06-01", 10_100, 7_700)
    world.refunds("A", "06-02", 1_111)
    world.books("06-30")
    vested = world.balance("G1")[1]
    assert vested == sum(line["amount_minor"] for line in world.lines("G1", "2025-06", "06-30")) > 0
    assert world.cost("D1") == vested - round(vested * 0.6667)
    assert world.account("hq", "rewards") == -round(vested * 0.6667)
    world.refunds("A", "07-01", 10_100 + 7_700 - 1_111)
    world.books("07-02")
    assert (world.balance("G1"), world.cost("D1"), world.account("hq", "rewards")) == ((0, 0), 0, 0)


@pytest.mark.parametrize("hq_bp", [1, 3_333, 5_000, 9_999])
def test_many_small_refunds_leave_nothing_with_either_payer_d5(world, hq_bp):
    world.publishes(rate_plan(payer=(10_000 - hq_bp, hq_bp), freeze_without_receipt_days=0))
    world.sells("A", "06-01", 100)
    world.books("06-01 13:00")
    for n in range(10):
        world.refunds("A", f"06-{n + 2:02}", 10)
        world.books(f"06-{n + 2:02} 13:00")
    assert (
        world.balance("G1"),
        world.cost("D1"),
        world.account("hq", "rewards"),
        world.account("dealer:D1", "reward_provision"),
        world.account("hq", "reward_provision"),
    ) == ((0, 0), 0, 0, 0, 0)


def test_a_new_version_of_a_plan_changes_open_months(world):
    world.sells("A", "06-01", 10_000)
    world.books("06-30")
    world.publishes(rate_plan([(None, 500)]), "06-30")
    world.books("06-30")
    assert world.balance("G1") == (0, 500)


def test_a_component_of_an_own_plan_replaces_the_default_plans_of_the_same_code_c4(world):
    world.publishes(rate_plan([(None, 500)], plan_code="guides", assigned={"stores": ["S1"]}))
    world.sells("A", "06-01", 10_000)
    world.sells("B", "06-01", 10_000, guide="G2", store="S2")
    world.adds("06-01", "G1", "friend")
    world.books("06-30")
    assert (world.balance("G1"), world.balance("G2")) == ((0, 700), (0, 300))
    assert {line["component"] for line in world.lines("G1", "2025-06", "06-30")} == {
        "guides.sales",
        "add",
    }


def test_a_plan_for_a_branch_holds_for_its_subtree(world):
    world.network.load(
        "stores",
        {
            "store_code": "S1",
            "name": "S1",
            "dealer_code": "D1",
            "branch_code": "B2",
            "latitude": "31.2",
            "longitude": "121.4",
            "crs": "wgs84",
        },
    )
    world.publishes(rate_plan([(None, 1_000)], plan_code="east", assigned={"branches": ["B1"]}))
    world.sells("A", "06-01", 10_000)
    world.sells("B", "06-01", 10_000, guide="G2", store="S2")
    world.books("06-30")
    assert (world.balance("G1"), world.balance("G2")) == ((0, 1_000), (0, 300))


def test_a_refund_of_a_cumulative_plan_reaches_the_later_months(world):
    world.publishes(rate_plan([(100_000, 100), (None, 1_000)], per="cumulative"))
    world.sells("A", "05-01", 100_000, customer="one")
    world.sells("B", "06-01", 100_000, customer="two")
    world.books("07-30")
    assert world.balance("G1") == (0, 11_000)
    world.refunds("A", "07-30", 100_000)
    world.books("07-30 13:00")
    assert (
        world.balance("G1")
        == (0, 1_000)
        == (0, world.earned("G1", "2025-05", "07-31") + world.earned("G1", "2025-06", "07-31"))
    )


def test_rates_of_goods_stand_before_tiers_and_zero_is_a_rate_c4(world):
    world.publishes(rate_plan(rates={"sku": {"X": 0}, "category": {"tea": 1_000}}))
    world.sells_lines(
        "A",
        "06-01",
        LineIn(1, 1, 10_000, "X", "tea"),
        LineIn(2, 1, 10_000, "Y", "tea"),
        LineIn(3, 1, 10_000),
        LineIn(4, 1, 10_000, None, None, 2_000, 1_000),
        freight_minor=4_000,
    )
    world.books("06-30")
    assert world.reasons("G1", "2025-06", "06-30") == [
        ("rate_zero", 0),
        ("sale", 900),
        ("sale", 270),
        ("sale", 180),
    ]
