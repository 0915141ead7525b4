"""Months: a closed one is never rewritten; what changes later lands in the open month and names
where it belongs (B13, C6, M2, E4)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

import db
from incentives import adds, booking, period_steps
from incentives.periods import closed_line, incentive_period, incentive_restatement
from ledger.faults import Conflict, InvalidInput
from ledger.journals import transfer
from stores.base.actors import COMMAND_LINE
from stores.facts.customers import customer
from tests.incentives.world import E4_BANDS, at, rate_plan


def approve(period, when):
    return period_steps.approve(period, actor=COMMAND_LINE, now=at(when))


def close(world, period, when):
    approve(period, when)
    return period_steps.close(period, actor=COMMAND_LINE, now=at(when))


def books_agree(world, when, *periods):
    """The ledger is the sum of all sheets and lines, of each guide."""
    world.books(when)
    for guide in world.guides:
        lines = [line for period in periods for line in world.lines(guide, period, when)]
        assert sum(world.balance(guide)) == sum(line["amount_minor"] for line in lines), guide


def june(world) -> None:
    world.publishes(rate_plan(E4_BANDS, per="period", freeze_without_receipt_days=0))
    world.sells("A", "06-03", 3_000_000)
    world.sells("B", "06-20", 2_200_000)


def test_a_refund_after_closing_is_an_adjustment_of_the_open_month_e4(world):
    june(world)
    close(world, "2025-06", "07-02")
    assert world.earned("G1", "2025-06", "07-02") == 190_000
    world.refunds("B", "07-05", 300_000)
    books_agree(world, "07-06", "2025-06", "2025-07")
    assert world.earned("G1", "2025-06", "07-06") == 190_000
    [line] = world.lines("G1", "2025-07", "07-06")
    assert (
        line["amount_minor"],
        line["reason"],
        line["state"],
        line["trace"]["origin_period"],
    ) == (
        -14_000,
        "closed_period_adjustment",
        "vested",
        "2025-06",
    )
    assert world.cost("D1", "2025-06-01", "2025-06-30") == 190_000
    assert world.cost("D1", "2025-07-05", "2025-07-05") == -14_000


def test_a_refund_before_closing_stands_on_the_sheet_and_is_no_adjustment_b13(world):
    june(world)
    world.books("07-01")
    world.refunds("B", "07-05", 300_000)
    world.books("07-06")
    close(world, "2025-06", "07-08")
    assert world.earned("G1", "2025-06", "07-08") == 176_000
    assert world.lines("G1", "2025-07", "07-08") == []
    books_agree(world, "07-09", "2025-06", "2025-07")


def test_a_late_order_of_a_closed_month_lands_on_the_first_open_day_c6(world):
    june(world)
    close(world, "2025-06", "07-02")
    before = world.network.rows(closed_line)
    world.sells("L", "06-25", 100_000)
    world.sells("N", "07-03", 100_000)
    world.sells("M", "06-25", 100_000, guide="G2")  # nothing of June so far
    books_agree(world, "07-20", "2025-06", "2025-07")
    assert world.network.rows(closed_line) == before
    assert [
        (line["reason"], line["amount_minor"]) for line in world.lines("G1", "2025-07", "07-20")
    ] == [
        ("sale", 3_000),
        ("closed_period_adjustment", 5_000),
    ]
    assert {
        r.business_day
        for r in world.network.rows(transfer)
        if r.origin_period == "2025-06" and r.guide_id == world.guides["G2"]
    } == {dt.date(2025, 7, 1)}


def test_an_adjustment_is_pending_until_it_vests(world):
    world.sells("A", "06-20", 10_000)
    close(world, "2025-06", "07-02")
    world.sells("L", "06-25", 10_000)
    world.books("07-03")
    assert [line["state"] for line in world.lines("G1", "2025-07", "07-03")] == ["pending"]
    world.books("07-30")
    assert [line["state"] for line in world.lines("G1", "2025-07", "07-30")] == ["vested"]
    assert world.balance("G1") == (0, 600)


def test_adjustments_pass_over_months_that_are_closed_too(world):
    june(world)
    close(world, "2025-06", "07-02")
    world.refunds("B", "07-05", 300_000)
    close(world, "2025-07", "08-02")
    world.refunds("A", "08-03", 300_000)
    world.refunds("B", "07-20", 100_000)  # came late
    books_agree(world, "08-04", "2025-06", "2025-07", "2025-08")
    assert (world.earned("G1", "2025-06", "08-04"), world.earned("G1", "2025-07", "08-04")) == (
        190_000,
        -14_000,
    )
    [line] = world.lines("G1", "2025-08", "08-04")
    assert line["amount_minor"] == -16_000
    assert {r.origin_period for r in world.network.rows(closed_line) if r.period == "2025-07"} == {
        "2025-06"
    }


def test_vesting_goes_on_after_closing_e10(world):
    world.sells("A", "06-28", 5_000)
    world.state("A", "received", "07-02")
    close(world, "2025-06", "07-03")
    world.books("07-10")
    assert world.balance("G1") == (0, 150)
    assert [line["state"] for line in world.lines("G1", "2025-06", "07-10")] == [
        "pending"
    ]  # the sheet as it was
    assert world.network.count(incentive_restatement) == 0


def test_closing_needs_approval_and_the_month_to_be_over(world):
    world.sells("A", "06-28", 5_000)
    with pytest.raises(InvalidInput):
        close(world, "2025-06", "06-30 23:59")
    with pytest.raises(InvalidInput):
        approve("2025-08", "07-31 23:59")
    with pytest.raises(Conflict):
        period_steps.close("2025-05", actor=COMMAND_LINE, now=at("07-01"))
    assert close(world, "2025-06", "07-01 00:00").state == "closed"


def test_each_step_is_repeatable_and_says_what_changed(world):
    world.sells("A", "06-28", 5_000)
    assert (approve("2025-06", "07-01").changed, approve("2025-06", "07-01").changed) == (
        True,
        False,
    )
    first, second = close(world, "2025-06", "07-01"), close(world, "2025-06", "07-02")
    assert (first.changed, first.lines, first.guides, second.changed) == (True, 1, 1, False)
    assert not approve("2025-06", "07-03").changed
    assert period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-02")).journals == 0


def test_plans_published_after_closing_do_not_judge_the_month_again_m2(world):
    june(world)
    close(world, "2025-06", "07-02")
    world.sells("C", "07-03", 100_000)
    world.publishes(rate_plan([(None, 1_000)], freeze_without_receipt_days=0), "07-04")
    period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-05"))
    books_agree(world, "07-05", "2025-06", "2025-07")
    assert (world.earned("G1", "2025-06", "07-05"), world.earned("G1", "2025-07", "07-05")) == (
        190_000,
        10_000,
    )


def test_a_plan_cannot_begin_in_a_closed_month(world):
    close(world, "2025-06", "07-02")
    with pytest.raises(InvalidInput):
        world.publishes({**rate_plan(), "valid_from": "2025-06-15"})
    assert world.publishes({**rate_plan(), "valid_from": "2025-07-01"}) == 2


def test_a_code_that_judges_differently_pays_no_closed_month_again_m2(world, monkeypatch):
    world.adds("06-03", "G1", "one")
    world.adds("06-04", "G1", "two")
    world.adds("06-04", "G2", "three")
    close(world, "2025-06", "07-02")
    before = world.network.count(transfer)
    with monkeypatch.context() as patch:
        patch.setattr(adds, "_why_not", lambda *a: "not_first" if a[2].event_id == "e0001" else "")
        done = period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-05"))
        assert (done.refused, done.journals) == (1, 0)
        period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-06"))
    assert world.network.count(transfer) == before
    [row] = world.network.rows(incentive_restatement)
    assert (row.period, row.guide_id, row.expected_hash != row.found_hash) == (
        "2025-06",
        world.guides["G1"],
        True,
    )
    assert period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-07")).refused == 0


def test_a_fact_rewritten_behind_our_back_pays_no_closed_month_again_m2(world):
    june(world)
    close(world, "2025-06", "07-02")
    with db.transaction() as connection:
        connection.execute(update(customer).values(employee=True))
    assert period_steps.calculate("2025-06", actor=COMMAND_LINE, now=at("07-05")).refused == 1
    assert world.balance("G1") == (0, 190_000)


def test_a_guide_moved_backwards_in_time_does_not_hold_up_refunds_of_closed_months(world):
    """The network of the closing is an input of its own: a later correction of it is no change of
    history."""
    world.adds("06-03", "G1", "friend")
    world.sells("A", "06-20", 10_000)
    close(world, "2025-06", "07-02")
    world.network.load(
        "guides", {"guide_code": "G1", "name": "G1", "store_code": "S2", "hired_on": "2025-06-01"}
    )
    world.refunds("A", "07-05", 10_000)
    world.books("07-06")
    assert world.network.count(incentive_restatement) == 0
    assert world.balance("G1") == (0, 200)


def test_what_is_sealed_is_what_the_hash_says(world):
    world.sells("A", "06-03", 10_000)
    world.adds("06-05", "G2", "friend")
    world.event("referral.invited", "05-20", "G4", "invited")
    world.sells("R", "06-20", 10_000, guide=None, customer="invited")
    close(world, "2025-06", "07-02")
    from incentives.restatements import digest

    [row] = [r for r in world.network.rows(incentive_period, "period") if r.period == "2025-06"]
    bodies = [r.body for r in world.network.rows(closed_line)]
    assert row.hash == digest(bodies)
    assert {r.guide_id for r in world.network.rows(closed_line)} == {
        world.guides[g] for g in ("G1", "G2", "G4")
    }
    world.refunds("R", "07-20", 10_000)
    books_agree(world, "07-20", "2025-06", "2025-07")
    assert world.network.count(incentive_restatement) == 0


def test_a_line_of_the_longest_codes_can_be_kept(world):
    world.publishes(
        rate_plan(
            plan_code="p" * 40,
            components=[
                {"code": "c" * 20, "kind": "per_event", "metric": "valid_adds", "amount_minor": 1}
            ],
        )
    )
    world.adds("06-03", "G1", "friend", event_id="e" * 128)
    assert close(world, "2025-06", "07-02").lines == 2


def test_facts_that_come_while_a_month_is_closed_are_booked_once(world, monkeypatch):
    june(world)
    kept = period_steps._keep

    def meanwhile(connection: Any, *rest: Any) -> Any:
        world.sells(
            "L", "06-25", 100_000
        )  # joins the closing transaction: committed with it, known to nobody before
        return kept(connection, *rest)

    approve("2025-06", "07-02")
    with monkeypatch.context() as patch:
        patch.setattr(period_steps, "_keep", meanwhile)
        period_steps.close("2025-06", actor=COMMAND_LINE, now=at("07-02"))
    books_agree(world, "07-05", "2025-06", "2025-07")
    assert (world.earned("G1", "2025-06", "07-05"), world.earned("G1", "2025-07", "07-05")) == (
        190_000,
        5_000,
    )
    assert booking.Booked() == world.books("07-05")
    with db.read() as connection:
        assert connection.execute(select(incentive_restatement)).first() is None
