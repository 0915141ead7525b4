"""Areas on the map: GeoJSON in, "which areas cover this point" out, and how much two of them
overlap (A12, M1).

An area is a Polygon or MultiPolygon in WGS-84 whose edges are straight in longitude and latitude
(RFC 7946); its boundary is inside.

M1: testing shared polygons from several threads has crashed the process. A snapshot's geometries
are therefore asked through `AreaIndex` alone, one thread of the process at a time. The other
functions here are for a geometry that its caller has just parsed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from ledger.faults import InvalidInput
from stores.geo.coordinates import Coordinates, require_crs, to_wgs84_arrays

Key = TypeVar("Key")
Box = tuple[float, float, float, float]  # west, south, east, north, degrees
Floats = npt.NDArray[np.float64]

MOST_POINTS: Final = 100_000
SHARED_EDGE_M2: Final = 100.0  # A12: what two drawings of one border may differ by

_A_M: Final = 6378137.0
_E2: Final = 0.0066943799901413165
_E: Final = _E2**0.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_LONGEST_EDGE_DEG: Final = 5.0
_CHUNK: Final = 10_000
_GEOS: Final = threading.Lock()  # one for the process: an old and a new index may share geometries


class InvalidArea(InvalidInput):
    """A geometry that is no area: another type, an open or crossing ring, too few points, numbers
    that are no degrees."""

    code = "invalid_area"


class AreaIndex(Generic[Key]):
    """Areas by place. Immutable; every method may be called from any thread (they take turns, a
    question lasts microseconds)."""

    __slots__ = ("_keys", "_tree")

    def __init__(self, geometries: Sequence[BaseGeometry], keys: Sequence[Key]):
        if len(geometries) != len(keys):
            raise ValueError("one key for each geometry")
        self._keys = tuple(keys)
        with _GEOS:
            self._tree = shapely.STRtree(list(geometries))

    def __len__(self) -> int:
        return len(self._keys)

    def covering(self, lat: float, lng: float) -> list[Key]:
        """Keys of the areas that a WGS-84 point is in or on the boundary of, in the order of the
        index."""
        if not self._keys:
            return []
        with _GEOS:
            hits = self._tree.query(_probe(lat, lng), predicate="intersects")
        return [self._keys[hit] for hit in sorted(hits.tolist())]

    def covering_batch(self, lats: npt.ArrayLike, lngs: npt.ArrayLike) -> list[list[Key]]:
        """`covering` of whole columns, one list a point. The lock is let go between chunks, so
        visitors wait milliseconds."""
        all_lats, all_lngs = np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)
        found: list[list[Key]] = [[] for _ in range(len(all_lats))]
        for start in range(0, len(found) if self._keys else 0, _CHUNK):
            chunk_lats, chunk_lngs = (
                all_lats[start : start + _CHUNK],
                all_lngs[start : start + _CHUNK],
            )
            with _GEOS:
                points, areas = self._hits(chunk_lats, chunk_lngs)
            for place in np.lexsort((areas, points)).tolist():
                found[start + int(points[place])].append(self._keys[int(areas[place])])
        return found

    def items(self) -> list[tuple[Key, BaseGeometry]]:
        """Keys and shapes, to make another index of; ask a shape nothing, they are shared (M1)."""
        return list(zip(self._keys, self._tree.geometries.tolist(), strict=True))

    def overlaps(self, key: Key) -> list[tuple[Key, float]]:
        """The other areas that one overlaps by more than SHARED_EDGE_M2, with the square metres
        (A12)."""
        with _GEOS:
            shape = self._tree.geometries[self._keys.index(key)]
            near = [
                hit
                for hit in sorted(self._tree.query(shape, predicate="intersects").tolist())
                if self._keys[hit] != key
            ]
            found = [
                (self._keys[hit], overlap_m2(shape, self._tree.geometries[hit])) for hit in near
            ]
        return [each for each in found if each[1] > SHARED_EDGE_M2]

    def _hits(
        self, lats: Floats, lngs: Floats
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(point, area) pairs. A tree of the points is asked with the areas: GEOS then prepares
        each area once, not each point."""
        probes = shapely.points(lngs, lats)
        for place in np.flatnonzero((np.abs(lngs) == 180.0) | (np.abs(lats) == 90.0)).tolist():
            probes[place] = _probe(float(lats[place]), float(lngs[place]))
        areas, points = shapely.STRtree(probes).query(self._tree.geometries, predicate="intersects")
        return points, areas


