"""Recording orders: set-based, in one short transaction that checks what the plan was built on (M8, M9, M21, D1).

Plans are made outside the write; the write checks that the network, the order numbers and every customer are still as planned. When
they are not, it plans again, at the third try under the locks. Orders and files take the same way: a call is a file of one.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

import db
from ledger.bulk import allocate, insert_rows
from ledger.faults import Conflict
from ledger.intakes import open_intake
from ledger.journals import post
from ledger.money import share
from ledger.upsert import insert_missing
from stores import network, people, rebinding, versions
from stores.changes import changed_customer
from stores.credits import order_credit
from stores.orders import order_key, order_line, sales_order
from stores.sales.books import order_journal
from stores.sales.inputs import OrderIn
from stores.sales.planning import Known, Plan, plan

TRIES = 4
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many orders (or refunds) were new, and how many were known with the same content."""

    new: int
    unchanged: int


class OrderReused(Conflict):
    """The order number is known with another content."""

    code = "order_reused"


class _Moved(Exception):
    """What the plan was built on has changed."""


def record_orders(orders: Sequence[OrderIn], *, actor: str, now: dt.datetime, progress: Progress | None = None,
                  then: Callable[[], None] | None = None) -> Outcome:
    """Record orders that are new, in one transaction: order, lines, credits, transfers, bindings. Joins an open transaction. `then` is
    called inside it, after the orders: what it writes stands or falls with them.

    The same number with the same content counts as unchanged. Raises OrderReused, InvalidInput; then nothing is written."""
    twice = {o.order_no for o in orders}
    if len(twice) != len(orders):
        raise ValueError("an order number stands twice in one call")
    for attempt in range(1, TRIES + 1):
        if attempt < 3:
            with db.read() as connection:
                prepared = _prepare(connection, orders)
            if not prepared.plans and then is None:
                return Outcome(0, len(orders))
        try:
            with db.transaction() as connection:
                if attempt >= 3:
                    _lock_all(connection, orders, now)
                    prepared = _prepare(connection, orders)
                _write(connection, prepared, actor, now, progress)
                if then is not None:
                    then()
                return Outcome(len(prepared.plans), len(orders) - len(prepared.plans))
        except _Moved:
            if attempt == TRIES:
                raise Conflict("The order's customer or the network kept changing; send it once more.", code="busy") from None
    raise AssertionError


@dataclass(frozen=True, slots=True)
class _Prepared:
    plans: list[Plan]
    known: Known
    network_version: int


def _prepare(connection: Connection, orders: Sequence[OrderIn]) -> _Prepared:
    new = _new_ones(connection, orders)
    snapshot = network.snapshot(versions.current(connection))
    plans, known = plan(connection, new, snapshot) if new else ([], Known({}, {}, {}, {}))
    return _Prepared(plans, known, snapshot.version)


def _new_ones(connection: Connection, orders: Sequence[OrderIn]) -> list[OrderIn]:
    """M9: known numbers are compared by content before anything is routed."""
    hashes = known_hashes(connection, [o.order_no for o in orders])
    for order in orders:
        if order.order_no in hashes and hashes[order.order_no] != order.body_hash():
            raise OrderReused(f"The order {order.order_no!r} is known with another content; nothing was written. An order is not changed: "
                              "send a refund, or use a new number.")
    return [o for o in orders if o.order_no not in hashes]


