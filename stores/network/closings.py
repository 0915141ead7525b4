"""Stores that closed, and where their customers went (A11): the facts by which bindings move, and
by which they move back.

A closing moves every home binding of the store to its successor, clocks and all, or releases it
when there is none. `undone` takes it back: those bindings that nobody changed since return;
`reopened` is a store that opens again later: its old customers stay where they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Table, select

from ledger import schema
from stores.network.binding_rules import Closing

store_closing = schema.append_only(
    Table(
        "store_closing",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
        Column("kind", schema.Code(8), nullable=False),  # closed, reopened, undone
        Column(
            "closing_id", BigInteger, ForeignKey("store_closing.id")
        ),  # of a row that ends a closing: which one
        Column("successor_store_id", BigInteger, ForeignKey("store.id")),
        Column("at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("version", BigInteger, nullable=False),
    )
)
Index("ix_store_closing_store", store_closing.c.store_id)
Closings = Mapping[int, tuple[Closing, ...]]


def load(connection: Connection, version: int | None = None) -> Closings:
    """Every closing by store id, oldest first, as known at a network version (None: now)."""
    c = store_closing.c
    query = select(store_closing).order_by(c.at, c.id)
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(query if version is None else query.where(c.version <= version)):
        if row.kind == "closed":
            found[row.id] = {
                "id": row.id,
                "store_id": row.store_id,
                "successor_id": row.successor_store_id,
                "at": row.at,
            }
        elif row.closing_id in found:
            ended = found[row.closing_id]
            ended["ended_at"] = min(ended.get("ended_at", row.at), row.at)
            if row.kind == "undone":
                ended["undone_at"] = row.at
    stores: dict[int, list[Closing]] = {}
    for each in found.values():
        stores.setdefault(each["store_id"], []).append(Closing(**each))
    return {store_id: tuple(several) for store_id, several in stores.items()}


def open_closing(connection: Connection, store_id: int) -> Closing | None:
    """The closing of a store that nothing has ended yet."""
    several = load(connection).get(store_id, ())
    return several[-1] if several and several[-1].ended_at is None else None


def record(
    connection: Connection,
    closed: Iterable[tuple[int, int | None]],
    reopened: Iterable[int],
    *,
    now: dt.datetime,
    actor: str,
    version: int,
) -> None:
    """Write down closings (store, successor) and the end of those whose store opens again."""
    for store_id, successor_id in closed:
        connection.execute(
            store_closing.insert().values(
                store_id=store_id,
                kind="closed",
                successor_store_id=successor_id,
                at=now,
                actor=actor,
                version=version,
            )
        )
    for store_id in reopened:
        known = open_closing(connection, store_id)
        if known is not None:
            end(connection, known, "reopened", now=now, actor=actor, version=version)


def end(
    connection: Connection,
    closing: Closing,
    kind: str,
    *,
    now: dt.datetime,
    actor: str,
    version: int,
) -> None:
    connection.execute(
        store_closing.insert().values(
            store_id=closing.store_id,
            kind=kind,
            closing_id=closing.id,
            at=now,
            actor=actor,
            version=version,
        )
    )
