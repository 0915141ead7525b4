"""Branches as a list, page by page; only rows the actor sees (P6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from stores.base.actors import Actor
from stores.base.ordering import Order, ordered
from stores.network.branches import branch
from stores.network.dealers import dealer
from stores.network.found_by import holds
from stores.network.scope import (
    visible_branch_ids,
)
from stores.network.stores import store


def branches(
    connection: Connection, actor: Actor, words: str | None, order: Order
) -> Sequence[Row[Any]]:
    """`stores` in service of the branch and all under it, `dealers` it looks after itself, `depth`
    from 1."""
    inside, parent = branch.alias("inside"), branch.alias("parent")
    held = (
        select(func.count())
        .select_from(store.join(inside, inside.c.id == store.c.branch_id))
        .where(
            store.c.status != "closed",
            func.substr(inside.c.path, 1, func.length(branch.c.path)) == branch.c.path,
        )
        .correlate(branch)
        .scalar_subquery()
    )
    looked_after = (
        select(func.count())
        .where(dealer.c.branch_id == branch.c.id)
        .correlate(branch)
        .scalar_subquery()
    )
    depth = func.length(branch.c.path) - func.length(func.replace(branch.c.path, "/", "")) - 1
    query = select(
        branch.c.id,
        branch.c.branch_code,
        branch.c.name,
        branch.c.path,
        parent.c.branch_code.label("parent_code"),
        parent.c.name.label("parent_name"),
        _opens(parent, actor),
        held.label("stores"),
        looked_after.label("dealers"),
        depth.label("depth"),
    ).outerjoin(parent, parent.c.id == branch.c.parent_id)
    sorts = {
        "branch": branch.c.branch_code,
        "name": branch.c.name,
        "stores": held,
        "dealers": looked_after,
        "tree": branch.c.path,
    }
    return connection.execute(
        ordered(_branches(query, actor, words), sorts, branch.c.id, order)
    ).all()


def _opens(parent: Any, actor: Actor) -> Any:
    """`parent_opens`: whether the actor may open the branch above, which for a coordinator's own is
    another's."""
    visible = visible_branch_ids(actor)
    return (parent.c.id.is_not(None) if visible is None else parent.c.id.in_(visible)).label(
        "parent_opens"
    )


def branch_count(connection: Connection, actor: Actor, words: str | None) -> int:
    return int(
        connection.execute(
            _branches(select(func.count()).select_from(branch), actor, words)
        ).scalar_one()
    )


def _branches(query: Select[Any], actor: Actor, words: str | None) -> Select[Any]:
    visible = visible_branch_ids(actor)
    if visible is not None:
        query = query.where(branch.c.id.in_(visible))
    return query.where(holds(words, branch.c.folded)) if words else query


def find_branch(connection: Connection, actor: Actor, code: str) -> Row[Any] | None:
    """The branch with the one above it; None when unknown or not the actor's to see."""
    parent = branch.alias("parent")
    named = parent.c.branch_code.label("parent_code"), parent.c.name.label("parent_name")
    query = select(branch, *named, _opens(parent, actor)).outerjoin(
        parent, parent.c.id == branch.c.parent_id
    )
    return connection.execute(
        _branches(query, actor, None).where(branch.c.branch_code == code)
    ).first()


def branches_under(connection: Connection, actor: Actor, row: Any) -> Sequence[Row[Any]]:
    """All under a branch, in the order of the tree."""
    query = _branches(select(branch.c.branch_code, branch.c.name, branch.c.path), actor, None)
    return connection.execute(
        query.where(branch.c.path.startswith(row.path, autoescape=True), branch.c.id != row.id)
        .order_by(branch.c.path)
        .limit(500)
    ).all()
