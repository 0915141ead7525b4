"""One's own code: the signed link of a guide or a store as QR (A18, G2), and the page it opens in a browser."""
from __future__ import annotations

import datetime as dt

import segno
from flask import Blueprint, current_app, render_template
from markupsafe import Markup

import db
from app.clock import now_and_today
from app.guide.home import blueprint
from app.permissions import current_actor, needs, public
from ledger.faults import NotFound
from stores import directory, keys, network, versions
from stores.decide import EntryParam
from stores.entry_param_signing import sign_own
from stores.visits import entry_param_of

landing = Blueprint("landing", __name__)


@blueprint.get("/code", strict_slashes=False)
@needs("guide:read")
def code() -> str:
    actor, (now, today) = current_actor(), now_and_today()
    link = f"{current_app.extensions['doorstep'].public_base_url}/s/{sign_own(actor, now)}"
    with db.read() as connection:
        days = network.snapshot(versions.current(connection)).policy.guide_link_days
        row = directory.find_guide(connection, actor, today, guide_id=actor.scope_id) if actor.scope_kind == "guide" else None
        shop = directory.own_store(connection, actor, today)
    until = today + dt.timedelta(days=days) if actor.scope_kind == "guide" else None
    return render_template("guide/code.html", link=link, qr=drawn(link), row=row, shop=shop, until=until)


def drawn(text: str) -> Markup:
    """A QR code as inline SVG, dark on light in every colour scheme, without inline styles."""
    return Markup(segno.make(text, error="m").svg_inline(border=2, dark="#111", light="#fff", omitsize=True, svgclass=None, lineclass=None))  # noqa: S704 - drawn by us


@landing.get("/s/<param>", strict_slashes=False)
@public
def arrive(param: str) -> str:
    """Where a scanned link ends outside the mini-program: whose door it is. Nothing is recorded; the mini-program does that (POST /entries)."""
    now, today = now_and_today()
    with db.read() as connection:
        snapshot = network.snapshot(versions.current(connection))
        found = entry_param_of(param, now, today, snapshot, keys.entry_param_keys())
        if not isinstance(found, EntryParam):
            raise NotFound("This link is not valid, or no longer.")
        guide = snapshot.guides.get(found.guide_id) if found.guide_id else None
        store_id = (guide.store_on(today) if guide else None) or found.store_id
        store = snapshot.by_id.get(store_id) if store_id else None
        if store is None:
            raise NotFound("This link leads to no store any more.")
        return render_template("guide/landing.html", store=store)
