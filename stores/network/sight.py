"""What an actor may see named of the rows that are his: of stores, guides, dealers and branches
beyond them he learns that there is one, not which (P4, P6).

A row of his may point at others: the home store of a customer who buys here, the guide who earns
the credit, the stores that a visit weighed. Queries join such a thing `on` a condition from here,
so that what may not be named never leaves the database; its key stays beside it and says that there
is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, or_, select

from stores.base.actors import SYSTEM, Actor
from stores.network.contracts import dealer_contract
from stores.network.guides import employment, guide
from stores.network.scope import visible_guide_ids, visible_store_ids
from stores.network.stores import store


def masked(text: str | None) -> str:
    """`wx-open-001` -> `wx****01`: enough to tell two apart, too little to find somebody by."""
    if not text:
        return ""
    return f"{text[:2]}****{text[-2:]}" if len(text) > 4 else f"{text[:1]}****"


@dataclass(frozen=True, slots=True)
class Sight:
    """`stores`, `guides`: ids that may be named, None: all."""

    actor: Actor
    stores: Select[Any] | None
    guides: Select[Any] | None

    @property
    def whole(self) -> bool:
        return self.actor.scope_kind == "all"

    def store(self, table: FromClause, key: Any) -> ColumnElement[bool]:
        """Joins the store of a key where it may be named."""
        return _among(table, key, self.stores)

    def guide(self, table: FromClause, key: Any) -> ColumnElement[bool]:
        """Joins the guide of a key where he may be named: who works or worked for the actor."""
        return _among(table, key, self.guides)

    def seller(self, table: FromClause, key: Any, store_key: Any) -> ColumnElement[bool]:
        """Joins the store, dealer or branch whose sale or visit a row is. Whoever has the row by
        its owner knows them; a guide has rows of his customers in other stores too, and does
        not."""
        return (
            and_(table.c.id == key, store_key.in_(self.stores))
            if self.actor.scope_kind == "guide" and self.stores is not None
            else table.c.id == key
        )

    def stores_among(self, connection: Connection, ids: Iterable[int | None]) -> Collection[int]:
        """Those of the stores that may be named."""
        wanted = {i for i in ids if i is not None}
        if self.stores is None or not wanted:
            return wanted
        return set(
            connection.execute(
                select(store.c.id).where(store.c.id.in_(wanted), store.c.id.in_(self.stores))
            ).scalars()
        )

    def customer(self, customer_id: str) -> str:
        """The id as this actor reads it; without a limit it is the brand's own, else the mask that
        pages show."""
        return customer_id if self.whole else masked(customer_id)


EVERYTHING = Sight(SYSTEM, None, None)


def of(actor: Actor, today: dt.date) -> Sight:
    return Sight(actor, visible_store_ids(actor, today), nameable_guide_ids(actor, today))


def nameable_guide_ids(actor: Actor, today: dt.date) -> Select[Any] | None:
    """Whom the actor sees today, and who worked for him once: a branch's and a store's by the
    store, a dealer's by the days of his contract."""
    now, e, c = visible_guide_ids(actor, today), employment.c, dealer_contract.c
    if now is None or actor.scope_kind == "guide":
        return now
    worked = select(e.guide_id).where(e.version_to.is_(None))
    if actor.scope_kind == "dealer":
        worked = worked.join(dealer_contract, c.store_id == e.store_id).where(
            c.dealer_id == actor.scope_id,
            c.version_to.is_(None),
            or_(c.valid_from.is_(None), e.valid_to.is_(None), c.valid_from < e.valid_to),
            or_(c.valid_to.is_(None), e.valid_from.is_(None), e.valid_from < c.valid_to),
        )
    else:
        worked = worked.where(e.store_id.in_(_own_stores(actor, today)))
    return select(guide.c.id).where(or_(guide.c.id.in_(now), guide.c.id.in_(worked)))


def _own_stores(actor: Actor, today: dt.date) -> Select[Any]:
    seen = visible_store_ids(actor, today)
    return select(store.c.id) if seen is None else seen


def _among(table: FromClause, key: Any, ids: Select[Any] | None) -> ColumnElement[bool]:
    return table.c.id == key if ids is None else and_(table.c.id == key, table.c.id.in_(ids))
