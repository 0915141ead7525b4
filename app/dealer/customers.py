"""The customers at home in a dealer's stores, until when each is protected, who took or brought one
(D1 of the stories)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

import db
from app.dealer.home import blueprint
from app.ui import customer_labels, shown_days, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound
from stores.lists import customer_story, own_customers
from stores.lists.own_customers import STATES, CustomerFilter
from stores.registers import takeovers
from stores.registers.takeovers import CAME, LEFT, TakeoverFilter


@blueprint.get("/customers", strict_slashes=False)
@needs("dealer:read")
def customers() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    asked = {name: request.args.get(name) or None for name in ("store", "guide", "state")}
    wanted = CustomerFilter(
        now,
        today,
        asked["store"],
        asked["guide"],
        asked["state"] if asked["state"] in STATES else None,
    )
    table = table_answers.asked("customers", _columns(now), "-customer")
    with db.read() as connection:
        counts = own_customers.counts(connection, actor, wanted)
        return table_answers.answer(
            table,
            lambda order: own_customers.rows(connection, actor, wanted, order),
            "dealer/customers.html",
            now=now,
            wanted=wanted,
            counts=counts,
            number=getattr(counts, wanted.state) if wanted.state else counts.customers,
        )


def _columns(now: dt.datetime) -> tuple[Column, ...]:
    return (
        Column(
            "customer",
            _l("Customer"),
            "masked",
            value=lambda row: row.customer_text,
            sort="customer",
            door=_door,
        ),
        Column(
            "protection",
            _l("Protection"),
            "tag",
            value=lambda row: _state(row, now),
            words=customer_labels.PROTECTION,
            meanings=customer_labels.PROTECTION_MEANINGS,
        ),
        Column(
            "protected_until",
            _l("Protected until"),
            "day",
            value=lambda row: row.home_protected_until,
            sort="protected_until",
        ),
        Column(
            "store",
            _l("Home store"),
            "chip",
            value=lambda row: (row.store_code, row.store_name),
            sort="store",
            door=lambda row: url_for("dealer.store", code=row.store_code),
        ),
        Column(
            "guide",
            _l("Owner guide"),
            "chip",
            value=lambda row: (row.guide_code, row.guide_name) if row.guide_code else None,
            sort="guide",
        ),
        Column("last_order", _l("Last order with you"), "day", value=lambda row: row.last_order_at),
        Column(
            "bound_until",
            _l("Bound until"),
            "day",
            value=lambda row: row.home_valid_until,
            sort="bound_until",
        ),
    )


def _door(row: Any) -> str:
    return url_for("dealer.customer", customer_id=getattr(row, "customer_id", None) or row.id)


def _state(row: Any, now: dt.datetime) -> str:
    if row.leaving:
        return "leaving"
    if row.home_protected_until <= now:
        return "open"
    return (
        "ending"
        if row.home_protected_until <= now + dt.timedelta(days=own_customers.ENDING_DAYS)
        else "protected"
    )


@blueprint.get("/customers/<int:customer_id>", strict_slashes=False)
@needs("dealer:read")
def customer(customer_id: int) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        story = customer_story.of(connection, actor, customer_id, now, today)
        if story is None:
            raise NotFound("There is no such customer.")
        return render_template("dealer/customer.html", now=now, story=story)


@blueprint.get("/takeovers", strict_slashes=False)
@needs("dealer:read")
def moved_customers() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    span, way = shown_days.asked(request.args, today, 90), request.args.get("way")
    wanted = TakeoverFilter(span.first, span.last, now, way if way in (LEFT, CAME) else None)
    table = table_answers.asked("takeovers", MOVED, "-at")
    with db.read() as connection:
        counts = takeovers.counts(connection, actor.scope_id or 0, wanted)
        return table_answers.answer(
            table,
            lambda order: takeovers.rows(connection, actor.scope_id or 0, wanted, order),
            "dealer/takeovers.html",
            now=now,
            span=span,
            wanted=wanted,
            counts=counts,
            number=counts[wanted.way] if wanted.way else sum(counts.values()),
        )


MOVED = (
    Column("at", _l("When"), "moment", sort="at"),
    Column("customer", _l("Customer"), "masked", value=lambda row: row.customer_text, door=_door),
    Column(
        "way", _l("What"), "tag", words=customer_labels.TAKEOVER_WAYS, meanings={"left": "wait"}
    ),
    Column(
        "store",
        _l("Your store"),
        "chip",
        value=lambda row: (row.store_code, row.store_name),
        sort="store",
    ),
    Column("who", _l("Who"), "words", value=lambda row: row.way, words=customer_labels.TAKERS),
    Column(
        "why",
        _l("Why"),
        "words",
        value=lambda row: row.end_reason,
        words=customer_labels.TAKEOVER_REASONS,
    ),
    Column("protected_until", _l("Protected until"), "day"),
)
