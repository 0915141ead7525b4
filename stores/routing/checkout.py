"""The checkout check of the delivery address (A13): may this shop deliver there, and if not, who
should. Pure.

*Local delivery* is the shop's own ride: the address must lie where the shop delivers (A8's
"covers"), else the covering shop is offered before payment, or delivery refused. *Pickup* is never
checked. *Express* into another dealer's exclusive territory is what the shop's contract says: keep,
transfer to that dealer's shop, split the sale with him, or refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stores.facts.decision import Candidate, Match, Question, State, Visit
from stores.geo.coordinates import Coordinates, distance_m
from stores.network.records import AreaRecord, StoreRecord
from stores.network.snapshot import Snapshot
from stores.routing.rungs import RUNGS
from stores.routing.rungs.here import areas_here

DELIVERIES = ("express", "pickup", "local")
RULES = ("keep", "transfer", "split", "refuse")
OFFERED = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """`outcome`: keep, offer (local: other shops cover the address, nearest first in `offered`),
    transfer (`store_id` becomes the shop of the territory's dealer), split (the shop keeps the
    order, `split_bp` of it are `dealer_id`'s), refuse. `reason` is a stable code; `area_code` the
    territory or delivery area that decided."""

    outcome: str
    reason: str
    store_id: int
    offered: tuple[Candidate, ...] = ()
    dealer_id: int | None = None
    split_bp: int | None = None
    area_code: str | None = None


def check(shop: StoreRecord, delivery: str, address: Visit, snapshot: Snapshot) -> Checked:
    """`address` is the place of delivery as a visit: point, region or postal code, day."""
    question = Question(address, State(), snapshot, snapshot.policy)
    if delivery == "pickup":
        return Checked("keep", "pickup", shop.id)
    return _local(question, shop) if delivery == "local" else _express(question, shop)


# -- local delivery --------------------------------------------------------------------------------


def _local(q: Question, shop: StoreRecord) -> Checked:
    point = q.visit.point
    own = next((a for a in areas_here(q, "service_area") if a.store_id == shop.id), None)
    if own is not None:
        return Checked("keep", "inside_service_area", shop.id, area_code=own.code)
    if point is None:
        return Checked("refuse", "no_location", shop.id)
    if _reaches(q, shop, distance_m(point, Coordinates(shop.latitude, shop.longitude))):
        return Checked("keep", "within_reach", shop.id)
    offered = _covering(q, point, shop)
    return Checked(
        "offer" if offered else "refuse",
        "outside_delivery_area" if offered else "nobody_delivers_there",
        shop.id,
        offered,
    )


def _reaches(q: Question, store: StoreRecord, metres: float) -> bool:
    """A8 without areas: within the radius, or within `cover_m` where neither area nor radius is
    set."""
    if store.service_radius_m is not None:
        return metres <= store.service_radius_m
    return not q.snapshot.has_service_area(store.id, q.visit.day) and metres <= q.policy.cover_m


def _covering(q: Question, point: Coordinates, shop: StoreRecord) -> tuple[Candidate, ...]:
    """Eligible shops that deliver to the point, nearest first."""
    snapshot, day = q.snapshot, q.visit.day
    by_area = {a.store_id for a in areas_here(q, "service_area")}
    reach = max(snapshot.max_radius_m, q.policy.cover_m) + 0.001
    found = {
        snapshot.stores[i].id: metres
        for i, metres in snapshot.index_on(day).within(point.latitude, point.longitude, reach)
        if snapshot.stores[i].id in by_area or _reaches(q, snapshot.stores[i], metres)
    }
    for number in by_area - found.keys():
        store = snapshot.by_id.get(number) if number is not None else None
        if store is not None and not store.why_not(day):
            found[store.id] = distance_m(point, Coordinates(store.latitude, store.longitude))
    found.pop(shop.id, None)
    ranked = sorted(found.items(), key=lambda pair: (pair[1], snapshot.by_id[pair[0]].code))
    return tuple(Candidate(number, metres, "covers") for number, metres in ranked[:OFFERED])


# -- express ---------------------------------------------------------------------------------------


def _express(q: Question, shop: StoreRecord) -> Checked:
    contract = shop.contract_on(q.visit.day)
    others = _of_others(areas_here(q, "territory"), contract.dealer_id if contract else None)
    if not others:
        return Checked("keep", "no_other_territory", shop.id)
    area, rule = others[0], contract.express_rule if contract else "keep"
    if rule == "transfer":
        return _transfer(q, shop, area)
    if rule == "split":
        return Checked(
            "split",
            "other_territory",
            shop.id,
            dealer_id=area.dealer_id,
            split_bp=contract.express_split_bp if contract else 0,
            area_code=area.code,
        )
    return Checked(rule, "other_territory", shop.id, dealer_id=area.dealer_id, area_code=area.code)


def _of_others(areas: Sequence[AreaRecord], own: int | None) -> list[AreaRecord]:
    """Territories of other dealers, by code; none where the shop's own dealer has the place too."""
    if any(a.dealer_id == own for a in areas):
        return []
    return sorted((a for a in areas if a.dealer_id is not None), key=lambda a: a.code)


def _transfer(q: Question, shop: StoreRecord, area: AreaRecord) -> Checked:
    """To the territory dealer's shop that rung TERRITORY chooses; without a place the one with the
    smallest code."""
    found = RUNGS["TERRITORY"](q)
    if isinstance(found, Match):
        return Checked(
            "transfer",
            "other_territory",
            found.store.id,
            dealer_id=area.dealer_id,
            area_code=area.code,
        )
    day = q.visit.day
    open_there = sorted(
        (
            s
            for s in q.snapshot.by_dealer.get(area.dealer_id or 0, ())
            if not s.why_not(day)
            and (c := s.contract_on(day)) is not None
            and c.dealer_id == area.dealer_id
        ),
        key=lambda s: s.code,
    )
    if open_there:
        return Checked(
            "transfer",
            "other_territory",
            open_there[0].id,
            dealer_id=area.dealer_id,
            area_code=area.code,
        )
    return Checked(
        "keep", "no_open_store_of_dealer", shop.id, dealer_id=area.dealer_id, area_code=area.code
    )
