"""Facts as values, for the tests of the pure rules: G is guide 1 of store 10, dealer 100."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from incentives.calculate import calculate
from incentives.facts import Contact, GuideFacts, Line, Order, Person, Place, Referral, RefundOf
from incentives.judging.reward_lines import PlanVersion, Result
from incentives.plan_form import parse
from tests.incentives.world import ZONE, at, rate_plan

G, OTHER, THIRD = 1, 2, 3
HERE = Place(10, "S1", 100, "D1", frozenset({"B1"}))
LATER = at("2026-12-31")


def day_of(moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZONE).date()


def contact(
    kind: str,
    when: str,
    guide: int = G,
    event_id: str | None = None,
    source: str | None = "qr",
    giver: int | None = None,
) -> Contact:
    return Contact(
        event_id or f"{kind}-{when}-{guide}",
        kind,
        at(when),
        day_of(at(when)),
        guide,
        source if kind == "confirmed" else None,
        giver,
    )


def person(*contacts: Contact, customer: int = 1, employee: bool = False) -> Person:
    return Person(customer, employee, contacts)


def refund(when: str, *by_line: tuple[int, int]) -> RefundOf:
    return RefundOf(at(when), day_of(at(when)), by_line)


def order(
    number: int,
    when: str,
    *amounts: int,
    refunds: Iterable[RefundOf] = (),
    lines: tuple[Line, ...] | None = None,
    **more: Any,
) -> Order:
    values = {
        "customer_id": 1,
        "employee": False,
        "dealer_id": 100,
        "store_id": 10,
        "guide_dealer_id": 100,
        "freight_minor": 0,
        "delivery": None,
        "shipped_at": None,
        "received_at": None,
    } | more
    made = (
        lines
        if lines is not None
        else tuple(Line(n, None, None, amount, 0, 0) for n, amount in enumerate(amounts, 1))
    )
    return Order(
        number,
        f"O{number:04}",
        paid_at=at(when),
        day=day_of(at(when)),
        lines=made,
        refunds=tuple(refunds),
        **values,
    )


def referral(
    when: str, first_order: Order | None, event_id: str = "r1", invitee: int = 7, **more: Any
) -> Referral:
    values = {
        "inviter_customer_id": None,
        "employee": False,
        "known_before": False,
        "rival": False,
    } | more
    return Referral(
        event_id, at(when), day_of(at(when)), invitee, first_order=first_order, **values
    )


def facts(
    *,
    people: Iterable[Person] = (),
    orders: Iterable[Order] = (),
    referrals: Iterable[Referral] = (),
    earlier: Iterable[Order] = (),
    period: str = "2025-06",
    places: dict[dt.date, Place] | None = None,
) -> GuideFacts:
    first = dt.date(2025, 1, 1)
    usual = {first + dt.timedelta(days=n): HERE for n in range(365)}
    return GuideFacts(
        G,
        "G1",
        period,
        tuple(people),
        tuple(orders),
        tuple(referrals),
        tuple(earlier),
        usual if places is None else places,
    )


def version(body: dict[str, Any], number: int = 1, id_: int | None = None) -> PlanVersion:
    return PlanVersion(id_ or number, number, parse(body))


def only_adds(**more: Any) -> dict[str, Any]:
    return rate_plan() | {
        "components": [
            {"code": "add", "kind": "per_event", "metric": "valid_adds", "amount_minor": 200} | more
        ]
    }


def only_referrals(**more: Any) -> dict[str, Any]:
    return rate_plan() | {
        "components": [
            {
                "code": "referral",
                "kind": "per_event",
                "metric": "converted_referrals",
                "amount_minor": 1_000,
                "min_order_minor": 5_000,
            }
            | more
        ]
    }


def judged(given: GuideFacts, *bodies: dict[str, Any], as_of: dt.datetime = LATER) -> Result:
    return calculate(given, [version(body, id_=n) for n, body in enumerate(bodies, 1)], as_of)


def told(result: Result) -> list[tuple[str, int]]:
    return [(line.reason, line.amount_minor) for line in result.lines]