def known_hashes(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    """Body hashes of the order numbers that are known."""
    found: dict[str, str] = {}
    for start in range(0, len(numbers), 500):
        rows = connection.execute(select(order_key).where(order_key.c.order_no.in_(numbers[start:start + 500])))
        found |= {r.order_no: r.body_hash for r in rows}
    return found


def _lock_all(connection: Connection, orders: Sequence[OrderIn], now: dt.datetime) -> None:
    """For the pessimistic try: create the customers that are missing and hold every state row."""
    found = people.find(connection, (("customer_id", o.customer_id) for o in orders))
    missing = sorted({o.customer_id for o in orders} - {value for _, value in found})
    people.create(connection, [[("customer_id", each)] for each in missing], now)
    people.lock(connection, people.find(connection, (("customer_id", o.customer_id) for o in orders)).values())


def _write(connection: Connection, prepared: _Prepared, actor: str, now: dt.datetime, progress: Progress | None) -> None:
    plans, known = prepared.plans, prepared.known
    if not plans:
        return
    if versions.current(connection).network != prepared.network_version:
        raise _Moved
    insert_missing(connection, order_key, [{"order_no": p.order.order_no, "body_hash": p.body_hash} for p in sorted(plans, key=lambda p: p.order.order_no)])
    if known_hashes(connection, [p.order.order_no for p in plans]) != {p.order.order_no: p.body_hash for p in plans} or _already(connection, plans):
        raise _Moved
    customers = _customers(connection, plans, known, now)
    intake_id = open_intake(connection, "orders", actor, now)
    ids = _insert_orders(connection, plans, customers, intake_id, now)
    insert_rows(connection, order_line, [row for p in plans for row in _lines(p, ids[p.order.order_no])])
    insert_rows(connection, order_credit, [row for p in plans for row in credit_rows(p, ids[p.order.order_no])])
    post(connection, [order_journal(ids[p.order.order_no], p.order.order_no, p.order.total_minor, p.order.currency, p.fees, p.terms,
                                    p.order.paid_at, p.day) for p in plans], intake_id=intake_id, now=now)
    _rebind(connection, plans, customers, ids, known, now)
    insert_rows(connection, changed_customer, [{"customer_id": c} for c in sorted(set(customers.values()))])
    if progress is not None:
        progress(len(plans), len(plans))


def _already(connection: Connection, plans: Sequence[Plan]) -> bool:
    """A rival wrote one of these orders between plan and write (the key table alone cannot tell him from us)."""
    numbers = [p.order.order_no for p in plans]
    return any(connection.execute(select(sales_order.c.id).where(sales_order.c.order_no.in_(numbers[start:start + 500])).limit(1)).first() is not None
               for start in range(0, len(numbers), 500))


def _customers(connection: Connection, plans: Sequence[Plan], known: Known, now: dt.datetime) -> dict[str, int]:
    """Surrogates by outside id: those planned on must be unchanged since, the others must still be new."""
    planned = {p.order.customer_id: p.customer for p in plans}
    locked = people.lock(connection, (c for c in planned.values() if c is not None))
    if any(locked.get(c) != known.states[c].rv for c in planned.values() if c is not None and c in known.states):
        raise _Moved
    new = sorted(text_ for text_, c in planned.items() if c is None)
    if people.find(connection, (("customer_id", each) for each in new)):
        raise _Moved
    made = people.create(connection, [[("customer_id", each)] for each in new], now)
    return {**{text_: c for text_, c in planned.items() if c is not None}, **made}


def _insert_orders(connection: Connection, plans: Sequence[Plan], customers: dict[str, int], intake_id: int, now: dt.datetime) -> dict[str, int]:
    ids = allocate(connection, sales_order, len(plans))
    insert_rows(connection, sales_order, [{
        "id": i, "order_no": p.order.order_no, "customer_id": customers[p.order.customer_id], "paid_at": p.order.paid_at, "business_day": p.day,
        "currency": p.order.currency, "total_minor": p.order.total_minor, "store_id": p.terms.store_id, "dealer_id": p.terms.dealer_id,
        "contract_id": p.terms.contract_id, "owner_basis": p.owner_basis, "platform_fee_bp": p.terms.platform_fee_bp,
        "channel_fee_bp": p.terms.channel_fee_bp, "collection_mode": p.terms.collection_mode, "platform_fee_minor": p.fees.platform_minor,
        "channel_fee_minor": p.fees.channel_minor, "entry_id": p.order.entry_id, "guide_id": p.guide_id, "guide_basis": p.guide_basis,
        "guide_store_id": p.guide_store_id, "guide_dealer_id": p.guide_dealer_id, "link_guide_id": p.link_guide_id, "home_store_id": p.home_store_id,
        "channel": p.order.channel, "delivery": p.order.delivery, "freight_minor": p.order.freight_minor, "region_code": p.order.region_code,
        "postal_code": p.order.postal_code, "intake_id": intake_id, "received_at": now} for i, p in zip(ids, plans, strict=True)])
    return {p.order.order_no: i for i, p in zip(ids, plans, strict=True)}


def _lines(p: Plan, order_id: int) -> Iterable[dict[str, Any]]:
    """Fees stand on the order's total and are shared to its lines by largest remainder (D4)."""
    weights = [line.amount_minor for line in p.order.lines]
    platform, channel = share(p.fees.platform_minor, weights), share(p.fees.channel_minor, weights)
    for line, platform_minor, channel_minor in zip(p.order.lines, platform, channel, strict=True):
        yield {"order_id": order_id, "line_no": line.line_no, "sku": line.sku, "category": line.category, "quantity": line.quantity,
               "amount_minor": line.amount_minor, "subsidy_minor": line.subsidy_minor, "tax_minor": line.tax_minor,
               "platform_fee_minor": platform_minor, "channel_fee_minor": channel_minor}


def credit_rows(p: Plan, order_id: int) -> Iterable[dict[str, Any]]:
    """B12: shop, home (when it is another store: its score counts an order once), guide, branch; the full order each (weights 100 %)."""
    usual = {"order_id": order_id, "refund_id": None, "store_id": None, "guide_id": None, "branch_id": None, "amount_minor": p.order.total_minor,
             "business_day": p.day}
    if p.order.total_minor == 0:
        return
    if p.terms.store_id is not None:
        yield {**usual, "kind": "shop", "store_id": p.terms.store_id}
    if p.home_store_id is not None and p.home_store_id != p.terms.store_id:
        yield {**usual, "kind": "home", "store_id": p.home_store_id}
    if p.guide_id is not None:
        yield {**usual, "kind": "guide", "guide_id": p.guide_id}
    if p.branch_id is not None:
        yield {**usual, "kind": "branch", "branch_id": p.branch_id}


def _rebind(connection: Connection, plans: Sequence[Plan], customers: dict[str, int], ids: dict[str, int], known: Known, now: dt.datetime) -> None:
    """Fold the new orders into the customers' bindings."""
    snapshot = network.snapshot(versions.current(connection))
    facts = {c: list(known.facts.get(c, ())) for c in customers.values()}
    for p in plans:
        facts[customers[p.order.customer_id]].append(rebinding.order_fact(
            p.order.paid_at, ids[p.order.order_no], p.link_guide_id, p.terms.store_id, p.guide_id, snapshot))
    rebinding.rewrite(connection, facts, snapshot.policy, now)
