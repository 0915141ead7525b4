"""One re-assignment: found, locked, and told to both sides (A11, A12, B3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, func, select

import db
from ledger.faults import NotFound
from stores.base import versions
from stores.base.brand import business_day
from stores.customer_deeds.reassign_plan import Plan, Planner
from stores.customers import notices
from stores.facts.reassignments import reassigned_customer, reassignment
from stores.network import network


def find(connection: Connection, number: int) -> Any:
    """Raises NotFound."""
    row = (
        connection.execute(select(reassignment).where(reassignment.c.id == number)).first()
        if 0 < number < 2**63
        else None
    )
    if row is None:
        raise NotFound(f"There is no re-assignment {number}.")
    return row


def locked(connection: Connection, number: int) -> Any:
    """The same, locked until the transaction ends. Raises NotFound."""
    if db.lock_clause(connection):
        connection.execute(
            select(reassignment.c.id).where(reassignment.c.id == number).with_for_update()
        )
    return find(connection, number)


def tell_both_sides(connection: Connection, number: int, kind: str, now: dt.datetime) -> None:
    """A notice for each old store and each dealer on the other side, to both dealers and the shops:
    how many, and where to when it is one store."""
    f, day, snapshot = (
        reassigned_customer.c,
        business_day(now),
        network.snapshot(versions.current(connection)),
    )
    query = (
        select(f.from_store_id, f.to_store_id, func.count())
        .where(f.reassignment_id == number)
        .group_by(f.from_store_id, f.to_store_id)
    )
    pairs: dict[tuple[int, int | None], list[tuple[int, int]]] = {}
    planner = Planner(Plan("told", causes=("closed",)), snapshot, now, day)
    dealer = {
        store_id: contract.dealer_id if (contract := planner.dealer_of(store_id)) else None
        for store_id in snapshot.by_id
    }
    for old, new, n in connection.execute(query):
        pairs.setdefault((old, dealer[new]), []).append((new, n))
    for (old, taker), several in sorted(
        pairs.items(), key=lambda pair: (pair[0][0], pair[0][1] or 0)
    ):
        scopes = (
            {("store", old)}
            | {("store", new) for new, _ in several}
            | {("dealer", d) for d in (dealer[old], taker) if d is not None}
        )
        about = {
            "successor_code": snapshot.by_id[several[0][0]].code if len(several) == 1 else None,
            "customers": sum(n for _, n in several),
            "stores": len(several),
            "reassignment": number,
        }
        notices.tell(connection, kind, scopes, old, about, day, now)
