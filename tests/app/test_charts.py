"""Charts as values (PORTALS 1)."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app import charts


def test_a_funnel_says_what_share_went_on_and_how_many_did_not():
    steps = charts.funnel([("visits", 200, "/v"), ("located", 150, None), ("orders", 30, None), ("first", 0, None)])
    assert [(s.width, s.part_bp, s.lost) for s in steps] == [(100, None, 0), (75, 7500, 50), (15, 2000, 120), (0, 0, 30)]


def test_a_funnel_of_nothing_divides_by_nothing():
    assert [s.part_bp for s in charts.funnel([("a", 0, None), ("b", 0, None)])] == [None, None]
    assert charts.funnel([]) == charts.bars([]) == []


def test_bars_are_parts_of_their_sum():
    assert [(b.width, b.part_bp) for b in charts.bars([("a", 60, None), ("b", 30, None), ("c", 10, None)])] == [(100, 6000), (50, 3000), (17, 1000)]


def test_a_distribution_names_its_middle_before_its_columns():
    drawn = charts.distribution([0, 100, 200, 300, 10_000])
    assert (drawn.number, drawn.lower, drawn.middle, drawn.upper) == (5, 100, 200, 300)
    assert drawn.columns[0][:3] == (0, 1000, 4)
    assert drawn.columns[-1][:3] == (10_000, 11_000, 1)


@given(st.lists(st.integers(-10**12, 10**12), max_size=60))
def test_a_distribution_counts_everything_once_in_few_columns(values):
    drawn = charts.distribution(values)
    assert sum(column[2] for column in drawn.columns) == len(values)
    assert len(drawn.columns) <= 26
    for low, high, _, x, height in drawn.columns:
        assert low < high and 0 <= x <= charts.WIDTH and 0 <= height <= charts.HEIGHT
