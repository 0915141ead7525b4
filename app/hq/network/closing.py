"""Closing a store (H4): one screen that says what it touches, asks for the successor, and can be
taken back for a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

import db
from app.hq.home import blueprint
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from incentives import booking, rewards
from ledger.faults import Conflict, Fault, InvalidInput, NotFound
from stores.base.actors import Actor
from stores.lists import directory, places
from stores.network.found_by import holds
from stores.network.stores import store
from stores.registers import close_store as service

ASKED = "successor_store_code"


@blueprint.route("/stores/<code>/close", methods=["GET", "POST"])
@needs("network:write")
def close_store(code: str) -> Any:
    """Choose the successor (by code or name), see the consequence, confirm."""
    actor, (now, today) = current_actor(), now_and_today()
    booking.book_due(now)
    words = (request.values.get(ASKED) or "").strip()
    alone = request.values.get("alone") == "yes"
    fault = ""
    with db.read() as connection:
        row = _row(connection, actor, code, today)
        found = _named(connection, words) if words and not alone else []
        if words and not alone and len(found) != 1:
            fault = (
                _("No store has this code or name.")
                if not found
                else _("Several stores are called so; take one of them by its code.")
            )
        chosen = found[0] if len(found) == 1 else None
        page = {
            "row": row,
            "now": now,
            "words": words,
            "alone": alone,
            "found": found,
            "chosen": chosen,
            "effect": service.effect(connection, row.id, now),
            "guides": [
                g
                for g in directory.guide_rows(connection, actor, today, store_id=row.id, limit=200)
                if not g.left_on or g.left_on >= today
            ],
            "neighbours": [
                each
                for each in places.neighbours(connection, actor, row, today)
                if each.status == "active"
            ],
            "named_by": _named_by(connection, row.id),
            "seen": service.version_of(connection, row.id),
        }
        page["unpaid"] = _unpaid(connection, [g.id for g in page["guides"]])
    if request.method == "POST" and (chosen is not None or alone) and not fault:
        try:
            moved = service.close_store(
                code,
                None if alone else chosen.store_code,
                actor=actor,
                now=dt.datetime.now(dt.UTC),
                seen_version=_seen(),
            )
        except (InvalidInput, Conflict) as refusal:
            fault = _told(refusal)
        else:
            flash(
                _(
                    "The store is closed; %(n)s customers were moved or released. This can be "
                    "undone for 24 hours.",
                    n=moved,
                ),
                "good",
            )
            return redirect(url_for("hq.store", code=code), 303)
    return render_template(
        "hq/close_store.html", fault=fault, **page
    ), 422 if fault and request.method == "POST" else 200


@blueprint.post("/stores/<code>/undo-closing")
@needs("network:write")
def undo_closing(code: str) -> Any:
    with db.read() as connection:
        _row(connection, current_actor(), code, now_and_today()[1])
    back = service.undo_closing(code, actor=current_actor(), now=dt.datetime.now(dt.UTC))
    flash(
        _(
            "The closing is undone; the bindings of %(n)s customers were looked at, and those "
            "that nobody changed since are back.",
            n=back,
        ),
        "good",
    )
    return redirect(url_for("hq.store", code=code), 303)


def _told(refusal: Fault) -> str:
    """Why the deed was refused, in the reader's language."""
    if isinstance(refusal, Conflict):
        return _(
            "The store was changed meanwhile. What you see now is how it stands; look at it again."
        )
    told = {
        "is the store itself": _("This is the store itself; name another one."),
        service.CLOSED_ITSELF: _("This store is closed itself; name a store in service."),
    }
    return told.get(refusal.errors[0].reason, refusal.detail)


def _row(connection: Connection, actor: Actor, code: str, today: dt.date) -> Any:
    row = directory.find_store(connection, actor, code, today)
    if row is None:
        raise NotFound(f"There is no store {code!r}.")
    return row


def _named(connection: Connection, words: str) -> list[Any]:
    """The store of this code, else those whose name holds the words, at most ten."""
    s = store.c
    exact = connection.execute(
        select(s.id, s.store_code, s.name, s.status).where(s.store_code == words)
    ).all()
    return list(
        exact
        or connection.execute(
            select(s.id, s.store_code, s.name, s.status)
            .where(holds(words, s.folded), s.status != "closed")
            .order_by(s.store_code)
            .limit(10)
        ).all()
    )


def _named_by(connection: Connection, store_id: int) -> list[str]:
    """Stores that name this one as their successor."""
    query = select(store.c.store_code).where(
        store.c.successor_store_id == store_id, store.c.status != "active"
    )
    return list(connection.execute(query.order_by(store.c.store_code).limit(20)).scalars())


def _unpaid(connection: Connection, guides: list[int]) -> dict[str, int]:
    found = rewards.balances(connection, guides).values() if guides else ()
    return {name: sum(each[name] for each in found) for name in ("pending_minor", "payable_minor")}


def _seen() -> int | None:
    text = request.form.get("seen", "")
    return int(text) if text.isdigit() else None
