"""Search of a place by name or address (A9): the stores' own names, divisions and cities, and a
geocoder where one is set. WGS-84 out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, select

from stores.base.actors import Actor
from stores.base.folding import fold
from stores.geo import geocoder, place_names
from stores.geo.coordinates import Coordinates, distance_m
from stores.geo.geocoder import Address
from stores.geo.place_names import BEGINS, EXACT, HOLDS, INSIDE
from stores.network.found_by import holds, is_exactly
from stores.network.scope import visible_store_ids
from stores.network.snapshot import Snapshot
from stores.network.stores import store

LONGEST = 100
_STORES = 20
_KINDS = ("address", "store", "division", "city")  # which of equal matches goes first


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: store, division, city or address. `source`: own (the network), table (shipped), or
    the geocoder. `distance_m` from `near`."""

    kind: str
    name: str
    within: str
    region_code: str | None
    country: str | None
    point: Coordinates
    store_code: str | None
    source: str
    match: int
    distance_m: float | None = None


def find(
    connection: Connection,
    actor: Actor,
    snapshot: Snapshot,
    today: dt.date,
    text: str,
    near: Coordinates | None = None,
    limit: int = 20,
    outside: Sequence[Address] = (),
) -> list[Place]:
    """Ranked: how well the words meet the name, then the nearer to `near` (or the greater).
    `outside`: what `geocoder.ask` answered.

    Stores are those the actor sees and visitors may be led to. Empty words find nothing."""
    text = text.strip()[:LONGEST]
    if not text or "\x00" in text:
        return []
    found = [
        *(_address(each) for each in outside),
        *_stores(connection, actor, snapshot, today, text),
        *(
            Place(
                each.kind,
                each.name,
                each.within,
                each.region_code,
                each.country,
                each.centre,
                None,
                "table",
                each.match,
            )
            for each in place_names.find(text, 2 * limit)
        ),
    ]
    order = {id(each): n for n, each in enumerate(found)}
    away = {id(each): distance_m(near, each.point) if near is not None else None for each in found}

    def rank(each: Place) -> tuple[int, float, int, int]:
        return each.match, away[id(each)] or 0.0, _KINDS.index(each.kind), order[id(each)]

    return [_with_distance(each, away[id(each)]) for each in sorted(found, key=rank)[:limit]]


def ask_outside(text: str) -> list[Address]:
    """What the geocoder says to words that are not already the name of a division or city; [] when
    it is off or does not answer.

    May take three seconds: call it with no connection held."""
    text = text.strip()[:LONGEST]
    if (
        not text
        or not geocoder.is_on()
        or any(each.match == EXACT for each in place_names.find(text, 1))
    ):
        return []
    return geocoder.ask(text)


def _with_distance(place: Place, metres: float | None) -> Place:
    return Place(
        place.kind,
        place.name,
        place.within,
        place.region_code,
        place.country,
        place.point,
        place.store_code,
        place.source,
        place.match,
        metres,
    )


def _address(each: Address) -> Place:
    """Between a name that is the words exactly and one that begins with them."""
    return Place(
        "address",
        each.name,
        "",
        each.region_code or place_names.division_at(each.point),
        None,
        each.point,
        None,
        each.provider,
        BEGINS,
    )


def _stores(
    connection: Connection, actor: Actor, snapshot: Snapshot, today: dt.date, text: str
) -> list[Place]:
    s, seen = store.c, visible_store_ids(actor, today)
    query = select(
        s.id, s.store_code, s.name, s.address, s.region_code, s.country, s.latitude, s.longitude
    ).where(holds(text, s.folded, s.folded_address))
    if seen is not None:
        query = query.where(s.id.in_(seen))
    exact = case(
        (is_exactly(text, s.folded), 0),
        (s.folded.contains(f"\n{fold(text)}", autoescape=True), 1),
        else_=2,
    )
    found: list[Place] = []
    for row in connection.execute(query.order_by(exact, s.store_code).limit(5 * _STORES)):
        record = snapshot.by_id.get(row.id)
        if record is None or record.why_not(today) or len(found) == _STORES:
            continue
        found.append(
            Place(
                "store",
                row.name,
                row.address or "",
                row.region_code,
                row.country,
                Coordinates(row.latitude, row.longitude),
                row.store_code,
                "own",
                _match(fold(text), fold(row.store_code), fold(row.name)),
            )
        )
    return found


def _match(words: str, *names: str) -> int:
    return (
        EXACT
        if words in names
        else BEGINS
        if any(name.startswith(words) for name in names)
        else HOLDS
    )


__all__ = ["INSIDE", "Place", "ask_outside", "find"]
