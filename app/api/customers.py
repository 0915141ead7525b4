"""Customers' rights: deletion (P5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any, Literal

from app.api.declare import WHOLE_CHAIN, Api
from app.api.idempotency import once
from app.api.types import Answer, CodeText, Line, Location, Strict
from app.services import erasing
from stores.base.actors import Actor
from stores.customer_deeds import deed_effects
from stores.customer_deeds import deeds as customer_deeds
from stores.facts.visits import SourcePoint

api = Api("Customers")


class DeedIn(Strict):
    kind: Literal[
        "switched",
        "switch_ended",
        "refused",
        "pinned",
        "unpinned",
        "no_switch",
        "may_switch",
        "owner_assigned",
        "owner_requested",
        "home_requested",
        "home_approved",
        "home_declined",
    ]
    store_code: CodeText | None = None
    guide_code: CodeText | None = None
    location: Location | None = None
    note: Line | None = None


class DeedOut(Answer):
    kind: str
    customer_id: str
    store_code: str | None
    guide_code: str | None
    at: dt.datetime
    until: dt.datetime | None


@api.call(
    "POST",
    "/customers/<customer_id>/deeds",
    permission="customer:write",
    serves=WHOLE_CHAIN,
    body=DeedIn,
    answers={201: DeedOut},
    idempotent=True,
    example={"kind": "switched", "store_code": "S1"},
    summary="What the visitor or headquarters decided: a switch of stores, a refused offer, a "
    "pin, a new owner guide or home store.",
)
def create_deed(actor: Actor, customer_id: str, body: DeedIn, key: str | None) -> tuple[int, Any]:
    place = body.location
    source = (
        SourcePoint(place.latitude, place.longitude, place.crs, place.accuracy_m, bool(place.fuzzy))
        if place is not None
        else None
    )
    deed = deed_effects.Deed(
        body.kind, customer_id, body.store_code, body.guide_code, body.note or "", source
    )

    def done() -> tuple[int, Any]:
        return 201, asdict(customer_deeds.do(deed, actor=actor, now=dt.datetime.now(dt.UTC)))

    return once(key, body, done)


class ErasedOut(Answer):
    identities: int
    points: int
    traces: int


@api.call(
    "DELETE",
    "/customers/<customer_id>",
    permission="customer:erase",
    serves=WHOLE_CHAIN,
    answers={200: ErasedOut},
    summary="Forget who a customer is; orders, rewards and books keep their sums. Cannot be undone.",
)
def delete_customer(actor: Actor, customer_id: str) -> tuple[int, Any]:
    done = erasing.erase(customer_id, actor=actor, now=dt.datetime.now(dt.UTC))
    return 200, {"identities": done.identities, "points": done.points, "traces": done.traces}
