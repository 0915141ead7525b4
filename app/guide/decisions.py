"""What a store manager decides about customers: who of the pool looks after whom (B2, B9), and new
homes that were proposed (A14)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

import db
from app.guide.portal import blueprint
from app.ui import customer_labels, labels
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import Conflict, InvalidInput, Malformed, NotFound
from stores.base import versions
from stores.customer_deeds import deed_effects, home_proposals
from stores.customer_deeds import deeds as customer_deeds
from stores.customers.people import text_of
from stores.lists import directory, guide_customers
from stores.network import network, policies
from stores.network.policy import Policy, parse

ANSWERS = ("home_approved", "home_declined")


@blueprint.post("/customers/<int:number>/owner")
@needs("customer:assign")
def give_customer(number: int) -> Any:
    """A customer of the pool to a guide of the store."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        row = (
            guide_customers.find(connection, actor, now, today, number) if number < 2**63 else None
        )
        chosen = directory.find_guide(
            connection, actor, today, code=request.form.get("guide_code", "")
        )
    if row is None or chosen is None:
        raise NotFound("There is no such customer or guide of yours.")
    _do(
        deed_effects.Deed("owner_assigned", row.customer_text, guide_code=chosen.guide_code),
        _(
            "%(guide)s looks after this customer from now on; the customer is protected.",
            guide=chosen.name,
        ),
    )
    return redirect(url_for("guide.customer", number=number), 303)


@blueprint.get("/proposals", strict_slashes=False)
@needs("customer:assign")
def proposals() -> str:
    """`shut`: the word why the store itself takes nobody today, '' when it does."""
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        policy = _policy(connection)
        number, free = home_proposals.counts(connection, actor.scope_id or 0, policy, now)
        shop = network.snapshot(versions.current(connection)).by_id.get(actor.scope_id or 0)
        return render_template(
            "guide/proposals.html",
            now=now,
            policy=policy,
            number=number,
            free=free,
            shut=shop.why_not(today) if shop else "unknown",
            rows=home_proposals.rows(connection, actor.scope_id or 0, policy, now),
        )


@blueprint.post("/proposals/<int:number>")
@needs("customer:assign")
def answer_proposal(number: int) -> Any:
    actor, (now, today) = current_actor(), now_and_today()
    with db.read() as connection:
        known = number < 2**63 and home_proposals.is_proposed(
            connection, number, actor.scope_id or 0, _policy(connection), now
        )
        text = text_of(connection, number) if known else None
        shop = directory.own_store(connection, actor, today)
    if text is None or shop is None:
        raise NotFound("There is no such proposal of your store.")
    kind = request.form.get("kind", "")
    if kind not in ANSWERS:
        raise Malformed("This is none of the page's buttons; load it again.")
    _do(
        deed_effects.Deed(kind, text, store_code=shop.store_code),
        _("This store is the customer's home from now on.")
        if kind == "home_approved"
        else _("Put away; nothing changed for the customer."),
    )
    return redirect(url_for("guide.proposals"), 303)


def _do(deed: deed_effects.Deed, said: str) -> None:
    try:
        customer_deeds.do(deed, actor=current_actor(), now=now_and_today()[0])
    except (Conflict, InvalidInput) as fault:
        flash(labels.label(customer_labels.DEED_FAULTS, fault.code), "wrong")
    else:
        flash(said, "good")


def _policy(connection: Any) -> Policy:
    return parse(policies.in_force(connection).body)
