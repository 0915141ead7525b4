"""Entries and routes: where a visitor is led, why, and the same again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.idempotency import body_hash
from app.api.query import Query
from app.api.types import Answer, CodeText, CustomerKey, Line, Location, NewKey, Strict, Time
from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.base.receipt import refuse_impossible
from stores.facts.visits import Arrival, SourcePoint
from stores.network import sight
from stores.routing import entering, entry_reading, explanations, trying
from stores.routing.answers import decision_answer, trace_answer

api = Api("Entries")


class CustomerIn(Strict):
    """Who enters; one or more, several are linked."""

    customer_id: NewKey | None = None
    unionid: CustomerKey | None = None
    openid: CustomerKey | None = None

    @model_validator(mode="after")
    def _somebody(self) -> CustomerIn:
        if not (self.customer_id or self.unionid or self.openid):
            raise PydanticCustomError(
                "no_customer", "Give at least one of customer_id, unionid, openid"
            )
        return self


class EntryIn(Strict):
    customer: CustomerIn
    location: Location | None = None
    region_code: CodeText | None = None
    postal_code: CodeText | None = None
    ip: Annotated[
        Line | None,
        Field(
            description="asked for its region when there is neither a usable location nor a "
            "region_code; never stored"
        ),
    ] = None
    entry_param: Line | None = None
    touchpoint: CodeText | None = None
    occurred_at: Time | None = None


class Alternative(Answer):
    """`store_code` and `name` null: another store of the brand, which this key may not read."""

    store_code: str | None
    name: str | None
    distance_m: float | None
    why: str


class RangesOut(Answer):
    """References of ranges that are switched for this store; of any other the mall's own rule
    holds."""

    on: list[str]
    off: list[str]


class BundleOut(Answer):
    """The store's own shop on the visit's day: promotions in force and range switches by the mall's
    ids."""

    cloud_shop_url: str | None
    guide_code: str | None
    promotions: list[str]
    ranges: RangesOut


class Decided(Answer):
    """Where a visitor is led; nulls for PICKER."""

    store_code: str | None
    dealer_code: str | None
    guide_code: str | None
    cloud_shop_url: str | None
    bundle: BundleOut | None
    distance_m: float | None
    rung: str
    reason: str
    alternatives: list[Alternative]
    notes: list[str]
    decided_at: dt.datetime
    network_version: int
    policy_version: int


class EntryOut(Decided):
    entry_id: str
    customer_id: str
    occurred_at: dt.datetime
    distance_class_km: int | None = None


class Step(Answer):
    rung: str
    outcome: str
    candidates: list[Alternative]


class WhatIfOut(Answer):
    """A single change that would have led elsewhere; `store_code` null: to the list."""

    change: str
    store_code: str | None
    name: str | None
    rung: str
    words: str


class RouteOut(Decided):
    customer_id: str | None
    trace: list[Step]
    what_if: list[WhatIfOut] | None


class RouteQuery(Query):
    what_if: Literal["no", "yes"] = Field(
        "no",
        description="yes: also say which single changes would lead elsewhere; it takes several "
        "times as long",
    )


class ExplanationQuery(Query):
    lang: Literal["zh", "en"] = Field("en", description="language of the words")


class ExplanationOut(Answer):
    entry_id: str
    lang: str
    sentence: str
    steps: list[dict[str, Any]]
    notes: list[str]
    what_if: list[WhatIfOut]


class ReplayOut(Answer):
    same: bool
    basis: str
    store_code: str | None
    rung: str


EXAMPLE = {
    "customer": {"customer_id": "c1"},
    "location": {"latitude": 31.231, "longitude": 121.474, "crs": "wgs84", "accuracy_m": 30},
}


def arrival_of(body: EntryIn) -> Arrival:
    who, place = body.customer, body.location
    return Arrival(
        identities={
            kind: value
            for kind, value in (
                ("customer_id", who.customer_id),
                ("unionid", who.unionid),
                ("openid", who.openid),
            )
            if value
        },
        source=SourcePoint(
            place.latitude, place.longitude, place.crs, place.accuracy_m, bool(place.fuzzy)
        )
        if place is not None
        else None,
        region_code=body.region_code,
        postal_code=body.postal_code,
        ip=body.ip,
        entry_param=body.entry_param,
        touchpoint=body.touchpoint,
        occurred_at=body.occurred_at,
    )


@api.call(
    "POST",
    "/entries",
    permission="entry:write",
    serves=WHOLE_CHAIN,
    body=EntryIn,
    answers={201: EntryOut},
    idempotent=True,
    example=EXAMPLE,
    summary="Record an arrival and answer the store it is led to.",
)
def create_entry(actor: Actor, body: EntryIn, key: str | None) -> tuple[int, Any]:
    now = dt.datetime.now(dt.UTC)
    recorded = entering.enter(
        arrival_of(body), key=key, body_hash="" if key is None else body_hash(body), now=now
    )
    if recorded.decision is None or recorded.snapshot is None:
        with db.read() as connection:
            first = entry_reading.as_answer(
                connection,
                entry_reading.find(connection, recorded.entry_id, actor),
                sight.EVERYTHING,
                exact=True,
            )
        return 201, {**first, "customer_id": body.customer.customer_id or first["customer_id"]}
    return 201, {
        "entry_id": recorded.entry_id,
        "customer_id": recorded.customer_id,
        **decision_answer(recorded.decision, recorded.snapshot, recorded.day),
        "occurred_at": body.occurred_at or now,
        "decided_at": now,
    }


@api.call(
    "POST",
    "/routes",
    permission="route:read",
    serves=WHOLE_CHAIN,
    body=EntryIn,
    query=RouteQuery,
    answers={200: RouteOut},
    example=EXAMPLE,
    summary="Try a route: the same input as an entry, nothing stored, every rule explained.",
)
def create_route(actor: Actor, body: EntryIn, query: RouteQuery) -> tuple[int, Any]:
    now, arrival = dt.datetime.now(dt.UTC), arrival_of(body)
    refuse_impossible("occurred_at", body.occurred_at, now)
    tried = trying.try_arrival(arrival, body.occurred_at or now)
    return 200, {
        "customer_id": body.customer.customer_id,
        **decision_answer(tried.decision, tried.snapshot, tried.visit.day),
        "decided_at": now,
        "trace": trace_answer(tried.decision, tried.snapshot),
        "what_if": explanations.what_if_words(tried.what_ifs(), "en")
        if query.what_if == "yes"
        else None,
    }


def entry_exists(actor: Actor, entry_id: str) -> bool:
    with db.read() as connection:
        return entry_reading.find(connection, entry_id, actor) is not None


def _sight(actor: Actor) -> sight.Sight:
    return sight.of(actor, business_day(dt.datetime.now(dt.UTC)))


def _entry(connection: Any, entry_id: str, actor: Actor) -> Any:
    row = entry_reading.find(connection, entry_id, actor)
    if row is None:
        raise NotFound(f"There is no entry {entry_id!r}.", code="unknown_entry")
    return row


@api.call(
    "GET",
    "/entries/<entry_id>",
    permission="entry:read",
    serves=OWN_ROWS,
    answers={200: EntryOut},
    summary="A stored decision.",
    details="`bundle` is the shop of the decided store as it is now; what was shown at the visit "
    "is not kept. Metres are for a key that may record "
    "entries of the whole chain, for 24 hours; every other reads `distance_class_km` alone. A key "
    "with limited rows reads the customer as a mask, "
    "and other stores of the brand without code and name.",
)
def get_entry(actor: Actor, entry_id: str) -> tuple[int, Any]:
    with db.read() as connection:
        row = _entry(connection, entry_id, actor)
        return 200, entry_reading.as_answer(
            connection,
            row,
            _sight(actor),
            exact=actor.scope_kind == "all" and actor.may("entry:write"),
        )


@api.call(
    "GET",
    "/entries/<entry_id>/explanation",
    permission="entry:read",
    serves=OWN_ROWS,
    query=ExplanationQuery,
    answers={200: ExplanationOut},
    exists=entry_exists,
    summary="A stored decision in words.",
)
def explain_entry(actor: Actor, entry_id: str, query: ExplanationQuery) -> tuple[int, Any]:
    with db.read() as connection:
        return 200, explanations.of_entry(
            connection, _entry(connection, entry_id, actor), query.lang, _sight(actor)
        )


@api.call(
    "POST",
    "/entries/<entry_id>/replay",
    permission="entry:read",
    serves=OWN_ROWS,
    answers={200: ReplayOut},
    exists=entry_exists,
    summary="Decide again from what is still kept, and say whether the answer is the same.",
)
def replay_entry(actor: Actor, entry_id: str) -> tuple[int, Any]:
    with db.read() as connection:
        return 200, entry_reading.replay(
            connection, _entry(connection, entry_id, actor), _sight(actor)
        )
