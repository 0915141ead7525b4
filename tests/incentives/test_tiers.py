"""Tiers: T(sum) rounds once, a bound belongs to the band the plan says, lines always sum to the
total (C5, M24, E4)."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.tiers import Band, Tiers, flat, under

C5 = (Band(2_000_000, 300), Band(5_000_000, 400), Band(None, 500))


@pytest.mark.parametrize(
    "mode, net, expected",
    [
        ("marginal", 6_200_000, 240_000),
        ("retroactive", 6_200_000, 310_000),
        ("marginal", 5_200_000, 190_000),
        ("marginal", 4_900_000, 176_000),
        ("marginal", 0, 0),
        ("retroactive", 0, 0),
        ("marginal", 1, 0),
        ("marginal", 17, 1),
        ("marginal", 2_000_000, 60_000),
        ("marginal", 2_000_050, 60_002),
    ],
)
def test_the_worked_example_e4(mode, net, expected):
    assert Tiers(mode, "lower", C5).total(net) == expected


@pytest.mark.parametrize(
    "bound, net, band",
    [
        ("lower", 1_999_999, 0),
        ("lower", 2_000_000, 0),
        ("lower", 2_000_001, 1),
        ("lower", 5_000_000, 1),
        ("upper", 1_999_999, 0),
        ("upper", 2_000_000, 1),
        ("upper", 5_000_000, 2),
    ],
)
def test_a_sum_on_a_bound_belongs_to_the_band_that_the_plan_says_c5(bound, net, band):
    assert Tiers("retroactive", bound, C5).reached(net) == band


@pytest.mark.parametrize("bound, expected", [("lower", 60_000), ("upper", 80_000)])
def test_the_bound_decides_money_when_the_reached_rate_counts_for_all(bound, expected):
    assert Tiers("retroactive", bound, C5).total(2_000_000) == expected


@pytest.mark.parametrize(
    "mode, bound, net, expected",
    [
        ("marginal", "lower", 1, 100),
        ("marginal", "lower", 1_000, 100),
        ("marginal", "lower", 1_001, 350),
        ("marginal", "upper", 1_000, 350),
        ("retroactive", "lower", 1_000, 100),
        ("retroactive", "lower", 1_001, 250),
        ("retroactive", "upper", 1_000, 250),
        ("marginal", "lower", 0, 0),
    ],
)
def test_fixed_amounts_are_paid_for_bands_entered_or_for_the_band_reached(
    mode, bound, net, expected
):
    assert Tiers(mode, bound, (Band(1_000, 0, 100), Band(None, 0, 250))).total(net) == expected


bands = st.lists(st.integers(1, 10**7), min_size=0, max_size=4, unique=True).flatmap(
    lambda tops: st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 5_000)),
        min_size=len(tops) + 1,
        max_size=len(tops) + 1,
    ).map(
        lambda pays: tuple(
            Band(top, rate, amount)
            for top, (rate, amount) in zip([*sorted(tops), None], pays, strict=True)
        )
    )
)
tiers = st.builds(
    Tiers, st.sampled_from(["marginal", "retroactive"]), st.sampled_from(["lower", "upper"]), bands
)


@given(tiers, st.lists(st.integers(0, 10**6), max_size=30))
def test_lines_sum_to_the_total_whatever_they_are_m24(given_tiers, amounts):
    sums = [sum(amounts[:n]) for n in range(len(amounts) + 1)]
    lines = [
        given_tiers.total(after) - given_tiers.total(before)
        for before, after in itertools.pairwise(sums)
    ]
    assert sum(lines) == given_tiers.total(sum(amounts))


@given(bands, st.integers(0, 10**8))
def test_marginal_totals_round_once_half_up_m24(some, net):
    exact, below = Fraction(0), 0
    for band in some:
        top = net if band.up_to_minor is None else min(net, band.up_to_minor)
        exact += Fraction(max(0, top - below) * band.rate_bp, 10_000)
        below = max(below, top)
    fixed = sum(
        b.amount_minor
        for n, b in enumerate(some)
        if net > 0 and (n == 0 or net > (some[n - 1].up_to_minor or 0))
    )
    assert Tiers("marginal", "lower", some).total(net) == int(exact + Fraction(1, 2)) + fixed


@given(st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=20))
def test_a_cap_is_filled_in_order_and_never_passed_m6(cap, amounts):
    paid, so_far = [], 0
    for amount in amounts:
        paid.append(under(cap, so_far, amount))
        so_far += amount
    assert sum(paid) == min(cap, sum(amounts))
    assert all(0 <= p <= a for p, a in zip(paid, amounts, strict=True))


def test_no_cap_leaves_everything_and_a_flat_rate_is_one_band():
    assert under(None, 10**9, 5) == 5
    assert [flat(300).total(n) for n in (0, 16, 17, 10_000)] == [0, 0, 1, 300]
