"""Charts as values (PORTALS 1)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui import charts


def test_a_funnel_says_what_share_went_on_and_how_many_did_not():
    steps = charts.funnel(
        [("visits", 200, "/v"), ("located", 150, None), ("orders", 30, None), ("first", 0, None)]
    )
    assert [(s.width, s.part_bp, s.lost) for s in steps] == [
        (100, None, 0),
        (75, 7500, 50),
        (15, 2000, 120),
        (0, 0, 30),
    ]


def test_a_funnel_of_nothing_divides_by_nothing():
    assert [s.part_bp for s in charts.funnel([("a", 0, None), ("b", 0, None)])] == [None, None]
    assert charts.funnel([]) == charts.bars([]) == []


def test_bars_are_parts_of_their_sum():
    assert [
        (b.width, b.part_bp)
        for b in charts.bars([("a", 60, None), ("b", 30, None), ("c", 10, None)])
    ] == [(100, 6000), (50, 3000), (17, 1000)]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 0], [0, 1]),
        ([1, 3], [0, 1, 2, 3]),
        ([19], [0, 5, 10, 15, 20]),
        ([123_456], [0, 50_000, 100_000, 150_000]),
        ([-30, 120], [-50, 0, 50, 100, 150]),
        ([-7], [-8, -6, -4, -2, 0]),
    ],
)
def test_a_scale_is_a_few_round_values(values, ticks):
    assert charts.scale(values) == ticks


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40))
def test_a_scale_holds_nought_and_every_value(values):
    ticks = charts.scale(values)
    assert ticks[0] <= min([*values, 0]) and max([*values, 0]) <= ticks[-1] and 0 in ticks
    assert 2 <= len(ticks) <= 6


def _days(first: dt.date, number: int) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range(number)]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=400))
def test_every_day_of_a_trend_has_one_strip_and_all_strips_fill_the_width(values):
    days = _days(dt.date(2026, 1, 1), len(values))
    drawn = charts.trend(
        days, dict(zip(days, values, strict=True)), _days(dt.date(2024, 1, 1), len(values)), {}
    )
    assert len(drawn.spots) == len(values) == len(drawn.rows)
    assert abs(sum(float(spot.width[:-1]) for spot in drawn.spots) - 100) < 0.01 * len(values)
    assert all(
        charts.TOP <= spot.now <= charts.FOOT and charts.TOP <= spot.before <= charts.FOOT
        for spot in drawn.spots
    )
    assert [tick.y for tick in drawn.ticks] == sorted(
        (tick.y for tick in drawn.ticks), reverse=True
    )


@pytest.mark.parametrize(
    ("number", "named"),
    [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (7, [1, 2, 3, 4, 5, 6, 7]), (30, [1, 8, 15, 22, 30])],
)
def test_a_trend_names_its_first_day_its_last_and_some_between(number, named):
    days = _days(dt.date(2026, 3, 1), number)
    drawn = charts.trend(days, {}, days, {})
    assert [each.value.day for each in drawn.days] == named
    assert not drawn.days[0].wide and not drawn.days[-1].wide


def test_a_distribution_names_its_middle_before_its_columns():
    drawn = charts.distribution([0, 100, 200, 300, 10_000])
    assert (drawn.number, drawn.lower, drawn.middle, drawn.upper) == (5, 100, 200, 300)
    assert (drawn.columns[0].low, drawn.columns[0].high, drawn.columns[0].number) == (0, 1000, 4)
    assert (drawn.columns[-1].low, drawn.columns[-1].high, drawn.columns[-1].number) == (
        10_000,
        11_000,
        1,
    )


@given(st.lists(st.integers(-(10**12), 10**12), max_size=60))
def test_a_distribution_counts_everything_once_in_few_columns(values):
    drawn = charts.distribution(values)
    assert sum(column.number for column in drawn.columns) == len(values)
    assert len(drawn.columns) <= 26
    for column in drawn.columns:
        assert column.low < column.high and charts.TOP <= column.y <= charts.FOOT
