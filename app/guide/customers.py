"""A guide's own customers; a manager's: those at home in the store, and the pool without an owner
guide."""

from __future__ import annotations

from flask import render_template, request

import db
from app.guide.portal import blueprint
from app.ui import paging
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.customer_deeds import home_proposals
from stores.lists import directory, guide_customers
from stores.lists.guide_customers import KINDS, CustomerFilter
from stores.network import policies
from stores.network.policy import parse


@blueprint.get("/customers", strict_slashes=False)
@needs("guide:read")
def customers() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    own = actor.scope_kind == "guide"
    kinds = KINDS[:-1] if own else KINDS
    asked = request.args.get("kind", "all")
    wanted = CustomerFilter(
        now,
        today,
        asked if asked in kinds else "all",
        None if own else request.args.get("guide") or None,
    )
    with db.read() as connection:
        named = (
            directory.find_guide(connection, actor, today, code=wanted.guide_code)
            if wanted.guide_code
            else None
        )
        if wanted.guide_code and named is None:
            raise NotFound(f"There is no guide {wanted.guide_code!r}.")
        rows = guide_customers.rows(
            connection, actor, wanted, after=paging.after_id("customers"), limit=paging.PAGE + 1
        )
        totals = guide_customers.totals(connection, actor, wanted, kinds)
        proposed = (
            0
            if own or named
            else home_proposals.count(
                connection, actor.scope_id or 0, parse(policies.in_force(connection).body), now
            )
        )
        last_orders = guide_customers.last_orders(connection, [row.id for row in rows])
    return render_template(
        "guide/customers.html",
        now=now,
        today=today,
        page=paging.listed("customers", rows, lambda row: (row.id,)),
        own=own,
        kind=wanted.kind,
        totals=totals,
        last_orders=last_orders,
        proposed=proposed,
        named=named,
        kinds=[kind for kind in kinds if kind != "protected"],
    )


@blueprint.get("/customers/<int:number>", strict_slashes=False)
@needs("guide:read")
def customer(number: int) -> str:
    """The course of one customer: adds, orders, credits that count without money (G5)."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = (
            guide_customers.find(connection, actor, now, today, number) if number < 2**63 else None
        )
        if row is None:
            raise NotFound("There is no such customer of yours.")
        free = (
            row.owner_guide_id is None
            or row.owner_valid_until is None
            or row.owner_valid_until <= now
        )
        team = (
            [
                each
                for each in directory.guide_rows(
                    connection, actor, today, store_id=actor.scope_id or 0, limit=500
                )
                if each.left_on is None
            ]
            if free and actor.may("customer:assign")
            else []
        )
        return render_template(
            "guide/customer.html",
            now=now,
            team=team,
            today=today,
            row=row,
            own=actor.scope_kind == "guide",
            steps=guide_customers.course(connection, actor, today, number),
        )
