"""The shops of the demo chain, at real district centres."""

from __future__ import annotations

import math

import numpy as np

from app.demo import words
from app.demo.chain import Shop
from stores.geo.regions import Region, regions

STORES_PER_CITY = 14
NEIGHBOURS = 0.08  # of the stores stand 60 to 170 m from another: ambiguous ties (A6)
METRES_PER_DEGREE = 111_320.0


def make_shops(
    branch_code: str, provinces: tuple[str, ...], count: int, rng: np.random.Generator
) -> list[Shop]:
    """As many shops of a branch as `count`, spread over the cities of its provinces."""
    cities = sorted(
        (
            r
            for r in regions().values()
            if r.level == "city" and r.code[:2] in provinces and r.centre and r.population
        ),
        key=lambda r: (-r.population, r.code),
    )[: max(2, round(count / STORES_PER_CITY))]
    weights = [math.sqrt(city.population) for city in cities]
    parts = np.diff(
        np.floor(np.cumsum(weights) / sum(weights) * count + 0.5).astype(int), prepend=0
    )
    found: list[Shop] = []
    for city, part in zip(cities, parts, strict=True):
        found += _city_shops(branch_code, city, int(part), rng)
    return found


def _city_shops(branch_code: str, city: Region, count: int, rng: np.random.Generator) -> list[Shop]:
    """Stores around the district centres nearest to the middle of the city."""
    assert city.centre is not None
    own = [
        r
        for r in regions().values()
        if r.parent_code == city.code and r.centre and r.centre != city.centre
    ] or [city]
    districts = sorted(own, key=lambda r: (apart_m(r.centre, city.centre), r.code))[
        : max(1, (count + 2) // 3)
    ]
    found: list[Shop] = []
    for number in range(count):
        district, nth = districts[number % len(districts)], number // len(districts)
        word = words.STORE_WORDS[nth % len(words.STORE_WORDS)] + (
            "" if nth < len(words.STORE_WORDS) else str(nth // len(words.STORE_WORDS) + 1)
        )
        if nth and rng.random() < NEIGHBOURS:
            near, distance = (
                (found[number - len(districts)].latitude, found[number - len(districts)].longitude),
                60 + 110 * rng.random(),
            )
        else:
            near, distance = district.centre, 250 + 1_900 * abs(rng.normal())
        latitude, longitude = offset(near, distance, rng.random() * 2 * math.pi)
        name = f"{short(city.name)}{short(district.name) if district is not city else ''}{word}云店"
        found.append(
            Shop(
                f"S{district.code}{nth + 1:02}",
                name,
                branch_code,
                city.code,
                district.code,
                latitude,
                longitude,
                float(rng.lognormal(0, 0.5)) * math.log10(max(city.population, 10_000)),
            )
        )
    return found


def short(name: str) -> str:
    """A district's or city's Chinese name without what kind of place it is."""
    for ending in ("土家族苗族自治州", "自治州", "新区", "市", "区", "县"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def apart_m(a: tuple[float, float] | None, b: tuple[float, float]) -> float:
    """Metres between two (latitude, longitude), on a plane: near enough for neighbours."""
    assert a is not None
    return math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(math.radians(b[0]))) * METRES_PER_DEGREE


def offset(
    centre: tuple[float, float] | None, distance: float, angle: float
) -> tuple[float, float]:
    """(latitude, longitude) so many metres from the centre, `angle` in radians from north."""
    assert centre is not None
    north, east = distance * math.cos(angle), distance * math.sin(angle)
    return (
        round(centre[0] + north / METRES_PER_DEGREE, 6),
        round(centre[1] + east / (METRES_PER_DEGREE * math.cos(math.radians(centre[0]))), 6),
    )
