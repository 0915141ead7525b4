"""Closing a store for good (A11, H4): its customers go to the successor in one transaction,
everybody concerned is told, and for a day it can be undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, exists, func, select

import db
from ledger import audit
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from ledger.pieces import pieces
from stores.base import versions
from stores.base.actors import SYSTEM, Actor
from stores.base.brand import business_day
from stores.customers import binding_facts, following, notices, people, rebinding
from stores.facts.binding_history import binding
from stores.facts.customers import customer_state
from stores.facts.orders import order_state, sales_order
from stores.imports.cells import CLEAR
from stores.imports.check import Row
from stores.network import closings, network, pauses
from stores.network.binding_rules import Closing
from stores.network.contracts import dealer_contract
from stores.network.snapshot import Snapshot
from stores.network.stores import store, store_revision
from stores.registers import stores as register

UNDO_FOR = dt.timedelta(hours=24)
OPEN_DAYS = 30
CLOSED_ITSELF = "is closed itself; name a store in service"
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Effect:
    """`customers` at home there and those `waiting` to be, `protected` of them; `open_orders` of
    the last 30 days that are neither received nor closed."""

    customers: int
    protected: int
    waiting: int
    open_orders: int
    already_closed: bool


def effect(connection: Connection, store_id: int, now: dt.datetime) -> Effect:
    """What a closing would touch now."""
    s, o = customer_state.c, sales_order.c
    home = s.home_store_id == store_id
    bound = connection.execute(
        select(
            func.count().filter(home & (s.home_valid_until > now)),
            func.count().filter(home & (s.home_protected_until > now)),
            func.count().filter(s.next_home_store_id == store_id),
        )
        .select_from(customer_state)
        .where(home | (s.next_home_store_id == store_id))
    ).one()
    done = select(order_state.c.order_id).where(order_state.c.state.in_(("received", "closed")))
    orders = connection.execute(
        select(func.count())
        .select_from(sales_order)
        .where(
            o.store_id == store_id,
            o.business_day > business_day(now) - dt.timedelta(days=OPEN_DAYS),
            o.id.not_in(done),
        )
    ).scalar_one()
    status = connection.execute(select(store.c.status).where(store.c.id == store_id)).scalar_one()
    return Effect(int(bound[0]), int(bound[1]), int(bound[2]), int(orders), status == "closed")


def close_store(
    code: str,
    successor_code: str | None,
    *,
    actor: Actor,
    now: dt.datetime,
    seen_version: int | None = None,
) -> int:
    """Close a store and move its customers; returns how many moved or were released. A store that
    is closed already is left alone: 0.

    `seen_version`: the network version of the store's page that was decided on. Raises NotFound,
    InvalidInput (a successor that is unknown, closed or the store itself), Conflict (the store
    changed meanwhile), NotAllowed."""
    actor.require("network:write")
    snapshot = _snapshot()
    with db.transaction() as connection:
        row = _locked(connection, code)
        if row.status == "closed":
            return 0
        if seen_version is not None and version_of(connection, row.id) != seen_version:
            raise Conflict("The store was changed meanwhile; look at it again before you close it.")
        successor = _successor(connection, row, successor_code, business_day(now))
        values = {
            "store_code": code,
            "status": "closed",
            "paused_until": CLEAR,
            "successor_store_code": successor_code or CLEAR,
            "closed_on": business_day(now),
        }
        if row.opened_on is not None and row.opened_on > values["closed_on"]:
            values["closed_on"] = row.opened_on  # it never opened
        register.apply([Row(1, values)], actor=actor, now=now)
        return _settle(
            connection,
            row.id,
            code,
            (successor.id, successor_code) if successor is not None else (None, None),
            snapshot,
            actor,
            now,
        )


def close_due(now: dt.datetime) -> int:
    """Close for good what the day of `closed_on` closed (A2) while customers are at home there, as
    a deed would (A11); returns how many stores."""
    closed = 0
    while True:
        with db.read() as connection:
            due = _due(connection, now)
        if not due:
            return closed
        # whose successor is closed likewise moves on in the next turn
        closed += sum(_close_due(code, now) for code in due)
        rebinding.move_waiting_homes(
            now
        )  # a home that begins with the closing may be at a store that is closed, too


def _close_due(code: str, now: dt.datetime) -> bool:
    """Whether it was still due, and is closed now."""
    snapshot = _snapshot()
    with db.transaction() as connection:
        if code not in _due(connection, now):
            return False
        row = _locked(connection, code)
        successor = connection.execute(
            select(store.c.store_code).where(store.c.id == row.successor_store_id)
        ).scalar()
        _settle(
            connection, row.id, code, (row.successor_store_id, successor), snapshot, SYSTEM, now
        )
    return True


def _due(connection: Connection, now: dt.datetime) -> list[str]:
    """Stores closed by now whose closing is written down nowhere, and where somebody is at home."""
    s, today = customer_state.c, business_day(now)
    shut = store.c.closed_on.is_not(None) & (store.c.closed_on <= today)
    at_home = exists().where(s.home_store_id == store.c.id, s.home_valid_until > now)
    known = {
        store_id
        for store_id, several in closings.load(connection).items()
        if several[-1].ended_at is None
    }
    return [
        row.store_code
        for row in connection.execute(
            select(store.c.id, store.c.store_code).where(shut, at_home).order_by(store.c.store_code)
        )
        if row.id not in known
    ]


def _settle(
    connection: Connection,
    store_id: int,
    code: str,
    successor: tuple[int | None, str | None],
    snapshot: Snapshot,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Move the customers of a store that is closed now; written down here where the register had no
    reason to."""
    closing = closings.open_closing(connection, store_id)
    if closing is None:
        version = versions.next_network_version(connection)
        versions.record(connection, version, "stores", 1, actor.name, now)
        closings.record(
            connection, [(store_id, successor[0])], [], now=now, actor=actor.name, version=version
        )
        notices.tell_closed(connection, [(store_id, successor[0])], business_day(now), now)
        closing = closings.open_closing(connection, store_id)
        assert closing is not None
    moved = _move(connection, following.bound_to(connection, [store_id], now), snapshot, now)
    audit.record(
        connection,
        actor.name,
        "close_store",
        "stores",
        code,
        {"closing": closing.id, "successor_code": successor[1], "customers": moved},
        at=now,
    )
    return moved


