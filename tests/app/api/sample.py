"""A small API that uses every part of the layer once: what the tests of the layer talk to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Flask
from pydantic import Field
from werkzeug.exceptions import HTTPException

import db
from app.api import openapi
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api, register
from app.api.idempotency import once
from app.api.pages import Page, page
from app.api.query import Days
from app.api.types import (
    Answer,
    CodeText,
    Currency,
    CustomerKey,
    LineNumber,
    Location,
    MinorAmount,
    Payload,
    Quantity,
    Strict,
    Time,
)
from app.web.problems import problem
from ledger.faults import Conflict, InvalidInput
from stores.base.actors import Actor

MEI = Actor("key:1", frozenset({"parcel:read", "parcel:write"}))
SAM = Actor("key:2", frozenset({"parcel:read"}))
KEYS = {"key-of-mei": MEI, "key-of-sam": SAM}
CODES = [f"P{number}" for number in range(1, 6)]
deeds: list[str] = []  # what the sample really did; each test begins with none

parcels = Api("Parcels")


class LineIn(Strict):
    line_no: LineNumber
    amount_minor: MinorAmount
    quantity: Quantity = 1


class ParcelIn(Strict):
    parcel_code: CodeText
    customer_id: CustomerKey
    currency: Currency = "CNY"
    sent_at: Time | None = None
    location: Location | None = None
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=50)]
    payload: Payload | None = None


class ParcelOut(Answer):
    """The parcel as recorded."""

    parcel_code: str
    lines: int
    sent_at: str | None


class ParcelPage(Answer):
    """Parcels in the order of their codes."""

    parcels: list[ParcelOut]
    next: str | None


class DaysBy(Days):
    by: Literal["day", "month"] = "day"


class Counted(Answer):
    """How many."""

    by: str
    count: int


def known(actor: Actor, parcel_code: str) -> bool:
    return parcel_code in CODES


@parcels.call(
    "POST",
    "/parcels",
    permission="parcel:write",
    serves=WHOLE_CHAIN,
    body=ParcelIn,
    answers={201: ParcelOut},
    idempotent=True,
    summary="Record a parcel.",
    max_bytes=20_000,
)
def create_parcel(actor: Actor, body: ParcelIn, key: str | None) -> tuple[int, Any]:
    if body.currency != "CNY":
        raise InvalidInput("Parcels are paid in CNY.", code="wrong_currency")

    def deed() -> tuple[int, Any]:
        deeds.append(body.parcel_code)
        return 201, {
            "parcel_code": body.parcel_code,
            "lines": len(body.lines),
            "sent_at": body.sent_at,
        }

    return once(key, body, deed)


@parcels.call(
    "PUT",
    "/parcels/<parcel_code>",
    permission="parcel:write",
    serves=WHOLE_CHAIN,
    body=LineIn,
    answers={200: ParcelOut},
    exists=known,
    summary="Change a parcel.",
    details="The code stays.",
)
def change_parcel(actor: Actor, body: LineIn, parcel_code: str) -> tuple[int, Any]:
    if parcel_code == "P5":
        raise Conflict("P5 is sealed.")
    return 200, {"parcel_code": parcel_code, "lines": body.line_no, "sent_at": None}


@parcels.call(
    "GET",
    "/parcels",
    permission="parcel:read",
    serves=OWN_ROWS,
    query=Page,
    answers={200: ParcelPage},
    summary="All parcels.",
)
def list_parcels(actor: Actor, query: Page) -> tuple[int, Any]:
    (after,) = query.after("parcels") or ("",)
    rows = [{"parcel_code": code, "lines": 1, "sent_at": None} for code in CODES if code > after][
        : query.limit + 1
    ]
    return 200, page("parcels", rows, query.limit, lambda row: (row["parcel_code"],))


@parcels.call(
    "GET",
    "/parcels/<parcel_code>/count",
    permission="parcel:read",
    serves=OWN_ROWS,
    query=DaysBy,
    answers={200: Counted},
    exists=known,
    summary="Count.",
)
def count_parcels(actor: Actor, query: DaysBy, parcel_code: str) -> tuple[int, Any]:
    return 200, {"by": query.by, "count": (query.last - query.first).days + 1}


@parcels.call(
    "POST",
    "/parcels/<int:number>/replay",
    permission="parcel:read",
    serves=OWN_ROWS,
    answers={200: Counted},
    summary="Count again.",
)
def replay(actor: Actor, number: int) -> tuple[int, Any]:
    return 200, b'{"by":"replay","count":1}'


def make_app() -> Flask:
    app = Flask("app", root_path=str(db.__file__).rpartition("/")[0] + "/app")
    app.testing = True
    register(app, [parcels], KEYS.get)
    openapi.serve(app, [parcels])
    app.register_error_handler(
        HTTPException, lambda error: problem(error.code or 500, detail=error.description or "")
    )
    return app
