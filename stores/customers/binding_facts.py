"""The facts that bind a customer, read from his events, deeds and orders (B1-B5, B9-B11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypedDict

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)

from ledger import schema
from stores.base.brand import business_day, day_bounds
from stores.customers.bindings import REASSIGNED, BindingFact
from stores.facts.customer_deed_kinds import customer_deed
from stores.facts.events import event
from stores.facts.orders import sales_order
from stores.facts.reassignments import reassigned_customer, reassignment
from stores.network.binding_rules import Rules
from stores.network.guides import guide
from stores.network.records import GuideRecord, conditions_of
from stores.network.snapshot import Snapshot

CHUNK = 500
_KINDS = {
    "contact.confirmed": "confirmed",
    "contact.deleted_by_customer": "deleted",
    "contact.transferred": "transferred",
    "chat.day": "chatted",
}
LEFT, CHANGED_DEALER, MOVED_ALONE = (
    "guide_left",
    "guide_changed_dealer",
    "guide_moved_alone",
)  # why an owner keeps his customers no longer
MOVED = ("requested", "waiting", "done", None)  # B11: a refused transfer moves nobody


def rules_of(snapshot: Snapshot) -> Rules:
    """What bindings are judged by in this snapshot."""
    return Rules(conditions_of(snapshot.policy), snapshot.closings, snapshot.pauses)


def facts_of(
    connection: Connection, customers: Iterable[int], snapshot: Snapshot
) -> dict[int, list[BindingFact]]:
    """Every binding fact of these customers, from events and orders."""
    found: dict[int, list[BindingFact]] = {c: [] for c in customers}
    for part in chunks(sorted(found)):
        for r in connection.execute(_EVENTS, {"customers": part}):
            if (r.type != "contact.transferred" or r.transfer_state in MOVED) and (
                r.type != "chat.day" or r.replies
            ):
                found[r.customer_id].append(_event_fact(r, snapshot))
        for r in connection.execute(_DEEDS, {"customers": part}):
            found[r.customer_id].append(_deed_fact(r, snapshot))
        for r in connection.execute(_ORDERS, {"customers": part}):
            found[r.customer_id].append(
                order_fact(
                    r.paid_at,
                    r.id,
                    r.order_no,
                    r.link_guide_id,
                    r.store_id,
                    r.guide_id,
                    snapshot,
                    r.received_at,
                )
            )
    return found


_THESE = bindparam("customers", expanding=True)
_EVENTS = select(
    event.c.customer_id,
    event.c.type,
    event.c.occurred_at,
    event.c.id,
    event.c.event_id,
    event.c.guide_id,
    event.c.from_guide_id,
    event.c.transfer_state,
    event.c.replies,
    event.c.received_at,
).where(event.c.customer_id.in_(_THESE), event.c.type.in_(list(_KINDS)))
_ORDERS = select(
    sales_order.c.customer_id,
    sales_order.c.paid_at,
    sales_order.c.id,
    sales_order.c.order_no,
    sales_order.c.link_guide_id,
    sales_order.c.store_id,
    sales_order.c.guide_id,
    sales_order.c.received_at,
).where(sales_order.c.customer_id.in_(_THESE))
_DEED_FACTS = {
    "owner_assigned": "assigned",
    "owner_requested": "wished",
    "home_requested": "home",
    "home_approved": "home",
}
_ALWAYS = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_D, _R = customer_deed.c, reassigned_customer.c
# one statement for deeds of all kinds, and who is a guide himself (B5): an order of a returning
# customer waits for it
_DEEDS = union_all(
    select(
        _D.customer_id,
        _D.kind,
        _D.at,
        _D.id,
        _D.guide_id,
        _D.store_id,
        cast(null(), BigInteger).label("from_store_id"),
        cast(null(), Boolean).label("forced"),
        cast(null(), schema.Instant).label("undone_at"),
    ).where(_D.customer_id.in_(_THESE), _D.kind.in_(list(_DEED_FACTS))),
    select(
        _R.customer_id,
        literal(REASSIGNED, schema.Code(16)),
        _R.at,
        _R.reassignment_id,
        cast(null(), BigInteger),
        _R.to_store_id,
        _R.from_store_id,
        _R.forced,
        reassignment.c.undone_at,
    )
    .join(reassignment, reassignment.c.id == _R.reassignment_id)
    .where(_R.customer_id.in_(_THESE)),
    select(
        guide.c.own_customer_id,
        literal("is_guide", schema.Code(16)),
        cast(null(), schema.Instant),
        guide.c.id,
        guide.c.id,
        cast(null(), BigInteger),
        cast(null(), BigInteger),
        cast(null(), Boolean),
        cast(null(), schema.Instant),
    ).where(guide.c.own_customer_id.in_(_THESE)),
)


def _event_fact(row: object, snapshot: Snapshot) -> BindingFact:
    r: Any = row
    return BindingFact(
        r.occurred_at,
        _KINDS[r.type],
        r.id,
        r.event_id,
        **_work_of(snapshot, r.guide_id, r.occurred_at),
        from_guide_id=r.from_guide_id,
        conditions=snapshot.conditions_at(r.received_at),
        received_at=r.received_at,
    )


def _deed_fact(row: object, snapshot: Snapshot) -> BindingFact:
    r: Any = row
    if r.kind == "is_guide":
        return BindingFact(_ALWAYS, r.kind, r.id, str(r.id), guide_id=r.guide_id)
    if r.kind == REASSIGNED:
        return BindingFact(
            r.at,
            REASSIGNED,
            r.id,
            f"{r.id:012d}",
            store_id=r.store_id,
            from_store_id=r.from_store_id,
            forced=r.forced,
            undone_at=r.undone_at,
        )
    return BindingFact(
        r.at,
        _DEED_FACTS[r.kind],
        r.id,
        f"{r.kind}:{r.id:012d}",
        **_work_of(snapshot, r.guide_id, r.at),
        store_id=r.store_id,
        conditions=snapshot.conditions_at(r.at),
    )


def order_fact(
    at: dt.datetime,
    source_id: int,
    order_no: str,
    link_guide_id: int | None,
    store_id: int | None,
    guide_id: int | None,
    snapshot: Snapshot,
    received_at: dt.datetime | None = None,
) -> BindingFact:
    """`received_at` None: it is being recorded now."""
    return BindingFact(
        at,
        "order",
        source_id,
        order_no,
        **_work_of(snapshot, link_guide_id, at),
        store_id=store_id,
        credited_guide_id=guide_id,
        conditions=snapshot.conditions_at(received_at) if received_at is not None else None,
        received_at=received_at,
    )


def binds(type_: str) -> bool:
    """Whether events of this type are binding facts."""
    return type_ in _KINDS


class _Work(TypedDict, total=False):
    """What a fact says of its guide."""

    guide_id: int | None
    guide_store_id: int
    guide_until: dt.datetime | None
    guide_goes: str
    guide_leaving: bool


def _work_of(snapshot: Snapshot, guide_id: int | None, at: dt.datetime) -> _Work:
    """Where the guide works at that moment, when he stops keeping the customers he gets there
    (None: not known to end) and why, and whether it was known by then that he leaves."""
    guide = snapshot.guides.get(guide_id) if guide_id is not None else None
    day = business_day(at)
    store_id = guide.store_on(day) if guide is not None else None
    if guide is None or store_id is None:
        return _Work(guide_id=guide_id)
    last, why = _last_day_after(guide, day, snapshot)
    return _Work(
        guide_id=guide_id,
        guide_store_id=store_id,
        guide_until=None if last is None else day_bounds(last)[0],
        guide_goes=why,
        guide_leaving=guide.had_given_notice(day, at),
    )


def _last_day_after(
    guide: GuideRecord, day: dt.date, snapshot: Snapshot
) -> tuple[dt.date | None, str]:
    """The first day on which a guide who works on `day` has left (B9), works for another dealer, or
    in a store to which it was decided that his customers do not follow him (B10); and which of
    them."""
    job = guide.job_on(day)
    while job is not None and job.valid_to is not None:
        moved_on = job.valid_to
        following = guide.job_on(moved_on)
        if following is None:
            return moved_on, LEFT
        if _dealer(snapshot, following.store_id, moved_on) != _dealer(
            snapshot, job.store_id, moved_on - dt.timedelta(days=1)
        ):
            return moved_on, CHANGED_DEALER
        if following.store_id != job.store_id and following.customers_follow is False:
            return moved_on, MOVED_ALONE
        job = following
    return None, LEFT


def _dealer(snapshot: Snapshot, store_id: int, day: dt.date) -> int | None:
    store = snapshot.by_id.get(store_id)
    contract = store.contract_on(day) if store is not None else None
    return contract.dealer_id if contract is not None else None


def chunks(ids: list[int]) -> Iterable[list[int]]:
    """As many customers at a time as one statement takes."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
