"""What a change of a guide would bring about, for the guide and the customers (B9, B10)."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import Connection

from app.hq.network.consequence import Consequence
from stores.base.actors import Actor
from stores.lists import directory
from stores.registers import moves, store_history
from stores.registers.proposals import Proposal


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


def of_guide(
    connection: Connection, actor: Actor, proposal: Proposal, now: dt.datetime, today: dt.date
) -> list[Consequence]:
    """What saving the proposal of a guide brings about; empty where nothing does."""
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
