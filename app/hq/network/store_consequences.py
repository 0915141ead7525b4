"""What a change of a store would bring about: its position, its start, its state (A2, A11)."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Connection

from app.hq.network.consequence import Consequence
from incentives.explanations import percent
from stores.base.actors import Actor
from stores.geo.coordinates import Coordinates, distance_m
from stores.lists import directory, entry_lists, places
from stores.lists.entry_lists import EntryFilter
from stores.registers import store_history
from stores.registers.proposals import Proposal

WEEK = dt.timedelta(days=7)
FAR_M = 1_000


def of_store(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    """What saving the proposal of a store brings about; empty where nothing does."""
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
