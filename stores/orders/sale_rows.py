"""The rows of a planned order: itself, its lines, its credits (M8, B12, D4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from ledger.bulk import allocate, insert_rows
from ledger.money import share
from stores.facts.orders import sales_order
from stores.orders.planning import Plan


def insert_orders(
    connection: Connection,
    plans: Sequence[Plan],
    customers: dict[str, int],
    intake_id: int,
    now: dt.datetime,
) -> dict[str, int]:
    """Write the orders themselves; their ids by number."""
    ids = allocate(connection, sales_order, len(plans))
    insert_rows(
        connection,
        sales_order,
        [
            {
                "id": i,
                "order_no": p.order.order_no,
                "customer_id": customers[p.order.customer_id],
                "paid_at": p.order.paid_at,
                "business_day": p.day,
                "currency": p.order.currency,
                "total_minor": p.order.total_minor,
                "store_id": p.terms.store_id,
                "dealer_id": p.terms.dealer_id,
                "contract_id": p.terms.contract_id,
                "owner_basis": p.owner_basis,
                "platform_fee_bp": p.terms.platform_fee_bp,
                "channel_fee_bp": p.terms.channel_fee_bp,
                "collection_mode": p.terms.collection_mode,
                "platform_fee_minor": p.fees.platform_minor,
                "channel_fee_minor": p.fees.channel_minor,
                "entry_id": p.order.entry_id,
                "guide_id": p.guide_id,
                "guide_basis": p.guide_basis,
                "guide_store_id": p.guide_store_id,
                "guide_dealer_id": p.guide_dealer_id,
                "link_guide_id": p.link_guide_id,
                "home_store_id": p.home_store_id,
                "fulfilment_store_id": p.fulfilment_store_id,
                "channel": p.order.channel,
                "delivery": p.order.delivery,
                "freight_minor": p.order.freight_minor,
                "region_code": p.order.region_code,
                "postal_code": p.order.postal_code,
                "intake_id": intake_id,
                "received_at": now,
            }
            for i, p in zip(ids, plans, strict=True)
        ],
    )
    return {p.order.order_no: i for i, p in zip(ids, plans, strict=True)}


def line_rows(p: Plan, order_id: int) -> Iterable[dict[str, Any]]:
    """Fees stand on the order's total and are shared to its lines by largest remainder (D4)."""
    weights = [line.amount_minor for line in p.order.lines]
    platform, channel = share(p.fees.platform_minor, weights), share(p.fees.channel_minor, weights)
    for line, platform_minor, channel_minor in zip(p.order.lines, platform, channel, strict=True):
        yield {
            "order_id": order_id,
            "line_no": line.line_no,
            "sku": line.sku,
            "category": line.category,
            "quantity": line.quantity,
            "amount_minor": line.amount_minor,
            "subsidy_minor": line.subsidy_minor,
            "tax_minor": line.tax_minor,
            "measure": line.measure,
            "platform_fee_minor": platform_minor,
            "channel_fee_minor": channel_minor,
        }


def credit_rows(p: Plan, order_id: int) -> Iterable[dict[str, Any]]:
    """B12: shop, home (when it is another store: its score counts an order once), guide, branch;
    the full order each (weights 100 %)."""
    usual = {
        "order_id": order_id,
        "refund_id": None,
        "store_id": None,
        "guide_id": None,
        "branch_id": None,
        "amount_minor": p.order.total_minor,
        "business_day": p.day,
    }
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
