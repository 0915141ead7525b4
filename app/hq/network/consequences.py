"""What a change of the network would bring about, in words, before it is saved (A2, A11, B9, B10,
D1)."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import Connection, func, or_, select

from app.hq.network.consequence import Consequence
from app.hq.network.guide_consequences import of_guide
from app.hq.network.store_consequences import of_store
from app.ui import words
from stores.base.actors import Actor
from stores.geo.areas import area_m2
from stores.lists import branch_lists, directory, network_lists
from stores.lists.directory import StoreFilter
from stores.lists.network_lists import Days
from stores.network.contracts import dealer_contract
from stores.network.scope import contract_in_force
from stores.registers.proposals import Proposal


def of(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    """Nothing for a proposal that cannot be saved."""
    if proposal.row is None:
        return []
    told = {
        "stores": of_store,
        "dealers": _dealer,
        "guides": of_guide,
        "branches": _branch,
        "areas": _area,
        "terms": _terms,
    }[proposal.kind]
    return told(connection, actor, proposal, now, today)


def _dealer(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    found = []
    row = directory.find_dealer(connection, actor, proposal.after["dealer_code"], today)
    if row is not None and proposal.changes("platform_fee_bp", "channel_fee_bp", "collection_mode"):
        c = dealer_contract.c
        terms = [
            c[name]
            for name in ("platform_fee_bp", "channel_fee_bp", "collection_mode")
            if proposal.changes(name)
        ]
        query = select(func.count()).where(
            c.dealer_id == row.id,
            contract_in_force(today),
            or_(*(each.is_(None) for each in terms)),
        )
        stores = connection.execute(query).scalar_one()
        found.append(
            Consequence(
                _(
                    "The new terms hold for orders paid from now on in %(n)s stores whose "
                    "contract states none of its own. Booked orders stay as they are.",
                    n=words.count(stores),
                ),
                "wait",
            )
        )
    if row is not None and proposal.changes("branch_code"):
        found.append(
            Consequence(
                _(
                    "The branch that looks after this dealer changes; the branches of the stores "
                    "do not."
                )
            )
        )
    return found


def _branch(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    row = branch_lists.find_branch(connection, actor, proposal.after["branch_code"])
    if row is None or not proposal.changes("parent_code"):
        return []
    under = branch_lists.branches_under(connection, actor, row)
    stores = network_lists.store_totals(
        connection,
        actor,
        StoreFilter(today, branch_code=row.branch_code),
        Days(today, today, now),
        (),
    )["stores"]
    return [
        Consequence(
            _(
                "%(n)s stores and %(branches)s branches under it move along: the coordinators "
                "above its old place see them no more, those above the new one do.",
                n=words.count(stores),
                branches=words.count(len(under)),
            ),
            "wait",
        )
    ]


def _area(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    shape, found = getattr(proposal.row, "geometry", None), list[Consequence]()
    if shape is not None and proposal.changes("geometry", "crs"):
        found.append(
            Consequence(_("The shape covers %(n)s km².", n=f"{area_m2(shape) / 1e6:,.1f}"))
        )
    if proposal.after["kind"] == "territory":
        found.append(
            Consequence(
                _(
                    "Inside, visitors are led to a store of %(dealer)s, where no earlier rule "
                    "decides.",
                    dealer=proposal.after["dealer_code"],
                ),
                "wait",
            )
        )
    elif proposal.after["kind"] == "service_area":
        found.append(
            Consequence(_("Inside, %(store)s delivers.", store=proposal.after["store_code"]))
        )
    else:
        found.append(
            Consequence(
                _("Inside, a visitor may switch among the stores of this area only."), "wait"
            )
        )
    if not proposal.new and proposal.changes("kind", "dealer_code", "store_code"):
        found.append(
            Consequence(
                _(
                    "Who holds this area changes; visits and orders that were decided already "
                    "stay as they are."
                )
            )
        )
    return found


def _terms(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    start, before = proposal.after["terms_from"], proposal.before["terms_from"]
    if start and start != before:
        return [
            Consequence(
                _(
                    "Orders paid from %(day)s on are settled by these terms; those before keep "
                    "the present ones.",
                    day=start,
                ),
                "wait",
            )
        ]
    return [
        Consequence(
            _(
                "The present terms are corrected since %(day)s. Booked orders stay as they are; "
                "orders of those days that still come in take the new terms.",
                day=before or _("the beginning"),
            ),
            "wait",
        )
    ]
