"""The nearest store is the one that a brute-force geodesic finds, everywhere on earth (A3, A6;
DESIGN: exact nearest)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.geo.coordinates import distances_m
from stores.geo.nearest import NearestIndex

WORLD = ((-90, -180), (90, 180))
CHINA = ((18, 73), (54, 135))


def codes_of(count, seed=0):
    """Codes whose order is neither the row order nor the reverse."""
    return [f"S{number:05d}" for number in np.random.default_rng(seed).permutation(count).tolist()]


def sorted_by_hand(lat, lng, lats, lngs, codes):
    distances = distances_m(lat, lng, lats, lngs).tolist()
    return sorted(
        ((position, distance) for position, distance in enumerate(distances)),
        key=lambda each: (each[1], codes[each[0]]),
    )


def worldwide(random):
    stores = random.uniform(*WORLD, (150, 2))
    stores[:6] = [(90, 0), (90, 120), (-90, 7), (0, 180), (0, -180), (10, 179.9)]
    return stores, random.uniform(*WORLD, (1_000, 2))


def a_country(random):
    return random.uniform(*CHINA, (200, 2)), random.uniform(*CHINA, (1_000, 2))


def one_town_seen_from_everywhere(random):
    return random.normal((39.9, 116.4), 0.1, (150, 2)), random.uniform(*WORLD, (1_000, 2))


def the_antipodes_of_a_town(random):
    stores = random.normal((31.2, -58.5), 0.2, (150, 2))
    return stores, stores[random.integers(0, 150, 1_000)] * (-1, 1) + (0, 180) + random.normal(
        0, 0.3, (1_000, 2)
    )


def around_the_poles(random):
    stores = np.column_stack(
        (random.choice((-1, 1), 150) * random.uniform(88, 90, 150), random.uniform(-180, 180, 150))
    )
    return stores, np.column_stack(
        (
            random.choice((-1, 1), 1_000) * random.uniform(85, 90, 1_000),
            random.uniform(-180, 180, 1_000),
        )
    )


def along_the_antimeridian(random):
    stores = np.column_stack(
        (random.uniform(-60, 70, 150), (random.normal(180, 1, 150) + 180) % 360 - 180)
    )
    queries = np.column_stack(
        (random.uniform(-60, 70, 1_000), (random.normal(180, 2, 1_000) + 180) % 360 - 180)
    )
    queries[:200, 1] = random.choice((-180.0, 180.0), 200)
    return stores, queries


def a_grid_full_of_ties(random):
    stores = np.array(
        [(lat, lng) for lat in range(-60, 61, 10) for lng in range(-180, 181, 30)], dtype=float
    )
    return stores, np.column_stack(
        (
            random.choice(np.arange(-90, 91, 5.0), 1_000),
            random.choice(np.arange(-180, 181, 15.0), 1_000),
        )
    )


def malls_with_many_stores(random):
    places = random.uniform(*CHINA, (30, 2))
    stores = places[random.integers(0, 30, 200)]
    queries = random.uniform(*CHINA, (1_000, 2))
    queries[:300] = stores[random.integers(0, 200, 300)]
    return stores, queries


def a_single_store(random):
    return np.array([(39.9, 116.4)]), random.uniform(*WORLD, (1_000, 2))


def two_stores_at_the_ends_of_the_earth(random):
    return np.array([(0.0, 0.0), (0.0, 180.0)]), random.uniform(*WORLD, (1_000, 2))


CHAINS = (
    worldwide,
    a_country,
    one_town_seen_from_everywhere,
    the_antipodes_of_a_town,
    around_the_poles,
    along_the_antimeridian,
    a_grid_full_of_ties,
    malls_with_many_stores,
    a_single_store,
    two_stores_at_the_ends_of_the_earth,
)


@pytest.mark.parametrize("chain", CHAINS)
def test_ten_thousand_answers_equal_brute_force(chain):
    stores, queries = chain(np.random.default_rng(7))
    queries[:, 1] = np.where(
        np.abs(queries[:, 1]) > 180, (queries[:, 1] + 180) % 360 - 180, queries[:, 1]
    )
    (lats, lngs), codes = stores.T, codes_of(len(stores))
    index = NearestIndex(lats, lngs, codes)
    pairs = distances_m(
        np.repeat(queries[:, 0], len(stores)),
        np.repeat(queries[:, 1], len(stores)),
        np.tile(lats, len(queries)),
        np.tile(lngs, len(queries)),
    ).reshape(len(queries), -1)
    rank = np.argsort(np.argsort(np.array(codes)))
    expected = [
        int(min(np.flatnonzero(row == row.min()), key=lambda place: rank[place])) for row in pairs
    ]

    positions, distances = index.nearest_batch(queries[:, 0], queries[:, 1])

    assert positions.tolist() == expected
    assert distances.tolist() == pairs.min(axis=1).tolist()
    assert [index.nearest(lat, lng) for lat, lng in queries.tolist()] == list(
        zip(expected, distances.tolist(), strict=True)
    )


def test_the_nearest_is_that_of_an_independent_library():
    random = np.random.default_rng(8)
    stores, queries = random.uniform(*WORLD, (60, 2)), random.uniform(*WORLD, (60, 2))
    index = NearestIndex(stores[:, 0], stores[:, 1], codes_of(60))
    for query in queries.tolist():
        by_hand = [geodesic(query, store).m for store in stores.tolist()]
        position, distance = index.nearest(*query)
        assert position == int(np.argmin(by_hand))
        assert distance == pytest.approx(min(by_hand), abs=2e-6)


@pytest.mark.parametrize(
    "chain",
    [worldwide, a_country, a_grid_full_of_ties, malls_with_many_stores, the_antipodes_of_a_town],
)
def test_the_k_nearest_the_near_and_the_ambiguous_equal_brute_force(chain):
    stores, queries = chain(np.random.default_rng(9))
    queries[:, 1] = np.where(
        np.abs(queries[:, 1]) > 180, (queries[:, 1] + 180) % 360 - 180, queries[:, 1]
    )
    (lats, lngs), codes = stores.T, codes_of(len(stores))
    index = NearestIndex(lats, lngs, codes)
    for lat, lng in queries[::10].tolist():
        by_hand = sorted_by_hand(lat, lng, lats, lngs, codes)
        best = by_hand[0][1]
        for k in (1, 2, 5, len(stores), len(stores) + 1):
            assert index.k_nearest(lat, lng, k) == by_hand[:k]
        for limit in (1.0, 300_000.0, 3_000_000.0, float("inf")):
            assert index.within(lat, lng, limit) == [each for each in by_hand if each[1] < limit]
        for limit in (0.0, 200.0, 100_000.0):
            assert index.ambiguous(lat, lng, limit) == [
                each for each in by_hand if each[1] == best or each[1] - best < limit
            ]


def test_e1_the_border_example():
    index = NearestIndex(
        [39.9130, 39.8960, 39.9300, 39.9042],
        [116.4050, 116.3930, 116.4400, 116.3885],
        ["S1", "S2", "S3", "S4"],
    )
    assert [position for position, _ in index.ambiguous(39.9050, 116.4000, 200.0)] == [0, 3, 1]
    assert [position for position, _ in index.ambiguous(39.9050, 116.4000, 0.0)] == [0]
    assert index.nearest(39.9050, 116.4000) == (0, pytest.approx(985.8, abs=0.05))


def test_the_limit_is_measured_from_the_best_without_chains():
    """A6: three stores in a row, 150 m apart; the third is 300 m behind the best although only 150
    m behind the second."""
    index = NearestIndex(
        [0.0, 0.0, 0.0], [0.001, 0.001 + 0.00134, 0.001 + 0.00268], ["A", "B", "C"]
    )
    assert [position for position, _ in index.ambiguous(0.0, 0.0, 200.0)] == [0, 1]


@pytest.mark.parametrize(
    ("codes", "winner"),
    [(["b", "a"], 1), (["a", "b"], 0), (["Z", "a"], 0), (["门店", "店"], 1), (["S10", "S2"], 0)],
)
def test_equal_distances_go_to_the_smaller_code_by_code_point(codes, winner):
    for lngs in ([116.0, 116.0], [115.9, 116.1], [115.9 - 1e-12, 116.1]):
        index = NearestIndex([40.0, 40.0], lngs, codes)
        assert index.nearest(30.0, 116.0)[0] == winner
        assert index.nearest_batch([30.0], [116.0])[0].tolist() == [winner]
        assert {position for position, _ in index.ambiguous(30.0, 116.0, 0.0)} == {0, 1}


def test_both_names_of_the_antimeridian_and_all_names_of_a_pole_are_one_place():
    index = NearestIndex([0.0, 0.0, 90.0, 90.0], [180.0, -180.0, 0.0, 77.0], ["D", "C", "B", "A"])
    assert index.ambiguous(0.0, 180.0, 0.0) == [(1, 0.0), (0, 0.0)]
    assert index.ambiguous(0.0, -180.0, 0.0) == [(1, 0.0), (0, 0.0)]
    assert index.nearest(90.0, -123.0) == (3, 0.0)


def test_only_eligible_positions_answer_and_keep_their_numbers():
    lats, lngs, codes = [10.0, 20.0, 30.0, 40.0], [100.0] * 4, ["A", "B", "C", "D"]
    index = NearestIndex(lats, lngs, codes, positions=[3, 1])
    assert len(index) == 2
    assert index.nearest(10.0, 100.0)[0] == 1
    assert [position for position, _ in index.k_nearest(50.0, 100.0, 9)] == [3, 1]
    assert index.nearest_batch([0.0, 90.0], [100.0, 100.0])[0].tolist() == [1, 3]


@pytest.mark.parametrize(
    "index", [NearestIndex([], [], []), NearestIndex([1.0], [1.0], ["A"], positions=[])]
)
def test_without_stores_there_is_no_answer(index):
    assert index.nearest(0.0, 0.0) is None
    assert (
        index.within(0.0, 0.0, 1e9)
        == index.ambiguous(0.0, 0.0, 200.0)
        == index.k_nearest(0.0, 0.0, 3)
        == []
    )
    positions, distances = index.nearest_batch([1.0, 2.0], [1.0, 2.0])
    assert positions.tolist() == [-1, -1]
    assert np.isnan(distances).all()


def test_no_visitors_no_answers():
    positions, distances = NearestIndex([1.0], [1.0], ["A"]).nearest_batch([], [])
    assert len(positions) == len(distances) == 0


places = st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.tuples(
    st.sampled_from((-90.0, 0.0, 90.0)), st.sampled_from((-180.0, 0.0, 180.0))
)


@given(stores=st.lists(places, min_size=1, max_size=12), query=places)
def test_any_handful_of_stores_equals_brute_force(stores, query):
    lats, lngs = [lat for lat, _ in stores], [lng for _, lng in stores]
    codes = codes_of(len(stores))
    index = NearestIndex(lats, lngs, codes)
    by_hand = sorted_by_hand(*query, lats, lngs, codes)
    assert index.nearest(*query) == by_hand[0]
    assert index.k_nearest(*query, len(stores)) == by_hand
    assert (
        tuple(column.tolist()[0] for column in index.nearest_batch([query[0]], [query[1]]))
        == by_hand[0]
    )


def test_an_index_is_shared_by_threads():
    random = np.random.default_rng(10)
    stores, queries = (
        random.uniform(*CHINA, (2_000, 2)),
        random.uniform(*CHINA, (2_000, 2)).tolist(),
    )
    index = NearestIndex(stores[:, 0], stores[:, 1], codes_of(2_000))
    alone = [index.nearest(*query) for query in queries]
    with ThreadPoolExecutor(6) as threads:
        together = list(
            threads.map(lambda _: [index.nearest(*query) for query in queries], range(6))
        )
    assert all(answers == alone for answers in together)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=0, max_size=25),
    st.lists(
        st.tuples(st.integers(0, 24), st.integers(0, 24), st.sampled_from([0.0, 200.0, 1_500.0])),
        min_size=1,
        max_size=8,
    ),
)
def test_a6_whole_columns_find_the_same_equals_as_one_by_one(grid, asked):
    """Shared places and ties are common on a coarse grid."""
    index = NearestIndex(
        [31 + a * 0.005 for a, _ in grid],
        [121 + b * 0.005 for _, b in grid],
        [f"S{n % 7}{n}" for n in range(len(grid))],
    )
    lats, lngs, limits = (
        [31 + a * 0.0025 for a, _, _ in asked],
        [121 + b * 0.0025 for _, b, _ in asked],
        [limit for *_, limit in asked],
    )
    assert index.ambiguous_batch(lats, lngs, limits) == [
        index.ambiguous(*each) for each in zip(lats, lngs, limits, strict=True)
    ]
