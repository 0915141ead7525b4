"""What the portals of dealers and guides must say about their stores: one row a notice and reader's
scope, with a read mark for each person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Row,
    Table,
    and_,
    false,
    func,
    select,
)

import db
from ledger import schema
from ledger.faults import NotFound
from ledger.upsert import insert_missing
from stores.base.actors import Actor
from stores.facts.customers import customer_state
from stores.network.contracts import dealer_contract
from stores.network.guides import guide
from stores.network.scope import contract_in_force
from stores.network.stores import store

KEPT_DAYS = 60  # a notice nobody marks as read leaves the first page by itself

notice = schema.append_only(
    Table(
        "notice",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("kind", schema.Code(32), nullable=False),  # store_closed, closing_undone
        Column(
            "scope_kind", schema.Code(8), nullable=False
        ),  # dealer: his people; store: its guides and managers
        Column("scope_id", BigInteger, nullable=False),
        Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
        Column(
            "about", schema.Json, nullable=False
        ),  # codes and numbers: successor_code, customers
        Column("from_day", Date, nullable=False),
        Column("at", schema.Instant, nullable=False),
    )
)
Index("ix_notice_scope", notice.c.scope_kind, notice.c.scope_id)
notice_read = Table(
    "notice_read",
    schema.metadata,
    Column("notice_id", BigInteger, ForeignKey("notice.id"), primary_key=True, autoincrement=False),
    Column("reader", schema.Code(96), primary_key=True),  # an Actor's name
    Column("at", schema.Instant, nullable=False),
)


def tell(
    connection: Connection,
    kind: str,
    scopes: Iterable[tuple[str, int]],
    store_id: int,
    about: dict[str, Any],
    from_day: dt.date,
    now: dt.datetime,
) -> int:
    """Leave a notice for each scope, ("dealer", id) or ("store", id), inside the open transaction
    of the deed; returns how many."""
    rows = [
        {
            "kind": kind,
            "scope_kind": scope,
            "scope_id": number,
            "store_id": store_id,
            "about": about,
            "from_day": from_day,
            "at": now,
        }
        for scope, number in sorted(set(scopes))
    ]
    if rows:
        connection.execute(notice.insert(), rows)
    return len(rows)


def tell_closed(
    connection: Connection, closed: Iterable[tuple[int, int | None]], day: dt.date, now: dt.datetime
) -> None:
    """A11: both dealers, and the guides of both stores, learn of each closing (store, successor)
    before its customers move."""
    for store_id, successor_id in closed:
        s = customer_state.c
        bound = (s.home_store_id == store_id) & (s.home_valid_until > now) | (
            s.next_home_store_id == store_id
        )
        customers = connection.execute(
            select(func.count()).select_from(customer_state).where(bound)
        ).scalar_one()
        code = (
            connection.execute(
                select(store.c.store_code).where(store.c.id == successor_id)
            ).scalar()
            if successor_id is not None
            else None
        )
        tell(
            connection,
            "store_closed",
            concerned(connection, store_id, successor_id, day),
            store_id,
            {"successor_code": code, "customers": customers},
            day,
            now,
        )


def concerned(
    connection: Connection, store_id: int, successor_id: int | None, day: dt.date
) -> set[tuple[str, int]]:
    """The dealers of both stores on that day, and the guides of both."""
    stores = {store_id} if successor_id is None else {store_id, successor_id}
    dealers = connection.execute(
        select(dealer_contract.c.dealer_id).where(
            dealer_contract.c.store_id.in_(sorted(stores)), contract_in_force(day)
        )
    ).scalars()
    return {("dealer", number) for number in dealers} | {("store", number) for number in stores}


def unread(
    connection: Connection, actor: Actor, today: dt.date, limit: int = 5
) -> Sequence[Row[Any]]:
    """The actor's notices of the last KEPT_DAYS that he has not marked, newest first: id, kind,
    store_code, store_name, about, from_day, at."""
    n, r = notice.c, notice_read.c
    query = (
        select(
            n.id,
            n.kind,
            n.about,
            n.from_day,
            n.at,
            store.c.store_code,
            store.c.name.label("store_name"),
        )
        .join(store, store.c.id == n.store_id)
        .outerjoin(notice_read, and_(r.notice_id == n.id, r.reader == actor.name))
        .where(
            _whose(actor), r.reader.is_(None), n.from_day >= today - dt.timedelta(days=KEPT_DAYS)
        )
    )
    return connection.execute(query.order_by(n.id.desc()).limit(limit)).all()


def mark_read(notice_id: int, actor: Actor, now: dt.datetime) -> None:
    """Once more changes nothing. Raises NotFound for a notice that is not the actor's."""
    with db.transaction() as connection:
        if not connection.execute(
            select(func.count()).select_from(notice).where(notice.c.id == notice_id, _whose(actor))
        ).scalar_one():
            raise NotFound("There is no such notice.")
        insert_missing(
            connection, notice_read, [{"notice_id": notice_id, "reader": actor.name, "at": now}]
        )


def _whose(actor: Actor) -> Any:
    n = notice.c
    if actor.scope_kind == "guide":
        own = select(guide.c.store_id).where(guide.c.id == actor.scope_id).scalar_subquery()
        return and_(n.scope_kind == "store", n.scope_id == own)
    return (
        and_(n.scope_kind == actor.scope_kind, n.scope_id == actor.scope_id)
        if actor.scope_kind in ("dealer", "store")
        else false()
    )
