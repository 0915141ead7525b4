"""The checkout check of the delivery address (A13), asked by the mall before payment. Nothing is
stored."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from sqlalchemy import select

import db
from app.api.declare import WHOLE_CHAIN, Api
from app.api.entries import Alternative
from app.api.types import Answer, CodeText, Location, Strict, Time
from ledger.faults import NotFound
from stores.base import keys, versions
from stores.base.actors import Actor
from stores.facts.visits import Arrival, SourcePoint, visit_of
from stores.network import network
from stores.network.dealers import dealer
from stores.routing import checkout
from stores.routing.answers import shown

api = Api("Checkout")


class CheckIn(Strict):
    """The address as a point, a region code or a postal code; without any of them local delivery is
    refused and express kept."""

    store_code: CodeText
    delivery: Literal["express", "pickup", "local"]
    location: Location | None = None
    region_code: CodeText | None = None
    postal_code: CodeText | None = None
    at: Time | None = None


class CheckOut(Answer):
    """`outcome`: keep, offer, transfer, split, refuse. `store_code` is the shop that sells;
    `offered` shops that cover the address; of a split `split_bp` is the part of the dealer whose
    territory it is."""

    outcome: Literal["keep", "offer", "transfer", "split", "refuse"]
    reason: str
    store_code: str
    dealer_code: str | None
    territory_dealer_code: str | None
    split_bp: int | None
    area_code: str | None
    offered: list[Alternative]
    network_version: int
    policy_version: int


@api.call(
    "POST",
    "/delivery-checks",
    permission="order:write",
    serves=WHOLE_CHAIN,
    body=CheckIn,
    answers={200: CheckOut},
    example={
        "store_code": "S1",
        "delivery": "local",
        "location": {"latitude": 31.231, "longitude": 121.474, "crs": "wgs84"},
    },
    summary="May this shop deliver there? Asked before payment by who will send the order; "
    "nothing is stored.",
)
def check_delivery(actor: Actor, body: CheckIn) -> tuple[int, Any]:
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
    shop = snapshot.by_code.get(body.store_code)
    if shop is None:
        raise NotFound(f"There is no store {body.store_code!r}.", code="unknown_store")
    place = body.location
    source = (
        SourcePoint(place.latitude, place.longitude, place.crs, place.accuracy_m, bool(place.fuzzy))
        if place is not None
        else None
    )
    arrival = Arrival({}, source, region_code=body.region_code, postal_code=body.postal_code)
    address = visit_of(
        arrival, body.at or dt.datetime.now(dt.UTC), snapshot, keys.entry_param_keys()
    )
    found = checkout.check(shop, body.delivery, address, snapshot)
    rival = None
    if found.dealer_id is not None:  # he may have no store yet
        with db.read() as connection:
            rival = connection.execute(
                select(dealer.c.dealer_code).where(dealer.c.id == found.dealer_id)
            ).scalar_one()
    seller = snapshot.by_id[found.store_id]
    contract = seller.contract_on(address.day)
    return 200, {
        "outcome": found.outcome,
        "reason": found.reason,
        "store_code": seller.code,
        "dealer_code": contract.dealer_code if contract else None,
        "territory_dealer_code": rival,
        "split_bp": found.split_bp,
        "area_code": found.area_code,
        "offered": shown(found.offered, snapshot),
        "network_version": snapshot.version,
        "policy_version": snapshot.policy_version,
    }
