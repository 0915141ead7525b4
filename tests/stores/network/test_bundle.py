"""The bundle: under one entry each store has its own shop, said by references to the mall's
promotions and ranges."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from stores.network.bundles import KINDS, NOTHING, Offer, Shelves, Shown, shown_on, unchanged_around
from stores.routing.answers import bundle
from tests.stores.routing.chain import chain, north

DAY = dt.date(2025, 6, 1)
days = st.dates(DAY - dt.timedelta(days=20), DAY + dt.timedelta(days=20))
offers = st.lists(
    st.builds(
        Offer,
        st.sampled_from(KINDS),
        st.sampled_from("ABCDE"),
        st.booleans(),
        days | st.none(),
        days | st.none(),
    ),
    max_size=6,
    unique_by=lambda o: (o.kind, o.reference),
)


def test_a_promotion_is_shown_while_it_is_on_and_its_days_run():
    several = [
        Offer("promotion", "B", True),
        Offer("promotion", "A", True, DAY, DAY),
        Offer("promotion", "C", False),
        Offer("promotion", "D", True, DAY + dt.timedelta(days=1)),
        Offer("promotion", "E", True, None, DAY - dt.timedelta(days=1)),
    ]
    assert shown_on(several, DAY) == Shown(promotions=("A", "B"))


def test_of_a_range_that_is_not_switched_on_its_days_nothing_is_said():
    several = [
        Offer("range", "tea", True),
        Offer("range", "fish", False, DAY),
        Offer("range", "ice", False, DAY + dt.timedelta(days=1)),
    ]
    assert shown_on(several, DAY) == Shown(ranges_on=("tea",), ranges_off=("fish",))


@given(offers, days, days)
def test_the_same_is_shown_on_all_days_until_the_next_change(several, day, other):
    first, last = unchanged_around(several, day)
    assert first <= day <= last
    if first <= other <= last:
        assert shown_on(several, other) == shown_on(several, day)


@given(offers, st.lists(days, max_size=8))
def test_what_is_remembered_is_what_would_be_found(several, asked):
    shelves = Shelves({1: several})
    for day in asked:
        assert shelves.of(1, day) == shown_on(several, day)
        assert shelves.of(2, day) is NOTHING


def test_without_a_store_there_is_no_bundle():
    """CONTRACT 3: the picker answers nulls."""
    assert bundle(None, None, chain(north(10, "S1")), DAY) is None
