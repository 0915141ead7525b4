"""Recording orders: set-based, in one short transaction (M8, M9, M21, D1). A call of the API is a
file of one.

A few orders are planned under their customers' locks, so that everything is read once. Many are
planned outside the write, which then checks that the policy, the network, the order numbers and
every customer are still as planned; when they are not, it plans again, at the third try under the
locks too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

import db
from ledger.bulk import insert_rows
from ledger.faults import Conflict, FieldFault
from ledger.intakes import open_intake
from ledger.journals import Transfer, post
from ledger.pieces import pieces
from ledger.upsert import insert_missing
from stores.base import versions
from stores.base.accepted_numbers import refuse_taken
from stores.base.receipt import refuse_impossible
from stores.base.versions import Versions
from stores.customers import binding_facts, people, rebinding
from stores.customers.people import Named
from stores.facts.changes import changed_customer
from stores.facts.credits import order_credit
from stores.facts.orders import order_key, order_line, sales_order
from stores.network import network
from stores.network.snapshot import Snapshot
from stores.orders.books import order_journal
from stores.orders.differences import order_differences
from stores.orders.inputs import OrderIn
from stores.orders.known import Known
from stores.orders.planning import Plan, plan
from stores.orders.sale_rows import credit_rows, insert_orders, line_rows

TRIES = 3
FEW = 20  # orders


@dataclass(frozen=True, slots=True)
class Recorded:
    """A new order as it was written."""

    order_id: int
    customer_id: str
    plan: Plan
    snapshot: Snapshot
    credits: tuple[dict[str, Any], ...]
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many orders (or refunds) were new, and how many were known with the same content.
    `recorded`: the new ones, of a few."""

    new: int
    unchanged: int
    recorded: tuple[Recorded, ...] = ()


class OrderReused(Conflict):
    """The order number is known with another content."""

    code = "order_reused"


class _Moved(Exception):
    """What the plan was built on has changed."""


def record_orders(
    orders: Sequence[OrderIn],
    *,
    actor: str,
    now: dt.datetime,
    then: Callable[[Connection], None] | None = None,
    accepted: bool = False,
) -> Outcome:
    """Record orders that are new, in one transaction: order, lines, credits, transfers, bindings.
    Joins an open transaction. `then` is called inside it, after the orders: what it writes stands
    or falls with them. `accepted`: their file was accepted, the numbers are theirs.

    The same number with the same content counts as unchanged. Raises OrderReused, ImpossibleTime,
    InvalidInput, Busy; then nothing is written."""
    given = {o.order_no: o for o in orders}
    if len(given) != len(orders):
        raise ValueError("an order number stands twice in one call")
    hashes = {o.order_no: o.body_hash() for o in orders}
    for attempt in range(1, TRIES + 1):
        locked = len(orders) <= FEW or attempt == TRIES
        prepared = None if locked else _prepared(orders, hashes, now)
        if prepared is not None and not prepared.plans and then is None:
            return Outcome(0, len(orders))
        try:
            with db.transaction() as connection:
                if prepared is None:
                    ready = _locked(connection, orders, hashes, now, accepted)
                else:
                    ready = _checked(connection, prepared, hashes, now, accepted)
                recorded = _write(connection, ready, actor, now) if ready.plans else ()
                if then is not None:
                    then(connection)
                return Outcome(
                    len(recorded),
                    len(orders) - len(recorded),
                    recorded if len(orders) <= FEW else (),
                )
        except _Moved:
            continue
    raise AssertionError("under the locks nothing moves")


@dataclass(frozen=True, slots=True)
class _Ready:
    """Plans that can be written: every customer exists (once `_checked`), their states are
    locked."""

    plans: list[Plan]
    known: Known
    at: Versions
    snapshot: Snapshot
    customers: dict[str, Named]


def _prepared(orders: Sequence[OrderIn], hashes: Mapping[str, str], now: dt.datetime) -> _Ready:
    """Plans of what is new, made without any lock."""
    with db.read() as connection:
        at = versions.current(connection)
        new = _new_ones(connection, orders, hashes, known_hashes(connection, list(hashes)), now)
        customers = people.by_customer_id(connection, {o.customer_id for o in new})
        snapshot = network.snapshot(at)
        return _Ready(*plan(connection, new, snapshot, _ids(customers)), at, snapshot, customers)


def _checked(
    connection: Connection,
    prepared: _Ready,
    hashes: Mapping[str, str],
    now: dt.datetime,
    accepted: bool,
) -> _Ready:
    """The plans once more, if nothing has changed that they were built on. Raises _Moved."""
    numbers = [p.order.order_no for p in prepared.plans]
    if versions.current(connection) != prepared.at or _claim(connection, numbers, hashes, accepted):
        raise _Moved
    strangers = {p.order.customer_id for p in prepared.plans} - prepared.customers.keys()
    if people.by_customer_id(connection, strangers):
        raise _Moved
    made = _created(connection, strangers, now)
    revisions = people.lock(connection, [each.id for each in (prepared.customers | made).values()])
    if any(
        revisions.get(customer) != state.rv for customer, state in prepared.known.states.items()
    ):
        raise _Moved
    return replace(prepared, customers=prepared.customers | made)


