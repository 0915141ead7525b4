"""What people decided about single customers of the demo, on its last evening: a pin, no switching,
an own choice, a guide, another home (A4, A10, A14, B2)."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, func, select

import db
from ledger.faults import Conflict
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds.deed_effects import Deed
from stores.facts.customers import customer, customer_state
from stores.network.guides import guide
from stores.network.stores import store

NEEDED = 4


def decide(now: dt.datetime) -> None:
    """All through the service; what a rule forbids is left out."""
    with db.read() as connection:
        found = _planned(connection, now)
    for deed in found:
        with contextlib.suppress(Conflict):
            customer_deeds.do(deed, actor=COMMAND_LINE, now=now)


def _planned(connection: Connection, now: dt.datetime) -> list[Deed]:
    s = customer_state.c
    at_home = (s.home_valid_until > now) & (s.home_protected_until > now)
    busiest = connection.execute(
        select(s.home_store_id)
        .where(at_home)
        .group_by(s.home_store_id)
        .order_by(func.count().desc(), s.home_store_id)
        .limit(1)
    ).scalar()
    others = (
        connection.execute(
            select(store.c.store_code)
            .where(
                store.c.id != busiest,
                store.c.status == "active",
                store.c.opened_on < business_day(now),
            )
            .order_by(store.c.id)
            .limit(2)
        )
        .scalars()
        .all()
    )
    people = _customers(connection, at_home & (s.home_store_id == busiest))
    if len(people) < NEEDED or len(others) < 2:
        return []
    known, alone, chooser, free = (row.customer_id for row in people[:NEEDED])
    deeds = [
        Deed("pinned", known, others[0], note="已搬家，客服核实新地址"),
        Deed("no_switch", alone, note="与经销商约定，工单 2026-118"),
        Deed("switched", chooser, others[1]),
        Deed("refused", free, others[1]),
    ]
    pool = _customers(
        connection,
        at_home
        & (s.home_store_id == busiest)
        & (s.owner_guide_id.is_(None) | (s.owner_valid_until <= now)),
    )
    member = connection.execute(
        select(guide.c.guide_code)
        .where(guide.c.store_id == busiest, guide.c.left_on.is_(None))
        .order_by(guide.c.id)
        .limit(1)
    ).scalar()
    if pool and member:
        deeds.append(Deed("owner_assigned", pool[-1].customer_id, guide_code=member))
    mover = connection.execute(
        select(customer.c.customer_id, store.c.store_code)
        .join(customer_state, s.customer_id == customer.c.id)
        .join(store, store.c.id == s.last_store_id)
        .where(
            s.home_valid_until > now,
            s.home_protected_until <= now,
            s.last_store_id != s.home_store_id,
            store.c.status == "active",
        )
        .order_by(customer.c.id)
        .limit(1)
    ).first()
    if mover is not None:
        deeds.append(Deed("home_requested", mover.customer_id, mover.store_code))
    return deeds


def _customers(connection: Connection, where: Any) -> list[Row[Any]]:
    """Few of them, the last visitors first."""
    s = customer_state.c
    query = (
        select(customer.c.customer_id)
        .join(customer_state, s.customer_id == customer.c.id)
        .where(where, s.last_visit_at.is_not(None))
    )
    return list(
        connection.execute(
            query.order_by(s.last_visit_at.desc(), customer.c.id).limit(2 * NEEDED)
        ).all()
    )
