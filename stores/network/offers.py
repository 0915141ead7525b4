"""Promotions and range switches of single stores: references to the mall's ids, by network version,
so that any past state can be rebuilt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Row,
    Table,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from ledger import schema
from stores.base.brand import business_day
from stores.base.versions import network_change
from stores.network.bundles import Offer

KIND = "offers"  # of the network versions that change them
OFFERED_LATE = dt.timedelta(
    days=31
)  # arrivals told later than this are shown no promotion that ended since

store_offer = Table(
    "store_offer",
    schema.metadata,
    Column("id", schema.BigId, primary_key=True),
    Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
    Column("kind", schema.Code(9), nullable=False),  # promotion, range
    Column("reference", schema.Code(64), nullable=False),
    Column("switched_on", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),  # the last day that counts
    Column("version_from", BigInteger, nullable=False),
    Column("version_to", BigInteger),
)
Index("ix_store_offer_store", store_offer.c.store_id, store_offer.c.version_to)


def known_at(version: int | None) -> ColumnElement[bool]:
    """Rows known at a network version; None: now."""
    o = store_offer.c
    if version is None:
        return o.version_to.is_(None)
    return (o.version_from <= version) & or_(o.version_to.is_(None), o.version_to > version)


def load(connection: Connection, version: int, now: dt.datetime) -> dict[int, list[Offer]]:
    """By store id, as known at a network version, but those that ended more than a month before
    `now`."""
    o = store_offer.c
    query = select(o.store_id, o.kind, o.reference, o.switched_on, o.valid_from, o.valid_to).where(
        known_at(version), _not_over(business_day(now) - OFFERED_LATE)
    )
    found: dict[int, list[Offer]] = {}
    for row in connection.execute(query):
        found.setdefault(row[0], []).append(Offer(*row[1:]))
    return found


def changed(connection: Connection, after: int, until: int) -> bool:
    """Whether one of these network versions, the first one left out, changed offers."""
    n = network_change.c
    return (
        connection.execute(
            select(n.version).where(n.version > after, n.version <= until, n.kind == KIND).limit(1)
        ).first()
        is not None
    )


def of_store(connection: Connection, store_id: int, today: dt.date) -> Sequence[Row[Any]]:
    """What is switched for a store and not over yet, by kind and reference."""
    o = store_offer.c
    query = select(o.id, o.kind, o.reference, o.switched_on, o.valid_from, o.valid_to).where(
        o.store_id == store_id, known_at(None), _not_over(today)
    )
    return connection.execute(query.order_by(o.kind, o.reference)).all()


def _not_over(today: dt.date) -> ColumnElement[bool]:
    return or_(store_offer.c.valid_to.is_(None), store_offer.c.valid_to >= today)
