"""Arithmetic of money (M24, D2, D5): one rounding, half up on the size; parts that sum to the
total; reversals that end at nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import basis_points, proportion, reversal, share

amounts = st.integers(-(10**15), 10**15)
positive = st.integers(0, 10**15)


@given(amounts, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_proportion_is_the_nearest_whole_and_a_half_goes_away_from_zero_m24(
    amount, numerator, denominator
):
    exact, got = (
        Fraction(amount * numerator, denominator),
        proportion(amount, numerator, denominator),
    )
    assert abs(got - exact) <= Fraction(1, 2)
    if abs(got - exact) == Fraction(1, 2):
        assert abs(got) > abs(exact)


@given(amounts, st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_sign_is_put_back_after_rounding_m24(amount, numerator, denominator):
    assert proportion(-amount, numerator, denominator) == -proportion(
        amount, numerator, denominator
    )


@pytest.mark.parametrize(
    "amount, bp, wanted",
    [
        (29_900, 500, 1_495),
        (29_900, 60, 179),
        (29_900, 300, 897),
        (1, 5_000, 1),
        (-1, 5_000, -1),
        (0, 9_999, 0),
    ],
)
def test_basis_points_of_e6_and_of_halves(amount, bp, wanted):
    assert basis_points(amount, bp) == wanted


@pytest.mark.parametrize("numerator, denominator", [(1, 0), (-1, 3), (1, -3)])
def test_what_is_no_proportion_is_refused(numerator, denominator):
    with pytest.raises(ValueError):
        proportion(1, numerator, denominator)


@given(positive, st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_shares_sum_to_the_total_and_lie_within_one_unit_of_their_part(total, weights):
    parts = share(total, weights)
    assert sum(parts) == total and min(parts) >= 0
    if sum(weights):
        assert all(
            abs(part - Fraction(total * weight, sum(weights))) < 1
            for part, weight in zip(parts, weights, strict=True)
        )


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_weight_of_nothing_takes_nothing_unless_all_are(total, weights):
    parts = share(total, weights)
    assert all(
        part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0
    ) or not any(weights)


@pytest.mark.parametrize("total, weights", [(1, []), (-1, [1]), (1, [1, -1])])
def test_what_cannot_be_shared_is_refused(total, weights):
    with pytest.raises(ValueError):
        share(total, weights)


@given(positive, st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_partial_reversals_sum_to_the_total_and_never_overshoot_d5(total, parts):
    base, done, back = sum(parts), 0, 0
    for part in parts:
        done += part
        step = reversal(total, base, done, back)
        back += step
        assert step >= 0 and back <= total
    assert back == total


def test_three_equal_parts_reverse_33_34_33_e6():
    back: list[int] = []
    for done in (1, 2, 3):
        back.append(reversal(100, 3, done, sum(back)))
    assert back == [33, 34, 33]


@pytest.mark.parametrize("done", [-1, 4])
def test_more_than_all_cannot_be_reversed_d5(done):
    with pytest.raises(ValueError):
        reversal(100, 3, done, 0)
