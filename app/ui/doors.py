"""Which stores and guides a reader may open, of those that a page names: a branch reads of stores
beyond its own, but gets no door to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from stores.base.actors import Actor
from stores.network.guides import guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store
from stores.orders.lists import visible_numbers


@dataclass(frozen=True, slots=True)
class Doors:
    """Codes and numbers that open; `stores` and `guides` None: all do."""

    stores: frozenset[str] | None
    guides: frozenset[str] | None
    orders: frozenset[str]

    def store(self, code: str | None) -> bool:
        return code is not None and (self.stores is None or code in self.stores)

    def guide(self, code: str | None) -> bool:
        return code is not None and (self.guides is None or code in self.guides)


def of(
    connection: Connection,
    actor: Actor,
    today: dt.date,
    stores: Iterable[str] = (),
    guides: Iterable[str] = (),
    orders: Iterable[str] = (),
) -> Doors:
    """Which of these store, guide and order codes the actor may open, asked in three statements at
    most (P6)."""
    numbers = sorted(set(orders))
    seen_stores, seen_guides = visible_store_ids(actor, today), visible_guide_ids(actor, today)
    open_stores = open_guides = None
    if seen_stores is not None:
        query = select(store.c.store_code).where(
            store.c.store_code.in_(sorted(set(stores))), store.c.id.in_(seen_stores)
        )
        open_stores = frozenset(connection.execute(query).scalars())
    if seen_guides is not None:
        query = select(guide.c.guide_code).where(
            guide.c.guide_code.in_(sorted(set(guides))), guide.c.id.in_(seen_guides)
        )
        open_guides = frozenset(connection.execute(query).scalars())
    return Doors(
        open_stores,
        open_guides,
        frozenset(visible_numbers(connection, actor, numbers)) if numbers else frozenset(),
    )
