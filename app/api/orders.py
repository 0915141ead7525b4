"""Orders, refunds and states: recorded once, owned by whom the server decides (D1)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.idempotency import once
from app.api.types import (
    Answer,
    CodeText,
    Currency,
    Location,
    MinorAmount,
    NewCode,
    NewKey,
    Quantity,
    Strict,
    Time,
)
from ledger.faults import FieldFault, NotFound
from ledger.money import LARGEST_MINOR
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.facts.visits import SourcePoint
from stores.network import sight
from stores.network.sight import Sight
from stores.orders import reading
from stores.orders.differences import REASON, order_differences
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.states import record_state
from stores.orders.writing import record_orders

api = Api("Orders")
LineNo = Annotated[int, Field(ge=1, le=1_000_000)]
Lines = Annotated[list[Any], Field(min_length=1, max_length=500)]


def _once_each(lines: list[Any]) -> None:
    numbers = [line.line_no for line in lines]
    if len(set(numbers)) != len(numbers):
        raise PydanticCustomError("line_twice", "Each line_no may stand once")
    if sum(line.amount_minor for line in lines) > LARGEST_MINOR:
        raise PydanticCustomError(
            "too_much",
            "The lines sum to more than 10^11 minor units, the largest amount that is kept",
        )


class OrderLineIn(Strict):
    line_no: LineNo
    sku: CodeText | None = None
    category: CodeText | None = None
    quantity: Quantity
    amount_minor: MinorAmount
    subsidy_minor: MinorAmount | None = None
    tax_minor: MinorAmount | None = None


class OrderBody(Strict):
    order_no: NewCode
    customer_id: NewKey
    paid_at: Time
    currency: Currency
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=500)]
    entry_id: CodeText | None = None
    guide_code: CodeText | None = None
    location: Location | None = None
    region_code: CodeText | None = None
    channel: CodeText | None = None
    delivery: Literal["express", "pickup", "local"] | None = None
    freight_minor: (
        Annotated[MinorAmount, Field(description="the part of the lines' sum that is freight")]
        | None
    ) = None
    postal_code: CodeText | None = None
    fulfilment_store_code: (
        Annotated[
            CodeText,
            Field(description="who ships or hands over; the owner of the sale when absent"),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _lines(self) -> OrderBody:
        _once_each(self.lines)
        return self


class RefundLineIn(Strict):
    line_no: LineNo
    amount_minor: Annotated[MinorAmount, Field(ge=1)]


class RefundBody(Strict):
    refund_no: NewCode
    refunded_at: Time
    lines: Annotated[list[RefundLineIn], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _lines(self) -> RefundBody:
        _once_each(self.lines)
        return self


class StateBody(Strict):
    state: Literal["shipped", "received", "closed"]
    at: Time


class CreditOut(Answer):
    """Whose score it counts for; a code is null where the key may not read it."""

    kind: str
    store_code: str | None = None
    guide_code: str | None = None
    branch_code: str | None = None
    amount_minor: int


class TransferOut(Answer):
    debit_account: str
    credit_account: str
    amount_minor: int
    currency: str
    kind: str


class OrderOut(Answer):
    order_no: str
    customer_id: str
    paid_at: dt.datetime
    currency: str
    total_minor: int
    store_code: str | None
    dealer_code: str | None
    guide_code: str | None
    owner_basis: str
    guide_basis: str
    fulfilment_store_code: str | None
    entry_id: str | None
    channel: str | None
    lines: list[dict[str, Any]]
    credits: list[CreditOut]
    transfers: list[TransferOut]
    states: list[dict[str, Any]]
    refunds: list[dict[str, Any]]


class RefundOut(Answer):
    refund_no: str
    order_no: str
    refunded_at: dt.datetime
    currency: str
    total_minor: int
    store_code: str | None
    dealer_code: str | None
    lines: list[dict[str, Any]]
    credits: list[CreditOut]
    transfers: list[TransferOut]


class StateOut(Answer):
    order_no: str
    state: str
    at: dt.datetime


EXAMPLE = {
    "order_no": "O-1",
    "customer_id": "c1",
    "paid_at": "2025-03-01T10:00:00Z",
    "currency": "CNY",
    "lines": [
        {"line_no": 1, "sku": "SKU1", "category": "tea", "quantity": 1, "amount_minor": 29900}
    ],
}


def order_of(body: OrderBody) -> OrderIn:
    place = body.location
    return OrderIn(
        order_no=body.order_no,
        customer_id=body.customer_id,
        paid_at=body.paid_at,
        currency=body.currency,
        lines=tuple(
            LineIn(
                x.line_no,
                x.quantity,
                x.amount_minor,
                x.sku,
                x.category,
                x.subsidy_minor or 0,
                x.tax_minor or 0,
            )
            for x in body.lines
        ),
        entry_id=body.entry_id,
        guide_code=body.guide_code,
        region_code=body.region_code,
        channel=body.channel,
        delivery=body.delivery,
        location=SourcePoint(
            place.latitude, place.longitude, place.crs, place.accuracy_m, bool(place.fuzzy)
        )
        if place is not None
        else None,
        freight_minor=body.freight_minor or 0,
        postal_code=body.postal_code,
        fulfilment_store_code=body.fulfilment_store_code,
    )


def _sight(actor: Actor) -> Sight:
    return sight.of(actor, business_day(dt.datetime.now(dt.UTC)))


def _order(connection: Any, order_no: str, actor: Actor) -> Any:
    row = reading.find(connection, order_no, _sight(actor))
    if row is None:
        raise NotFound(f"There is no order {order_no!r}.", code="unknown_order")
    return row


def order_exists(actor: Actor, order_no: str) -> bool:
    with db.read() as connection:
        return reading.find(connection, order_no, _sight(actor)) is not None


def _answer(order_no: str, actor: Actor) -> dict[str, Any]:
    with db.read() as connection:
        return reading.as_answer(connection, _order(connection, order_no, actor), _sight(actor))


@api.call(
    "POST",
    "/orders",
    permission="order:write",
    serves=WHOLE_CHAIN,
    body=OrderBody,
    answers={200: OrderOut, 201: OrderOut},
    idempotent=True,
    example=EXAMPLE,
    summary="Record a paid order; the server decides whose sale it is. A known order with the "
    "same content answers 200.",
)
def create_order(actor: Actor, body: OrderBody, key: str | None) -> tuple[int, Any]:
    def deed() -> tuple[int, Any]:
        outcome = record_orders([order_of(body)], actor=actor.name, now=dt.datetime.now(dt.UTC))
        return (
            (201, reading.new_answer(outcome.recorded[0]))
            if outcome.recorded
            else (200, _answer(body.order_no, actor))
        )

    def differs(number: str) -> list[FieldFault]:
        if number != body.order_no:
            return [FieldFault("order_no", REASON)]
        with db.read() as connection:
            return order_differences(connection, order_of(body))

    return once(
        key,
        body,
        deed,
        reference=lambda answer: str(answer["order_no"]),
        again=lambda number: _answer(number, actor),
        differs=differs,
    )


@api.call(
    "GET",
    "/orders/<order_no>",
    permission="order:read",
    serves=OWN_ROWS,
    answers={200: OrderOut},
    summary="An order with its lines, credits and transfers.",
    details="A key with limited rows reads the customer as a mask, and null for the code of a "
    "store, guide or dealer beyond its rows: another store of "
    "the brand, a guide of another store. A guide's key reads no transfers.",
)
def get_order(actor: Actor, order_no: str) -> tuple[int, Any]:
    return 200, _answer(order_no, actor)


@api.call(
    "POST",
    "/orders/<order_no>/refunds",
    permission="order:write",
    serves=OWN_ROWS,
    body=RefundBody,
    answers={200: RefundOut, 201: RefundOut},
    idempotent=True,
    exists=order_exists,
    summary="Record a refund; fees and credits go back in proportion on the refund's day.",
    example={
        "refund_no": "R-1",
        "refunded_at": "2025-04-02T10:00:00Z",
        "lines": [{"line_no": 1, "amount_minor": 4000}],
    },
)
def create_refund(
    actor: Actor, order_no: str, body: RefundBody, key: str | None
) -> tuple[int, Any]:
    def answer(refund_no: str) -> dict[str, Any]:
        with db.read() as connection:
            return reading.refund_answer(
                connection, _order(connection, order_no, actor), refund_no, _sight(actor)
            )

    def deed() -> tuple[int, Any]:
        lines = tuple((line.line_no, line.amount_minor) for line in body.lines)
        outcome = record_refunds(
            [RefundIn(body.refund_no, order_no, body.refunded_at, lines)],
            actor=actor.name,
            now=dt.datetime.now(dt.UTC),
        )
        return (201 if outcome.new else 200), answer(body.refund_no)

    return once(key, body, deed, reference=lambda done: str(done["refund_no"]), again=answer)


@api.call(
    "POST",
    "/orders/<order_no>/states",
    permission="order:write",
    serves=OWN_ROWS,
    body=StateBody,
    answers={200: StateOut},
    idempotent=True,
    exists=order_exists,
    summary="Report that an order was shipped, received or closed.",
    example={"state": "received", "at": "2025-03-04T10:00:00Z"},
)
def create_state(actor: Actor, order_no: str, body: StateBody, key: str | None) -> tuple[int, Any]:
    def deed() -> tuple[int, Any]:
        record_state(order_no, body.state, body.at, actor=actor.name, now=dt.datetime.now(dt.UTC))
        return 200, {"order_no": order_no, "state": body.state, "at": body.at}

    return once(key, body, deed)
