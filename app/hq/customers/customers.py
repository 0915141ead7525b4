"""Customers: the list, one with his time line, and his identifiers with a reason (P3, P4). In
addresses a customer is his surrogate number."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

import db
from app.hq.home import blueprint
from app.ui import customer_labels, doors, labels, paging, table_answers
from app.ui.tables import Column
from app.web.clock import now_and_today
from app.web.limits import limited
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, InvalidInput, Malformed, NotFound
from stores.base.times import parse_day
from stores.customer_deeds import deed_effects
from stores.customer_deeds import deeds as customer_deeds
from stores.facts.customer_deed_kinds import HEADQUARTERS_KINDS
from stores.lists import customer_book, customer_chronicle, customer_figures, customer_look_up
from stores.lists.customer_book import CustomerFilter

REVEAL_RATE = "20 per hour;60 per day"


def columns() -> tuple[Column, ...]:
    def door(page: str, chip: str) -> Any:
        return lambda row: (
            url_for(f"hq.{page}", code=getattr(row, chip)[0]) if getattr(row, chip) else None
        )

    return (
        Column(
            "customer",
            _l("Customer"),
            "masked",
            value=lambda row: row.customer_text,
            sort="customer",
            door=lambda row: url_for("hq.customer", number=row.id),
        ),
        Column("first_seen", _l("First seen"), "moment"),
        Column("home", _l("Home store"), "chip", door=door("store", "home")),
        Column("bound_since", _l("At home since"), "moment"),
        Column("protected_until", _l("Protected until"), "moment", sort="protected_until"),
        Column("valid_until", _l("Valid until"), "moment", sort="valid_until", shown=False),
        Column("owner", _l("Owner guide"), "chip", door=door("guide", "owner")),
        Column("owner_protected_until", _l("Owner protected until"), "moment", shown=False),
    )


def customer_filter(now: dt.datetime, today: dt.date) -> CustomerFilter:
    asked = {
        name: (request.args.get(name) or "").strip() or None
        for name in ("store", "dealer", "guide", "bound", "since")
    }
    return CustomerFilter(
        now,
        today,
        asked["store"],
        asked["dealer"],
        asked["guide"],
        asked["bound"] if asked["bound"] in customer_book.BOUND else None,
        parse_day(asked["since"]) if asked["since"] else None,
    )


@blueprint.get("/customers", strict_slashes=False)
@needs("hq:read")
def customers() -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    wanted = customer_filter(now, today)
    table = table_answers.asked("customers", columns(), "-customer")
    with db.read() as connection:
        total = customer_book.total(connection, actor, wanted) if table.export is None else 0
        return table_answers.answer(
            table,
            lambda order: customer_book.rows(connection, actor, wanted, order),
            "hq/customers.html",
            now=now,
            wanted=wanted,
            number=total,
            all_of_brand=actor.scope_kind == "all",
        )


@blueprint.get("/customers/<int:number>", strict_slashes=False)
@needs("hq:read")
def customer(number: int) -> str:
    return _page(number)


@blueprint.post("/customers/<int:number>/reveal")
@needs("customer:reveal")
@limited(REVEAL_RATE, "reveal", who=lambda: str(current_user.id))
def reveal(number: int) -> Any:
    """Shown on this answer alone, which no cache keeps."""
    actor, (now, _today) = current_actor(), now_and_today()
    found = customer_look_up.identifiers(
        number,
        reason=request.form.get("reason", ""),
        case=request.form.get("case", "").strip(),
        actor=actor,
        now=now,
    )
    return _page(number, found), {"Cache-Control": "no-store"}


@blueprint.post("/customers/<int:number>/deeds")
@needs("customer:pin")
def customer_deed(number: int) -> Any:
    """Pin, unpin, forbid or allow switching (A4, A10)."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = (
            customer_look_up.find(connection, actor, number, now, today) if number < 2**63 else None
        )
    if row is None:
        raise NotFound(f"There is no customer {number}.")
    kind = request.form.get("kind", "")
    if kind not in HEADQUARTERS_KINDS:
        raise Malformed("This is none of the page's buttons; load it again.")
    store_code, note = (
        request.form.get("store_code", "").strip() or None,
        request.form.get("note", "").strip(),
    )
    try:
        customer_deeds.do(
            deed_effects.Deed(
                kind, row.customer_text, store_code if kind == "pinned" else None, note=note
            ),
            actor=actor,
            now=now,
        )
    except (NotFound, Conflict, InvalidInput) as fault:
        return _page(
            number,
            deed_fault=labels.label(customer_labels.DEED_FAULTS, fault.code),
            deed_store=store_code,
            deed_note=note,
        ), 422
    return redirect(url_for("hq.customer", number=number) + "#routing", 303)


def _page(number: int, revealed: list[tuple[str, str | None]] | None = None, **more: Any) -> str:
    actor, (now, today) = current_actor(), now_and_today()
    kind = (
        request.args.get("show") if request.args.get("show") in customer_chronicle.KINDS else None
    )
    with db.read() as connection:
        row = (
            customer_look_up.find(connection, actor, number, now, today) if number < 2**63 else None
        )
        if row is None:
            raise NotFound(f"There is no customer {number}.")
        moments, older = customer_chronicle.story(
            connection, actor, number, now, today, kind=kind, upto=_upto()
        )
        chips = [
            chip[0] for each in moments for chip in (each.store, each.guide, each.before) if chip
        ]
        may_open = doors.of(
            connection,
            actor,
            today,
            chips,
            chips,
            [each.reference for each in moments if each.reference and each.kind != "entry"],
        )
        return render_template(
            "hq/customer.html",
            now=now,
            row=row,
            figures=customer_figures.figures(connection, actor, number),
            moments=moments,
            kind=kind,
            doors=may_open,
            older=paging.same_filter(upto=older.isoformat()) if older else None,
            newest=paging.same_filter(upto="") if request.args.get("upto") else None,
            kinds=customer_look_up.kinds_of(connection, number),
            revealed=revealed,
            reasons=customer_labels.REVEAL_REASONS,
            case_max=customer_look_up.CASE_MAX,
            home=_holds(row.home_valid_until, now),
            owner=_holds(row.owner_valid_until, now),
            **{"deed_fault": None, "deed_store": None, "deed_note": None, **more},
        )


def _holds(until: dt.datetime | None, now: dt.datetime) -> bool:
    return until is not None and until > now


def _upto() -> dt.datetime | None:
    text = request.args.get("upto")
    if not text:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
        return at.astimezone(dt.UTC) if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise Malformed(
            "This is no moment of the time line; take the link of the page before, unchanged."
        ) from None
