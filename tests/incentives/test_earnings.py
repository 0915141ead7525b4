"""A guide's money at once: the same lines as one by one, and what waits sums to what is pending,
closed months included (G1, M5, C6)."""

from __future__ import annotations

import pytest

import db
from incentives import booking, period_steps, rewards
from incentives.posting import due_months
from stores.base.actors import COMMAND_LINE
from tests.incentives.world import E4_BANDS, at, rate_plan


@pytest.fixture
def told(world):
    """Adds, tiers, an invitation, a refund after the month was closed."""
    world.publishes(
        rate_plan(
            E4_BANDS,
            per="period",
            components=[
                {"code": "add", "kind": "per_event", "metric": "valid_adds", "amount_minor": 200},
                {
                    "code": "referral",
                    "kind": "per_event",
                    "metric": "converted_referrals",
                    "amount_minor": 1_000,
                },
            ],
        )
    )
    world.adds("06-02", "G1", "anna")
    world.adds("06-28", "G1", "bert")
    world.event("referral.invited", "06-20", "G1", "carl", source=None)
    world.sells("A", "06-03", 3_000_000, customer="anna")
    world.sells("B", "06-28", 2_200_000, customer="carl")
    world.sells("C", "07-01", 100_000, customer="anna")
    world.books("07-02")
    return world


def money(world, period, when):
    world.books(when)
    with db.read() as connection:
        return rewards.earnings(connection, world.guides["G1"], period, at(when)), rewards.balance(
            connection, world.guides["G1"]
        )


@pytest.mark.parametrize("when", ["06-10", "06-28 13:00", "07-02", "07-10", "08-20"])
@pytest.mark.parametrize("period", ["2025-05", "2025-06", "2025-07"])
def test_everything_at_once_is_what_one_by_one_says(told, period, when):
    found, balance = money(told, period, when)
    assert found.balance == balance
    assert found.lines == told.lines("G1", period, when)
    assert found.current == told.lines("G1", f"2025-{when[:2]}", when)
    assert found.closed is None
    if (
        when[:2] != "06"
    ):  # what is booked is never taken back because somebody looks at an earlier moment
        assert sum(line["amount_minor"] for line in found.pending) == balance["pending_minor"]


def test_what_is_pending_of_a_closed_month_still_waits(told):
    told.refunds("A", "07-03", 300_000)
    for step in (period_steps.approve, period_steps.close):
        step("2025-06", actor=COMMAND_LINE, now=at("07-03 18:00"))
    told.refunds("B", "07-04", 200_000)
    for when in ("07-05", "07-06", "07-12", "08-20"):
        june, balance = money(told, "2025-06", when)
        july, _ = money(told, "2025-07", when)
        assert june.closed == at("07-03 18:00")
        assert june.lines == told.lines("G1", "2025-06", when) and july.lines == told.lines(
            "G1", "2025-07", when
        )
        assert [line["reason"] for line in july.lines].count(rewards.ADJUSTMENT) == 1
        assert sum(line["amount_minor"] for line in june.pending) == balance["pending_minor"]


def test_a_page_books_its_own_guide_and_leaves_the_rest_due(world):
    world.adds("06-02", "G1", "anna")
    world.adds("06-02", "G2", "bert")
    booking.book_due(at("06-03"), guides=[world.guides["G1"]])
    assert (world.balance("G1"), world.balance("G2")) == ((200, 0), (0, 0))
    assert not due_months.anything_due(
        at("06-03"), [world.guides["G1"]]
    ) and due_months.anything_due(at("06-03"))
    booking.book_due(at("06-03"))
    assert (world.balance("G1"), world.balance("G2")) == ((200, 0), (200, 0))