def parse_geometry(geometry: object, crs: str) -> BaseGeometry:
    """The Polygon or MultiPolygon of a GeoJSON geometry object, its vertices converted from `crs`
    to WGS-84.

    A ring with a step of more than 180 degrees of longitude is read as crossing the antimeridian;
    what lies beyond is moved to the other side, so the answer is within +-180 (draw a wider area
    with a vertex between; a step of exactly 360 is a ring around the world). Raises InvalidArea
    with the reason, and InvalidInput for an unknown crs."""
    require_crs(crs)
    polygons = [polygon for rings in _polygons_of(geometry) for polygon in _converted(rings, crs)]
    parts = [part for polygon in polygons for part in _within_180(polygon)]
    if len(parts) == 1:
        return parts[0]
    area = MultiPolygon(parts)
    # Parts that touch or overlap are no valid MultiPolygon, though what they cover is clear.
    return area if area.is_valid else shapely.union_all(parts)


def to_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """The GeoJSON geometry object of an area, WGS-84, longitude first."""
    mapping: dict[str, Any] = shapely.geometry.mapping(geometry)
    return mapping


def area_m2(geometry: BaseGeometry) -> float:
    """Square metres on the WGS-84 ellipsoid, poles and antimeridian included.

    The area of Lambert's cylindrical equal-area projection, whose height is q = (1 - e^2) (sin f /
    (1 - e^2 sin^2 f) + atanh(e sin f) / e) (Snyder 1987, 3-12). There a ring encloses A^2 / 2 times
    the integral of q dl along its edges; edges being straight in longitude and latitude, the
    integral is taken along them exactly, not along the chords of a projected polygon."""
    return float(
        sum(
            _ring_m2(part.exterior) - sum(_ring_m2(hole) for hole in part.interiors)
            for part in _parts(geometry)
        )
    )


def overlap_m2(a: BaseGeometry, b: BaseGeometry) -> float:
    """Square metres that two areas have in common; 0 for a shared edge. Over SHARED_EDGE_M2 two
    dealers' territories collide (A12)."""
    return area_m2(shapely.intersection(a, b))


def overlapping_pairs(
    geometries: Sequence[BaseGeometry],
    more_than_m2: float = SHARED_EDGE_M2,
    asked: Callable[[int, int], bool] = lambda i, j: True,
) -> list[tuple[int, int, float]]:
    """(i, j, m2) with i < j of all areas that overlap by more than so many square metres, in
    ascending order. `asked(i, j)`: whether a pair matters; those that do not are not measured."""
    if not len(geometries):
        return []
    left, right = shapely.STRtree(list(geometries)).query(list(geometries), predicate="intersects")
    pairs = sorted(
        (i, j) for i, j in zip(left.tolist(), right.tolist(), strict=True) if i < j and asked(i, j)
    )
    measured = ((i, j, overlap_m2(geometries[i], geometries[j])) for i, j in pairs)
    return [each for each in measured if each[2] > more_than_m2]


def near_boxes(geometries: Sequence[BaseGeometry], boxes: Sequence[Box]) -> list[int]:
    """Which of `boxes` the bounding box of any of these areas meets: positions, ascending."""
    if not geometries or not boxes:
        return []
    tree = shapely.STRtree(shapely.box(*np.asarray(boxes, dtype=np.float64).T))
    found: list[int] = np.unique(
        tree.query([geometry.envelope for geometry in geometries], predicate="intersects")[1]
    ).tolist()
    return found


def representative_point(geometry: BaseGeometry) -> Coordinates:
    """A point certainly inside the area (its centroid may lie outside), to put a label or a pin
    on."""
    point = geometry.representative_point()
    return Coordinates(point.y, point.x)


def _probe(lat: float, lng: float) -> BaseGeometry:
    """What stands for a point when areas are asked: both names of the antimeridian, the whole
    parallel of a pole."""
    if abs(lat) == 90.0:
        return shapely.linestrings([(-180.0, lat), (180.0, lat)])
    if abs(lng) == 180.0:
        return shapely.multipoints([(-180.0, lat), (180.0, lat)])
    return shapely.points(lng, lat)


def _polygons_of(geometry: object) -> Sequence[object]:
    """The polygons of a GeoJSON geometry, each a sequence of rings not yet looked at."""
    if not isinstance(geometry, Mapping):
        raise InvalidArea("The geometry is not a GeoJSON object.")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise InvalidArea(
            f"A geometry of type {str(kind)[:40]!r} is no area; draw a Polygon or MultiPolygon."
        )
    if not isinstance(coordinates, list | tuple) or not coordinates:
        raise InvalidArea("The geometry has no coordinates.")
    return [coordinates] if kind == "Polygon" else coordinates


def _converted(rings: object, crs: str) -> list[Polygon]:
    """The polygon of some rings in WGS-84, its longitudes continuous and therefore perhaps beyond
    +-180."""
    polygon = _polygon(rings, crs)
    if polygon.is_valid:
        return [polygon]
    # A shift bends needles by some centimetres and may make their edges cross; that is not the
    # fault of who drew them.
    drawn = _polygon(rings, "wgs84") if crs != "wgs84" else polygon
    if not drawn.is_valid:
        raise InvalidArea(
            f"The polygon is not valid: {shapely.is_valid_reason(drawn)} (longitude latitude)."
        )
    return _parts(shapely.make_valid(polygon))


