"""What a change of the network would bring about, in words, before it is saved (A2, A11, B9, B10,
D1)."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Connection, func, or_, select

from app.ui import words
from incentives.explanations import percent
from stores.base.actors import Actor
from stores.geo.areas import area_m2
from stores.geo.coordinates import Coordinates, distance_m
from stores.lists import branch_lists, directory, entry_lists, network_lists, places
from stores.lists.directory import StoreFilter
from stores.lists.entry_lists import EntryFilter
from stores.lists.network_lists import Days
from stores.network.contracts import dealer_contract
from stores.network.scope import contract_in_force
from stores.registers import moves, store_history
from stores.registers.proposals import Proposal

WEEK = dt.timedelta(days=7)
FAR_M = 1_000


class Consequence(NamedTuple):
    """`meaning`: "" or "wait" (somebody should look)."""

    text: str
    meaning: str = ""


def of(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    """Nothing for a proposal that cannot be saved."""
    if proposal.row is None:
        return []
    told = {
        "stores": _store,
        "dealers": _dealer,
        "guides": _guide,
        "branches": _branch,
        "areas": _area,
        "terms": _terms,
    }[proposal.kind]
    return told(connection, actor, proposal, now, today)


def _store(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    after, code = proposal.after, proposal.after["store_code"]
    found: list[Consequence] = []
    row = directory.find_store(connection, actor, code, today)
    home = (
        store_history.customers(connection, row.id, now)
        if row is not None
        else {"home": 0, "protected": 0}
    )
    if proposal.changes("status"):
        found += _status(connection, actor, proposal, home["home"], today)
    if row is not None and proposal.changes("cloud_shop") and after["cloud_shop"] == "off":
        found.append(Consequence(_("The cloud shop is off: nobody is led here any more."), "wait"))
    if proposal.changes("dealer_code"):
        dealer = directory.find_dealer(connection, actor, after["dealer_code"], today)
        if dealer is not None:
            found.append(
                Consequence(
                    _(
                        "A contract with %(name)s begins on %(day)s: platform fee %(platform)s, "
                        "channel fee %(channel)s. Orders paid from then on are theirs.",
                        name=dealer.name,
                        day=_start(proposal, today),
                        platform=percent(dealer.platform_fee_bp),
                        channel=percent(dealer.channel_fee_bp),
                    ),
                    "wait" if row is not None else "",
                )
            )
    elif proposal.changes("contract_from"):
        found.append(
            Consequence(
                _(
                    "The start of the present contract is corrected; orders that are booked "
                    "already stay as they are."
                )
            )
        )
    if proposal.row is not None and proposal.row.point is not None:
        found += _position(connection, actor, proposal, row, today)
    if (
        proposal.changes("service_radius_m", "priority", "daily_capacity", "hours", "timezone")
        and row is not None
    ):
        found.append(Consequence(_("Visitors are led by the new values from their next visit on.")))
    if proposal.changes("branch_code") and row is not None:
        found.append(
            Consequence(
                _(
                    "The coordinator of the former branch does not see this store any more; that "
                    "of the new one does."
                )
            )
        )
    return found


def _start(proposal: Proposal, today: dt.date) -> str:
    """The first day of a contract with another dealer, or of a new store's first one (A2)."""
    if proposal.changes("contract_from") and proposal.after["contract_from"]:
        return proposal.after["contract_from"]
    return _("the beginning") if proposal.new else today.isoformat()


def _status(
    connection: Connection, actor: Actor, proposal: Proposal, home: int, today: dt.date
) -> list[Consequence]:
    status, code = proposal.after["status"], proposal.after["store_code"]
    led = entry_lists.totals(connection, actor, EntryFilter(today - WEEK, today, store_code=code))[
        "entries"
    ]
    successor = proposal.after["successor_store_code"]
    where = (
        _("go to %(code)s where a code, a link or a binding names this store", code=successor)
        if successor
        else _("go to the next store in the order of rules")
    )
    if status == "paused":
        until = (
            _("until %(day)s", day=proposal.after["paused_until"])
            if proposal.after["paused_until"]
            else _("without an end; name the last day")
        )
        return [
            Consequence(
                _(
                    "Paused %(until)s: %(n)s customers at home here keep this store; visitors "
                    "%(where)s.",
                    until=until,
                    n=home,
                    where=where,
                ),
                "wait",
            ),
            Consequence(_("%(n)s visitors were led here in the last 7 days.", n=led)),
        ]
    if status == "closed":
        return [
            Consequence(
                _(
                    "%(n)s customers at home here move to the successor, or are released. The "
                    "page for closing says more.",
                    n=home,
                ),
                "wait",
            )
        ]
    if not proposal.new:
        return [
            Consequence(
                _(
                    "In service again: visitors are led here from now on. Customers who moved "
                    "away when it was closed stay where they are."
                )
            )
        ]
    return []


