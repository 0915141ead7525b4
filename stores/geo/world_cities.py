"""Places of the world with more than 15,000 people, from `stores/data/world_cities.csv.gz`
(GeoNames, CC BY 4.0; NOTICE.md beside it)."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "world_cities.csv.gz"


@dataclass(frozen=True, slots=True)
class City:
    """`country` ISO 3166-1 alpha-2, `region` GeoNames' first-order code; WGS-84 degrees. Districts
    of a city stand beside it."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    population: int
    name_zh: str = ""


@cache
def cities() -> tuple[City, ...]:
    """All 34,006, by country, then the greater first; read once per process."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as source:
        return tuple(
            City(
                row["name"],
                row["country"],
                row["admin1"],
                float(row["lat"]),
                float(row["lng"]),
                int(row["population"]),
                row["name_zh"],
            )
            for row in csv.DictReader(source)
        )
