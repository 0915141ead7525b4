"""The addresses behind maps: stores coloured by a figure, one store with what lies around it,
areas; each answers the actor's rows only (P6)."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

import db
from app.ui import map_ground, maps, network_labels, shown_days, words
from app.ui.labels import label
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Malformed, NotFound
from stores.base.actors import Actor
from stores.lists import directory, places
from stores.lists.directory import StoreFilter
from stores.network.stores import STATUSES

blueprint = Blueprint("maps", __name__, url_prefix="/maps")
NEAR, NEAR_M = 5, 10_000.0  # neighbours that a map of one store shows at first
MARKS = {"active": "", "paused": "wait", "closed": "off"}


@dataclass(frozen=True, slots=True)
class Figure:
    """What stores may be coloured by. `permission`: who may know it; `dated`: it is of the days
    asked for."""

    name: LazyString
    none: LazyString
    permission: str
    money: bool = False
    dated: bool = True


FIGURES = {
    "sales": Figure(_l("Sales after refunds"), _l("no sales"), "revenue:read", money=True),
    "orders": Figure(_l("Orders"), _l("no order"), "order:read"),
    "entries": Figure(_l("Entries"), _l("no entry"), "entry:read"),
    "adds": Figure(_l("Friend adds"), _l("no friend add"), "reward:read"),
    "customers": Figure(
        _l("Customers at home here"), _l("no customer"), "customer:read", dated=False
    ),
}


def store_filter(args: Mapping[str, str], today: dt.date) -> StoreFilter:
    """What a query string asks of stores; the list and the map read it alike."""
    status = args.get("status")
    return StoreFilter(
        today,
        (args.get("q") or "").strip() or None,
        status if status in STATUSES else None,
        args.get("dealer") or None,
        args.get("silent") == "yes",
        args.get("branch") or None,
        args.get("unowned") == "yes",
    )


def figures_of(actor: Actor) -> dict[str, Figure]:
    """The figures this reader may colour a map by."""
    return {key: figure for key, figure in FIGURES.items() if actor.may(figure.permission)}


@blueprint.get("/stores.json")
@needs("network:read")
def stores() -> Response:
    """`figure=` (one of FIGURES, or none), the days of shown_days, and the filter of the list of
    stores."""
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today)
    key = request.args.get("figure") or None
    if key is not None and key not in figures_of(actor):
        raise Malformed(f"There is no figure {key!r} to colour stores by.")
    with db.read() as connection:
        rows = places.stores(connection, actor, store_filter(request.args, today))
        values = places.values(connection, actor, key, span.first, span.last, now) if key else None
    points = [
        maps.point(
            r.latitude,
            r.longitude,
            r.store_code,
            r.name,
            mark=MARKS[r.status],
            value=None if values is None else values.get(r.id, 0),
            words=label(network_labels.STORE_STATES, r.status) if r.status != "active" else "",
        )
        for r in rows
    ]
    if key is None:
        return jsonify(maps.collection(points, door=door()))
    figure = FIGURES[key]
    title = (
        f"{figure.name}, {words.day(span.first, 'en')} – {words.day(span.last, 'en')}"
        if figure.dated
        else str(figure.name)
    )
    return jsonify(
        maps.collection(
            points,
            door=door(),
            title=title,
            head=str(figure.name),
            none=str(figure.none),
            money=figure.money,
            write=_money if figure.money else words.count,
        )
    )


@blueprint.get("/stores/<code>.json")
@needs("network:read")
def store(code: str) -> Response:
    """The store, its radius and service areas, and its neighbours with their distance."""
    actor, (_now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = directory.find_store(connection, actor, code, today)
        if row is None:
            raise NotFound(f"There is no store {code!r}.")
        around = places.neighbours(connection, actor, row, today)
        shapes = [drawn(each) for each in places.areas(connection, actor, today, store_id=row.id)]
    points = [
        maps.point(
            each.latitude,
            each.longitude,
            each.store_code,
            each.name,
            mark=MARKS[each.status],
            words=_away(each.metres),
        )
        for each in around
    ]
    points.append(
        maps.point(
            row.latitude,
            row.longitude,
            row.store_code,
            row.name,
            mark="focus",
            radius_m=row.service_radius_m,
            door=False,
            words=label(network_labels.STORE_STATES, row.status),
        )
    )
    near = [each for each in around if each.metres <= max(NEAR_M, 3 * around[0].metres)][:NEAR]
    seen = [(each.latitude, each.longitude) for each in near] + [(row.latitude, row.longitude)]
    reach = (row.service_radius_m or 0) / 100_000 + 0.01  # degrees, roughly
    south, west, north, east = (end(axis) for end in (min, max) for axis in zip(*seen, strict=True))
    bounds = [
        [min(south, row.latitude - reach), min(west, row.longitude - reach)],
        [max(north, row.latitude + reach), max(east, row.longitude + reach)],
    ]
    return jsonify(maps.collection([*shapes, *points], door=door(), bounds=bounds))


@blueprint.get("/areas.json")
@needs("network:read")
def areas() -> Response:
    """Areas with a drawn geometry: all, or those of `code=`, `dealer=`, `kind=`."""
    actor, (_now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        dealer_id = _dealer_id(connection, actor, today, request.args.get("dealer"))
        rows = places.areas(
            connection,
            actor,
            today,
            code=request.args.get("code") or None,
            dealer_id=dealer_id,
            kind=request.args.get("kind") or None,
        )
        beside = []
        if request.args.get("code"):
            found = [
                directory.find_store(connection, actor, r.store_code, today)
                for r in rows
                if r.store_code
            ]
            beside = [
                maps.point(r.latitude, r.longitude, r.store_code, r.name, mark="focus")
                for r in found
                if r is not None
            ]
    return jsonify(
        maps.collection(
            [*(drawn(row, address=not request.args.get("code")) for row in rows), *beside],
            door=door(),
        )
    )


def drawn(row: Any, address: bool = True) -> dict[str, Any]:
    """An area as a shape of a map."""
    holder = row.dealer_name or row.store_name or ""
    url = (
        url_for("hq.area", code=row.area_code)
        if address and current_actor().may("hq:read") and "hq.area" in current_app.view_functions
        else None
    )
    return maps.shape(
        row.geometry,
        row.area_code,
        kind=row.kind,
        words=" · ".join(filter(None, (label(network_labels.AREA_KINDS, row.kind), holder))),
        url=url,
    )


@blueprint.get("/outline.json")
@needs("network:read")
def outline() -> Response:
    """What the operator lays over the coast (MAP_OUTLINE)."""
    path = current_app.extensions["doorstep"].map_outline
    if path is None:
        raise NotFound("No outline is set up.")
    return Response(path.read_bytes(), content_type="application/geo+json")


@blueprint.get("/coast.json")
@needs("network:read")
def coast() -> Response:
    """The world's land without borders (GeoJSON), the ground of every map."""
    return _kept(map_ground.coast(), "application/geo+json")