def _position(
    connection: Connection, actor: Actor, proposal: Proposal, row: object, today: dt.date
) -> list[Consequence]:
    point = proposal.row.point  # type: ignore[union-attr]
    found = []
    if row is not None:
        moved = distance_m(Coordinates(row.latitude, row.longitude), point)  # type: ignore[attr-defined, arg-type]
        if moved >= 1:
            found.append(
                Consequence(
                    _("The store moves by %(distance)s.", distance=_far(moved)),
                    "wait" if moved >= FAR_M else "",
                )
            )
    here = _Place(getattr(row, "id", -1), point.latitude, point.longitude)  # type: ignore[union-attr]
    around = places.neighbours(connection, actor, here, today, 1)
    if around:
        found.append(
            Consequence(
                _(
                    "The nearest other store is %(name)s (%(code)s), %(distance)s away.",
                    name=around[0].name,
                    code=around[0].store_code,
                    distance=_far(around[0].metres),
                ),
                "wait" if around[0].metres < 50 else "",
            )
        )
    return found


class _Place(NamedTuple):
    id: int
    latitude: float
    longitude: float


def _far(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


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


def _customers(
    connection: Connection, proposal: Proposal, guide_id: int, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    """B10: of a move that is still open it is decided now, or otherwise."""
    moved_on = moves.last_move(connection, guide_id, today)
    if not proposal.after["customers"]:
        return [Consequence(_("Left empty, nothing is decided: it stays as it was."))]
    if moved_on is None or proposal.warnings:
        return []
    if proposal.after["customers"] == "stay":
        stay = moves.brought(connection, guide_id, moved_on, now)
        return [
            Consequence(
                _(
                    "%(n)s customers who came along on %(day)s go back to the former store, to "
                    "its pool.",
                    n=stay,
                    day=moved_on.isoformat(),
                ),
                "wait",
            )
        ]
    if proposal.before["customers"] != "stay":
        return [
            Consequence(
                _(
                    "It stays as it is: the customers followed this guide on %(day)s.",
                    day=moved_on.isoformat(),
                )
            )
        ]
    back = moves.left_behind(connection, guide_id, moved_on)
    return [
        Consequence(
            _(
                "%(n)s customers who stayed on %(day)s come back to this guide, also those who "
                "were given to another one since.",
                n=back,
                day=moved_on.isoformat(),
            ),
            "wait",
        )
    ]


def _guide(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    after, found = proposal.after, []
    row = directory.find_guide(connection, actor, today, code=after["guide_code"])
    owned = store_history.owned(connection, row.id, now)["owner"] if row is not None else 0
    if row is not None and proposal.changes("store_code"):
        old, new = (
            directory.find_store(connection, actor, code, today)
            for code in (proposal.before["store_code"], after["store_code"])
        )
        same = old is not None and new is not None and old.dealer_code == new.dealer_code
        found.append(Consequence(_("Works at %(code)s from today on.", code=after["store_code"])))
        if not same:
            found.append(
                Consequence(
                    _(
                        "Another dealer: %(n)s customers stay with the store they are at home at "
                        "and go to its pool.",
                        n=owned,
                    ),
                    "wait",
                )
            )
        elif after["customers"] == "stay":
            found.append(
                Consequence(
                    _(
                        "The same dealer: %(n)s customers stay with the store and go to its pool, "
                        "as decided here.",
                        n=owned,
                    ),
                    "wait",
                )
            )
        else:
            found.append(
                Consequence(_("The same dealer: %(n)s customers follow this guide.", n=owned))
            )
            if not after["customers"]:
                found.append(
                    Consequence(
                        _(
                            "The manager of %(code)s can decide otherwise for 3 days.",
                            code=proposal.before["store_code"],
                        )
                    )
                )
    elif row is not None and proposal.changes("customers"):
        found += _customers(connection, proposal, row.id, now, today)
    if proposal.changes("left_on") and after["left_on"]:
        found.append(
            Consequence(
                _(
                    "Last day %(day)s: from now on nobody new is bound to this guide; the day "
                    "after, %(n)s customers go to the store pool, to be assigned anew within "
                    "3 days. Rewards earned until then are paid.",
                    day=after["left_on"],
                    n=owned,
                ),
                "wait",
            )
        )
    if proposal.changes("own_customer_id") and after["own_customer_id"]:
        found.append(
            Consequence(
                _(
                    "The customer %(number)s is this guide and is bound to this guide no more.",
                    number=after["own_customer_id"],
                )
            )
        )
    if row is not None and proposal.changes("role"):
        found.append(Consequence(_("The new role counts from today on.")))
    if row is not None and proposal.changes("wecom_userid"):
        found.append(
            Consequence(_("Events of WeCom are credited by the new account from now on."), "wait")
        )
    return found
