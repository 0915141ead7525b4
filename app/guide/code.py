"""One's own code: the signed link of a guide or a store as QR (A18, G2), and the page it opens in a
browser."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, current_app, render_template, request

import db
from app.guide.portal import blueprint
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs, public
from app.web.qr import drawn
from ledger.faults import NotFound
from stores.base import keys, versions
from stores.facts.decision import EntryParam
from stores.facts.visits import entry_param_of
from stores.lists import directory, guide_sources
from stores.network import network
from stores.routing.entry_param_signing import sign_own

landing = Blueprint("landing", __name__)


@blueprint.get("/code", strict_slashes=False)
@needs("guide:read")
def code() -> str:
    """One's own code, the store's (`?of=store`), or either under a channel (`?channel=CODE`)."""
    actor, (now, today) = current_actor(), now_and_today()
    of_guide = actor.scope_kind == "guide"
    with db.read() as connection:
        days = network.snapshot(versions.current(connection)).policy.guide_link_days
        row = (
            directory.find_guide(connection, actor, today, guide_id=actor.scope_id)
            if of_guide
            else None
        )
        shop = directory.own_store(connection, actor, today)
        store_id = row.store_id if row is not None else None if of_guide else actor.scope_id
        channels = guide_sources.channels_of(
            connection, actor.scope_id if of_guide else None, store_id, today
        )
        scans = guide_sources.scans(connection, actor, today)
    channel = next(
        (each for each in channels if each.channel_code == request.args.get("channel")), None
    )
    if request.args.get("channel") and channel is None:
        raise NotFound("There is no such channel in force.")
    store_code = not of_guide or request.args.get("of") == "store" and store_id is not None
    signed = sign_own(
        actor,
        now,
        channel_id=channel.id if channel else 0,
        store_id=store_id if store_code else None,
    )
    link = f"{current_app.extensions['doorstep'].public_base_url}/s/{signed}"
    until = None if store_code else today + dt.timedelta(days=days)
    return render_template(
        "guide/code.html",
        now=now,
        link=link,
        qr=drawn(link),
        row=row,
        shop=shop,
        until=until,
        channels=channels,
        channel=channel,
        scans=scans,
        store_code=store_code,
        today=today,
    )


@landing.get("/s/<param>", strict_slashes=False)
@public
def arrive(param: str) -> str:
    """Where a scanned link ends outside the mini-program: whose door it is. Nothing is recorded;
    the mini-program does that (POST /entries)."""
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
