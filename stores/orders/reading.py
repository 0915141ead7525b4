"""Orders as the API and the portals show them, only those the actor may see, and of others only
that there is one (P4, P6, `stores/network/sight.py`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from ledger.journals import transfers_of
from stores.facts.credits import order_credit
from stores.facts.customers import customer
from stores.facts.orders import order_line, order_state, sales_order
from stores.facts.refunds import refund, refund_line
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.sight import Sight
from stores.network.stores import store
from stores.orders.scope import limit_orders
from stores.orders.writing import Recorded

fulfilling = store.alias("fulfilling")


def find(connection: Connection, order_no: str, sight: Sight) -> Any:
    """The order's row with the codes and names of store, dealer and guide, None where they may not
    be named; None when the order is unknown or outside the actor's rows. `fulfilled_by` is the key
    of who ships."""
    return connection.execute(
        limit_orders(_orders(sight), sight.actor).where(sales_order.c.order_no == order_no)
    ).first()


def _orders(sight: Sight) -> Select[Any]:
    o = sales_order.c
    fulfilled_by = func.coalesce(o.fulfilment_store_id, o.store_id)
    return (
        select(
            sales_order,
            store.c.store_code,
            dealer.c.dealer_code,
            guide.c.guide_code,
            store.c.name.label("store_name"),
            dealer.c.name.label("dealer_name"),
            guide.c.name.label("guide_name"),
            customer.c.customer_id.label("customer_text"),
            fulfilling.c.store_code.label("fulfilment_store_code"),
            fulfilling.c.name.label("fulfilment_store_name"),
            fulfilled_by.label("fulfilled_by"),
        )
        .join(customer, customer.c.id == o.customer_id)
        .outerjoin(store, sight.seller(store, o.store_id, o.store_id))
        .outerjoin(dealer, sight.seller(dealer, o.dealer_id, o.store_id))
        .outerjoin(guide, sight.guide(guide, o.guide_id))
        .outerjoin(fulfilling, by_whom(sight, fulfilling))
    )


def by_whom(sight: Sight, table: Any) -> Any:
    """Joins the store that ships or hands over, where it may be named: the seller himself
    always."""
    o = sales_order.c
    return or_(
        and_(
            o.fulfilment_store_id.is_not(None),
            o.fulfilment_store_id != o.store_id,
            sight.store(table, o.fulfilment_store_id),
        ),
        and_(
            or_(o.fulfilment_store_id.is_(None), o.fulfilment_store_id == o.store_id),
            sight.seller(table, o.store_id, o.store_id),
        ),
    )


def as_answer(connection: Connection, row: Any, sight: Sight) -> dict[str, Any]:
    """The order with lines, credits and transfers (CONTRACT 3). To a guide it is a credit of his:
    what the shop books is not told."""
    lines = connection.execute(
        select(order_line).where(order_line.c.order_id == row.id).order_by(order_line.c.line_no)
    )
    states = connection.execute(
        select(order_state.c.state, order_state.c.at)
        .where(order_state.c.order_id == row.id)
        .order_by(order_state.c.at)
    )
    refunds = connection.execute(
        select(refund.c.refund_no, refund.c.refunded_at, refund.c.total_minor)
        .where(refund.c.order_id == row.id)
        .order_by(refund.c.id)
    )
    return {
        "order_no": row.order_no,
        "customer_id": sight.customer(row.customer_text),
        "paid_at": row.paid_at,
        "currency": row.currency,
        "total_minor": row.total_minor,
        "store_code": row.store_code,
        "dealer_code": row.dealer_code,
        "guide_code": row.guide_code,
        "owner_basis": row.owner_basis,
        "guide_basis": row.guide_basis,
        "entry_id": row.entry_id,
        "channel": row.channel,
        "fulfilment_store_code": row.fulfilment_store_code,
        "lines": [_line(each) for each in lines],
        "credits": credits_of(connection, row, None, sight),
        "transfers": _transfers(connection, row, None, sight),
        "states": [{"state": r.state, "at": r.at} for r in states],
        "refunds": [
            {"refund_no": r.refund_no, "refunded_at": r.refunded_at, "amount_minor": r.total_minor}
            for r in refunds
        ],
    }


def _line(line: Any) -> dict[str, Any]:
    """`measure` only of what was weighed or cut."""
    return {
        "line_no": line.line_no,
        "sku": line.sku,
        "category": line.category,
        "quantity": line.quantity,
        "amount_minor": line.amount_minor,
        **({"measure": line.measure} if line.measure is not None else {}),
    }


def new_answer(new: Recorded) -> dict[str, Any]:
    """What `as_answer` says of an order that was recorded this moment, from what was written."""
    plan, order, net = new.plan, new.plan.order, new.snapshot
    store_of = net.by_id.get(plan.terms.store_id) if plan.terms.store_id is not None else None
    codes = {
        "store_id": lambda i: ("store_code", net.by_id[i].code),
        "guide_id": lambda i: ("guide_code", net.guides[i].code),
        "branch_id": lambda i: ("branch_code", store_of.branch_code if store_of else None),
    }
    return {
        "order_no": order.order_no,
        "customer_id": new.customer_id,
        "paid_at": order.paid_at,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "store_code": store_of.code if store_of else None,
        "dealer_code": plan.terms.dealer_code,
        "guide_code": net.guides[plan.guide_id].code if plan.guide_id is not None else None,
        "owner_basis": plan.owner_basis,
        "guide_basis": plan.guide_basis,
        "entry_id": order.entry_id,
        "channel": order.channel,
        "fulfilment_store_code": net.by_id[plan.fulfilment_store_id].code
        if plan.fulfilment_store_id is not None
        else None,
        "lines": [_line(each) for each in sorted(order.lines, key=lambda each: each.line_no)],
        "credits": [
            {
                "kind": c["kind"],
                **dict(code(c[name]) for name, code in codes.items() if c[name] is not None),
                "amount_minor": c["amount_minor"],
            }
            for c in new.credits
        ],
        "transfers": [
            {
                "debit_account": str(t.debit),
                "credit_account": str(t.credit),
                "amount_minor": t.amount_minor,
                "currency": t.debit.currency,
                "kind": t.kind,
            }
            for t in new.transfers
        ],
        "states": [],
        "refunds": [],
    }


def refund_answer(connection: Connection, row: Any, refund_no: str, sight: Sight) -> dict[str, Any]:
    """One refund of the order `row`, with the credits and transfers that it took back."""
    found = connection.execute(
        select(refund).where(refund.c.order_id == row.id, refund.c.refund_no == refund_no)
    ).one()
    lines = connection.execute(
        select(refund_line)
        .where(refund_line.c.refund_id == found.id)
        .order_by(refund_line.c.line_no)
    )
    return {
        "refund_no": refund_no,
        "order_no": row.order_no,
        "refunded_at": found.refunded_at,
        "currency": row.currency,
        "total_minor": found.total_minor,
        "store_code": row.store_code,
        "dealer_code": row.dealer_code,
        "lines": [{"line_no": r.line_no, "amount_minor": r.amount_minor} for r in lines],
        "credits": credits_of(connection, row, found.id, sight),
        "transfers": _transfers(connection, row, found.id, sight),
    }


def credits_of(
    connection: Connection, row: Any, refund_id: int | None, sight: Sight
) -> list[dict[str, Any]]:
    """Whose score the order counts for; a code is None where it may not be named."""
    c, shop = order_credit.c, sales_order.c.store_id
    query = (
        select(
            c.kind,
            c.amount_minor,
            c.store_id,
            c.guide_id,
            c.branch_id,
            store.c.store_code,
            guide.c.guide_code,
            branch.c.branch_code,
        )
        .join(sales_order, sales_order.c.id == c.order_id)
        .outerjoin(
            store,
            or_(
                sight.store(store, c.store_id),
                and_(c.store_id == shop, sight.seller(store, c.store_id, shop)),
            ),
        )
        .outerjoin(guide, sight.guide(guide, c.guide_id))
        .outerjoin(branch, sight.seller(branch, c.branch_id, shop))
        .where(
            c.order_id == row.id,
            c.refund_id.is_(None) if refund_id is None else c.refund_id == refund_id,
        )
        .order_by(c.id)
    )
    return [
        {
            "kind": r.kind,
            **{
                name: code
                for name, key, code in (
                    ("store_code", r.store_id, r.store_code),
                    ("guide_code", r.guide_id, r.guide_code),
                    ("branch_code", r.branch_id, r.branch_code),
                )
                if key is not None
            },
            "amount_minor": r.amount_minor,
        }
        for r in connection.execute(query)
    ]


def _transfers(
    connection: Connection, row: Any, refund_id: int | None, sight: Sight
) -> list[dict[str, Any]]:
    return (
        []
        if sight.actor.scope_kind == "guide"
        else list(transfers_of(connection, order_id=row.id, refund_id=refund_id))
    )
