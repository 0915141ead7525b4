"""Positions on the earth: one system inside (WGS-84), three at the edge, and the distance between
two of them (A3).

GCJ-02 shifts a WGS-84 point by a smooth series of its own position; BD-09 shifts the GCJ-02 point
again. Both are formulas of the whole plane: the declared `crs` decides whether they apply, never a
rectangle around a country. They are undone by iteration on the same forward formula, so there is
one copy of each constant and a round trip returns to well below a millimetre."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from ledger.faults import InvalidInput

Floats = npt.NDArray[np.float64]

CRS_NAMES: Final = ("wgs84", "gcj02", "bd09")
REGION_REACH_M: Final = 50_000.0
CLASS_M: Final = 1_000

# Geod keeps the ellipsoid's constants only and `inv` reads them, so every thread may share it.
_WGS84: Final = Geod(ellps="WGS84")
# micrometres: far above the noise of the algorithm (some 15 nm), far below anything that can be
# surveyed
_PER_METRE: Final = 1e6

# Krasovsky 1940, the ellipsoid of the GCJ-02 series.
_GCJ_A: Final = 6378245.0
_GCJ_EE: Final = 0.00669342162296594323
_BD_TURN: Final = math.pi * 3000.0 / 180.0
_SETTLED_DEG: Final = 1e-12
_ACCEPTED_DEG: Final = 1e-9
_MOST_ROUNDS: Final = 60


class InvalidCoordinates(InvalidInput):
    """A latitude or longitude that is no number, not finite, out of +-90 / +-180, or has no
    counterpart in the declared crs."""

    code = "invalid_coordinates"


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A WGS-84 position in decimal degrees; raises InvalidCoordinates outside +-90 / +-180 and for
    NaN or infinity."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        _require_degrees(self.latitude, self.longitude)


def to_wgs84(latitude: float, longitude: float, crs: str) -> Coordinates:
    """The WGS-84 position of decimal degrees given in `crs` (wgs84, gcj02, bd09).

    Raises InvalidInput for an unknown crs, InvalidCoordinates for NaN, out of range, or a
    GCJ-02/BD-09 pair that no position has (only within 0.6 degrees of a pole, where those systems
    mean nothing)."""
    require_crs(crs)
    _require_degrees(latitude, longitude)
    if crs == "wgs84":
        return Coordinates(float(latitude), float(longitude))
    lat, lng = _undo(float(latitude), float(longitude), crs)
    if (
        abs(lng) > 180.0
    ):  # the shift crossed the antimeridian: ask the other side, whose series differs
        other_lat, other_lng = _undo(
            float(latitude), longitude - math.copysign(360.0, longitude), crs
        )
        lat, lng = (
            (other_lat, other_lng)
            if abs(other_lng) <= 180.0
            else (lat, lng - math.copysign(360.0, lng))
        )
    if not _is_undone(lat, lng, latitude, longitude, crs):
        raise _no_counterpart(latitude, longitude, crs)
    return Coordinates(lat, lng)


def from_wgs84(coordinates: Coordinates, crs: str) -> tuple[float, float]:
    """(latitude, longitude) of a position in `crs`; a pair, because `Coordinates` are WGS-84 by
    definition.

    Raises InvalidInput for an unknown crs, InvalidCoordinates where the shift leaves the range of
    latitudes (next to a pole)."""
    require_crs(crs)
    lat, lng = _shifted(coordinates.latitude, coordinates.longitude, crs, math)
    if not (math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90.0 and abs(lng) <= 540.0):
        raise _no_counterpart(coordinates.latitude, coordinates.longitude, crs)
    return lat, lng if abs(lng) <= 180.0 else lng - math.copysign(360.0, lng)


def to_wgs84_arrays(
    latitudes: npt.ArrayLike, longitudes: npt.ArrayLike, crs: str
) -> tuple[Floats, Floats]:
    """`to_wgs84` of whole columns: two arrays of degrees, equal to the single conversion within a
    nanometre.

    Raises what `to_wgs84` raises; an InvalidCoordinates names the first row (from 0) that is at
    fault."""
    require_crs(crs)
    lats, lngs = np.array(latitudes, dtype=np.float64), np.array(longitudes, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        usable = (np.abs(lats) <= 90.0) & (np.abs(lngs) <= 180.0)  # NaN and infinity compare false
    _refuse_rows(~usable, lats, lngs, "is not a pair of degrees within +-90 and +-180")
    if crs == "wgs84" or not lats.size:
        return lats, lngs
    with np.errstate(all="ignore"):
        lat, lng = _undo_arrays(lats, lngs, crs)
        outside = np.abs(lng) > 180.0
        if outside.any():
            other_lat, other_lng = _undo_arrays(
                lats[outside], lngs[outside] - np.copysign(360.0, lngs[outside]), crs
            )
            inside = np.abs(other_lng) <= 180.0
            lat[outside] = np.where(inside, other_lat, lat[outside])
            lng[outside] = np.where(
                inside, other_lng, lng[outside] - np.copysign(360.0, lng[outside])
            )
        back_lat, back_lng = _shifted(lat, lng, crs, np)
        undone = (
            (np.abs(lat) <= 90.0)
            & (np.abs(lng) <= 180.0)
            & (np.abs(back_lat - lats) <= _ACCEPTED_DEG)
        )
        undone &= np.abs(np.remainder(back_lng - lngs + 180.0, 360.0) - 180.0) <= _ACCEPTED_DEG
    _refuse_rows(~undone, lats, lngs, f"has no position in {crs}")
    return lat, lng


def require_crs(crs: str) -> None:
    """Raise InvalidInput unless `crs` is one of CRS_NAMES; a missing crs is never guessed (A3)."""
    if crs not in CRS_NAMES:
        raise InvalidInput(
            f"crs {crs!r} is unknown; declare one of {', '.join(CRS_NAMES)}.", code="unknown_crs"
        )


def is_null_island(latitude: float, longitude: float) -> bool:
    """Whether the raw numbers are exactly (0, 0), what devices send for "no fix": no usable
    location of a visitor, a store's fault."""
    return latitude == 0.0 and longitude == 0.0