def _locked(
    connection: Connection,
    orders: Sequence[OrderIn],
    hashes: Mapping[str, str],
    now: dt.datetime,
    accepted: bool,
) -> _Ready:
    """Plans of what is new, made while nobody else can change their customers."""
    new = _new_ones(
        connection, orders, hashes, _claim(connection, list(hashes), hashes, accepted), now
    )
    at = versions.current(connection)
    snapshot = network.snapshot(at)
    wanted = {o.customer_id for o in new}
    customers = people.by_customer_id(connection, wanted)
    customers |= _created(connection, wanted - customers.keys(), now)
    return _Ready(
        *plan(connection, new, snapshot, _ids(customers), lock=True), at, snapshot, customers
    )


def _created(
    connection: Connection, strangers: Iterable[str], now: dt.datetime
) -> dict[str, Named]:
    return {
        text: Named(i, text)
        for text, i in people.create(
            connection, [[("customer_id", each)] for each in strangers], now
        ).items()
    }


def _ids(customers: Mapping[str, Named]) -> dict[str, int]:
    return {text: each.id for text, each in customers.items()}


def _new_ones(
    connection: Connection,
    orders: Sequence[OrderIn],
    hashes: Mapping[str, str],
    known: Mapping[str, str],
    now: dt.datetime,
) -> list[OrderIn]:
    """M9: known numbers are compared by content before anything is routed. New ones must be
    possible (N5)."""
    for number, body_hash in known.items():
        if body_hash != hashes[number]:
            other = order_differences(connection, next(o for o in orders if o.order_no == number))
            raise OrderReused(
                f"The order {number!r} is known with another content; nothing was written. An "
                "order is not changed: "
                "send a refund, or use a new number.",
                errors=[FieldFault("order_no", "is known with another content"), *other],
            )
    new = [o for o in orders if o.order_no not in known]
    for each in new:
        refuse_impossible("paid_at", each.paid_at, now)
    return new


def _claim(
    connection: Connection, numbers: Sequence[str], hashes: Mapping[str, str], accepted: bool
) -> dict[str, str]:
    """Take the numbers for this transaction; body hashes of those that are recorded already. A
    rival in flight is waited for. Raises Busy."""
    insert_missing(
        connection, order_key, [{"order_no": n, "body_hash": hashes[n]} for n in sorted(numbers)]
    )
    if not accepted:
        refuse_taken(connection, {"order": numbers})
    return known_hashes(connection, numbers)


def known_hashes(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    """Body hashes of the order numbers that are recorded (a key alone may be this transaction's
    own)."""
    found: dict[str, str] = {}
    for some in pieces(numbers, 500):
        found |= {r[0]: r[1] for r in connection.execute(_RECORDED, {"numbers": some})}
    return found


_RECORDED = (
    select(order_key.c.order_no, order_key.c.body_hash)
    .join(sales_order, sales_order.c.order_no == order_key.c.order_no)
    .where(order_key.c.order_no.in_(bindparam("numbers", expanding=True)))
)


def _write(
    connection: Connection, ready: _Ready, actor: str, now: dt.datetime
) -> tuple[Recorded, ...]:
    plans, customers = ready.plans, _ids(ready.customers)
    intake_id = open_intake(connection, "orders", actor, now)
    ids = insert_orders(connection, plans, customers, intake_id, now)
    insert_rows(
        connection, order_line, [row for p in plans for row in line_rows(p, ids[p.order.order_no])]
    )
    credits = {i: tuple(credit_rows(p, i)) for p in plans for i in [ids[p.order.order_no]]}
    insert_rows(connection, order_credit, [row for rows in credits.values() for row in rows])
    journals = [
        order_journal(
            ids[p.order.order_no],
            p.order.order_no,
            p.order.total_minor,
            p.order.currency,
            p.fees,
            p.terms,
            p.order.paid_at,
            p.day,
        )
        for p in plans
    ]
    post(connection, journals, intake_id=intake_id, now=now)
    _rebind(connection, ready, ids, now)
    insert_rows(
        connection, changed_customer, [{"customer_id": c} for c in sorted(set(customers.values()))]
    )
    return tuple(
        Recorded(
            ids[p.order.order_no],
            ready.customers[p.order.customer_id].customer_id,
            p,
            ready.snapshot,
            credits[ids[p.order.order_no]],
            j.transfers,
        )
        for p, j in zip(plans, journals, strict=True)
    )


def _rebind(connection: Connection, ready: _Ready, ids: dict[str, int], now: dt.datetime) -> None:
    """Fold the new orders into the customers' bindings."""
    facts = {c.id: list(ready.known.facts.get(c.id, ())) for c in ready.customers.values()}
    for p in ready.plans:
        facts[ready.customers[p.order.customer_id].id].append(
            p.fact(ids[p.order.order_no], ready.snapshot)
        )
    unbound = {each.id for each in ready.customers.values() if not ready.known.facts.get(each.id)}
    rebinding.rewrite(connection, facts, binding_facts.rules_of(ready.snapshot), now, unbound)
