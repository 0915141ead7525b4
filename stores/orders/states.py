"""What happened to orders after payment: shipped, received, closed. Each state once, at its first
time (C11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

import db
from ledger.bulk import insert_rows
from ledger.faults import Conflict, FieldFault, InvalidInput, NotFound
from ledger.intakes import open_intake
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base.receipt import refuse_impossible
from stores.facts.changes import changed_customer
from stores.facts.orders import order_state, sales_order
from stores.orders.writing import Outcome

STATES = ("shipped", "received", "closed")
CHUNK = 500


@dataclass(frozen=True, slots=True)
class StateIn:
    """One of STATES, reached by an order at an aware moment."""

    order_no: str
    state: str
    at: dt.datetime


def record_state(
    order_no: str, state: str, at: dt.datetime, *, actor: str, now: dt.datetime
) -> bool:
    """True when the state is new, False when it was known with the same time. Raises NotFound,
    InvalidInput, Conflict (another time)."""
    return record_states([StateIn(order_no, state, at)], actor=actor, now=now).new == 1


def record_states(states: Sequence[StateIn], *, actor: str, now: dt.datetime) -> Outcome:
    """Record the states that are new, in one transaction (joins an open one). A state known with
    the same time counts as unchanged.

    Raises NotFound (unknown order), InvalidInput (before payment), ImpossibleTime, Conflict (known
    with another time); then nothing is written."""
    wanted = {(each.order_no, each.state): each for each in states}
    if len(wanted) != len(states):
        raise ValueError("a state of an order stands twice in one call")
    with db.transaction() as connection:
        orders = _orders(connection, sorted({each.order_no for each in states}))
        unknown = next((each.order_no for each in states if each.order_no not in orders), None)
        if unknown is not None:
            raise NotFound(f"There is no order {unknown!r}.", code="unknown_order")
        rows = [
            {"order_id": orders[each.order_no].id, "state": each.state, "at": each.at}
            for each in states
        ]
        known = _known(connection, rows)
        new = [row for row in rows if (row["order_id"], row["state"]) not in known]
        for each in states:
            if (orders[each.order_no].id, each.state) not in known:
                _check(each, orders[each.order_no], now)
        if new:
            intake_id = open_intake(connection, "states", actor, now)
            insert_missing(connection, order_state, [row | {"intake_id": intake_id} for row in new])
            known |= _known(
                connection, new
            )  # a rival in flight was waited for; whoever was first stands
            ours = {
                (r["order_id"], r["state"])
                for r in new
                if known[r["order_id"], r["state"]].intake_id == intake_id
            }
            changed = sorted(
                {
                    order.customer_id
                    for order in orders.values()
                    if any((order.id, state) in ours for state in STATES)
                }
            )
            insert_rows(connection, changed_customer, [{"customer_id": c} for c in changed])
        else:
            ours = set()
        for row in rows:
            at = known[row["order_id"], row["state"]].at
            if at != row["at"]:
                raise Conflict(
                    f"The order is {row['state']} since {at.isoformat()}; a state is reported once.",
                    code="state_reused",
                    errors=[FieldFault("at", "differs from what is known")],
                )
        return Outcome(len(ours), len(states) - len(ours))


def _check(each: StateIn, order: Any, now: dt.datetime) -> None:
    refuse_impossible("at", each.at, now)
    if each.at < order.paid_at:
        raise InvalidInput(
            "An order is shipped and received after it was paid.",
            code="state_before_order",
            errors=[FieldFault("at", "lies before paid_at of the order")],
        )


def _orders(connection: Connection, numbers: Sequence[str]) -> dict[str, Any]:
    o, found = sales_order.c, {}
    for some in pieces(numbers, CHUNK):
        rows = connection.execute(
            select(o.id, o.order_no, o.customer_id, o.paid_at).where(o.order_no.in_(some))
        )
        found.update({r.order_no: r for r in rows})
    return found


def _known(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[tuple[int, str], Any]:
    s, found = order_state.c, {}
    ids = sorted({row["order_id"] for row in rows})
    for some in pieces(ids, CHUNK):
        found.update(
            {
                (r.order_id, r.state): r
                for r in connection.execute(select(order_state).where(s.order_id.in_(some)))
            }
        )
    return found
