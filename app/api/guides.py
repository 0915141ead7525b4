"""Guides' balances, rewards and KPIs; the plans behind them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field, JsonValue
from sqlalchemy import Connection, select

import db
from app.api.declare import OWN_ROWS, WHOLE_CHAIN, Api
from app.api.idempotency import once
from app.api.pages import page
from app.api.query import Limit, Period, Query
from app.api.types import Answer, Line, Strict
from app.web.cursors import decode
from incentives import booking, kpis, plan_versions, rewards
from incentives.line_answers import without_others
from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.base.brand import brand, business_day
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids
from stores.orders import lists

api = Api("Rewards")


class MonthQuery(Query):
    period: Period = Field(description="a month, YYYY-MM")


class LinesQuery(MonthQuery):
    cursor: str | None = Field(None, max_length=1500, description="`next` of the page before")
    limit: Limit = 200


class BalanceOut(Answer):
    currency: str
    pending_minor: int
    vested_minor: int
    payable_minor: int
    paid_minor: int
    receivable_minor: int


class RewardLineOut(Answer):
    line_id: str
    component: str
    state: str
    amount_minor: int
    occurred_at: dt.datetime
    vests_at: dt.datetime | None
    reason: str
    order_no: str | None
    trace: dict[str, Any]


class RewardsOut(Answer):
    period: str
    currency: str
    lines: list[RewardLineOut]
    next: str | None


class KpiOut(Answer):
    metric: str
    unit: str
    target: int | None
    actual: int | None
    attainment_bp: int | None


class KpisOut(Answer):
    period: str
    currency: str
    kpis: list[KpiOut]


class PlansOut(Answer):
    plans: list[dict[str, Any]]


class PlanBody(Strict):
    plan: dict[str, JsonValue]
    note: Line | None = None


class PublishedOut(Answer):
    plan_code: str
    version: int


def _guide(connection: Connection, actor: Actor, code: str) -> int:
    visible = visible_guide_ids(actor, business_day(dt.datetime.now(dt.UTC)))
    query = select(guide.c.id).where(guide.c.guide_code == code)
    found = connection.execute(
        query if visible is None else query.where(guide.c.id.in_(visible))
    ).scalar()
    if found is None:
        raise NotFound(f"There is no guide {code!r}.", code="unknown_guide")
    return int(found)


def guide_exists(actor: Actor, code: str) -> bool:
    with db.read() as connection:
        return _guide(connection, actor, code) > 0


def _booked(actor: Actor, code: str, now: dt.datetime) -> int:
    """The guide's id, what is due of his booked."""
    with db.read() as connection:
        guide_id = _guide(connection, actor, code)
    booking.book_due(now, guides=[guide_id])
    return guide_id


@api.call(
    "GET",
    "/guides/<code>/balance",
    permission="reward:read",
    serves=OWN_ROWS,
    answers={200: BalanceOut},
    exists=guide_exists,
    summary="What a guide has pending, vested, payable and paid, as of now.",
)
def get_balance(actor: Actor, code: str) -> tuple[int, Any]:
    guide_id = _booked(actor, code, dt.datetime.now(dt.UTC))
    with db.read() as connection:
        return 200, {"currency": brand().currency, **rewards.balance(connection, guide_id)}


@api.call(
    "GET",
    "/guides/<code>/rewards",
    permission="reward:read",
    serves=OWN_ROWS,
    query=LinesQuery,
    answers={200: RewardsOut},
    exists=guide_exists,
    summary="The reward lines of a month, what earned nothing included with its reason.",
    details="`order_no` is null for a sale of a shop beyond the key's rows; its line keeps amount "
    "and reason.",
)
def get_rewards(actor: Actor, code: str, query: LinesQuery) -> tuple[int, Any]:
    now = dt.datetime.now(dt.UTC)
    guide_id = _booked(actor, code, now)
    with db.read() as connection:
        found = rewards.lines(connection, guide_id, query.period, now)
        if actor.scope_kind not in ("all", "guide"):
            found = without_others(
                found,
                lists.visible_numbers(
                    connection,
                    actor,
                    sorted({line["order_no"] for line in found if line["order_no"]}),
                ),
            )
    key = None if query.cursor is None else decode("lines", query.cursor, (str, str))
    rest = sorted((line for line in found if key is None or _position(line) > key), key=_position)
    part = page("lines", rest[: query.limit + 1], query.limit, _position)
    return 200, {"period": query.period, "currency": brand().currency, **part}


def _position(line: dict[str, Any]) -> tuple[str, str]:
    """Where a line stands in the list; the text of a whole second sorts after its fractions, which
    harms nobody."""
    return line["occurred_at"], line["line_id"]


@api.call(
    "GET",
    "/guides/<code>/kpis",
    permission="reward:read",
    serves=OWN_ROWS,
    query=MonthQuery,
    answers={200: KpisOut},
    exists=guide_exists,
    summary="Targets, actuals and attainment of a month.",
)
def get_kpis(actor: Actor, code: str, query: MonthQuery) -> tuple[int, Any]:
    with db.read() as connection:
        found = kpis.of_guide(
            connection, _guide(connection, actor, code), query.period, dt.datetime.now(dt.UTC)
        )
    return 200, {"period": query.period, "currency": brand().currency, "kpis": found}


@api.call(
    "GET",
    "/plans",
    permission="rules:read",
    serves=WHOLE_CHAIN,
    answers={200: PlansOut},
    summary="The newest version of every incentive plan.",
)
def get_plans(actor: Actor) -> tuple[int, Any]:
    with db.read() as connection:
        return 200, {"plans": plan_versions.shown(connection)}


@api.call(
    "POST",
    "/plans",
    permission="rules:write",
    serves=WHOLE_CHAIN,
    body=PlanBody,
    answers={201: PublishedOut},
    idempotent=True,
    summary="Publish a new version of an incentive plan; open months are computed again.",
)
def create_plan(actor: Actor, body: PlanBody, key: str | None) -> tuple[int, Any]:
    def deed() -> tuple[int, Any]:
        version = plan_versions.publish(
            body.plan, actor=actor, now=dt.datetime.now(dt.UTC), note=body.note or ""
        )
        return 201, {"plan_code": body.plan.get("plan_code"), "version": version}

    return once(key, body, deed)
