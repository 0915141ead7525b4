"""What lies under the places of a map: the coast of the world (no borders) and names of towns to
find one's way by; packed once a process.

Coast: Natural Earth 1:50m, straightened by some 2 km, so it is drawn down to a region and not
within a town (static/js/map.js, COAST_UP_TO)."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache

from stores.geo.land import COAST
from stores.geo.regions import regions
from stores.geo.world_cities import cities

PEOPLE = 100_000  # of a town of the world that is named
CHINESE = frozenset({"CN", "HK", "MO", "TW"})  # named by the divisions where names are Chinese
NEAR_FROM = 8  # the zoom from which districts are named
Town = tuple[str, float, float] | tuple[str, float, float, int]


@cache
def coast() -> bytes:
    """The coast of the world for maps: the shipped file of GeoJSON as it is, gzipped."""
    return COAST.read_bytes()


@cache
def towns(tongue: str) -> bytes:
    """[[name, latitude, longitude, least zoom?], ...] as gzipped JSON, the one to be named first
    first: towns by their people, then in Chinese the districts."""
    return gzip.compress(
        json.dumps(_towns(tongue), ensure_ascii=False, separators=(",", ":")).encode(), mtime=0
    )


@cache
def mark_of(name: str, tongue: str = "") -> str:
    """Of the content, for its address: browsers may keep what lies there for good."""
    return hashlib.sha256(coast() if name == "coast" else towns(tongue)).hexdigest()[:10]


def _towns(tongue: str) -> list[Town]:
    found = [
        (
            city.population,
            city.name_zh if tongue == "zh" and city.name_zh else city.name,
            city.latitude,
            city.longitude,
        )
        for city in cities()
        if city.population >= PEOPLE and not (tongue == "zh" and city.country in CHINESE)
    ]
    near: list[tuple[int, str, float, float]] = []
    if tongue == "zh":
        for level, part in (("city", found), ("county", near)):
            part += [
                (each.population, each.name, *each.centre)
                for each in regions().values()
                if each.level == level and each.centre
            ]
    return [*_placed(found), *((name, lat, lng, NEAR_FROM) for name, lat, lng in _placed(near))]


def _placed(towns: list[tuple[int, str, float, float]]) -> list[tuple[str, float, float]]:
    return [
        (name, round(lat, 3), round(lng, 3))
        for _, name, lat, lng in sorted(towns, key=lambda town: -town[0])
    ]
