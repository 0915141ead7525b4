"""Route a visitor: try the ladder with a place, a customer, a code or a time, nothing stored. The
address holds the whole question.

The form posts, because a customer's number does not belong in an address: it is exchanged for his
surrogate, then the answer is a GET."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

import db
from app.accounts.language import language
from app.hq.home import blueprint
from app.pages import maps as map_pages
from app.ui import maps
from app.ui.doors import Doors
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Fault, InvalidInput
from stores.base import pasted, versions
from stores.base.actors import Actor
from stores.base.brand import brand, business_day
from stores.base.times import InvalidTime, parse_instant
from stores.facts.visits import Arrival, SourcePoint
from stores.geo.coordinates import CRS_NAMES, Coordinates, distance_m
from stores.geo.geocoder import Address
from stores.geo.place_names import EXACT
from stores.lists import customer_look_up
from stores.network import network, place_search
from stores.network.place_search import Place
from stores.network.snapshot import Snapshot
from stores.routing import explanations, ladders, trying
from stores.routing.ladders import Ladder, Weighed
from stores.routing.trying import Tried

FIELDS = ("lat", "lng", "crs", "accuracy", "fuzzy", "customer", "param", "region", "at")
MOST_METRES = 1_000_000.0
FAR_M, NEAR_M = 500_000.0, 100_000.0
OFFERED = 12  # places to choose from
AROUND, AROUND_M = 40, 50_000.0  # stores shown faintly beside the weighed ones


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks. `customer`: a surrogate; `swapped`: the first number could be no
    latitude."""

    arrival: Arrival
    at: dt.datetime
    customer: int | None
    swapped: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`shift_m`: how far the conversion to WGS-84 moved the point; `exchange`: the two numbers the
    other way round, when those lie near a store and these do not."""

    tried: Tried
    ladder: Ladder
    sentences: dict[str, str]
    notes: list[str]
    shift_m: float | None
    exchange: tuple[float, float] | None
    what_ifs: list[dict[str, Any]]


def question_of(args: Mapping[str, str], now: dt.datetime) -> Question | None:
    """None when nothing is asked yet. Raises InvalidInput."""
    asked = {name: (args.get(name) or "").strip() for name in FIELDS}
    if not any(asked[name] for name in ("lat", "lng", "customer", "param", "region")):
        return None
    point = _pasted(asked["lat"], asked["lng"]) if asked["lat"] or asked["lng"] else None
    source = (
        SourcePoint(
            point.latitude,
            point.longitude,
            _crs(asked["crs"]),
            _accuracy(asked["accuracy"]),
            asked["fuzzy"] == "yes",
        )
        if point
        else None
    )
    customer = (
        int(asked["customer"])
        if asked["customer"].isascii()
        and asked["customer"].isdigit()
        and len(asked["customer"]) < 16
        else None
    )
    try:
        at = parse_instant(asked["at"], brand().timezone) if asked["at"] else now
    except InvalidTime:
        raise InvalidInput(_("A time looks like 2026-11-22 10:00.")) from None
    param = asked["param"].rstrip("/").rpartition("/")[2] or None  # a whole link is pasted as well
    return Question(
        Arrival({}, source, asked["region"] or None, None, param),
        at,
        customer,
        bool(point and point.swapped),
    )


def _pasted(latitude: str, longitude: str) -> pasted.Pasted:
    try:
        return pasted.read(latitude, longitude)
    except InvalidInput:
        raise InvalidInput(
            _("Give latitude and longitude in degrees, such as 31.23, 121.47.")
        ) from None


def _crs(text: str) -> str:
    if text not in CRS_NAMES:
        raise InvalidInput(_("Say in which system the coordinates are: WGS-84, GCJ-02 or BD-09."))
    return text


def _accuracy(text: str) -> float | None:
    if not text:
        return None
    try:
        metres = float(text)
    except ValueError:
        metres = -1
    if not 0 <= metres <= MOST_METRES:
        raise InvalidInput(_("An accuracy is a number of metres from 0 to 1,000,000."))
    return metres


def answer_of(connection: Connection, asked: Question) -> Answer:
    """The same decision as POST /routes. Raises InvalidCoordinates."""
    tried = trying.try_route(connection, asked.arrival, asked.at, asked.customer)
    decision, source, point = tried.decision, asked.arrival.source, tried.visit.point
    store = tried.snapshot.by_id.get(decision.store_id) if decision.store_id is not None else None
    kilometres = None if decision.distance_m is None else int(decision.distance_m // 1000)
    said = {
        tongue: explanations.sentence(
            decision.rung, decision.reason, store.name if store else None, kilometres, tongue
        )
        for tongue in ("zh", "en")
    }
    shift = (
        distance_m(Coordinates(source.latitude, source.longitude), point)
        if source and point and source.crs != "wgs84"
        else None
    )
    return Answer(
        tried,
        ladders.of_decision(decision, tried.visit, tried.state, tried.snapshot),
        said,
        [explanations.word(explanations.NOTES, note, language()) for note in decision.notes],
        shift,
        _exchange(source, point, tried.snapshot, business_day(asked.at)),
        explanations.what_if_words(tried.what_ifs(), language()),
    )


def _exchange(
    source: SourcePoint | None, point: Coordinates | None, snapshot: Snapshot, day: dt.date
) -> tuple[float, float] | None:
    """A3: a point far from every store whose swap is near one is likely written the wrong way
    round."""
    if source is None or point is None or abs(source.longitude) > 90:
        return None
    index = snapshot.index_on(day)
    here, there = (
        index.k_nearest(point.latitude, point.longitude, 1),
        index.k_nearest(source.longitude, source.latitude, 1),
    )
    return (
        (source.longitude, source.latitude)
        if here and here[0][1] > FAR_M and there[0][1] < NEAR_M
        else None
    )


@blueprint.get("/route", strict_slashes=False)
@needs("route:read")
def route_visitor() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    fault, asked, answer, customer = "", None, None, None
    wish = request.args.get("place", "").strip()[: place_search.LONGEST]
    outside = place_search.ask_outside(wish) if wish else []
    with db.read() as connection:
        try:
            asked = question_of(request.args, now)
            answer = answer_of(connection, asked) if asked is not None else None
        except Fault as refused:
            fault = refused.detail
        if asked is not None and asked.customer is not None:
            customer = customer_look_up.find(connection, actor, asked.customer, now, today)
        places = _places(connection, actor, wish, outside) if wish else []
    page = render_template(
        "hq/route.html",
        asked=asked,
        answer=answer,
        fault=fault,
        customer=customer,
        tie=explanations.tie_of(answer.tried.decision.reason) if answer else "",
        given={name: request.args.get(name, "") for name in (*FIELDS, "place")},
        places=[(_in_words(each), _with_place(request.args, each)) for each in places],
        wish=wish,
        systems=CRS_NAMES,
        map_url=url_for("hq.route_map") + "?" + urlencode(_kept(request.args))
        if answer
        else url_for("maps.stores"),
    )
    return page, 422 if fault else 200


@blueprint.post("/route", strict_slashes=False)
@needs("route:read")
def ask_route() -> Any:
    """Exchange the customer's number for his surrogate and a place for its centre, then show the
    answer under its own address."""
    actor, (now, today) = current_actor(), now_and_today()
    kept = _kept(request.form)
    text = request.form.get("customer_id", "").strip()
    if text:
        with db.read() as connection:
            found = customer_look_up.look_up(connection, actor, text, now, today)
        if found is None:
            flash(_("No such customer; routed as somebody new."), "wait")
        else:
            customer_look_up.note_look_up(actor, found[1].id, found[0], now)
            kept["customer"] = str(found[1].id)
    place = request.form.get("place", "").strip()[: place_search.LONGEST]
    if place:
        outside = place_search.ask_outside(place)
        with db.read() as connection:
            matching = _places(connection, actor, place, outside)
        best = [each for each in matching if each.match == EXACT] or matching
        if len(best) == 1:
            return redirect(_with_place(kept, best[0]), 303)
        if not matching:
            flash(_("No city, district, store or address is known by these words."), "wait")
        kept["place"] = place
    return redirect(url_for("hq.route_visitor") + "?" + urlencode(kept), 303)


@blueprint.get("/route.json")
@needs("route:read")
def route_map() -> Response:
    """The point, the stores that were weighed, and others around as a faint background."""
    now, _today = now_and_today()
    with db.read() as connection:
        asked = question_of(request.args, now)
        answer = answer_of(connection, asked) if asked is not None else None
    if answer is None:
        return jsonify(maps.collection([]))
    tried = answer.tried
    points, point = (
        candidates(answer.ladder, tried.decision.store_id is not None),
        tried.visit.point,
    )
    if point is not None:
        near = tried.snapshot.index_on(tried.visit.day).k_nearest(
            point.latitude, point.longitude, AROUND
        )
        weighed = {each.store_code for each in answer.ladder.shown}
        around = [tried.snapshot.stores[n] for n, metres in near if metres < AROUND_M]
        points += [
            maps.point(s.latitude, s.longitude, s.code, s.name, mark="faint")
            for s in around
            if s.code not in weighed
        ]
        points.append(
            maps.point(
                point.latitude, point.longitude, "", _("the visitor"), mark="person", door=False
            )
        )
    return jsonify(maps.collection(points, door=map_pages.door()))


def candidates(ladder: Ladder, led: bool, doors: Doors | None = None) -> list[dict[str, Any]]:
    """The stores of an answer as places of a map, the winner in focus; metres where the ladder has
    them."""
    return [
        maps.point(
            each.latitude,
            each.longitude,
            each.store_code,
            each.name,
            mark="focus" if led and n == 0 else "",
            door=doors is None or doors.store(each.store_code),
            words=_about(each),
        )
        for n, each in enumerate(ladder.shown)
    ]


def _about(each: Weighed) -> str:
    metres = f"{each.distance_m:,.1f} m" if each.distance_m is not None else ""
    return " · ".join(
        filter(None, (explanations.word(explanations.CANDIDATES, each.why, language()), metres))
    )


def _kept(given: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name in FIELDS
        if (value := (given.get(name) or "").strip())
        and not (name == "crs" and not (given.get("lat") or given.get("lng")))
    }


def _places(
    connection: Connection, actor: Actor, words: str, outside: list[Address]
) -> list[Place]:
    _now, today = now_and_today()
    return place_search.find(
        connection,
        actor,
        network.snapshot(versions.current(connection)),
        today,
        words,
        None,
        OFFERED,
        outside,
    )


def _in_words(place: Place) -> str:
    """`上海市 静安区`, `Paris, FR`, `S1 Bund · its address`."""
    if place.kind == "store":
        return " · ".join(filter(None, (f"{place.store_code} {place.name}", place.within)))
    if place.kind == "division":
        return f"{place.within} {place.name}".strip()
    return f"{place.name}, {place.within}" if place.within else place.name


def _with_place(given: Mapping[str, str], place: Place) -> str:
    """The same question at this place; its region is asked as well."""
    kept = {
        **_kept(given),
        "lat": f"{place.point.latitude:.6f}",
        "lng": f"{place.point.longitude:.6f}",
        "crs": "wgs84",
        "region": place.region_code or "",
    }
    return (
        url_for("hq.route_visitor")
        + "?"
        + urlencode({name: value for name, value in kept.items() if value})
    )
