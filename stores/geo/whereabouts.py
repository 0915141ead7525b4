"""In which country a point lies, as far as the shipped places tell: the countries of the known
places around it (no borders are shipped)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from stores.geo.land import at_sea, on_sphere
from stores.geo.world_cities import cities

ICE_SOUTH_OF = -60.0
# and as far again as the nearest known place: places are towns over 15,000 people, so a border may
# be nearer than the next one
AROUND_M = 250_000.0
_FAMILIES = (
    ("CN", "HK", "MO", "TW"),
    ("US", "PR", "GU", "VI", "AS", "MP"),
    ("FR", "GP", "MQ", "RE", "GF", "YT", "NC", "PF", "PM", "MF", "BL", "WF", "MC"),
    ("GB", "IM", "JE", "GG", "GI"),
    ("NL", "AW", "CW", "SX", "BQ"),
    ("DK", "FO", "GL"),
    ("FI", "AX"),
    ("NO", "SJ"),
    ("AU", "CX", "CC", "NF"),
    ("IT", "SM", "VA"),
    ("RS", "XK"),
    ("MA", "EH"),
    ("IL", "PS"),
)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slip:
    """A point that is not in the country that is stated. `here`: the country that it lies in, None
    at sea. `way`: how its numbers lie in the stated one after all: swapped, latitude_sign,
    longitude_sign, both_signs, swapped_signs; '' when none does."""

    row: int
    here: str | None
    way: str


def slips(
    latitudes: npt.ArrayLike, longitudes: npt.ArrayLike, countries: list[str | None]
) -> list[Slip]:
    """Of points (WGS-84) with a stated country (ISO 3166, None: not judged): those that do not lie
    in it."""
    lats, lngs = np.asarray(latitudes, dtype=np.float64), np.asarray(longitudes, dtype=np.float64)
    judged = np.array(
        [n for n, country in enumerate(countries) if country is not None and country in _known()],
        dtype=np.intp,
    )
    if not judged.size:
        return []
    inside = _inside(lats[judged], lngs[judged], [countries[n] or "" for n in judged])
    found = []
    for n in judged[~inside].tolist():
        found.append(
            Slip(
                n,
                country_at(float(lats[n]), float(lngs[n])),
                _way(float(lats[n]), float(lngs[n]), countries[n] or ""),
            )
        )
    return found


def country_at(latitude: float, longitude: float) -> str | None:
    """The country of the nearest known place; None at sea."""
    if latitude < ICE_SOUTH_OF:
        return "AQ"
    if bool(at_sea([latitude], [longitude])[0]):
        return None
    tree, names = _places()
    return names[int(tree.query(on_sphere(np.array([latitude]), np.array([longitude])))[1][0])]


def is_in(latitude: float, longitude: float, country: str) -> bool:
    """Whether a point may lie in a country: on land, with one of its known places about as near as
    the nearest one."""
    return bool(_inside(np.array([latitude]), np.array([longitude]), [country])[0])


def _inside(lats: Floats, lngs: Floats, countries: list[str]) -> npt.NDArray[np.bool_]:
    tree, names = _places()
    points = on_sphere(lats, lngs)
    metres, nearest = tree.query(points)
    inside = np.array(
        [
            names[at] in _family(country)
            for at, country in zip(nearest.tolist(), countries, strict=True)
        ]
    )
    for n in np.flatnonzero(~inside).tolist():
        around = tree.query_ball_point(points[n], 2 * metres[n] + AROUND_M)
        inside[n] = any(names[at] in _family(countries[n]) for at in around)
    sea = np.flatnonzero(inside)
    inside[sea] &= ~at_sea(lats[sea], lngs[sea])
    return inside


def _way(lat: float, lng: float, country: str) -> str:
    tried = {
        "swapped": (lng, lat),
        "longitude_sign": (lat, -lng),
        "latitude_sign": (-lat, lng),
        "both_signs": (-lat, -lng),
        "swapped_signs": (-lng, -lat),
    }
    return next((way for way, (a, b) in tried.items() if abs(a) <= 90 and is_in(a, b, country)), "")


@cache
def _family(country: str) -> frozenset[str]:
    return frozenset(next((each for each in _FAMILIES if country in each), (country,)))


@cache
def _known() -> frozenset[str]:
    return frozenset(code for city in cities() for code in _family(city.country))


@cache
def _places() -> tuple[cKDTree, list[str]]:
    known = cities()
    return cKDTree(
        on_sphere(np.array([c.latitude for c in known]), np.array([c.longitude for c in known]))
    ), [c.country for c in known]
