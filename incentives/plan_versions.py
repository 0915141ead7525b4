"""Publishing plans and reading those in force (C10): versions are read-only, a new one replaces the
days it covers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, func, select, union

import db
from incentives import booking
from incentives.default_plan import default_plan
from incentives.periods import closings
from incentives.plan import Plan
from incentives.plan_form import parse
from incentives.plans import plan_version
from incentives.posting import due_months
from incentives.scopes import reward_scope
from ledger.audit import record
from ledger.faults import FieldFault, InvalidInput
from stores.base.actors import Actor
from stores.base.brand import brand
from stores.base.months import month_of
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store

_REGISTERS = {
    "branches": branch.c.branch_code,
    "dealers": dealer.c.dealer_code,
    "stores": store.c.store_code,
    "guides": guide.c.guide_code,
}


def install_default_plan(
    connection: Connection, now: dt.datetime, decimals: int | None = None
) -> None:
    """Version 1 of `default`, once."""
    if connection.execute(select(plan_version.c.id).limit(1)).first() is None:
        body = default_plan(brand().decimals if decimals is None else decimals)
        connection.execute(
            plan_version.insert().values(
                plan_code="default",
                version=1,
                body=body,
                valid_from=dt.date(2000, 1, 1),
                valid_to=None,
                published_at=now,
                actor="system",
                note="installed",
            )
        )


def publish(body: dict[str, Any], *, actor: Actor, now: dt.datetime, note: str = "") -> int:
    """A new version of the plan; returns its number. All open months it covers are computed again.
    The same content as the newest version changes nothing. Raises InvalidInput: wrong keys, unknown
    codes, days in a closed month."""
    plan = parse(body)
    with db.transaction() as connection:
        booking.alone(connection)
        closed = closings(connection).keys()
        _known_codes(connection, plan)
        newest = connection.execute(
            select(plan_version.c.version, plan_version.c.body)
            .where(plan_version.c.plan_code == plan.plan_code)
            .order_by(plan_version.c.version.desc())
            .limit(1)
        ).first()
        if newest is not None and newest.body == body:
            return int(newest.version)
        if month_of(plan.valid_from) in closed:
            raise InvalidInput(
                f"The month of valid_from {plan.valid_from} is closed; begin the plan in an open "
                "month.",
                code="period_closed",
                errors=[FieldFault("valid_from", "lies in a closed month")],
            )
        version = 1 if newest is None else int(newest.version) + 1
        connection.execute(
            plan_version.insert().values(
                plan_code=plan.plan_code,
                version=version,
                body=body,
                valid_from=plan.valid_from,
                valid_to=plan.valid_to,
                published_at=now,
                actor=actor.name,
                note=note,
            )
        )
        record(
            connection,
            actor.name,
            "publish_plan",
            "plan_version",
            plan.plan_code,
            {"plan_code": plan.plan_code, "version": version},
        )
        months = _months_with_facts(connection, plan)
        for period in sorted({p for _, p in months} - closed):
            due_months.mark(connection, sorted({g for g, p in months if p == period}), [period])
        return version


def shown(connection: Connection, plan_code: str | None = None) -> list[dict[str, Any]]:
    """The newest version of each plan (or of one), in file form."""
    p = plan_version.c
    newest = (
        select(p.plan_code, func.max(p.version).label("version")).group_by(p.plan_code).subquery()
    )
    query = (
        select(p.body)
        .join(newest, (newest.c.plan_code == p.plan_code) & (newest.c.version == p.version))
        .order_by(p.plan_code)
    )
    return [
        r.body
        for r in connection.execute(
            query if plan_code is None else query.where(p.plan_code == plan_code)
        )
    ]


def _known_codes(connection: Connection, plan: Plan) -> None:
    for kind, codes in (plan.assigned or {}).items():
        column = _REGISTERS[kind]
        known = set(connection.execute(select(column).where(column.in_(sorted(codes)))).scalars())
        if codes - known:
            missing = ", ".join(sorted(codes - known)[:5])
            raise InvalidInput(
                f"The plan is assigned to unknown {kind}: {missing}.",
                code="unknown_code",
                errors=[FieldFault(f"assigned_to.{kind}", f"unknown: {missing}")],
            )


def _months_with_facts(connection: Connection, plan: Plan) -> set[tuple[int, str]]:
    """Guides' months from the plan's first month on that have facts or bookings."""
    o, e, s = sales_order.c, event.c, reward_scope.c
    found: set[tuple[int, str]] = set()
    for guide_id, day in connection.execute(
        union(
            select(o.guide_id, o.business_day).where(
                o.guide_id.is_not(None), o.business_day >= plan.valid_from
            ),
            select(e.guide_id, e.business_day).where(
                e.guide_id.is_not(None), e.business_day >= plan.valid_from
            ),
        )
    ):
        found.add((guide_id, month_of(day)))
    found |= {
        (r.guide_id, r.period)
        for r in connection.execute(
            select(s.guide_id, s.period).where(s.period >= month_of(plan.valid_from))
        )
    }
    return found
