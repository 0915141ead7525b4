"""Which revisions a version of the network is made of, and whose two versions do not share
(M14)."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, and_, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from stores.base import versions
from stores.network.snapshot import Snapshot

IN_LIST = 5_000
REVISED = (
    "areas",
    "branches",
    "channels",
    "guides",
    "offers",
    "stores",
)  # kinds of changes that stand in revisions, or that no store or guide is made of


def known_at(table: Table, version: int) -> ColumnElement[bool]:
    """Rows of a table of revisions that the version is made of."""
    return and_(
        table.c.version_from <= version,
        or_(table.c.version_to.is_(None), table.c.version_to > version),
    )


def touched_between(
    connection: Connection, version: int, before: Snapshot | None, *owners: Column[int]
) -> set[int] | None:
    """Whose revisions (or contracts, or jobs) this version and `before` do not share; None: read
    all, there is nothing to keep from or too much has changed, or the terms of a dealer, which have
    no revisions."""
    if before is None:
        return None
    low, high = sorted((before.version, version))
    n = versions.network_change.c
    if (
        connection.execute(
            select(n.version)
            .where(n.version > low, n.version <= high, n.kind.not_in(REVISED))
            .limit(1)
        ).first()
        is not None
    ):
        return None
    found: set[int] = set()
    for owner in owners:
        t = owner.table.c
        query = (
            select(owner)
            .where(or_(t.version_from.between(low + 1, high), t.version_to.between(low + 1, high)))
            .distinct()
            .limit(IN_LIST)
        )
        found.update(connection.execute(query).scalars())
    return found if len(found) < IN_LIST else None


def among(owner: Column[int], touched: set[int] | None) -> ColumnElement[bool]:
    """Rows of the owners touched; all rows when `touched` is None."""
    return true() if touched is None else owner.in_(touched)
