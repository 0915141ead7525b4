"""Whose figures: an actor's rows (P6), narrowed by codes, as conditions over the keys of the cube's
cells. Unknown codes find nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from stores.base.actors import Actor
from stores.figures import cube, cube_reading
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.scope import contract_in_force, visible_store_ids
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class Within:
    """All of the conditions hold: store among each of `stores`, and these single stores, dealers,
    guides (ids or subqueries of one)."""

    today: dt.date
    stores: tuple[Select[Any], ...] = ()
    store_ids: tuple[Any, ...] = ()
    dealer_ids: tuple[Any, ...] = ()
    guide_ids: tuple[Any, ...] = ()

    @property
    def everybody(self) -> bool:
        return not (self.stores or self.store_ids or self.dealer_ids or self.guide_ids)

    def places(self, keys: Mapping[str, ColumnElement[Any]]) -> Iterable[ColumnElement[bool]]:
        """Over cells of stores: the store led to, the owner of the sale, the dealer it was booked
        for (D12)."""
        yield from (cube_reading.among(keys["store_id"], each) for each in self.stores)
        yield from (keys["store_id"] == each for each in self.store_ids)
        yield from (keys["dealer_id"] == each for each in self.dealer_ids)

    def guides(self, keys: Mapping[str, ColumnElement[Any]]) -> Iterable[ColumnElement[bool]]:
        """Over cells of guides: those whose present store is within, for a dealer a store under
        contract with him today."""
        g, c = guide.c, dealer_contract.c
        yield from (keys["guide_id"] == each for each in self.guide_ids)
        where = [g.store_id.in_(each) for each in self.stores] + [
            g.store_id == each for each in self.store_ids
        ]
        where += [
            g.store_id.in_(
                select(c.store_id).where(c.dealer_id == each, contract_in_force(self.today))
            )
            for each in self.dealer_ids
        ]
        if where:
            found = select(g.id).where(*where)
            yield (
                keys["guide_id"].in_(found)
                if self.store_ids or self.dealer_ids
                else cube_reading.among(keys["guide_id"], found)
            )

    def by(self, wanted: cube_reading.By) -> cube_reading.By:
        """The grain to read single days (`day`) or a sum (`sum`) from: days of the whole chain
        where nobody is named."""
        return "chain" if self.everybody else wanted

    def limits(self, cells: Table) -> cube_reading.Limits:
        if self.everybody:
            return cube_reading.everything
        return self.guides if cells is cube.guide_cell else self.places


def within(
    actor: Actor,
    today: dt.date,
    *,
    branch_code: str | None = None,
    dealer_code: str | None = None,
    store_code: str | None = None,
    guide_code: str | None = None,
) -> Within:
    """What the actor sees of these; a dealer is limited by what was led to and booked for him
    (D12), a guide by himself."""
    stores, store_ids, dealer_ids, guide_ids = [], [], [], []
    if actor.scope_kind == "dealer":
        dealer_ids.append(actor.scope_id)
    elif actor.scope_kind == "store":
        store_ids.append(actor.scope_id)
    elif actor.scope_kind == "guide":
        guide_ids.append(actor.scope_id)
    elif (visible := visible_store_ids(actor, today)) is not None:
        stores.append(visible)
    if branch_code is not None:
        stores.append(stores_below(branch_code))
    if dealer_code is not None:
        dealer_ids.append(_id_of(dealer, dealer_code))
    if store_code is not None:
        store_ids.append(_id_of(store, store_code))
    if guide_code is not None:
        guide_ids.append(_id_of(guide, guide_code))
    return Within(today, tuple(stores), tuple(store_ids), tuple(dealer_ids), tuple(guide_ids))


def stores_below(branch_code: str) -> Select[Any]:
    """The stores of a branch and of all branches under it."""
    own = select(branch.c.path).where(branch.c.branch_code == branch_code).scalar_subquery()
    below = select(branch.c.id).where(func.substr(branch.c.path, 1, func.length(own)) == own)
    return select(store.c.id).where(store.c.branch_id.in_(below))


def _id_of(table: Table, code: str) -> Any:
    return select(table.c.id).where(table.c[f"{table.name}_code"] == code).scalar_subquery()
