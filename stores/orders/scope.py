"""Which orders an actor sees (P6): by frozen dealer and store, a guide those credited to him (D12:
a sold store's old orders stay)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, false, select

from stores.base.actors import Actor
from stores.facts.orders import sales_order
from stores.network.branches import branch
from stores.network.stores import store


def limit_orders(query: Select[Any], actor: Actor) -> Select[Any]:
    o = sales_order.c
    if actor.scope_kind == "all":
        return query
    if actor.scope_kind == "dealer":
        return query.where(o.dealer_id == actor.scope_id)
    if actor.scope_kind == "store":
        return query.where(o.store_id == actor.scope_id)
    if actor.scope_kind == "guide":
        return query.where(o.guide_id == actor.scope_id)
    if actor.scope_kind == "branch":
        own = select(branch.c.path).where(branch.c.id == actor.scope_id).scalar_subquery()
        return query.where(
            o.store_id.in_(
                select(store.c.id)
                .join(branch, branch.c.id == store.c.branch_id)
                .where(branch.c.path.startswith(own))
            )
        )
    return query.where(false())
