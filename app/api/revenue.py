"""Revenue of dealers and stores."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection, select

import db
from app.api.declare import OWN_ROWS, Api
from app.api.query import Days
from app.api.types import Answer
from incentives import booking
from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.base.brand import business_day
from stores.figures import revenue
from stores.network.dealers import dealer
from stores.network.scope import visible_dealer_ids, visible_store_ids
from stores.network.stores import store

api = Api("Revenue")


class RevenueQuery(Days):
    by: Literal["day", "month", "store"] = Field("day", description="one row a day, month or store")


class Figures(Answer):
    gross_minor: int
    refunds_minor: int
    fees_minor: int
    rewards_minor: int
    net_minor: int


class RevenueRow(Figures):
    period: str | None = None
    store_code: str | None = None


class RevenueOut(Answer):
    first: str = Field(alias="from")
    to: str
    currency: str
    totals: Figures
    rows: list[RevenueRow]


DETAILS = (
    "Days are the brand's, inclusive. net = gross - refunds - fees - rewards; fees net of "
    "fees returned; rewards vested less reversed. The sums equal the ledger."
)


def _id(connection: Connection, table: Any, visible: Any, code: str) -> int:
    query = select(table.c.id).where(table.c[f"{table.name}_code"] == code)
    found = connection.execute(
        query if visible is None else query.where(table.c.id.in_(visible))
    ).scalar()
    if found is None:
        raise NotFound(f"There is no {table.name} {code!r}.", code=f"unknown_{table.name}")
    return int(found)


def _today() -> dt.date:
    return business_day(dt.datetime.now(dt.UTC))


def _dealer(connection: Connection, actor: Actor, code: str) -> int:
    return _id(connection, dealer, visible_dealer_ids(actor, _today()), code)


def _store(connection: Connection, actor: Actor, code: str) -> int:
    """A guide's rows are his customers and his figures (P6), not what his store sells."""
    if actor.scope_kind == "guide":
        raise NotFound(f"There is no store {code!r}.", code="unknown_store")
    return _id(connection, store, visible_store_ids(actor, _today()), code)


def dealer_exists(actor: Actor, code: str) -> bool:
    with db.read() as connection:
        return _dealer(connection, actor, code) > 0


def store_exists(actor: Actor, code: str) -> bool:
    with db.read() as connection:
        return _store(connection, actor, code) > 0


@api.call(
    "GET",
    "/dealers/<code>/revenue",
    permission="revenue:read",
    serves=OWN_ROWS,
    query=RevenueQuery,
    answers={200: RevenueOut},
    exists=dealer_exists,
    summary="A dealer's revenue by day, month or store.",
    details=DETAILS,
)
def dealer_revenue(actor: Actor, code: str, query: RevenueQuery) -> tuple[int, Any]:
    booking.book_due(dt.datetime.now(dt.UTC))
    with db.read() as connection:
        stores = (
            visible_store_ids(actor, _today())
            if actor.scope_kind in ("branch", "store", "guide")
            else None
        )
        return 200, revenue.of(
            connection,
            query.first,
            query.last,
            query.by,
            dealer_id=_dealer(connection, actor, code),
            stores=stores,
        )


@api.call(
    "GET",
    "/stores/<code>/revenue",
    permission="revenue:read",
    serves=OWN_ROWS,
    query=RevenueQuery,
    answers={200: RevenueOut},
    exists=store_exists,
    summary="A store's revenue by day or month.",
    details=DETAILS,
)
def store_revenue(actor: Actor, code: str, query: RevenueQuery) -> tuple[int, Any]:
    booking.book_due(dt.datetime.now(dt.UTC))
    with db.read() as connection:
        dealer_id = actor.scope_id if actor.scope_kind == "dealer" else None
        return 200, revenue.of(
            connection,
            query.first,
            query.last,
            query.by,
            store_id=_store(connection, actor, code),
            dealer_id=dealer_id,
        )
