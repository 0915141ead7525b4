"""What the network check found, in words: what it is, why it matters, what to do next. For the
page, its files and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.language import language
from app.ui import words
from app.ui.labels import Words
from stores.base.countries import country_name
from stores.geo.regions import full_name
from stores.network_check import GRAVE, KINDS, Finding
from stores.routing import explanations

NAMES: Words = {
    "point_swapped": _l("Latitude and longitude exchanged"),
    "point_at_sea": _l("Store at sea"),
    "territory_overlap": _l("Territories overlap"),
    "territory_empty": _l("Territory without a store"),
    "store_unreachable": _l("Store without visitors"),
    "store_shadowed": _l("Store on another's ground"),
    "area_unreachable": _l("Service area of no use"),
    "stores_colocated": _l("Two dealers at one door"),
    "point_far": _l("Far from its region"),
    "crs_doubt": _l("Coordinate system in doubt"),
    "point_elsewhere": _l("Outside its country"),
    "stores_one_point": _l("Several stores at one point"),
    "area_far": _l("Area far from its stores"),
    "region_unknown": _l("Unknown division"),
    "postal_useless": _l("Postal codes that nobody has"),
    "radius_odd": _l("Unlikely radius"),
    "fee_odd": _l("Unlikely fee"),
}
MEANINGS = {kind: "wrong" if kind in GRAVE else "wait" for kind in KINDS}
SYSTEMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def what(found: Finding) -> str:
    """The finding with its numbers."""
    n = found.numbers
    match found.kind:
        case "point_swapped":
            return _(
                "Latitude %(lat)s and longitude %(lng)s fit only when they change places.",
                lat=f"{n['latitude']:g}",
                lng=f"{n['longitude']:g}",
            )
        case "point_at_sea":
            return _("The point lies more than 20 km from any land.")
        case "territory_overlap":
            return _overlap(found)
        case "territory_empty":
            return _(
                "Its dealer %(dealer)s has no store that visitors can be led to.",
                dealer=found.dealer,
            )
        case "store_unreachable":
            return _("Nobody can be led there: %(reason)s.", reason=_reason(n["reason"]))
        case "store_shadowed":
            return _("It stands in the territory %(area)s of another dealer.", area=found.other)
        case "area_unreachable":
            return _(
                "Nobody can be led to its store %(store)s: %(reason)s.",
                store=found.other,
                reason=_reason(n["reason"]),
            )
        case "stores_colocated":
            return _(
                "%(store)s of another dealer stands %(metres)s m away.",
                store=found.other,
                metres=f"{n['metres']:g}",
            )
        case "point_far":
            return _(
                "The point lies %(km)s km from the centre of %(region)s; the nearest place is "
                "%(nearest)s.",
                km=words.count(round(n["metres"] / 1000)),
                region=full_name(n["region"]),
                nearest=full_name(n["nearest"]),
            )
    if found.kind in _ODD:
        return _ODD[found.kind](found)
    if n.get("outside"):
        return _("%(crs)s is a system of China, and the store is not there.", crs=SYSTEMS[n["crs"]])
    return _(
        "Read as %(better)s the point is the centre of its region to %(fits)s m; as %(crs)s it is "
        "%(metres)s m off.",
        better=SYSTEMS[n["better"]],
        fits=n["fits_metres"],
        crs=SYSTEMS[n["crs"]],
        metres=words.count(n["metres"]),
    )


def _country(code: str | None) -> str:
    return country_name(code, language() != "en") if code else _("the sea")


def _elsewhere(found: Finding) -> str:
    n = found.numbers
    ways = {
        "swapped": _(
            "exchanged, latitude and longitude lie in %(country)s", country=_country(n["country"])
        ),
        "latitude_sign": _(
            "with the other sign of the latitude it lies in %(country)s",
            country=_country(n["country"]),
        ),
        "longitude_sign": _(
            "with the other sign of the longitude it lies in %(country)s",
            country=_country(n["country"]),
        ),
        "both_signs": _(
            "with the other signs it lies in %(country)s", country=_country(n["country"])
        ),
        "swapped_signs": _(
            "exchanged and with the other signs it lies in %(country)s",
            country=_country(n["country"]),
        ),
    }
    said = _(
        "The point lies in %(here)s, the store is said to be in %(country)s.",
        here=_country(n["here"]),
        country=_country(n["country"]),
    )
    return f"{said} {_('But: %(way)s.', way=ways[n['way']])}" if n["way"] in ways else said


def _one_point(found: Finding) -> str:
    n = found.numbers
    return _(
        "%(n)s stores of this dealer stand at exactly this point, %(codes)s too.",
        n=words.count(n["stores"]),
        codes=", ".join(n["codes"]),
    )


def _far(found: Finding) -> str:
    n = found.numbers
    said = _(
        "It lies in %(here)s, %(km)s km from the nearest store that serves it, %(store)s.",
        here=_country(n["here"]),
        km=words.count(round(n["metres"] / 1000)),
        store=found.other,
    )
    return (
        f"{said} {_('With latitude and longitude exchanged it lies near.')}"
        if n["turned"]
        else said
    )


def _unknown(found: Finding) -> str:
    n = found.numbers
    return _("%(codes)s: no division of China and no country by ISO 3166.", codes=_some(n))


def _useless(found: Finding) -> str:
    n = found.numbers
    if not n["countries"]:
        return _("%(codes)s: no postal codes.", codes=_some(n))
    return _(
        "%(codes)s: no postal codes of %(countries)s, where its stores are.",
        codes=_some(n),
        countries=", ".join(map(_country, n["countries"])),
    )


def _some(n: Any) -> str:
    more = n.get("number", 0) - len(n["codes"])
    return ", ".join(n["codes"]) + (_(" and %(n)s more", n=words.count(more)) if more > 0 else "")


def _radius(found: Finding) -> str:
    metres = found.numbers["metres"]
    return (
        _("It delivers %(m)s m far.", m=words.count(metres))
        if metres < 1000
        else _("It delivers %(km)s km far.", km=words.count(metres // 1000))
    )


def _fee(found: Finding) -> str:
    n = found.numbers
    return _(
        "%(name)s is %(bp)s basis points, %(percent)s %% of a sale.",
        name=_FEES.get(n["column"], n["column"]),
        bp=words.count(n["points"]),
        percent=f"{n['points'] / 100:g}",
    )


_FEES: Words = {
    "platform_fee_bp": _l("The platform fee"),
    "channel_fee_bp": _l("The channel fee"),
    "express_split_bp": _l("The territory dealer's part of express orders"),
}
_ODD: dict[str, Callable[[Finding], str]] = {
    "point_elsewhere": _elsewhere,
    "stores_one_point": _one_point,
    "area_far": _far,
    "region_unknown": _unknown,
    "postal_useless": _useless,
    "radius_odd": _radius,
    "fee_odd": _fee,
}


def _overlap(found: Finding) -> str:
    n = found.numbers
    if "square_m" in n:
        return _(
            "It overlaps %(other)s of another dealer by %(square)s m².",
            other=found.other,
            square=words.count(n["square_m"]),
        )
    if "postal" in n:
        return _(
            "It and %(other)s of another dealer both hold the postal code %(code)s.",
            other=found.other,
            code=n["postal"],
        )
    return _(
        "It and %(other)s of another dealer both hold %(region)s.",
        other=found.other,
        region=full_name(n["region"]),
    )


def _reason(code: str) -> str:
    return explanations.word(explanations.OUTCOMES, f"store_{code}", language())


WHY: Words = {
    "point_swapped": _l(
        "Visitors nearby are led to other stores, and this one gets people from far away."
    ),
    "point_at_sea": _l("No visitor is near it, so the nearest store is always another."),
    "territory_overlap": _l(
        "Both contracts promise the same ground; whoever is nearer gets the visitor."
    ),
    "territory_empty": _l(
        "The promise of exclusive ground is empty there: visitors go to the nearest store of "
        "anybody."
    ),
    "store_unreachable": _l(
        "Links, codes and bindings to it lead elsewhere, and it sells nothing online."
    ),
    "store_shadowed": _l(
        "A visitor who stands at its door is led to the dealer of that territory."
    ),
    "area_unreachable": _l(
        "Visitors inside it are led by the later rules, as if it were not drawn."
    ),
    "stores_colocated": _l(
        "Only bindings, hours, priority and the store code decide between them; one may get every "
        "new visitor."
    ),
    "point_far": _l("Distances to it are wrong, or its region is; either leads visitors wrong."),
    "point_elsewhere": _l("Visitors of its town are led to other stores, and nobody is near it."),
    "stores_one_point": _l(
        "A map service gives one point to addresses it does not find; visitors are then led by "
        "the store code, not by the place."
    ),
    "area_far": _l("Visitors there are led to a store hundreds of kilometres away."),
    "region_unknown": _l("No visitor brings such a code, so it leads nobody."),
    "postal_useless": _l("No address there has such a code, so it leads nobody."),
    "radius_odd": _l(
        "A radius is in metres; too small a one reaches nobody, too large a one takes other "
        "stores' visitors."
    ),
    "fee_odd": _l(
        "Fees are in basis points, hundredths of a percent; every sale is settled with them."
    ),
    "crs_doubt": _l(
        "A wrong system moves the store by some hundred metres, enough to change who is nearest."
    ),
}
NEXT: Words = {
    "point_swapped": _l("Exchange latitude and longitude of the store."),
    "point_at_sea": _l("Correct the coordinates, or withdraw them until they are known."),
    "territory_overlap": _l("Redraw one of the two, or end one of them."),
    "territory_empty": _l("Open a store of this dealer, or end the territory."),
    "store_unreachable": _l("Mend what is missing, name a successor, or close the store."),
    "store_shadowed": _l("Agree with both dealers; then change the territory or move the store."),
    "area_unreachable": _l("Open the store again, give the area to another, or end it."),
    "stores_colocated": _l(
        "Check both points; if they are right, set the priority that was agreed."
    ),
    "point_far": _l("Correct the coordinates or the region code."),
    "point_elsewhere": _l("Correct the coordinates, their signs or the country."),
    "stores_one_point": _l("Take the coordinates of each store on the spot or from a map."),
    "area_far": _l("Redraw the area, or give it to the dealer who serves there."),
    "region_unknown": _l("Write six digits such as 310000, or ISO 3166 such as US-TX."),
    "postal_useless": _l("Correct the list, or the country of the stores."),
    "radius_odd": _l("Write the radius in metres: 5 km is 5000."),
    "fee_odd": _l("Write the fee in basis points: 500 are five per cent."),
    "crs_doubt": _l("Ask where the coordinates were taken from, and state that system."),
}
