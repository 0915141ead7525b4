"""Places by name, without asking anybody outside (A9): Chinese divisions, cities of the world, and
divisions named inside an address. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from stores.base.folding import fold
from stores.geo.coordinates import Coordinates, distances_m
from stores.geo.regions import Region, full_name, region_centre, regions
from stores.geo.world_cities import City, cities

EXACT, BEGINS, HOLDS, INSIDE = range(
    4
)  # how a place meets the words, best first; INSIDE: the words hold the place's name
CHINA = ("CN", "HK", "MO", "TW")
NEAR_CENTRE_M = 60_000.0  # beyond it a point is given no division
_ENDS = (
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "自治县",
    "地区",
    "省",
    "市",
    "区",
    "县",
    "盟",
    "旗",
)
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Named:
    """A place with its centre in WGS-84; `region_code` a division of China, else ISO 3166 (`FR`,
    `US-TX`). `within`: what it lies in, in words."""

    kind: str
    name: str
    within: str
    region_code: str
    country: str
    centre: Coordinates
    population: int
    match: int


def find(text: str, limit: int) -> list[Named]:
    """The best first: exact names, then beginnings, then parts; among equals the greater. Nothing
    for empty words."""
    words = fold(text)
    if not words:
        return []
    found = [*_divisions(words), *_cities(words)]
    if not any(each.match < INSIDE for each in found):
        found += _inside(words)
    return sorted(
        found, key=lambda each: (each.match, -each.population, each.region_code, each.name)
    )[:limit]


# -- divisions -------------------------------------------------------------------------------------


def _divisions(words: str) -> list[Named]:
    found, parts = [], words.split(" ")
    for name, short, whole, region in _folded_divisions():
        if words in (name, short) or region.code == words:
            match = EXACT
        elif name.startswith(words) or len(words) > 1 and region.code.startswith(words):
            match = BEGINS
        elif words in name or all(part in whole for part in parts):
            match = HOLDS
        else:
            continue
        found.append(_division(region, match))
    return found


def _inside(words: str) -> list[Named]:
    """An address: the divisions whose names stand in it. Those agreeing with most of what the
    address says come first, then the smaller."""
    scored = []
    for name, short, _, region in _folded_divisions():
        if name in words or region.level != "county" and len(short) > 1 and short in words:
            above = [
                each
                for each in _above(region)
                if fold(each.name) in words or _short(fold(each.name)) in words
            ]
            scored.append((len(above), _LEVELS[region.level], len(name), region))
    if not scored:
        return []
    best = max(each[:2] for each in scored)
    return [
        _division(region, INSIDE) for agreed, level, _, region in scored if (agreed, level) == best
    ]


_LEVELS = {"province": 0, "city": 1, "county": 2}


@cache
def _folded_divisions() -> list[tuple[str, str, str, Region]]:
    """(name, name without its kind, all names above too, division); a city that only repeats its
    province is left out."""
    found = []
    for region in regions().values():
        above = regions().get(region.parent_code or "")
        if (above is None or above.name != region.name) and region_centre(region.code) is not None:
            name = fold(region.name)
            found.append((name, _short(name), fold(full_name(region.code)), region))
    return found


def _division(region: Region, match: int) -> Named:
    centre, above = region_centre(region.code), regions().get(region.parent_code or "")
    assert centre is not None
    names = full_name(region.code).split(" ")
    return Named(
        "division",
        region.name,
        " ".join(names[:-1]),
        region.code,
        _country(region.code),
        Coordinates(*centre),
        region.population or (above.population // 100 if above is not None else 0),
        match,
    )


def _above(region: Region) -> list[Region]:
    found, parent = [], regions().get(region.parent_code or "")
    while parent is not None:
        found.append(parent)
        parent = regions().get(parent.parent_code or "")
    return found


def _short(name: str) -> str:
    return next(
        (
            name.removesuffix(end)
            for end in _ENDS
            if name.endswith(end) and len(name) > len(end) + 1
        ),
        name,
    )


def _country(code: str) -> str:
    return {"71": "TW", "81": "HK", "82": "MO"}.get(code[:2], "CN")


# -- cities ----------------------------------------------------------------------------------------


def _cities(words: str) -> list[Named]:
    """Chinese cities by their Latin names alone: by Chinese ones the divisions answer."""
    found, chinese = [], _CJK.search(words) is not None
    if len(words) < 2:
        return []
    for name, name_zh, city in _folded_cities():
        own = name_zh if chinese else name
        if words not in own or chinese and city.country in CHINA:
            continue
        match = EXACT if own == words else BEGINS if own.startswith(words) else HOLDS
        found.append((match, city))
    found.sort(key=lambda each: (each[0], -each[1].population))
    return [_city(city, match, chinese) for match, city in found[:40]]


@cache
def _folded_cities() -> list[tuple[str, str, City]]:
    return [(fold(city.name), city.name_zh, city) for city in cities()]


def _city(city: City, match: int, chinese: bool) -> Named:
    here = Coordinates(city.latitude, city.longitude)
    part = f"{city.country}-{city.region}" if city.region.isalpha() else city.country
    code = (division_at(here, city_level=True) if city.country in CHINA else None) or (
        part if city.country == "US" else city.country
    )
    within = full_name(code) if code.isdigit() else part
    return Named(
        "city",
        city.name_zh if chinese else city.name,
        within,
        code,
        city.country,
        here,
        city.population,
        match,
    )


def division_at(point: Coordinates, city_level: bool = False) -> str | None:
    """The division of China whose centre is nearest, None beyond NEAR_CENTRE_M. By centres, so near
    a border it may be the neighbour."""
    lats, lngs, codes = _centres()
    near = np.flatnonzero(
        (np.abs(lats - point.latitude) < 1.5) & (np.abs(lngs - point.longitude) < 3.0)
    )
    if not near.size:
        return None
    metres = distances_m(point.latitude, point.longitude, lats[near], lngs[near])
    best = int(np.argmin(metres))
    if metres[best] > NEAR_CENTRE_M:
        return None
    code = codes[int(near[best])]
    return (
        next((each for each in (f"{code[:4]}00", f"{code[:2]}0000") if each in regions()), code)
        if city_level
        else code
    )


@cache
def _centres() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Of counties; where the table goes no deeper, of what there is."""
    found = [
        (each.centre, each.code)
        for each in regions().values()
        if each.centre is not None and (each.level == "county" or _country(each.code) != "CN")
    ]
    return (
        np.array([centre[0] for centre, _ in found]),
        np.array([centre[1] for centre, _ in found]),
        [code for _, code in found],
    )
