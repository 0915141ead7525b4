"""Whose rows the demo's users see."""

from __future__ import annotations

from sqlalchemy import func, select

import db
from stores.facts.orders import sales_order
from stores.network.guides import guide
from stores.network.stores import store


def busiest() -> dict[str | None, int | None]:
    """Whose rows each limited role sees: the busiest dealer, the guide who sells most for him, that
    guide's store and its branch."""
    o = sales_order.c
    with db.read() as connection:
        dealer_id = connection.execute(
            select(o.dealer_id)
            .where(o.dealer_id.is_not(None))
            .group_by(o.dealer_id)
            .order_by(func.count().desc(), o.dealer_id)
            .limit(1)
        ).scalar_one()
        seller = connection.execute(
            select(guide.c.id, o.guide_store_id)
            .join(guide, guide.c.id == o.guide_id)
            .where(
                o.dealer_id == dealer_id, o.guide_dealer_id == dealer_id, guide.c.role == "guide"
            )
            .group_by(guide.c.id, o.guide_store_id)
            .order_by(func.count().desc(), guide.c.id)
            .limit(1)
        ).one()
        branch_id = connection.execute(
            select(store.c.branch_id).where(store.c.id == seller.guide_store_id)
        ).scalar_one()
    return {
        None: None,
        "dealer": dealer_id,
        "guide": seller.id,
        "store": seller.guide_store_id,
        "branch": branch_id,
    }
