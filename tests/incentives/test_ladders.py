"""The next band is what calculation makes of it (C5, G3), and ranks are fair."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.ladders import above, ladders
from incentives.ranking import ranked, standing
from incentives.tiers import Band, Tiers
from tests.incentives.cast import HERE, facts, judged, order, version
from tests.incentives.world import E4_BANDS, at, rate_plan

TODAY = dt.date(2025, 6, 30)
NOW = at("06-30 20:00")


def total(*orders, **plan):
    result = judged(facts(orders=orders), rate_plan(E4_BANDS, per="period", **plan), as_of=NOW)
    return sum(line.amount_minor for line in result.lines)


def ladder(*orders, bands=E4_BANDS, per="period", **plan):
    return ladders(
        facts(orders=orders), [version(rate_plan(bands, per=per, **plan))], HERE, TODAY, NOW
    )[0]


def test_e4_a_month_of_49000_lacks_one_thousand_and_a_fen_to_5_percent():
    found = ladder(order(1, "06-01", 4_900_000))
    assert (found.sum_minor, found.earned_minor, found.at) == (4_900_000, 176_000, 1)
    assert (found.next.missing_minor, found.next.gain_minor, found.next.band.rate_bp) == (
        100_001,
        4_000,
        500,
    )


@given(
    sums=st.lists(st.integers(1, 3_000_000), min_size=1, max_size=4),
    mode=st.sampled_from(["marginal", "retroactive"]),
    cap=st.one_of(st.none(), st.integers(0, 300_000)),
)
def test_selling_what_is_missing_reaches_the_band_and_pays_what_was_said_g3(sums, mode, cap):
    plan = {"mode": mode} | ({"caps": {"guide_month_minor": cap}} if cap is not None else {})
    sold = [order(n, f"06-{n:02}", amount) for n, amount in enumerate(sums, 1)]
    found = ladder(*sold, **plan)
    before = total(*sold, **plan)
    assert found.earned_minor == before
    if found.next is None:
        assert found.sum_minor > 5_000_000
        return
    more = order(99, "06-29", found.next.missing_minor)
    assert total(*sold, more, **plan) - before == found.next.gain_minor
    assert ladder(*sold, more, **plan).at == found.at + 1
    if found.next.missing_minor > 1:
        assert (
            ladder(*sold, order(99, "06-29", found.next.missing_minor - 1), **plan).at == found.at
        )


@pytest.mark.parametrize(("bound", "missing"), [("lower", 1), ("upper", 100)])
def test_a_bound_belongs_to_the_band_the_plan_says_c5(bound, missing):
    tiers = Tiers("marginal", bound, (Band(100, 100), Band(200, 200), Band(None, 300)))
    assert above(tiers, 100) == (missing, 1 if bound == "lower" else 2)
    assert above(tiers, 0) == (101 if bound == "lower" else 100, 1)
    assert above(tiers, 10_000) is None


def test_orders_that_earn_no_commission_do_not_count_for_the_tiers():
    foreign, own = order(1, "06-01", 1_900_000, dealer_id=200), order(2, "06-02", 50_000)
    assert ladder(foreign, own).sum_minor == 50_000


def test_orders_judged_alone_have_no_next_band():
    found = ladder(order(1, "06-01", 4_900_000), per="order")
    assert found.next is None and found.earned_minor == 176_000


def test_tiers_since_the_plans_beginning_count_earlier_months():
    found = ladders(
        facts(orders=[order(2, "06-02", 100_000)], earlier=[order(1, "05-02", 1_900_000)]),
        [version(rate_plan(E4_BANDS, per="cumulative"))],
        HERE,
        TODAY,
        NOW,
    )[0]
    assert (found.sum_minor, found.next.missing_minor) == (2_000_000, 1)


def test_equals_share_a_rank_and_the_next_is_left_out():
    table = ranked({1: 10, 2: 30, 3: 30, 4: 5}, [1, 2, 3, 4])
    assert [(place.rank, place.key, place.gap) for place in table] == [
        (1, 2, 0),
        (1, 3, 0),
        (3, 1, 20),
        (4, 4, 5),
    ]


def test_the_neighbours_are_told_by_their_distance():
    found = standing({1: 10, 2: 30, 3: 30, 4: 5}, [1, 2, 3, 4], 1)
    assert (found.rank, found.of, found.above, found.below) == (3, 4, (3, 1, 20), (4, 4, 5))
    assert standing({1: 0}, [1], 1).above is None
    assert standing({1: 0}, [1], 2) is None
