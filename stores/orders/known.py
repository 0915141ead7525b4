"""What planning orders reads of the customers: their state, entries and visits (M8, M21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select

from stores.customers import binding_facts
from stores.customers.bindings import BindingFact
from stores.facts.customers import customer_state
from stores.facts.decision import State
from stores.facts.entries import entry
from stores.facts.entry_records import STATE_FIELDS
from stores.network.snapshot import Snapshot
from stores.orders.inputs import OrderIn


@dataclass(slots=True)
class Known:
    """What planning reads before it decides, by surrogate or outside id."""

    customers: Mapping[str, int]
    states: dict[int, State]
    entries: dict[str, Visited]
    visits: dict[int, list[Visited]]
    facts: dict[int, list[BindingFact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visited:
    customer: int
    store_id: int | None
    at: dt.datetime
    rung: str
    param_guide_id: int | None


def known_of(
    connection: Connection,
    orders: Sequence[OrderIn],
    snapshot: Snapshot,
    customers: Mapping[str, int],
    lock: bool,
) -> Known:
    """States, entries, visits and binding facts of the customers (number in the order: id);
    `lock`: their states are locked, in the order of ids."""
    ids = sorted(set(customers.values()))
    states: dict[int, State] = {}
    for part in _chunks(ids):
        states |= {
            r[0]: State(*r[1:])
            for r in connection.execute(_LOCKED_STATES if lock else _STATES, {"customers": part})
        }
    familiar = [
        c for c in ids if c not in states or states[c].rv > 0
    ]  # nothing was ever recorded of the others
    entries = _entries(connection, {o.entry_id for o in orders if o.entry_id is not None})
    reach = dt.timedelta(
        days=max(snapshot.policy.touch_days, snapshot.policy.order_visit_hours // 24 + 1)
    )
    moments = [o.paid_at for o in orders]
    visits = _visits(connection, familiar, min(moments) - reach, max(moments)) if moments else {}
    return Known(
        customers,
        states,
        entries,
        visits,
        {c: [] for c in ids} | binding_facts.facts_of(connection, familiar, snapshot),
    )


_THESE = bindparam("customers", expanding=True)
_STATES = select(customer_state.c.customer_id, *(customer_state.c[n] for n in STATE_FIELDS)).where(
    customer_state.c.customer_id.in_(_THESE)
)
_LOCKED_STATES = _STATES.order_by(customer_state.c.customer_id).with_for_update()
_VISITS = (
    select(
        entry.c.customer_id,
        entry.c.store_id,
        entry.c.occurred_at,
        entry.c.rung,
        entry.c.param_guide_id,
    )
    .where(
        entry.c.customer_id.in_(_THESE),
        entry.c.occurred_at >= bindparam("since"),
        entry.c.occurred_at <= bindparam("until"),
    )
    .order_by(entry.c.occurred_at, entry.c.id)
)


def _entries(connection: Connection, wanted: set[str]) -> dict[str, Visited]:
    found: dict[str, Visited] = {}
    e = entry.c
    for part in _chunks(sorted(wanted)):
        rows = connection.execute(
            select(
                e.entry_id, e.customer_id, e.store_id, e.occurred_at, e.rung, e.param_guide_id
            ).where(e.entry_id.in_(part))
        )
        found |= {
            r.entry_id: Visited(r.customer_id, r.store_id, r.occurred_at, r.rung, r.param_guide_id)
            for r in rows
        }
    return found


def _visits(
    connection: Connection, customers: list[int], since: dt.datetime, until: dt.datetime
) -> dict[int, list[Visited]]:
    """The customers' visits in that time, the last one last."""
    found: dict[int, list[Visited]] = {}
    for part in _chunks(customers):
        for r in connection.execute(_VISITS, {"customers": part, "since": since, "until": until}):
            found.setdefault(r.customer_id, []).append(
                Visited(r.customer_id, r.store_id, r.occurred_at, r.rung, r.param_guide_id)
            )
    return found


def _chunks(ids: list[Any]) -> list[list[Any]]:
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]
