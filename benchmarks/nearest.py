"""How fast the exact nearest store is found, beside the usual ways: `python -m benchmarks.nearest`.

The rivals answer on a sphere (haversine), so they are also wrong at times; the last column says for
how many visitors. That the index is right is asserted against brute-force geodesics on a sample. A
ratio above 1 means the index is faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from sklearn.neighbors import BallTree

from benchmarks.table import Line
from stores.geo.coordinates import distances_m
from stores.geo.nearest import NearestIndex

Floats = npt.NDArray[np.float64]
SIZES = (3_000, 10_000, 100_000)
BATCH = 50_000
EARTH_M = 6_371_008.8


def run() -> list[Line]:
    """Single and batch against numpy brute force and scikit-learn's BallTree, for each size of
    chain; some twenty seconds."""
    return [
        *(row for stores in SIZES for row in _compare(stores)),
        _growth(),
        *_exactness(SIZES[-1]),
    ]


def _growth() -> Line:
    """One query among 100,000 stores beside one among 3,000; the machine's other guests are met by
    both in turns."""
    chains = [_chain(count) for count in (SIZES[0], SIZES[-1])]
    indexes = [
        NearestIndex(stores[:, 0], stores[:, 1], [f"S{n:06d}" for n in range(len(stores))])
        for stores, _ in chains
    ]
    times: list[list[float]] = [[], []]
    for _ in range(7):
        for index, (_, visitors), found in zip(indexes, chains, times, strict=True):
            asked = visitors[:3_000].tolist()
            found.append(
                _microseconds(
                    lambda index=index, asked=asked: [
                        index.nearest(lat, lng) for lat, lng in asked
                    ],
                    len(asked),
                )
            )  # type: ignore[misc]
    small, large = (float(np.median(found)) for found in times)
    return Line(
        f"nearest, single among {SIZES[-1]:,} / among {SIZES[0]:,}",
        large,
        small,
        "us",
        small / large,
        1 / 1.5,
    )


def _exactness(count: int) -> Iterator[Line]:
    """What being exact costs a batch, beside a k-d tree on the unit sphere with haversine
    distances; how often a proof needs more than two chords."""
    stores, visitors = _chain(count)
    index = NearestIndex(stores[:, 0], stores[:, 1], [f"S{n:06d}" for n in range(count)])
    tree = cKDTree(_on_sphere(stores))

    def inexact() -> None:
        _, found = tree.query(_on_sphere(visitors))
        _pairwise_m(visitors, stores[found])

    ours, theirs = [], []
    for _ in range(5):
        ours.append(
            _microseconds(lambda: index.nearest_batch(visitors[:, 0], visitors[:, 1]), BATCH)
        )
        theirs.append(_microseconds(inexact, BATCH))
    exact, rough = float(np.median(ours)), float(np.median(theirs))
    yield Line(
        f"nearest, exact batch / haversine k-d tree batch, among {count:,}",
        exact,
        rough,
        "us",
        rough / exact,
        1 / 1.5,
    )
    leads = index.nearest_batch_with_lead(visitors[:, 0], visitors[:, 1])[2]
    slow = float(np.mean(leads == 0.0)) * 10_000
    yield Line(
        f"nearest, visitors of 10,000 whose proof needs a second look, among {count:,}",
        slow,
        1.0,
        "",
        1.0 / max(slow, 0.01),
        1.0,
    )


def _on_sphere(places: Floats) -> Floats:
    lats, lngs = np.radians(places).T
    return np.stack(
        (np.cos(lats) * np.cos(lngs), np.cos(lats) * np.sin(lngs), np.sin(lats)), axis=-1
    )


def _pairwise_m(a: Floats, b: Floats) -> Floats:
    (lat1, lng1), (lat2, lng2) = np.radians(a).T, np.radians(b).T
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lng2 - lng1) / 2) ** 2
    )
    found: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(half))
    return found


def _compare(count: int) -> Iterator[Line]:
    stores, visitors = _chain(count)
    codes = [f"S{number:06d}" for number in range(count)]
    index = NearestIndex(stores[:, 0], stores[:, 1], codes)
    tree = BallTree(np.radians(stores), metric="haversine")
    few = visitors[: max(50, 3_000_000 // count)]

    def singles(ask: Callable[[float, float], object], asked: Floats) -> float:
        return _microseconds(lambda: [ask(lat, lng) for lat, lng in asked.tolist()], len(asked))

    def brute(lat: float, lng: float) -> int:
        return int(np.argmin(_haversine_m(lat, lng, stores)))

    def ball(lat: float, lng: float) -> int:
        return int(tree.query(np.radians([(lat, lng)]), return_distance=False)[0, 0])

    positions, _ = index.nearest_batch(visitors[:, 0], visitors[:, 1])
    sample = visitors[: max(20, 1_000_000 // count)]
    for (lat, lng), position in zip(sample.tolist(), positions.tolist(), strict=False):
        assert position == int(np.argmin(distances_m(lat, lng, stores[:, 0], stores[:, 1])))
    wrong = int(np.sum(tree.query(np.radians(visitors), return_distance=False)[:, 0] != positions))

    single = singles(index.nearest, visitors[:5_000])
    batch = _microseconds(lambda: index.nearest_batch(visitors[:, 0], visitors[:, 1]), BATCH)
    brute_us, ball_us = singles(brute, few), singles(ball, visitors[:2_000])
    ball_batch_us = _microseconds(
        lambda: tree.query(np.radians(visitors), return_distance=True), BATCH
    )
    chain = f"among {count:,}, sphere wrong for {wrong / BATCH:.2%}"
    for name, ours, theirs in (
        ("single / numpy haversine", single, brute_us),
        ("single / BallTree", single, ball_us),
        ("batch / numpy haversine", batch, brute_us),
        ("batch / BallTree", batch, ball_batch_us),
    ):
        yield Line(f"nearest, {name}, {chain}", ours, theirs, "us", theirs / ours)


def _chain(count: int) -> tuple[Floats, Floats]:
    """Stores in towns of a large country, visitors in the same towns and some in the country
    between them; always the same."""
    random = np.random.default_rng(count)
    towns = random.uniform((20, 95), (48, 128), (300, 2))
    stores = towns[random.integers(0, 300, count)] + random.normal(0, 0.15, (count, 2))
    visitors = towns[random.integers(0, 300, BATCH)] + random.normal(0, 0.3, (BATCH, 2))
    visitors[::10] = random.uniform((20, 95), (48, 128), (len(visitors[::10]), 2))
    return stores, visitors


def _haversine_m(lat: float, lng: float, stores: Floats) -> Floats:
    phi, lats = np.radians(lat), np.radians(stores[:, 0])
    lngs = np.radians(stores[:, 1] - lng)
    half = np.sin((lats - phi) / 2) ** 2 + np.cos(phi) * np.cos(lats) * np.sin(lngs / 2) ** 2
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(half))
    return metres


def _microseconds(work: Callable[[], object], visitors: int) -> float:
    """The best of three, for each visitor; the others measure the machine's other guests."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) / visitors * 1e6


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
