"""What a store manager decides about a guide who left for another store of the dealer: whether his
customers follow the guide (B10)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext

import db
from app.guide.portal import blueprint
from app.ui import customer_labels, labels
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, Malformed, NotFound
from stores.registers import moves
from stores.registers.employment import DECIDED_WITHIN

ANSWERS = {"follow": True, "stay": False}


@blueprint.get("/moves", strict_slashes=False)
@needs("move:decide")
def movers() -> str:
    now, today = now_and_today()
    with db.read() as connection:
        rows = moves.undecided(connection, current_actor(), now)
    return render_template("guide/moves.html", now=now, today=today, rows=rows, days=DECIDED_WITHIN)


@blueprint.post("/moves/<code>")
@needs("move:decide")
def decide_move(code: str) -> Any:
    answer = request.form.get("customers", "")
    if answer not in ANSWERS:
        with db.read() as connection:
            if not moves.undecided(connection, current_actor(), now_and_today()[0], code):
                raise NotFound(f"No guide {code!r} left your store lately.")
        raise Malformed("This is none of the page's buttons; load it again.")
    try:
        number = moves.decide(code, ANSWERS[answer], actor=current_actor(), now=now_and_today()[0])
    except Conflict as fault:
        flash(labels.label(customer_labels.DEED_FAULTS, fault.code), "wrong")
    else:
        flash(
            ngettext("%(num)s customer follows.", "%(num)s customers follow.", number)
            if ANSWERS[answer]
            else ngettext(
                "%(num)s customer stays and is in the pool of your store.",
                "%(num)s customers stay and are in the pool of your store.",
                number,
            ),
            "good",
        )
    return redirect(url_for("guide.movers"), 303)
