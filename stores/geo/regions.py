"""Chinese divisions (GB/T 2260) and their centres, from `stores/data/cn_divisions.csv` (sources in
NOTICE.md beside it)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DIVISIONS = Path(__file__).parents[1] / "data" / "cn_divisions.csv"


@dataclass(frozen=True, slots=True)
class Region:
    """`level` is province, city or county; the centre is WGS-84 degrees, None where the source has
    none; `population` is a weight."""

    code: str
    level: str
    name: str
    parent_code: str | None
    centre: tuple[float, float] | None
    population: int


@cache
def regions() -> dict[str, Region]:
    """Every division by its code, read once per process."""
    with DIVISIONS.open(encoding="utf-8", newline="") as source:
        return {row["code"]: _region(row) for row in csv.DictReader(source)}


def _region(row: dict[str, str]) -> Region:
    centre = (
        (float(row["lat_wgs84"]), float(row["lng_wgs84"]))
        if row["lat_wgs84"] and row["lng_wgs84"]
        else None
    )
    return Region(
        row["code"],
        row["level"],
        row["name"],
        row["parent_code"] or None,
        centre,
        int(row["population_estimate"] or 0),
    )


def region_and_above(code: str) -> tuple[str, ...]:
    """An adcode of six digits with its city and province, ISO 3166-2 (`US-TX`) with its country,
    smallest first; any other code stands alone."""
    if len(code) in (4, 5, 6) and code[2] == "-" and code[:2].isalpha() and code[:2].isupper():
        return (code, code[:2])
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return (code,)
    return tuple(dict.fromkeys((code, code[:4] + "00", code[:2] + "0000")))


def region_centre(code: str) -> tuple[float, float] | None:
    """(latitude, longitude) in WGS-84 of a division, of its parent when it has no centre of its
    own; None when unknown."""
    region = regions().get(code)
    while region is not None and region.centre is None:
        region = regions().get(region.parent_code) if region.parent_code else None
    return region.centre if region else None


def full_name(code: str) -> str:
    """`广东省 深圳市 南山区`; the code itself when unknown."""
    names: list[str] = []
    region = regions().get(code)
    while region is not None:
        if region.name not in names:
            names.insert(0, region.name)
        region = regions().get(region.parent_code) if region.parent_code else None
    return " ".join(names) or code
