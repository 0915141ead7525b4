"""Random histories, late and disordered, booked at random times: the ledger always is what the
lines say, and repetition changes nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import random

import pytest
from sqlalchemy import select

import db
from incentives import booking, period_steps
from incentives.periods import incentive_restatement
from ledger.faults import Fault
from ledger.journals import transfer
from stores.base.actors import COMMAND_LINE
from tests.incentives.world import E4_BANDS, World, rate_plan

PLANS = {
    "default": None,
    "tiers of the month": rate_plan(
        E4_BANDS,
        per="period",
        caps={"order_minor": 40_000, "guide_month_minor": 150_000},
        components=[
            {
                "code": "add",
                "kind": "per_event",
                "metric": "valid_adds",
                "amount_minor": 200,
                "caps": {"guide_day": 2},
            },
            {
                "code": "referral",
                "kind": "per_event",
                "metric": "converted_referrals",
                "amount_minor": 1_000,
                "min_order_minor": 5_000,
            },
        ],
    ),
    "everything reached, two payers": rate_plan(
        E4_BANDS, per="period", mode="retroactive", payer=(6_667, 3_333)
    ),
    "since the beginning": rate_plan(E4_BANDS, per="cumulative", payer=(5_000, 5_000)),
}
PERIODS = ["2025-05", "2025-06", "2025-07", "2025-08"]


class History:
    """One action after the other; the clock only goes forward, what happens is dated anywhere in
    the ten days before."""

    def __init__(self, world: World, seed: int):
        self.world, self.random, self.clock = world, random.Random(seed), dt.date(2025, 5, 5)
        self.orders: dict[str, tuple[int, dt.date]] = {}

    def now(self) -> str:
        return f"{self.clock} 23:00"

    def day(self, first: dt.date | None = None) -> dt.date:
        first = max(
            first or dt.date(2025, 5, 1), self.clock - dt.timedelta(days=10), dt.date(2025, 5, 1)
        )
        return first + dt.timedelta(days=self.random.randint(0, (self.clock - first).days))

    def step(self) -> None:
        self.clock += dt.timedelta(days=self.random.choice((0, 0, 1, 2)))
        self.random.choice(
            (
                self.sell,
                self.sell,
                self.refund,
                self.state,
                self.add,
                self.add,
                self.lose,
                self.invite,
                self.book,
            )
        )()

    def who(self) -> tuple[str, str]:
        return self.random.choice(("G1", "G2", "G3", "G4")), f"c{self.random.randint(1, 8)}"

    def sell(self) -> None:
        guide, customer = self.who()
        number, amount, day = (
            f"O{len(self.orders)}",
            self.random.choice((1, 99, 5_000, 33_333, 1_999_999, 2_000_000)),
            self.day(),
        )
        self.world.sells(
            number,
            f"{day} 12:00",
            amount,
            777,
            guide=guide,
            customer=customer,
            store=self.random.choice(("S1", "S1", "S2", "S3")),
        )
        self.orders[number] = (amount, day)

    def refund(self) -> None:
        if self.orders:
            number, (amount, day) = self.random.choice(sorted(self.orders.items()))
            self.tolerated(
                lambda: self.world.refunds(
                    number,
                    f"{self.day(day)} 13:00",
                    self.random.choice((1, amount // 3 or 1, amount)),
                    1,
                )
            )

    def state(self) -> None:
        if self.orders:
            number, (_, day) = self.random.choice(sorted(self.orders.items()))
            self.tolerated(
                lambda: self.world.state(
                    number, self.random.choice(("shipped", "received")), f"{self.day(day)} 14:00"
                )
            )

    def add(self) -> None:
        self.world.adds(f"{self.day()} 1{self.random.randint(0, 9)}:00", *self.who())

    def lose(self) -> None:
        self.world.event(
            "contact.deleted_by_customer", f"{self.day()} 15:00", *self.who(), source=None
        )

    def invite(self) -> None:
        self.world.event("referral.invited", f"{self.day()} 09:00", *self.who())

    def book(self) -> None:
        self.world.books(self.now())

    def tolerated(self, deed) -> None:  # type: ignore[no-untyped-def]
        with contextlib.suppress(Fault):
            deed()

    def close(self, period: str) -> None:
        from tests.incentives.world import at

        period_steps.approve(period, actor=COMMAND_LINE, now=at(self.now()))
        period_steps.close(period, actor=COMMAND_LINE, now=at(self.now()))


def agree(history: History) -> None:
    world, when = history.world, history.now()
    world.books(when)
    assert world.books(when) == booking.Booked()
    with db.read() as connection:
        rows = connection.execute(select(transfer)).all()
        assert connection.execute(select(incentive_restatement)).first() is None
    assert all(r.amount_minor > 0 for r in rows)
    vested_by_dealer, closed = {"D1": 0, "D2": 0}, False
    for guide in world.guides:
        lines = [line for period in PERIODS for line in world.lines(guide, period, when)]
        assert sum(world.balance(guide)) == sum(line["amount_minor"] for line in lines), guide
        closed = closed or any(line["reason"] == "closed_period_adjustment" for line in lines)
    by_id = {v: k for k, v in world.dealers.items()}
    for r in rows:
        if r.kind in ("reward_vest", "reward_vest_return") and r.dealer_id is not None:
            vested_by_dealer[by_id[r.dealer_id]] += r.amount_minor * (
                1 if r.kind == "reward_vest" else -1
            )
    for code, vested in vested_by_dealer.items():
        assert world.cost(code) == vested


def states_agree(history: History) -> None:
    """While no month is closed, each state's balance is the sum of its lines (M25)."""
    world, when = history.world, history.now()
    for guide in world.guides:
        lines = [line for period in PERIODS for line in world.lines(guide, period, when)]
        assert world.balance(guide) == tuple(
            sum(line["amount_minor"] for line in lines if line["state"] == state)
            for state in ("pending", "vested")
        ), guide


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("seed", range(2))
def test_the_ledger_is_what_the_lines_say(world, plan, seed):
    history = History(world, seed * 100 + list(PLANS).index(plan))
    if PLANS[plan]:
        world.publishes(PLANS[plan])
    for _ in range(3):
        for _ in range(12):
            history.step()
        agree(history)
        states_agree(history)
    world.publishes(rate_plan([(None, 700)]), history.now())
    agree(history)
    states_agree(history)
    while history.clock < dt.date(2025, 6, 2):
        history.clock += dt.timedelta(days=5)
    history.close("2025-05")
    for _ in range(12):
        history.step()
    agree(history)
    if history.clock > dt.date(2025, 6, 30):
        history.close("2025-06")
        history.step()
        agree(history)
