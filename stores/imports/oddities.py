"""What is odd about rows that can be taken: points that lie elsewhere than the row says, divisions
nobody knows, figures out of all proportion. Warnings, A3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stores.base.countries import country_name, is_country
from stores.geo.regions import regions
from stores.geo.whereabouts import country_at, slips
from stores.imports.faults import FaultList

SMALLEST_RADIUS_M, LARGEST_RADIUS_M = (
    50,
    100_000,
)  # what a service radius in metres hardly is: metres for kilometres, and the other way round
LARGEST_FEE_BP = 5_000
SMALLEST_FEES_BP = {
    "platform_fee_bp": 50,
    "channel_fee_bp": 10,
    "express_split_bp": 101,
}  # beneath it a share was probably meant in per cent


def of_stores(
    rows: Sequence[Any], cells: Mapping[int, Mapping[str, str]], warnings: FaultList
) -> None:
    """`rows` of a file of stores that have a point; `cells` their texts by line."""
    warned = {(fault.line, fault.column) for fault in warnings.kept}
    placed = [row for row in rows if row.point is not None]
    found = slips(
        [row.point.latitude for row in placed],
        [row.point.longitude for row in placed],
        [row.get("country") for row in placed],
    )
    for slip in found:
        row = placed[slip.row]
        if (row.line, "latitude") not in warned:
            code = (
                f"lies_{'elsewhere' if slip.here else 'at_sea'}{'_' + slip.way if slip.way else ''}"
            )
            warnings.say(
                row.line,
                "latitude",
                _written(cells, row),
                code,
                country=named(row.get("country")),
                here=named(slip.here),
            )
    _one_point(placed, cells, warnings)
    for row in placed:
        if row.values["latitude"] == row.values["longitude"] and abs(row.values["latitude"]) > 1:
            warnings.say(
                row.line, "longitude", cells[row.line]["longitude"], "longitude_is_latitude"
            )
    for row in rows:
        _division(row.line, "region_code", row.get("region_code"), row.get("country"), warnings)
        _radius(row, warnings)


def named(code: str | None) -> str:
    """A country code with its name, `Germany (DE)`; "" for None."""
    return f"{country_name(code)} ({code})" if code else ""


def _written(cells: Mapping[int, Mapping[str, str]], row: Any) -> str:
    return f"{cells[row.line]['latitude']}, {cells[row.line]['longitude']}"


def _one_point(
    placed: Sequence[Any], cells: Mapping[int, Mapping[str, str]], warnings: FaultList
) -> None:
    """Stores of a file at exactly one point: a geocoder's answer to what it did not find, or a
    copied cell."""
    first: dict[tuple[float, float], Any] = {}
    for row in placed:
        other = first.setdefault((row.point.latitude, row.point.longitude), row)
        if other is not row:
            warnings.say(
                row.line,
                "latitude",
                _written(cells, row),
                "one_point",
                code=other.values["store_code"],
                line=other.line,
            )


def _division(
    line: int, column: str, code: str | None, country: str | None, warnings: FaultList
) -> None:
    if code and not known_division(code) and country in (None, "CN"):
        warnings.say(line, column, code, "unknown_division")


def of_area(line: int, codes: Sequence[str], warnings: FaultList) -> None:
    for code in codes:
        _division(line, "region_codes", code, None, warnings)


def known_division(code: str) -> bool:
    """A division of China by its six digits, a country or a part of one by ISO 3166."""
    if code in regions():
        return True
    country, dash, part = code.partition("-")
    return is_country(country) and (
        not dash or part.isalnum() and part.upper() == part and len(part) <= 3
    )


def _radius(row: Any, warnings: FaultList) -> None:
    radius = row.get("service_radius_m")
    if radius and radius < SMALLEST_RADIUS_M:
        warnings.say(
            row.line,
            "service_radius_m",
            str(radius),
            "radius_small",
            metres=radius,
            kilometres=radius * 1000,
        )
    elif radius and radius > LARGEST_RADIUS_M:
        warnings.say(
            row.line, "service_radius_m", str(radius), "radius_large", kilometres=radius // 1000
        )


def of_dealer(row: Any, warnings: FaultList) -> None:
    for column, smallest in SMALLEST_FEES_BP.items():
        share = row.get(column)
        if share and share < smallest:
            warnings.say(
                row.line,
                column,
                str(share),
                "share_small",
                percent=f"{share / 100:g}",
                whole=share,
                points=share * 100,
            )
        elif share and share > LARGEST_FEE_BP and column != "express_split_bp":
            warnings.say(row.line, column, str(share), "share_large", percent=f"{share / 100:g}")


def where(latitude: float, longitude: float) -> str:
    """The country of a point, or `the sea`, for words."""
    here = country_at(latitude, longitude)
    return named(here) if here else "the sea"
