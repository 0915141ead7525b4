"""Row scope (P6): from a business code to the surrogate id that limits rows, and the rows that an
actor then sees, as subqueries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    column,
    false,
    func,
    or_,
    select,
    table,
)

from ledger.faults import NotFound
from stores.base.actors import Actor
from stores.network.branches import branch
from stores.network.contracts import dealer_contract
from stores.network.dealers import dealer
from stores.network.guides import guide
from stores.network.stores import store

KINDS = ("branch", "dealer", "store", "guide")


def find_scope(connection: Connection, kind: str, code: str) -> int:
    """The id of a branch, dealer, store or guide. Raises NotFound for an unknown code, KeyError for
    another kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    rows = table(kind, column("id"), column(f"{kind}_code"))
    found = connection.execute(select(rows.c.id).where(rows.c[f"{kind}_code"] == code)).scalar()
    if found is None:
        raise NotFound(f"There is no {kind} {code!r}; import it first or correct the code.")
    return int(found)


def scope_code(connection: Connection, kind: str, scope_id: int) -> str | None:
    """The business code of a scope, for people to read."""
    if kind not in KINDS:
        return None
    rows = table(kind, column("id"), column(f"{kind}_code"))
    return connection.execute(select(rows.c[f"{kind}_code"]).where(rows.c.id == scope_id)).scalar()


# -- which rows an actor sees (P6); None: all of them ----------------------------------------------


def visible_branch_ids(actor: Actor) -> Select[Any] | None:
    """A branch sees its subtree; dealers, stores and guides see no branch."""
    if actor.scope_kind == "all":
        return None
    query = select(branch.c.id)
    return (
        query.where(_below(actor.scope_id))
        if actor.scope_kind == "branch"
        else query.where(false())
    )


def visible_dealer_ids(actor: Actor, today: dt.date) -> Select[Any] | None:
    """A dealer sees himself; a branch the dealers under contract with its stores and those it looks
    after; store and guide none."""
    if actor.scope_kind == "all":
        return None
    query = select(dealer.c.id)
    if actor.scope_kind == "dealer":
        return query.where(dealer.c.id == actor.scope_id)
    if actor.scope_kind == "branch":
        own = select(branch.c.id).where(_below(actor.scope_id))
        under_contract = (
            select(dealer_contract.c.dealer_id)
            .join(store, store.c.id == dealer_contract.c.store_id)
            .where(store.c.branch_id.in_(own), contract_in_force(today))
        )
        return query.where(or_(dealer.c.branch_id.in_(own), dealer.c.id.in_(under_contract)))
    return query.where(false())


def visible_store_ids(actor: Actor, today: dt.date) -> Select[Any] | None:
    """A branch: stores of its subtree; a dealer: those under contract with him today; a store and a
    guide: the own one."""
    if actor.scope_kind == "all":
        return None
    query = select(store.c.id)
    if actor.scope_kind == "branch":
        return query.where(store.c.branch_id.in_(select(branch.c.id).where(_below(actor.scope_id))))
    if actor.scope_kind == "dealer":
        return query.where(
            store.c.id.in_(
                select(dealer_contract.c.store_id).where(
                    dealer_contract.c.dealer_id == actor.scope_id, contract_in_force(today)
                )
            )
        )
    if actor.scope_kind == "store":
        return query.where(store.c.id == actor.scope_id)
    if actor.scope_kind == "guide":
        return query.where(
            store.c.id.in_(select(guide.c.store_id).where(guide.c.id == actor.scope_id))
        )
    return query.where(false())


def visible_guide_ids(actor: Actor, today: dt.date) -> Select[Any] | None:
    """A guide sees himself, everybody else the guides of the stores he sees."""
    if actor.scope_kind == "guide":
        return select(guide.c.id).where(guide.c.id == actor.scope_id)
    stores = visible_store_ids(actor, today)
    return None if stores is None else select(guide.c.id).where(guide.c.store_id.in_(stores))


def seen_codes(
    connection: Connection, actor: Actor, today: dt.date, kind: str, codes: Collection[str]
) -> Collection[str]:
    """Those of the codes of branches, dealers, stores or guides (`kind` in the singular) that the
    actor sees."""
    rows = {"branch": branch, "dealer": dealer, "store": store, "guide": guide}[kind]
    visible = (
        visible_branch_ids(actor)
        if kind == "branch"
        else {"dealer": visible_dealer_ids, "store": visible_store_ids, "guide": visible_guide_ids}[
            kind
        ](actor, today)
    )
    if visible is None or not codes:
        return codes
    code = rows.c[f"{kind}_code"]
    return set(
        connection.execute(
            select(code).where(code.in_(sorted(codes)), rows.c.id.in_(visible))
        ).scalars()
    )


def contract_in_force(today: dt.date) -> ColumnElement[bool]:
    """The contract known now that holds today; at most one for each store."""
    c = dealer_contract.c
    return and_(
        c.version_to.is_(None),
        or_(c.valid_from.is_(None), c.valid_from <= today),
        or_(c.valid_to.is_(None), c.valid_to > today),
    )


def _below(branch_id: int | None) -> ColumnElement[bool]:
    """The branch itself and everything under it: paths that begin with its own."""
    top = branch.alias("top")
    own = select(top.c.path).where(top.c.id == branch_id).scalar_subquery()
    return func.substr(branch.c.path, 1, func.length(own)) == own
