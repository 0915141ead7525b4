"""The exact nearest store on the WGS-84 ellipsoid, among 100,000 in some twenty microseconds (A3,
A6, rung NEAREST).

Stores are points in earth-centred space (ECEF, metres) in a k-d tree, whose distance is the chord c
through the earth. The distance that counts is the geodesic s over it. The proof that the answer is
the brute-force one needs one inequality and no special places:

    c <= s        a straight line is never longer than a path over the surface between the same two points.

1. Ask the tree for the two nearest chords c1 <= c2 and compute the true geodesic s1 of the first.
   If c2 > s1, every other store j has
   s_j >= c_j >= c2 > s1: the first is the nearest. Since s1 - c1 is 4 cm at 34 km and 1 m at 100
   km, this is nearly always the end.
2. Otherwise the nearest store has c <= s <= s1, so it is among the stores within chord s1; their
   true geodesics are compared.
3. From far away (s1 > 1,800 km) the ball of step 2 holds too many. There a second inequality is
   sharper. With reduced latitudes b,
   the ellipsoid's line element is ds^2 = (A^2 sin^2 b + B^2 cos^2 b) db^2 + A^2 cos^2 b dl^2 with
   semi-axes A > B, the unit sphere's is
   dt^2 = db^2 + cos^2 b dl^2, so B dt <= ds <= A dt along every path, and therefore B t <= s for
   the great-circle angle t between the
   same reduced points. The nearest store has t <= s1 / B; their true geodesics are compared.
   Nothing is special at the antipode.

All comparisons allow TOLERANCE_M for rounding: geodesics are rounded to a micrometre (so ties are
equal numbers), the algorithm and the ECEF points are good to some 20 nm. Poles and the antimeridian
need no care, because space has none. Stores on one spot share a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from stores.geo.coordinates import distances_m, geodesic_m

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Found = tuple[int, float]

A_M: Final = 6378137.0
B_M: Final = 6356752.314245179
E2: Final = 1.0 - (B_M / A_M) ** 2
TOLERANCE_M: Final = 2e-6
FAR_M: Final = (
    1_800_000.0  # where the ellipsoid's flattening and the chord's sag are about equally wide
)
_COSINE_NOISE: Final = 1e-12
_BATCH_NEIGHBOURS: Final = 6
_CELLS_PER_DEGREE: Final = 10.0


class NearestIndex:
    """Stores by place. Immutable, and safe to share between threads: nothing is written after
    construction.

    `lats` and `lngs` are WGS-84 degrees, `codes` the store codes, all of one length; `positions`
    (default: all) picks the eligible ones. Every answer speaks of a store by its position in those
    arrays. Distances are metres; equal ones go to the smaller code by Unicode code point, never to
    row order or chance."""

    __slots__ = ("_lats", "_lngs", "_n", "_rank", "_sites", "_starts", "_stores", "_tree", "_xyz")

    def __init__(
        self,
        lats: npt.ArrayLike,
        lngs: npt.ArrayLike,
        codes: Sequence[str],
        positions: npt.ArrayLike | None = None,
    ):
        all_lats, all_lngs = np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)
        chosen = (
            np.arange(len(all_lats))
            if positions is None
            else np.unique(np.asarray(positions, dtype=np.int64))
        )
        by_code = np.array(
            sorted(chosen.tolist(), key=lambda position: (codes[position], position)),
            dtype=np.int64,
        )
        site_lats, site_lngs = _one_name_per_place(all_lats[by_code], all_lngs[by_code])
        order = np.lexsort(
            (site_lngs, site_lats)
        )  # stable: within one place the codes stay ascending
        moved = np.ones(len(order), dtype=bool)
        moved[1:] = (np.diff(site_lats[order]) != 0) | (np.diff(site_lngs[order]) != 0)
        first = np.flatnonzero(moved)
        self._n = len(order)
        self._stores: Ints = by_code[order]  # position of each store, grouped by site
        self._rank: Ints = order.astype(np.int64)  # its place in the order of codes
        self._starts: Ints = np.append(first, self._n).astype(
            np.int64
        )  # site i holds stores starts[i]..starts[i+1]
        self._lats: Floats = site_lats[order][first]
        self._lngs: Floats = site_lngs[order][first]
        self._sites = len(first)
        self._xyz: Floats = earth_centred(self._lats, self._lngs)
        self._tree = cKDTree(self._xyz) if self._n else None

    def __len__(self) -> int:
        return self._n

    def nearest(self, lat: float, lng: float) -> Found | None:
        """(position, distance_m) of the nearest store, None without stores."""
        if self._tree is None:
            return None
        chords, sites = self._tree.query(_point(lat, lng), k=2)
        return self._settle(lat, lng, int(sites[0]), float(chords[1]))

    def within(self, lat: float, lng: float, limit_m: float) -> list[Found]:
        """Every store nearer than `limit_m`, sorted by (distance, code)."""
        if self._tree is None or not limit_m > 0:
            return []
        return self._sorted(lat, lng, self._sites_up_to(lat, lng, limit_m), below=limit_m)

    def ambiguous(self, lat: float, lng: float, limit_m: float) -> list[Found]:
        """The nearest store, then those farther by less than `limit_m`, sorted by (distance, code)
        (A6: compared with the best only).

        With limit 0 exactly the stores at the best distance, co-located ones included, so that a
        rule may choose among equals."""
        if self._tree is None:
            return []
        chords, sites = self._tree.query(_point(lat, lng), k=2)
        best = self._settle(lat, lng, int(sites[0]), float(chords[1]))
        reach = best[1] + max(0.0, limit_m)
        if (
            chords[1] > reach + TOLERANCE_M
            and self._starts[sites[0] + 1] - self._starts[sites[0]] == 1
        ):
            return [best]  # every other store j has s_j >= c_j >= c2
        found = self._sorted(lat, lng, self._sites_up_to(lat, lng, reach))
        return [each for each in found if each[1] == best[1] or each[1] - best[1] < limit_m]

    def k_nearest(self, lat: float, lng: float, k: int) -> list[Found]:
        """The k nearest stores (fewer if there are fewer), sorted by (distance, code)."""
        if self._tree is None or k < 1:
            return []
        if k >= self._n:
            return self._sorted(lat, lng, np.arange(self._sites))
        _, sites = self._tree.query(_point(lat, lng), k=range(1, min(k, self._sites) + 1))
        likely = self._sorted(lat, lng, np.asarray(sites, dtype=np.int64))
        if len(likely) < k:  # only when every site was asked
            return likely
        return self._sorted(lat, lng, self._sites_up_to(lat, lng, likely[k - 1][1]))[:k]

    def nearest_batch(self, lats: npt.ArrayLike, lngs: npt.ArrayLike) -> tuple[Ints, Floats]:
        """`nearest` of whole columns: (positions, distances_m); without stores positions are -1 and
        distances NaN."""
        return self.nearest_batch_with_lead(lats, lngs)[:2]

    def nearest_batch_with_lead(
        self, lats: npt.ArrayLike, lngs: npt.ArrayLike
    ) -> tuple[Ints, Floats, Floats]:
        """`nearest_batch`, and by how many metres at least the nearest store leads every other one:
        a lower bound, 0 where nothing is proven or the place is shared, infinite for a single
        store."""
        user_lats, user_lngs = (
            np.asarray(lats, dtype=np.float64),
            np.asarray(lngs, dtype=np.float64),
        )
        if self._tree is None:
            return (
                np.full(len(user_lats), -1, dtype=np.int64),
                np.full(len(user_lats), np.nan),
                np.zeros(len(user_lats)),
            )
        if not len(user_lats):
            return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
        chords, sites = self._two_nearest(user_lats, user_lngs)
        winners = sites[:, 0]
        positions = self._stores[self._starts[winners]]
        distances = distances_m(user_lats, user_lngs, self._lats[winners], self._lngs[winners])
        # Every other store j has s_j >= c_j >= c2, so it is farther by at least c2 - s1.
        leads = np.maximum(chords[:, 1] - distances - TOLERANCE_M, 0.0)
        leads[self._starts[winners + 1] - self._starts[winners] > 1] = 0.0
        for user in np.flatnonzero(chords[:, 1] <= distances + TOLERANCE_M).tolist():
            args = (
                float(user_lats[user]),
                float(user_lngs[user]),
                int(winners[user]),
                float(chords[user, 1]),
            )
            positions[user], distances[user] = self._settle(*args)
        return positions, distances, leads

    def _two_nearest(self, lats: Floats, lngs: Floats) -> tuple[Floats, Ints]:
        """Chords and sites of the two nearest, asked neighbour after neighbour: who stands beside
        the last one finds his part of the tree in the cache, which saves a quarter of the time
        among 100,000 stores."""
        assert self._tree is not None
        cells = np.floor(lats * _CELLS_PER_DEGREE) * (400 * _CELLS_PER_DEGREE) + np.floor(
            lngs * _CELLS_PER_DEGREE
        )
        order = np.argsort(cells.astype(np.int64))
        sorted_chords, sorted_sites = self._tree.query(earth_centred(lats[order], lngs[order]), k=2)
        chords, sites = np.empty_like(sorted_chords), np.empty_like(sorted_sites)
        chords[order], sites[order] = sorted_chords, sorted_sites
        return chords, sites

    def ambiguous_batch(
        self, lats: npt.ArrayLike, lngs: npt.ArrayLike, limits_m: npt.ArrayLike
    ) -> list[list[Found]]:
        """`ambiguous` of whole columns, each with its own limit."""
        user_lats, user_lngs, limits = (
            np.asarray(each, dtype=np.float64) for each in (lats, lngs, limits_m)
        )
        if self._tree is None or not len(user_lats):
            return [[] for _ in range(len(user_lats))]
        chords, sites = self._tree.query(
            earth_centred(user_lats, user_lngs), k=range(1, _BATCH_NEIGHBOURS + 1)
        )
        known = np.isfinite(chords)
        metres = np.full(chords.shape, np.inf)
        users, columns = np.nonzero(known)
        metres[users, columns] = distances_m(
            user_lats[users],
            user_lngs[users],
            self._lats[sites[users, columns]],
            self._lngs[sites[users, columns]],
        )
        best = metres.min(axis=1)
        reach = best + np.maximum(limits, 0.0)
        whole = (
            chords[:, -1] > reach + TOLERANCE_M
        )  # every other site has s >= c > reach, so all that count are among these
        found = []
        for n, (sure, least) in enumerate(zip(whole.tolist(), best.tolist(), strict=True)):
            if not sure:
                found.append(
                    self.ambiguous(float(user_lats[n]), float(user_lngs[n]), float(limits[n]))
                )
                continue
            near = np.flatnonzero((metres[n] == least) | (metres[n] - least < limits[n])).tolist()
            rows = [
                (float(metres[n, k]), int(self._rank[place]), int(self._stores[place]))
                for k in near
                for place in range(self._starts[sites[n, k]], self._starts[sites[n, k] + 1])
            ]
            found.append([(position, metre) for metre, _rank, position in sorted(rows)])
        return found

    def _settle(self, lat: float, lng: float, site: int, next_chord_m: float) -> Found:
        """Steps 1 to 3 of the proof: the nearest by chord, unless a store with a chord up to its
        geodesic is nearer or equal."""
        distance = geodesic_m(lat, lng, float(self._lats[site]), float(self._lngs[site]))
        if next_chord_m > distance + TOLERANCE_M:
            return int(self._stores[self._starts[site]]), distance
        sites = self._sites_up_to(lat, lng, distance)
        found = distances_m(lat, lng, self._lats[sites], self._lngs[sites])
        heads = self._starts[sites]
        winner = np.lexsort((self._rank[heads], found))[0]
        return int(self._stores[heads[winner]]), float(found[winner])

    def _sites_up_to(self, lat: float, lng: float, geodesic: float) -> Ints:
        """Sites that can have a geodesic of at most so many metres: a superset, by the first or the
        second inequality."""
        if geodesic <= FAR_M:
            assert self._tree is not None
            return np.asarray(
                self._tree.query_ball_point(_point(lat, lng), geodesic + TOLERANCE_M),
                dtype=np.int64,
            )
        reduced = np.array(
            (A_M, A_M, B_M)
        )  # an ECEF point divided by the semi-axes is its reduced point on the unit sphere
        cosines = (self._xyz / reduced) @ (np.array(_point(lat, lng)) / reduced)
        least = math.cos(min(math.pi, (geodesic + TOLERANCE_M) / B_M)) - _COSINE_NOISE
        return np.flatnonzero(cosines >= least).astype(np.int64)

    def _sorted(self, lat: float, lng: float, sites: Ints, below: float = math.inf) -> list[Found]:
        """All stores of those sites nearer than `below`, by (distance, code)."""
        site_distances = distances_m(lat, lng, self._lats[sites], self._lngs[sites])
        kept = site_distances < below
        sites, site_distances = sites[kept], site_distances[kept]
        counts = self._starts[sites + 1] - self._starts[sites]
        distances = np.repeat(site_distances, counts)
        places = np.repeat(self._starts[sites] - (np.cumsum(counts) - counts), counts) + np.arange(
            int(counts.sum())
        )
        order = np.lexsort((self._rank[places], distances))
        return list(
            zip(self._stores[places][order].tolist(), distances[order].tolist(), strict=True)
        )


def earth_centred(lats: Floats, lngs: Floats) -> Floats:
    """ECEF points (n x 3, metres) on the WGS-84 ellipsoid, at height 0."""
    phi, lam = np.radians(lats), np.radians(lngs)
    normal = A_M / np.sqrt(1.0 - E2 * np.sin(phi) ** 2)
    return np.stack(
        (
            normal * np.cos(phi) * np.cos(lam),
            normal * np.cos(phi) * np.sin(lam),
            normal * (1.0 - E2) * np.sin(phi),
        ),
        axis=-1,
    )


def _point(lat: float, lng: float) -> tuple[float, float, float]:
    """`earth_centred` of one position, without the price of arrays."""
    phi, lam = math.radians(lat), math.radians(lng)
    sine, cosine = math.sin(phi), math.cos(phi)
    normal = A_M / math.sqrt(1.0 - E2 * sine * sine)
    return (
        normal * cosine * math.cos(lam),
        normal * cosine * math.sin(lam),
        normal * (1.0 - E2) * sine,
    )


def _one_name_per_place(lats: Floats, lngs: Floats) -> tuple[Floats, Floats]:
    """180 for -180 and 0 for every longitude of a pole, so that stores on one spot are seen to
    share it (also -0.0)."""
    lngs = np.where(lngs == -180.0, 180.0, lngs)
    return lats + 0.0, np.where(np.abs(lats) == 90.0, 0.0, lngs) + 0.0
