"""What is out of all proportion, or means nothing: points outside their country, one point for
several stores, areas far from who serves them, unknown divisions, postal codes nobody can have,
radii and fees that were meant in another unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, or_, select

from stores.geo.afar import afar
from stores.geo.postal_codes import UnknownPostalCode, listed
from stores.geo.postal_forms import fits
from stores.geo.whereabouts import country_at, slips
from stores.imports.oddities import (
    LARGEST_FEE_BP,
    LARGEST_RADIUS_M,
    SMALLEST_FEES_BP,
    SMALLEST_RADIUS_M,
    known_division,
)
from stores.network.dealers import dealer
from stores.network_check.findings import Finding
from stores.network_check.rows import Ground, Shop

NAMED = 5  # codes that a finding names


def elsewhere(shops: Sequence[Shop]) -> list[Finding]:
    """Points that do not lie in the country of their store, with the way they would."""
    given = [each for each in shops if not each.record.withdrawn and each.country]
    found = slips(
        [each.record.latitude for each in given],
        [each.record.longitude for each in given],
        [each.country for each in given],
    )
    return [
        Finding(
            "point_elsewhere",
            "store",
            given[n].record.code,
            given[n].record.name,
            given[n].dealer,
            numbers={"country": given[n].country, "here": here, "way": way},
        )
        for n, here, way in ((each.row, each.here, each.way) for each in found)
    ]


def one_point(shops: Sequence[Shop]) -> list[Finding]:
    """Several stores of one dealer at exactly one point, once each: a geocoder's answer to what it
    did not find, or a copied cell."""
    groups: dict[tuple[str, float, float], list[Shop]] = {}
    for each in shops:
        if not each.record.withdrawn:
            groups.setdefault(
                (each.dealer, each.record.latitude, each.record.longitude), []
            ).append(each)
    return [
        Finding(
            "stores_one_point",
            "store",
            first.record.code,
            first.record.name,
            first.dealer,
            others[0].record.code,
            "store",
            {"stores": 1 + len(others), "codes": [each.record.code for each in others[:NAMED]]},
        )
        for first, *others in groups.values()
        if others
    ]


def far(grounds: Sequence[Ground], shops: Sequence[Shop]) -> list[Finding]:
    """Territories whose dealer has stores, and service areas, that are drawn far from all of
    these."""
    by_dealer: dict[str, list[Shop]] = {}
    for each in shops:
        by_dealer.setdefault(each.dealer, []).append(each)
    by_code = {each.record.code: each for each in shops}
    found = []
    for ground in grounds:
        serving = (
            by_dealer.get(ground.dealer, [])
            if ground.dealer
            else [by_code[ground.store]]
            if ground.store in by_code
            else []
        )
        off = (
            None
            if ground.outline is None
            else afar(
                ground.outline,
                [
                    (shop.record.code, shop.record.latitude, shop.record.longitude)
                    for shop in serving
                ],
            )
        )
        if off is not None:
            found.append(
                Finding(
                    "area_far",
                    "area",
                    ground.code,
                    ground.dealer_name,
                    ground.dealer,
                    off.code,
                    "store",
                    {"metres": round(off.metres), "here": off.here, "turned": off.turned},
                )
            )
    return found


def unknown_divisions(shops: Sequence[Shop], grounds: Sequence[Ground]) -> list[Finding]:
    found = [
        Finding(
            "region_unknown",
            "store",
            each.record.code,
            each.record.name,
            each.dealer,
            numbers={"codes": [each.record.region_code]},
        )
        for each in shops
        if each.record.region_code
        and each.country in (None, "CN")
        and not known_division(each.record.region_code)
    ]
    for ground in grounds:
        unknown = [code for code in ground.region_codes if not known_division(code)]
        if unknown:
            found.append(
                Finding(
                    "region_unknown",
                    "area",
                    ground.code,
                    ground.dealer_name,
                    ground.dealer,
                    numbers={"codes": unknown[:NAMED], "number": len(unknown)},
                )
            )
    return found


def useless_postal_codes(grounds: Sequence[Ground], shops: Sequence[Shop]) -> list[Finding]:
    """Lists of which nothing is understood any more, or that no code of the countries can meet
    where those who serve them are."""
    countries: dict[str, set[str | None]] = {}
    for each in shops:
        countries.setdefault(each.dealer, set()).add(
            each.country or country_at(each.record.latitude, each.record.longitude)
        )
    for each in shops:
        countries.setdefault(f"store {each.record.code}", set()).add(
            each.country or country_at(each.record.latitude, each.record.longitude)
        )
    found = []
    for ground in grounds:
        where = sorted(
            code for code in countries.get(ground.dealer or f"store {ground.store}", ()) if code
        )
        useless = [code for code in ground.postal_codes if not _of_use(code, where)]
        if useless:
            found.append(
                Finding(
                    "postal_useless",
                    "area",
                    ground.code,
                    ground.dealer_name,
                    ground.dealer,
                    numbers={"codes": useless[:NAMED], "number": len(useless), "countries": where},
                )
            )
    return found


def _of_use(text: str, countries: Sequence[str]) -> bool:
    try:
        entry = listed(text)
    except UnknownPostalCode:
        return False
    return not countries or any(fits(entry, country) for country in countries)


def radii(shops: Sequence[Shop]) -> list[Finding]:
    return [
        Finding(
            "radius_odd",
            "store",
            each.record.code,
            each.record.name,
            each.dealer,
            numbers={"metres": each.record.service_radius_m},
        )
        for each in shops
        if each.record.service_radius_m
        and not SMALLEST_RADIUS_M <= each.record.service_radius_m <= LARGEST_RADIUS_M
    ]


def fees(connection: Connection) -> list[Finding]:
    """Dealers whose default shares were probably meant in per cent, or are more than half of a
    sale."""
    d = dealer.c
    odd = [(name, d[name] > 0, smallest) for name, smallest in SMALLEST_FEES_BP.items()]
    query = select(dealer).where(
        or_(
            *(
                above & ((d[name] < smallest) | (d[name] > _most(name)))
                for name, above, smallest in odd
            )
        )
    )
    return [
        Finding(
            "fee_odd",
            "dealer",
            row.dealer_code,
            row.name,
            row.dealer_code,
            numbers={"column": name, "points": share},
        )
        for row in connection.execute(query)
        for name, share in _odd(row)
    ]


def _odd(row: object) -> Iterator[tuple[str, int]]:
    for name, smallest in SMALLEST_FEES_BP.items():
        share = int(getattr(row, name))
        if 0 < share < smallest or share > _most(name):
            yield name, share


def _most(name: str) -> int:
    return 10_000 if name == "express_split_bp" else LARGEST_FEE_BP
