"""Events: up to 1,000 a call; a bad one is refused by its index and the rest kept (CONTRACT 3)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationError, WithJsonSchema
from pydantic_core import to_json

from app.api.body import EVENTS_LIMIT, malformed
from app.api.declare import WHOLE_CHAIN, Api
from app.api.idempotency import once
from app.api.types import Answer, CustomerKey, NewKey, Payload, Strict, Time
from stores.base.actors import Actor
from stores.customers.event_intake import EventIn, record_events

api = Api("Events")
MOST = 1000


class EventBody(Strict):
    """One event, fields as in the import."""

    event_id: NewKey
    type: Annotated[str, Field(min_length=1, max_length=32)]
    occurred_at: Time
    guide_code: CustomerKey | None = None
    customer_id: NewKey | None = None
    external_userid: CustomerKey | None = None
    source: Annotated[str, Field(max_length=32)] | None = None
    payload: Payload | None = None


class EventsBody(Strict):
    events: Annotated[
        list[JsonValue],
        Field(max_length=MOST),
        WithJsonSchema(
            {
                "type": "array",
                "maxItems": MOST,
                "items": {"type": "object", "required": ["event_id", "type", "occurred_at"]},
                "description": "each with event_id, type, occurred_at and, by type, guide_code, "
                "customer_id, external_userid, source, payload",
            }
        ),
    ]


class RefusedOut(Answer):
    index: int
    reason: str
    code: str
    field: str


class EventsOut(Answer):
    accepted: int
    duplicates: int
    refused: list[RefusedOut]


EXAMPLE = {
    "events": [
        {
            "event_id": "EV-1",
            "type": "contact.confirmed",
            "occurred_at": "2025-03-02T08:00:00Z",
            "guide_code": "G1",
            "customer_id": "c1",
            "external_userid": "wm1",
            "source": "qr",
            "payload": {},
        }
    ]
}


@api.call(
    "POST",
    "/events",
    permission="event:write",
    serves=WHOLE_CHAIN,
    body=EventsBody,
    answers={200: EventsOut},
    idempotent=True,
    max_bytes=EVENTS_LIMIT,
    example=EXAMPLE,
    summary="Record events about customers and guides; idempotent by event_id, in any order.",
)
def create_events(actor: Actor, body: EventsBody, key: str | None) -> tuple[int, Any]:
    def deed() -> tuple[int, Any]:
        sound, places, refused = _read(body.events)
        taken = record_events(sound, actor=actor.name, now=dt.datetime.now(dt.UTC))
        refused += [
            {"index": places[r.index], "reason": r.reason, "code": r.code, "field": r.field}
            for r in taken.refused
        ]
        return 200, {
            "accepted": taken.accepted,
            "duplicates": taken.duplicates,
            "refused": sorted(refused, key=lambda r: r["index"]),
        }

    return once(key, body, deed)


def _read(events: list[JsonValue]) -> tuple[list[EventIn], list[int], list[dict[str, Any]]]:
    """Sound events, their places in the call, and the refusals of those that have no form."""
    sound, places, refused = [], [], []
    for index, raw in enumerate(events):
        try:
            each = EventBody.model_validate_json(to_json(raw))
        except ValidationError as error:
            first = malformed(error).errors[0]
            refused.append(
                {
                    "index": index,
                    "reason": f"{first.field} {first.reason}",
                    "code": "malformed_event",
                    "field": first.field,
                }
            )
            continue
        sound.append(
            EventIn(
                each.event_id,
                each.type,
                each.occurred_at,
                each.guide_code,
                each.customer_id,
                each.external_userid,
                each.source,
                each.payload or {},
            )
        )
        places.append(index)
    return sound, places, refused