def undoable(connection: Connection, store_id: int, now: dt.datetime) -> Closing | None:
    """The closing that can still be undone: it is open and not older than a day."""
    closing = closings.open_closing(connection, store_id)
    return closing if closing is not None and now - closing.at <= UNDO_FOR else None


def undo_closing(code: str, *, actor: Actor, now: dt.datetime) -> int:
    """Open the store again as it was and bring back the bindings that nobody changed since; returns
    how many customers were looked at.

    Raises NotFound, Conflict (nothing to undo, or later than 24 hours), NotAllowed."""
    actor.require("network:write")
    snapshot = _snapshot()
    with db.transaction() as connection:
        row = _locked(connection, code)
        closing = undoable(connection, row.id, now)
        if closing is None:
            raise Conflict(
                "There is no closing of the last 24 hours to undo; open the store again by its "
                "page."
            )
        moved = _moved_by(connection, closing)
        before = _before(connection, row.id)
        successor = connection.execute(
            select(store.c.store_code).where(store.c.id == before.successor_store_id)
        ).scalar()
        closings.end(
            connection,
            closing,
            "undone",
            now=now,
            actor=actor.name,
            version=versions.current(connection).network + 1,
        )
        closes_later = before.closed_on is not None and before.closed_on > business_day(now)
        values = {
            "store_code": code,
            "status": before.status,
            "paused_until": before.paused_until or CLEAR,
            "closed_on": before.closed_on if closes_later else CLEAR,
            "successor_store_code": successor or CLEAR,
        }
        register.apply([Row(1, values)], actor=actor, now=now)
        back = _move(connection, moved, snapshot, now)
        about = {"successor_code": None, "customers": back}
        notices.tell(
            connection,
            "closing_undone",
            notices.concerned(connection, row.id, closing.successor_id, business_day(now)),
            row.id,
            about,
            business_day(now),
            now,
        )
        audit.record(
            connection,
            actor.name,
            "undo_closing",
            "stores",
            code,
            {"closing": closing.id, "customers": back},
            at=now,
        )
    return back


def version_of(connection: Connection, store_id: int) -> int:
    """The network version at which the store's present facts and contracts began: what a form is
    compared with."""
    facts = select(func.max(store_revision.c.version_from)).where(
        store_revision.c.store_id == store_id
    )
    agreed = select(func.max(dealer_contract.c.version_from)).where(
        dealer_contract.c.store_id == store_id
    )
    return max(int(connection.execute(query).scalar() or 0) for query in (facts, agreed))


# -- steps -----------------------------------------------------------------------------------------


def _snapshot() -> Snapshot:
    """Where guides work and what the policy says; the closings are read inside the transaction."""
    with db.read() as connection:
        return network.snapshot(versions.current(connection))


def _locked(connection: Connection, code: str) -> Any:
    """The store's row, held; changes of the network queue up at the version, as in every
    register."""
    connection.execute(select(versions.routing_state.c.id).with_for_update())
    row = connection.execute(
        select(store).where(store.c.store_code == code).with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"There is no store {code!r}.")
    return row


def _successor(connection: Connection, row: Any, code: str | None, today: dt.date) -> Any:
    if not code:
        return None
    found = connection.execute(
        select(store.c.id, store.c.status, store.c.closed_on).where(store.c.store_code == code)
    ).first()
    reason = (
        "is unknown"
        if found is None
        else "is the store itself"
        if found.id == row.id
        else CLOSED_ITSELF
        if found.status == "closed" or found.closed_on is not None and found.closed_on <= today
        else None
    )
    if reason is not None:
        raise InvalidInput(
            f"The successor {code!r} {reason}.", errors=[FieldFault("successor_store_code", reason)]
        )
    return found


def _before(connection: Connection, store_id: int) -> Any:
    """The last revision in which the store was not closed."""
    r = store_revision.c
    return connection.execute(
        select(store_revision)
        .where(r.store_id == store_id, r.status != "closed")
        .order_by(r.version_from.desc())
        .limit(1)
    ).one()


def _moved_by(connection: Connection, closing: Closing) -> list[int]:
    """The customers whose home this closing ended, by the history of bindings."""
    b = binding.c
    query = select(b.customer_id).where(
        b.kind == "home",
        b.store_id == closing.store_id,
        b.end_reason == "store_closed",
        b.ended_at == closing.at,
        b.superseded_at.is_(None),
    )
    return sorted(set(connection.execute(query).scalars()))


def _move(
    connection: Connection, customers: Sequence[int], snapshot: Snapshot, now: dt.datetime
) -> int:
    """Fold these customers anew with the closings and pauses that stand now."""
    rules = replace(
        binding_facts.rules_of(snapshot),
        closings=closings.load(connection),
        pauses=pauses.load(connection),
    )
    for some in pieces(customers, CHUNK):
        part = list(some)
        people.lock(connection, part)
        rebinding.rewrite(
            connection, binding_facts.facts_of(connection, part, snapshot), rules, now
        )
    return len(customers)
