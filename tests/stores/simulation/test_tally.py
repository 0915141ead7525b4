"""Sums of visits decided twice: gains are losses, rows add up to the total, the same question moves
nobody (A16)."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.facts.decision import State, Visit
from stores.geo.coordinates import Coordinates
from stores.network.policy import PRESETS, Policy
from stores.routing.decide import decide
from stores.simulation.columns import columns
from stores.simulation.ladder import Ladder
from stores.simulation.population import visitors
from stores.simulation.scenario import Population
from stores.simulation.tally import Tally
from stores.simulation.twice import Twice
from tests.stores.routing.test_batch_routing import AT, DAY, store
from tests.stores.simulation.test_ladder import networks, states, visits

pairs = st.lists(st.tuples(visits, states), min_size=1, max_size=25)


def tallied(before, after, given_pairs):
    tally = Tally(before, after)
    batch = Twice(Ladder(before), Ladder(after), Counter()).made_up(columns(given_pairs))
    batch.revenue, batch.customers = (
        np.arange(len(given_pairs)) * 7,
        np.arange(len(given_pairs)) // 2 + 1,
    )
    tally.add(batch)
    return tally


@settings(max_examples=60, deadline=None)
@given(networks(), pairs)
def test_the_same_rules_and_network_move_nobody(snapshot, given_pairs):
    summary = tallied(snapshot, snapshot.changed(), given_pairs).summary()
    assert (
        summary["moved"]
        == {"visits": 0, "customers": 0, "revenue_minor": 0, "to_another_dealer": 0}
        and summary["pairs"] == []
    )
    assert summary["distance"]["before"] == summary["distance"]["after"]


@settings(max_examples=80, deadline=None)
@given(networks(), pairs, st.sampled_from(sorted(PRESETS)), st.integers(0, 200))
def test_gains_are_losses_and_rows_add_up(snapshot, given_pairs, preset, limit):
    after = snapshot.changed(
        Policy(preset=preset, rungs=PRESETS[preset], nearest_limit_m=limit * 100)
    )
    tally = tallied(snapshot, after, given_pairs)
    summary, rows = tally.summary(), tally.rows()
    for kind in ("store", "dealer", "branch"):
        of_kind = [row for row in rows if row.kind == kind]
        for figure in ("visits_before", "visits_after"):
            assert sum(getattr(row, figure) for row in of_kind) == len(given_pairs)
        assert (
            sum(row.revenue_before for row in of_kind)
            == sum(row.revenue_after for row in of_kind)
            == summary["revenue_minor"]
        )
        assert sum(row.gained for row in of_kind) == sum(row.lost for row in of_kind)
        assert sum(row.revenue_gained for row in of_kind) == sum(
            row.revenue_lost for row in of_kind
        )
        assert all(row.visits_after - row.visits_before == row.gained - row.lost for row in of_kind)
    assert sum(row.gained for row in rows if row.kind == "store") == summary["moved"]["visits"]
    assert (
        sum(number for _a, _b, number, _minor in summary["pairs"])
        == summary["moved"]["to_another_dealer"]
    )


@settings(max_examples=60, deadline=None)
@given(networks(), pairs)
def test_the_sums_are_those_of_one_by_one(snapshot, given_pairs):
    after = snapshot.changed(Policy(preset="nearest_first", rungs=PRESETS["nearest_first"]))
    led = [[decide(*pair, each).store_id for pair in given_pairs] for each in (snapshot, after)]
    summary = tallied(snapshot, after, given_pairs).summary()
    assert summary["moved"]["visits"] == sum(a != b for a, b in zip(*led, strict=True))
    assert (summary["unserved"]["before"], summary["unserved"]["after"]) == (
        led[0].count(None),
        led[1].count(None),
    )


def test_the_same_seed_draws_the_same_people_where_people_live():
    on = Population(2_000, 7, "CN")
    first, again, other = (
        next(visitors(each, AT, DAY)) for each in (on, on, Population(2_000, 8, "CN"))
    )
    assert (
        (first.latitude == again.latitude).all()
        and (first.longitude == again.longitude).all()
        and (first.latitude != other.latitude).any()
    )
    around = (
        np.hypot(first.latitude - 31.22, (first.longitude - 121.46) * 0.85) < 0.6
    )  # Shanghai: 25 of 666 millions
    assert 0.02 < around.mean() < 0.08


def test_a_visitor_without_a_store_is_told_with_his_city():
    before = Ladder(_one_store()).snapshot
    after = before.changed(Policy(nearest_limit_m=1_000))
    pair = [(Visit(AT, DAY, Coordinates(31.25, 121.46)), State())]
    where = tallied(before, after, pair).summary()["unserved"]["where"]
    assert [(each["city"], each["before"], each["after"]) for each in where] == [("Shanghai", 0, 1)]


def _one_store():
    from stores.geo.areas import AreaIndex
    from stores.network.snapshot import Snapshot

    return Snapshot(1, 1, Policy(), [store(1, 31.2, 121.4)], {}, [], AreaIndex([], []), {})


def test_a_dealer_is_judged_on_the_day_of_the_visit():
    """A contract that ends in between: the same store, another dealer (M7)."""
    from dataclasses import replace

    from stores.geo.areas import AreaIndex
    from stores.network.records import Contract
    from stores.network.snapshot import Snapshot

    tomorrow = DAY + dt.timedelta(days=1)
    held = [
        Contract(1, 1, "D1", None, tomorrow, 0, 0, "store_collects"),
        Contract(2, 2, "D2", tomorrow, None, 0, 0, "store_collects"),
    ]
    shop = replace(store(1, 31.2, 121.4), contracts=tuple(held))
    snapshot = Snapshot(1, 1, Policy(), [shop], {}, [], AreaIndex([], []), {})
    point = Coordinates(31.21, 121.41)
    tally = tallied(
        snapshot,
        snapshot.changed(),
        [
            (Visit(AT, DAY, point), State()),
            (Visit(AT + dt.timedelta(days=1), tomorrow, point), State()),
        ],
    )
    assert {row.code: row.visits_before for row in tally.rows() if row.kind == "dealer"} == {
        "D1": 1,
        "D2": 1,
    }
