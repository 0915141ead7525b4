"""Finding a store without a location (A9): places by name or address, and the list of stores that
is never empty."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, select

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.query import Query, degrees, whole
from app.api.types import Answer
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.facts.visits import SourcePoint, point_of
from stores.geo.coordinates import Coordinates
from stores.network import network, place_search
from stores.network.place_search import LONGEST, Place
from stores.network.stores import store
from stores.routing import picker
from stores.routing.answers import rounded
from stores.routing.picker import Picked

api = Api("Places")


class _Where(Query):
    """A point is given whole, with its system, or not at all (A3)."""

    latitude: degrees(90) | None = Field(
        None, description="decimal degrees, with longitude and crs"
    )  # type: ignore[valid-type]
    longitude: degrees(180) | None = None  # type: ignore[valid-type]
    crs: Literal["wgs84", "gcj02", "bd09"] | None = Field(
        None, description="the system of latitude and longitude; never guessed"
    )

    @model_validator(mode="after")
    def _whole(self) -> _Where:
        if len({each is None for each in (self.latitude, self.longitude, self.crs)}) > 1:
            raise PydanticCustomError(
                "half_a_point", "Give latitude, longitude and crs together, or none of them"
            )
        return self

    def point(self) -> Coordinates | None:
        """WGS-84; None when not given or (0,0). Raises InvalidCoordinates."""
        return (
            None
            if self.crs is None
            else point_of(SourcePoint(self.latitude, self.longitude, self.crs))
        )


class PlacesQuery(_Where):
    q: str = Field(
        min_length=1,
        max_length=LONGEST,
        description="a name, an address, a division's code or a store's code",
    )
    limit: whole(1, 50) = 20  # type: ignore[valid-type]


class NearbyQuery(_Where):
    q: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST,
        description="a place or address to look around, instead of a point",
    )
    region_code: str | None = Field(
        None, min_length=1, max_length=64, description="the stores of this region first"
    )


class PlaceOut(Answer):
    """`latitude`, `longitude` in WGS-84; `within` in words; `source` own, table, or the geocoder's
    name."""

    kind: Literal["store", "division", "city", "address"]
    name: str
    within: str
    region_code: str | None
    country: str | None
    latitude: float
    longitude: float
    store_code: str | None
    distance_m: float | None
    source: str


class PlacesOut(Answer):
    places: list[PlaceOut]


class NearbyStore(Answer):
    """`open_now` null where the opening hours are unknown; `why`: same_region, nearby, listed or
    isolated_area (A10)."""

    store_code: str
    name: str
    address: str | None
    region_code: str | None
    latitude: float
    longitude: float
    distance_m: float | None
    open_now: bool | None
    cloud_shop_url: str | None
    why: str


class NearbyOut(Answer):
    """`place`: what `q` was taken for, null when it is no known place; then the stores are listed
    by priority."""

    stores: list[NearbyStore]
    place: PlaceOut | None
    network_version: int


@api.call(
    "GET",
    "/places",
    permission="route:read",
    serves=OWN_ROWS,
    query=PlacesQuery,
    answers={200: PlacesOut},
    summary="Places by name or address.",
    details="Stores, Chinese divisions and cities of the world, and addresses where a geocoder is "
    "set; the nearer to the point given first.",
)
def list_places(actor: Actor, query: PlacesQuery) -> tuple[int, Any]:
    near, today = query.point(), business_day(dt.datetime.now(dt.UTC))
    outside = place_search.ask_outside(query.q)
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
        found = place_search.find(
            connection, actor, snapshot, today, query.q, near, query.limit, outside
        )
    return 200, {"places": [_place(each) for each in found]}


@api.call(
    "GET",
    "/stores/nearby",
    permission="route:read",
    serves=WHOLE_CHAIN,
    query=NearbyQuery,
    answers={200: NearbyOut},
    summary="Up to 20 stores to choose from; never empty while the network has an eligible store.",
    details="Around a point, a region, or a place by name; the stores of the region first, then "
    "the nearer, else those of higher priority.",
)
def list_nearby(actor: Actor, query: NearbyQuery) -> tuple[int, Any]:
    now = dt.datetime.now(dt.UTC)
    today, point, region = business_day(now), query.point(), query.region_code
    outside = place_search.ask_outside(query.q) if query.q and point is None else []
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
        place = (
            next(
                iter(
                    place_search.find(connection, actor, snapshot, today, query.q, None, 1, outside)
                ),
                None,
            )
            if query.q and point is None
            else None
        )
        if place is not None:
            point = place.point
        found = picker.nearby(snapshot, now, today, point, region)
        addresses = _addresses(connection, found)
    return 200, {
        "stores": [_store(each, addresses.get(each.store.id)) for each in found],
        "place": _place(place) if place else None,
        "network_version": snapshot.version,
    }


def _addresses(connection: Connection, found: list[Picked]) -> dict[int, str | None]:
    ids = [each.store.id for each in found]
    return (
        {
            row.id: row.address
            for row in connection.execute(
                select(store.c.id, store.c.address).where(store.c.id.in_(ids))
            )
        }
        if ids
        else {}
    )


def _store(each: Picked, address: str | None) -> dict[str, Any]:
    s = each.store
    return {
        "store_code": s.code,
        "name": s.name,
        "address": address,
        "region_code": s.region_code,
        "latitude": round(s.latitude, 6),
        "longitude": round(s.longitude, 6),
        "distance_m": rounded(each.distance_m),
        "open_now": each.open_now,
        "cloud_shop_url": s.cloud_shop_url,
        "why": each.why,
    }


def _place(each: Place) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "name": each.name,
        "within": each.within,
        "region_code": each.region_code,
        "country": each.country,
        "latitude": round(each.point.latitude, 6),
        "longitude": round(each.point.longitude, 6),
        "store_code": each.store_code,
        "distance_m": rounded(each.distance_m),
        "source": each.source,
    }