def distance_m(a: Coordinates, b: Coordinates) -> float:
    """Geodesic distance in metres on the WGS-84 ellipsoid (Karney 2013), rounded to a micrometre.

    The rounding makes equal distances equal numbers, so that ties are broken by rule and not by the
    last bit of a sine."""
    return geodesic_m(a.latitude, a.longitude, b.latitude, b.longitude)


def geodesic_m(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """`distance_m` of plain WGS-84 degrees already known to be valid."""
    metres: float = _WGS84.inv(longitude, latitude, other_longitude, other_latitude)[2]
    return round(metres * _PER_METRE) / _PER_METRE


def distances_m(
    latitude: float | Floats,
    longitude: float | Floats,
    latitudes: npt.ArrayLike,
    longitudes: npt.ArrayLike,
) -> Floats:
    """`distance_m` from one position to many, or pairwise between two columns of the same length;
    WGS-84 degrees, metres."""
    lats, lngs = np.asarray(latitudes, dtype=np.float64), np.asarray(longitudes, dtype=np.float64)
    if not lats.size:
        return np.empty(0)
    from_lats, from_lngs = (
        np.broadcast_to(latitude, lats.shape),
        np.broadcast_to(longitude, lngs.shape),
    )
    _, _, metres = _WGS84.inv(from_lngs, from_lats, lngs, lats)
    rounded: Floats = np.rint(metres * _PER_METRE) / _PER_METRE
    return rounded


def moved_by(
    latitudes: Floats, longitudes: Floats, bearings: Floats, metres: Floats
) -> tuple[Floats, Floats]:
    """The places so many metres away along geodesics that start in these directions (degrees,
    clockwise from north); WGS-84."""
    lngs, lats, _ = _WGS84.fwd(longitudes, latitudes, bearings, metres)
    return np.asarray(lats, dtype=np.float64), np.asarray(lngs, dtype=np.float64)


def distance_class_m(distance: float) -> int:
    """The 1 km class a distance is kept and shown in after 24 h (A16, M11): its lower edge in
    metres, 0 for anything under 1 km."""
    return int(distance // CLASS_M) * CLASS_M


def far_from_region(latitude: float, longitude: float, centre: Coordinates | None) -> bool:
    """Whether a point lies more than 50 km from the centre of its stated region (A3, a warning);
    False when no centre is known."""
    return (
        centre is not None
        and geodesic_m(latitude, longitude, centre.latitude, centre.longitude) > REGION_REACH_M
    )


def likely_swapped(
    latitude: float, longitude: float, centre: Coordinates | None = None, country: str | None = None
) -> bool:
    """Whether latitude and longitude look exchanged (A3, a warning for the work list; out-of-range
    numbers are faults elsewhere).

    With the centre of the stated region: the point as given is impossible or more than 50 km away,
    and its swap is within 50 km. Without one, only what is certain: in country `CN` (latitudes 3 to
    54, longitudes 73 to 136, which do not overlap) a "latitude" of 70 to 136 beside a "longitude"
    of 3 to 54 can be nothing but a swap. Takes raw numbers, also out of range."""
    if not (abs(longitude) <= 90.0 and abs(latitude) <= 180.0):
        return False  # the swap would be no position either (also NaN)
    if centre is None:
        return country == "CN" and 70.0 <= latitude <= 136.0 and 3.0 <= longitude <= 54.0
    possible = abs(latitude) <= 90.0
    if possible and not far_from_region(latitude, longitude, centre):
        return False
    return not far_from_region(longitude, latitude, centre)


def _require_degrees(latitude: object, longitude: object) -> None:
    for name, value, most in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidCoordinates(f"{name} {value!r} is not a number of degrees.")
        if not -most <= value <= most:  # NaN and infinity compare false
            raise InvalidCoordinates(f"{name} {value!r} is outside +-{most:g} degrees.")


def _no_counterpart(latitude: float, longitude: float, crs: str) -> InvalidCoordinates:
    return InvalidCoordinates(
        f"({latitude}, {longitude}) has no counterpart between wgs84 and {crs}; the system ends "
        "near the poles."
    )


def _refuse_rows(at_fault: npt.NDArray[np.bool_], lats: Floats, lngs: Floats, reason: str) -> None:
    if at_fault.any():
        row = int(np.argmax(at_fault))
        raise InvalidCoordinates(f"row {row}: ({lats[row]}, {lngs[row]}) {reason}.")


def _shifted(lat: Any, lng: Any, crs: str, m: Any) -> tuple[Any, Any]:
    """WGS-84 degrees in `crs`, longitudes not wrapped; one formula for floats (m = math) and arrays
    (m = numpy)."""
    if crs == "wgs84":
        return lat, lng
    lat, lng = _gcj02(lat, lng, m)
    return _bd09(lat, lng, m) if crs == "bd09" else (lat, lng)


def _gcj02(lat: Any, lng: Any, m: Any) -> tuple[Any, Any]:
    """The published GCJ-02 series about (35 N, 105 E): a polynomial and six sines, in metres turned
    to degrees on Krasovsky 1940."""
    x, y = lng - 105.0, lat - 35.0
    root, xy = m.sqrt(m.fabs(x)), 0.1 * x * y
    ripple = (20.0 * m.sin(6.0 * x * m.pi) + 20.0 * m.sin(2.0 * x * m.pi)) * 2.0 / 3.0
    waves_y = (20.0 * m.sin(y * m.pi) + 40.0 * m.sin(y / 3.0 * m.pi)) * 2.0 / 3.0
    waves_y += (160.0 * m.sin(y / 12.0 * m.pi) + 320.0 * m.sin(y * m.pi / 30.0)) * 2.0 / 3.0
    waves_x = (20.0 * m.sin(x * m.pi) + 40.0 * m.sin(x / 3.0 * m.pi)) * 2.0 / 3.0
    waves_x += (150.0 * m.sin(x / 12.0 * m.pi) + 300.0 * m.sin(x / 30.0 * m.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root + ripple + waves_y
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root + ripple + waves_x
    phi = lat / 180.0 * m.pi
    magic = 1.0 - _GCJ_EE * m.sin(phi) * m.sin(phi)
    north = north_m * 180.0 / ((_GCJ_A * (1.0 - _GCJ_EE)) / (magic * m.sqrt(magic)) * m.pi)
    east = east_m * 180.0 / (_GCJ_A / m.sqrt(magic) * m.cos(phi) * m.pi)
    return lat + north, lng + east


def _bd09(lat: Any, lng: Any, m: Any) -> tuple[Any, Any]:
    """BD-09 of a GCJ-02 point: its polar form about (0, 0) stretched and turned a little, then
    moved by a constant."""
    z = m.sqrt(lng * lng + lat * lat) + 0.00002 * m.sin(lat * _BD_TURN)
    theta = m.atan2(lat, lng) + 0.000003 * m.cos(lng * _BD_TURN)
    return z * m.sin(theta) + 0.006, z * m.cos(theta) + 0.0065


def _undo(latitude: float, longitude: float, crs: str) -> tuple[float, float]:
    """The fixed point of p = given - (shift(p) - p); the shift changes by under 3 % of a step, so
    some ten rounds settle it."""
    lat, lng = latitude, longitude
    for _ in range(_MOST_ROUNDS):
        there_lat, there_lng = _shifted(lat, lng, crs, math)
        off_lat, off_lng = there_lat - latitude, there_lng - longitude
        lat, lng = min(90.0, max(-90.0, lat - off_lat)), min(540.0, max(-540.0, lng - off_lng))
        if abs(off_lat) <= _SETTLED_DEG and abs(off_lng) <= _SETTLED_DEG:
            break
    # The last bit of an answer on the antimeridian itself must not push it over.
    return lat, math.copysign(180.0, lng) if 180.0 < abs(lng) <= 180.0 + _ACCEPTED_DEG else lng


def _undo_arrays(lats: Floats, lngs: Floats, crs: str) -> tuple[Floats, Floats]:
    """`_undo` of columns: rounds go on until the slowest row has settled."""
    lat, lng = lats.copy(), lngs.copy()
    for _ in range(_MOST_ROUNDS):
        there_lat, there_lng = _shifted(lat, lng, crs, np)
        off_lat, off_lng = there_lat - lats, there_lng - lngs
        lat, lng = np.clip(lat - off_lat, -90.0, 90.0), np.clip(lng - off_lng, -540.0, 540.0)
        if max(np.abs(off_lat).max(), np.abs(off_lng).max()) <= _SETTLED_DEG:
            break
    over = (np.abs(lng) > 180.0) & (np.abs(lng) <= 180.0 + _ACCEPTED_DEG)
    return lat, np.where(over, np.copysign(180.0, lng), lng)


def _is_undone(lat: float, lng: float, latitude: float, longitude: float, crs: str) -> bool:
    if not (abs(lat) <= 90.0 and abs(lng) <= 180.0):
        return False
    back_lat: float
    back_lng: float
    back_lat, back_lng = _shifted(lat, lng, crs, math)
    off_lng = (back_lng - longitude + 180.0) % 360.0 - 180.0
    return abs(back_lat - latitude) <= _ACCEPTED_DEG and abs(off_lng) <= _ACCEPTED_DEG