def _polygon(rings: object, crs: str) -> Polygon:
    if not isinstance(rings, list | tuple) or not rings:
        raise InvalidArea("A polygon has no ring.")
    shell, *holes = [_ring(ring, crs) for ring in rings]
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2
    for hole in holes:  # a hole follows its shell over the antimeridian
        hole[:, 0] += 360.0 * np.round((middle - (hole[:, 0].min() + hole[:, 0].max()) / 2) / 360.0)
    return Polygon(shell, holes)


def _ring(ring: object, crs: str) -> Floats:
    """A closed ring as (longitude, latitude) rows in WGS-84, its longitudes continuous."""
    if not isinstance(ring, list | tuple):
        raise InvalidArea("A ring is not a list of positions.")
    if not 4 <= len(ring) <= MOST_POINTS:
        raise InvalidArea(
            f"A ring has {len(ring)} positions; it needs 4 to {MOST_POINTS}, the last equal to "
            "the first."
        )
    given = np.array([_position(position) for position in ring], dtype=np.float64)
    if (given[0] != given[-1]).any():
        raise InvalidArea(
            f"A ring is open: it starts at {ring[0]} and ends at {ring[-1]}; repeat the first "
            "position at the end."
        )
    lats, lngs = to_wgs84_arrays(given[:, 1], given[:, 0], crs)
    steps = np.diff(lngs)
    crossing = (np.abs(steps) > 180.0) & (np.abs(steps) != 360.0)
    turns = np.concatenate(([0.0], np.cumsum(np.where(crossing, -np.sign(steps) * 360.0, 0.0))))
    if turns[-1] != 0.0:
        raise InvalidArea(
            "A ring goes around a pole; cut it at the antimeridian and close it along the pole."
        )
    return np.column_stack((lngs + turns, lats))


def _position(position: object) -> tuple[float, float]:
    """(longitude, latitude) of a GeoJSON position; a height is read over."""
    if not isinstance(position, list | tuple) or not 2 <= len(position) <= 3:
        raise InvalidArea(f"{str(position)[:60]} is not a position [longitude, latitude].")
    for degrees in position[:2]:
        if (
            isinstance(degrees, bool)
            or not isinstance(degrees, int | float)
            or not -180.0 <= degrees <= 180.0
        ):
            raise InvalidArea(
                f"{str(position)[:60]} is not a position in degrees [longitude, latitude]."
            )
    if not -90.0 <= position[1] <= 90.0:
        raise InvalidArea(
            f"{str(position)[:60]}: {position[1]} is no latitude in degrees; GeoJSON writes "
            "[longitude, latitude]."
        )
    return position[0], position[1]


def _within_180(polygon: Polygon) -> list[Polygon]:
    """The polygon itself, or its pieces on either side of the antimeridian, each moved into
    +-180."""
    west, south, east, north = polygon.bounds
    if west >= -180.0 and east <= 180.0:
        return [polygon]
    pieces = []
    for turn in range(int(np.floor((west + 180.0) / 360.0)), int(np.ceil((east + 180.0) / 360.0))):
        world = shapely.box(turn * 360.0 - 180.0, south - 1.0, turn * 360.0 + 180.0, north + 1.0)
        cut = shapely.intersection(polygon, world)
        pieces += [
            shapely.transform(part, lambda xy, by=turn * 360.0: xy - (by, 0.0))
            for part in _parts(cut)
        ]
    return pieces


def _parts(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons of any geometry; points and lines, such as a touching edge, have no area and are
    dropped."""
    return [
        part
        for part in shapely.get_parts(shapely.get_parts(geometry)).tolist()
        if isinstance(part, Polygon) and not part.is_empty
    ]


def _ring_m2(ring: BaseGeometry) -> float:
    """Square metres inside a ring: Gauss-Legendre along its edges, none longer than some
    degrees."""
    radians = np.radians(shapely.get_coordinates(shapely.segmentize(ring, _LONGEST_EDGE_DEG)))
    lng_steps, lat_steps = np.diff(radians, axis=0).T
    sines = np.sin(radians[:-1, 1, None] + lat_steps[:, None] * (_NODES + 1.0) / 2.0)
    heights = (1.0 - _E2) * (sines / (1.0 - _E2 * sines**2) + np.arctanh(_E * sines) / _E)
    return abs(float(_A_M**2 / 2.0 * np.sum(lng_steps * (heights @ _WEIGHTS) / 2.0)))
