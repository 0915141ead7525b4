"""The ladder by columns answers what `decide` answers one by one: every preset and order, areas,
radii, ambiguity, bindings, links (A4-A12)."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.facts.decision import EntryParam, State, Visit
from stores.geo.areas import AreaIndex
from stores.geo.coordinates import Coordinates
from stores.network.policy import PRESETS, RUNGS, Policy
from stores.network.records import ChannelRecord, GuideRecord, Job
from stores.network.snapshot import Snapshot
from stores.routing.decide import decide
from stores.simulation.columns import columns, taken
from stores.simulation.ladder import Ladder
from tests.stores.routing.test_batch_routing import (
    AT,
    DAY,
    area,
    ids,
    latitudes,
    longitudes,
    moments,
    store,
)

CHANNELS = {
    n: ChannelRecord(n, f"C{n}", None, until, revoked)
    for n, (until, revoked) in enumerate([(None, False), (DAY, False), (None, True)], 1)
}
many = st.sampled_from([None, None, None, 1, 2, 3, 99])
states = st.builds(
    State,
    home_store_id=many,
    home_protected_until=moments,
    home_valid_until=moments,
    last_store_id=many,
    last_visit_at=moments,
    param_store_id=ids,
    param_guide_id=st.sampled_from([None, None, 1, 2]),
    param_channel_id=st.sampled_from([None, None, 1, 2, 3, 9]),
    param_at=moments,
    manual_store_id=ids,
    manual_at=moments,
    pinned_store_id=ids,
    no_switch=st.booleans(),
    next_home_store_id=st.sampled_from([None, None, None, 2]),
    refused_store_id=ids,
    refused_at=moments,
)
params = st.one_of(
    st.none(),
    st.none(),
    st.builds(EntryParam, many, st.sampled_from([None, 1, 2]), st.none(), st.just(AT)),
)
points = st.one_of(
    st.none(),
    st.builds(Coordinates, latitudes, longitudes),
    st.builds(Coordinates, latitudes, longitudes),
)
visits = st.builds(
    lambda days, **given: Visit(
        AT + dt.timedelta(days=days), DAY + dt.timedelta(days=days), **given
    ),
    days=st.integers(0, 2),
    point=points,
    accuracy_m=st.sampled_from([None, 30.0, 2_500.0]),
    fuzzy=st.booleans(),
    region_code=st.sampled_from([None, None, "310000", "310104", "110000"]),
    postal_code=st.sampled_from([None, None, "200001"]),
    param=params,
)
policies = st.builds(
    Policy,
    rungs=st.one_of(
        st.sampled_from(list(PRESETS.values())),
        st.permutations(RUNGS[:-1]).map(lambda r: (*r[:9], "PICKER")),
    ),
    ambiguity_m=st.sampled_from([0, 0, 200, 1_500]),
    nearest_limit_m=st.sampled_from([None, 3_000, 50_000]),
    cover_m=st.sampled_from([2_000, 10_000]),
    home_reach_m=st.sampled_from([5_000, 100_000]),
    switching=st.booleans(),
    default_store=st.sampled_from([None, None, "S1"]),
    region_defaults=st.sampled_from([{}, {"310000": "S2"}]),
)


@st.composite
def networks(draw):
    stores = [
        store(
            n,
            draw(latitudes),
            draw(longitudes),
            draw(st.sampled_from([None, None, 800, 5_000])),
            draw(st.sampled_from(["active", "active", "active", "closed", "paused"])),
            draw(st.integers(0, 1)),
        )
        for n in range(1, draw(st.integers(1, 8)))
    ]
    areas = [
        area(
            n,
            draw(st.sampled_from(["territory", "service_area", "isolated"])),
            draw(longitudes),
            draw(latitudes),
            draw(st.sampled_from([frozenset(), frozenset({"310000"})])),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    guides = {
        n: GuideRecord(n, f"G{n}", (Job(n, "guide", None, DAY + dt.timedelta(days=1)),))
        for n in (1, 2)
    }
    return Snapshot(
        3,
        2,
        draw(policies),
        stores,
        guides,
        [a for a, _ in areas],
        AreaIndex([shape for _, shape in areas], [a.id for a, _ in areas]),
        CHANNELS,
    )


def assert_same(snapshot: Snapshot, pairs: list[tuple[Visit, State]]) -> None:
    found = Ladder(snapshot).decide(columns(pairs))
    for n, pair in enumerate(pairs):
        one = decide(*pair, snapshot)
        assert (found.stores[n], RUNGS[found.rungs[n]]) == (one.store_id or 0, one.rung)
        assert (
            np.isnan(found.metres[n])
            if one.distance_m is None
            else abs(found.metres[n] - one.distance_m) < 1e-4
        )


@settings(max_examples=400, deadline=None)
@given(networks(), st.lists(st.tuples(visits, states), min_size=1, max_size=25))
def test_columns_are_decided_as_one_by_one(snapshot, pairs):
    assert_same(snapshot, pairs)


@settings(max_examples=100, deadline=None)
@given(networks(), st.lists(st.tuples(visits, st.just(State())), min_size=10, max_size=40))
def test_new_visitors_are_decided_as_one_by_one_with_many_in_one_area(snapshot, pairs):
    assert_same(snapshot, pairs)


@settings(max_examples=50, deadline=None)
@given(networks(), st.lists(st.tuples(visits, states), min_size=3, max_size=9))
def test_some_rows_of_columns_are_decided_as_in_all_of_them(snapshot, pairs):
    some = np.arange(len(pairs))[::2]
    every, part = (
        Ladder(snapshot).decide(columns(pairs)),
        Ladder(snapshot).decide(taken(columns(pairs), some)),
    )
    assert (every.stores[some] == part.stores).all() and (every.rungs[some] == part.rungs).all()


def test_hardly_a_visit_needs_to_be_walked_where_stores_lie_apart():
    snapshot = Snapshot(
        1,
        1,
        Policy(),
        [store(n, 31 + n * 0.05, 121.0) for n in range(1, 40)],
        {},
        [],
        AreaIndex([], []),
        {},
    )
    chance = np.random.default_rng(1)
    pairs = [
        (
            Visit(AT, DAY, Coordinates(31 + chance.random() * 2, 121.0)),
            State(last_store_id=1 + n % 39, last_visit_at=AT) if n % 2 else State(),
        )
        for n in range(500)
    ]
    ladder = Ladder(snapshot)
    ladder.decide(columns(pairs))
    assert ladder.walked < 25
