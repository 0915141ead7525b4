"""What the network check found, in words: what it is, why it matters, what to do next. For the page, its files and the command line."""
from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import words
from app.labels import Words
from app.language import language
from stores import explanations
from stores.network_check import GRAVE, KINDS, Finding
from stores.regions import full_name

NAMES: Words = {
    "point_swapped": _l("Latitude and longitude exchanged"), "point_at_sea": _l("Store at sea"), "territory_overlap": _l("Territories overlap"),
    "territory_empty": _l("Territory without a store"), "store_unreachable": _l("Store without visitors"), "store_shadowed": _l("Store on another's ground"),
    "area_unreachable": _l("Service area of no use"), "stores_colocated": _l("Two dealers at one door"), "point_far": _l("Far from its region"),
    "crs_doubt": _l("Coordinate system in doubt"),
}
MEANINGS = {kind: "wrong" if kind in GRAVE else "wait" for kind in KINDS}
SYSTEMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def what(found: Finding) -> str:
    """The finding with its numbers."""
    n = found.numbers
    match found.kind:
        case "point_swapped":
            return _("Latitude %(lat)s and longitude %(lng)s fit only when they change places.", lat=f"{n['latitude']:g}", lng=f"{n['longitude']:g}")
        case "point_at_sea":
            return _("The point lies more than 20 km from any land.")
        case "territory_overlap":
            return _overlap(found)
        case "territory_empty":
            return _("Its dealer %(dealer)s has no store that visitors can be led to.", dealer=found.dealer)
        case "store_unreachable":
            return _("Nobody can be led there: %(reason)s.", reason=_reason(n["reason"]))
        case "store_shadowed":
            return _("It stands in the territory %(area)s of another dealer.", area=found.other)
        case "area_unreachable":
            return _("Nobody can be led to its store %(store)s: %(reason)s.", store=found.other, reason=_reason(n["reason"]))
        case "stores_colocated":
            return _("%(store)s of another dealer stands %(metres)s m away.", store=found.other, metres=f"{n['metres']:g}")
        case "point_far":
            return _("The point lies %(km)s km from the centre of %(region)s; the nearest place is %(nearest)s.", km=words.count(round(n["metres"] / 1000)),
                     region=full_name(n["region"]), nearest=full_name(n["nearest"]))
    if n.get("outside"):
        return _("%(crs)s is a system of China, and the store is not there.", crs=SYSTEMS[n["crs"]])
    return _("Read as %(better)s the point is the centre of its region to %(fits)s m; as %(crs)s it is %(metres)s m off.", better=SYSTEMS[n["better"]],
             fits=n["fits_metres"], crs=SYSTEMS[n["crs"]], metres=words.count(n["metres"]))


def _overlap(found: Finding) -> str:
    n = found.numbers
    if "square_m" in n:
        return _("It overlaps %(other)s of another dealer by %(square)s m².", other=found.other, square=words.count(n["square_m"]))
    if "postal" in n:
        return _("It and %(other)s of another dealer both hold the postal code %(code)s.", other=found.other, code=n["postal"])
    return _("It and %(other)s of another dealer both hold %(region)s.", other=found.other, region=full_name(n["region"]))


def _reason(code: str) -> str:
    return explanations.word(explanations.OUTCOMES, f"store_{code}", language())


WHY: Words = {
    "point_swapped": _l("Visitors nearby are led to other stores, and this one gets people from far away."),
    "point_at_sea": _l("No visitor is near it, so the nearest store is always another."),
    "territory_overlap": _l("Both contracts promise the same ground; whoever is nearer gets the visitor."),
    "territory_empty": _l("The promise of exclusive ground is empty there: visitors go to the nearest store of anybody."),
    "store_unreachable": _l("Links, codes and bindings to it lead elsewhere, and it sells nothing online."),
    "store_shadowed": _l("A visitor who stands at its door is led to the dealer of that territory."),
    "area_unreachable": _l("Visitors inside it are led by the later rules, as if it were not drawn."),
    "stores_colocated": _l("Only bindings, hours, priority and the store code decide between them; one may get every new visitor."),
    "point_far": _l("Distances to it are wrong, or its region is; either leads visitors wrong."),
    "crs_doubt": _l("A wrong system moves the store by some hundred metres, enough to change who is nearest."),
}
NEXT: Words = {
    "point_swapped": _l("Exchange latitude and longitude of the store."),
    "point_at_sea": _l("Correct the coordinates, or withdraw them until they are known."),
    "territory_overlap": _l("Redraw one of the two, or end one of them."),
    "territory_empty": _l("Open a store of this dealer, or end the territory."),
    "store_unreachable": _l("Mend what is missing, name a successor, or close the store."),
    "store_shadowed": _l("Agree with both dealers; then change the territory or move the store."),
    "area_unreachable": _l("Open the store again, give the area to another, or end it."),
    "stores_colocated": _l("Check both points; if they are right, set the priority that was agreed."),
    "point_far": _l("Correct the coordinates or the region code."),
    "crs_doubt": _l("Ask where the coordinates were taken from, and state that system."),
}
