"""One row that says which network version and which policy are in force; the guard of every entry
compares it (DESIGN 2)."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, select, update

from ledger import schema

routing_state = Table(
    "routing_state",
    schema.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("network_version", BigInteger, nullable=False),
    Column("policy_version", BigInteger, nullable=False),
)
network_change = schema.append_only(
    Table(
        "network_change",
        schema.metadata,
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("kind", schema.Code(32), nullable=False),
        Column("changed", Integer, nullable=False),
    )
)


_CURRENT = select(routing_state.c.network_version, routing_state.c.policy_version)


class Versions(NamedTuple):
    network: int
    policy: int


def current(connection: Connection) -> Versions:
    return Versions(*connection.execute(_CURRENT).one())


def next_network_version(connection: Connection) -> int:
    """Reserve the next version for this transaction's revisions; holds the row, so changes of the
    network queue up here."""
    return int(
        connection.execute(
            update(routing_state)
            .where(routing_state.c.id == 1)
            .values(network_version=routing_state.c.network_version + 1)
            .returning(routing_state.c.network_version)
        ).scalar_one()
    )


def record(
    connection: Connection, version: int, kind: str, changed: int, actor: str, now: dt.datetime
) -> None:
    connection.execute(
        network_change.insert().values(
            version=version, at=now, actor=actor, kind=kind, changed=changed
        )
    )