@blueprint.get("/towns-<any(zh, en):tongue>.json")
@needs("network:read")
def towns(tongue: str) -> Response:
    """Names of towns and where they lie, the one to be named first first."""
    return _kept(map_ground.towns(tongue), "application/json")


def _kept(packed: bytes, content_type: str) -> Response:
    """What is the same for every reader until the next release; its address carries a mark of it,
    so a browser asks once."""
    if request.accept_encodings["gzip"]:
        answer = Response(packed, content_type=content_type, headers={"Content-Encoding": "gzip"})
    else:
        answer = Response(gzip.decompress(packed), content_type=content_type)
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


def door() -> str | None:
    """Where a store on a map leads this reader."""
    actor = current_actor()
    endpoint = (
        "hq.store" if actor.may("hq:read") else "dealer.store" if actor.may("dealer:read") else None
    )
    return url_for(endpoint, code="CODE") if endpoint else None


def _dealer_id(
    connection: Connection, actor: Actor, today: dt.date, code: str | None
) -> int | None:
    if not code:
        return None
    row = directory.find_dealer(connection, actor, code, today)
    if row is None:
        raise NotFound(f"There is no dealer {code!r}.")
    return int(row.id)


def _away(metres: float) -> str:
    return _(
        "%(distance)s away",
        distance=f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km",
    )


def _money(minor: int) -> str:
    settings = current_app.extensions["doorstep"]
    return words.money(minor, settings.currency, settings.currency_decimals)
