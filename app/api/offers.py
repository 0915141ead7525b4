"""Promotions and ranges of one store by API: the whole list read, the whole list replaced."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.network_shapes import Text
from app.api.types import Answer, Strict
from app.imports.kinds import context
from ledger.faults import FieldFault, InvalidInput, NotFound
from stores.base import versions
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.outcomes import Refused
from stores.imports.sheets import Sheet
from stores.lists import directory
from stores.network import offers
from stores.registers import offers as register

api = Api("Network")


class OfferIn(Strict):
    """The columns of the import but the store's. `switch` is on when absent; days are inclusive,
    absent is open."""

    kind: Annotated[Text, Field(description="promotion or range")]
    reference: Annotated[Text, Field(description="the mall's id, at most 64 characters")]
    switch: bool | Text | None = None
    valid_from: Text | None = None
    valid_to: Text | None = None


class OffersIn(Strict):
    offers: Annotated[list[OfferIn], Field(max_length=500)]


class OfferOut(Answer):
    kind: Literal["promotion", "range"]
    reference: str
    switch: Literal["on", "off"]
    valid_from: dt.date | None
    valid_to: dt.date | None


class OffersOut(Answer):
    """What is not over yet, by kind and reference."""

    store_code: str
    offers: list[OfferOut]
    network_version: int


def store_seen(actor: Actor, code: str) -> bool:
    with db.read() as connection:
        return (
            directory.find_store(connection, actor, code, business_day(dt.datetime.now(dt.UTC)))
            is not None
        )


@api.call(
    "GET",
    "/stores/<code>/offers",
    permission="network:read",
    serves=OWN_ROWS,
    answers={200: OffersOut},
    exists=store_seen,
    summary="Read the promotions and ranges of a store.",
)
def get_offers(actor: Actor, code: str) -> tuple[int, Any]:
    with db.read() as connection:
        return 200, _answer(connection, actor, code)


@api.call(
    "PUT",
    "/stores/<code>/offers",
    permission="network:write",
    serves=WHOLE_CHAIN,
    body=OffersIn,
    answers={200: OffersOut},
    exists=store_seen,
    summary="Replace the promotions and ranges of a store.",
    details="The list is replaced whole: what is left out ends. At most 200 that are not over; "
    "those that are over stay as history and are not listed. "
    "Every server answers by it within two seconds.",
    example={
        "offers": [
            {
                "kind": "promotion",
                "reference": "NEW-YEAR",
                "valid_from": "2025-12-20",
                "valid_to": "2026-01-03",
            },
            {"kind": "range", "reference": "SEAFOOD", "switch": "off"},
        ]
    },
)
def put_offers(actor: Actor, code: str, body: OffersIn) -> tuple[int, Any]:
    names = tuple(column.name for column in COLUMNS["offers"])
    cells = [
        {
            "store_code": code,
            "kind": each.kind.strip(),
            "reference": each.reference.strip(),
            "switch": _switch(each.switch),
            "valid_from": (each.valid_from or "").strip(),
            "valid_to": (each.valid_to or "").strip(),
        }
        for each in body.offers
    ]
    _refuse_repeated(cells)
    checked = check("offers", Sheet(names, list(enumerate(cells)), FaultList(), "json"), context())
    if checked.faults:
        raise _refusal(checked.faults)
    try:
        register.replace_all(code, checked.rows, actor=actor, now=dt.datetime.now(dt.UTC))
    except Refused as refused:
        raise _refusal(refused.faults) from None
    with db.read() as connection:
        return 200, _answer(connection, actor, code)


def _refuse_repeated(cells: list[dict[str, str]]) -> None:
    first: dict[tuple[str, str], int] = {}
    for n, row in enumerate(cells):
        known = first.setdefault((row["kind"], row["reference"]), n)
        if known != n:
            raise InvalidInput(
                f"The {row['kind']} {row['reference']!r} stands in the list twice; leave one of "
                "them out.",
                code="refused",
                errors=[FieldFault(f"offers.{n}.reference", f"stands at offers.{known} already")],
            )


def _refusal(faults: FaultList) -> InvalidInput:
    """The faults by their place in the list; one of the whole list names `offers`."""
    first = faults.in_order()[0]
    errors = [
        FieldFault(
            "offers" if f.column == "store_code" else f"offers.{f.line}.{f.column}", f.reason
        )
        for f in faults.in_order()[:100]
    ]
    return InvalidInput(
        f"{errors[0].field}: {first.value} {first.reason}; nothing was written.",
        code="refused",
        errors=errors,
    )


def _switch(value: bool | str | None) -> str:
    return (
        ""
        if value is None
        else value.strip()
        if isinstance(value, str)
        else "on"
        if value
        else "off"
    )


def _answer(connection: Connection, actor: Actor, code: str) -> dict[str, Any]:
    today = business_day(dt.datetime.now(dt.UTC))
    store = directory.find_store(connection, actor, code, today)
    if store is None:
        raise NotFound(f"There is no store {code!r} that this key may see.")
    listed = [
        {
            "kind": r.kind,
            "reference": r.reference,
            "switch": "on" if r.switched_on else "off",
            "valid_from": r.valid_from,
            "valid_to": r.valid_to,
        }
        for r in offers.of_store(connection, store.id, today)
    ]
    return {
        "store_code": code,
        "offers": listed,
        "network_version": versions.current(connection).network,
    }
