"""The audit log as a list: lines of a filter, with the people and keys in them by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from app.accounts.api_keys import api_key
from app.accounts.users import app_user
from ledger.audit import audit_log, audit_seal, head
from stores.base.brand import day_bounds
from stores.base.ordering import Order, ordered

WAITING_DAYS = 1


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Brand days, inclusive. `actors`: names as the log writes them; None: everybody's."""

    first: dt.date
    last: dt.date
    actors: tuple[str, ...] | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """`who` and `what` are names where the log holds numbers; `seq` is the place in the chain, None
    while it waits for the sealer."""

    id: int
    at: dt.datetime
    actor: str
    who: str | None
    action: str
    object_kind: str
    object_id: str
    what: str | None
    detail: Mapping[str, Any]
    seq: int | None
    sort_value: Any
    sort_key: int


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far the chain reaches: `length` lines are sealed, the newest of them written at `until`;
    `waiting` of the last day are not yet."""

    length: int
    hash: str
    until: dt.datetime | None
    waiting: int


def actors_named(connection: Connection, words: str) -> tuple[str, ...]:
    """What the log calls somebody: by the name of a user or key, or as the log writes it."""
    users = connection.execute(select(app_user.c.id).where(app_user.c.name == words)).scalars()
    keys = connection.execute(select(api_key.c.id).where(api_key.c.name == words)).scalars()
    return (words, *(f"user:{each}" for each in users), *(f"key:{each}" for each in keys))


def count(connection: Connection, wanted: AuditFilter) -> int:
    return int(
        connection.execute(_where(select(func.count()).select_from(audit_log), wanted)).scalar_one()
    )


def lines(connection: Connection, wanted: AuditFilter, order: Order) -> list[Line]:
    a = audit_log.c
    query = select(audit_log, audit_seal.c.seq).outerjoin(audit_seal, audit_seal.c.audit_id == a.id)
    rows = connection.execute(ordered(_where(query, wanted), {"at": a.at}, a.id, order)).all()
    users = _names(
        connection,
        app_user,
        [
            *_ids("user:", (row.actor for row in rows)),
            *_ids("", (row.object_id for row in rows if row.object_kind == "user")),
        ],
    )
    keys = _names(
        connection,
        api_key,
        [
            *_ids("key:", (row.actor for row in rows)),
            *_ids("", (row.object_id for row in rows if row.object_kind == "api_key")),
        ],
    )
    who = {f"user:{each}": name for each, name in users.items()} | {
        f"key:{each}": name for each, name in keys.items()
    }
    what = {("user", str(each)): name for each, name in users.items()} | {
        ("api_key", str(each)): name for each, name in keys.items()
    }
    return [
        Line(
            row.id,
            row.at,
            row.actor,
            who.get(row.actor),
            row.action,
            row.object_kind,
            row.object_id,
            what.get((row.object_kind, row.object_id)),
            row.detail,
            row.seq,
            row.sort_value,
            row.sort_key,
        )
        for row in rows
    ]


def chain_state(connection: Connection, now: dt.datetime) -> ChainState:
    length, digest = head(connection)
    newest = (
        select(audit_log.c.at)
        .join(audit_seal, audit_seal.c.audit_id == audit_log.c.id)
        .where(audit_seal.c.seq == length)
    )
    waiting = (
        select(func.count())
        .select_from(audit_log)
        .outerjoin(audit_seal, audit_seal.c.audit_id == audit_log.c.id)
        .where(audit_seal.c.seq.is_(None), audit_log.c.at >= now - dt.timedelta(days=WAITING_DAYS))
    )
    return ChainState(
        length,
        digest,
        connection.execute(newest).scalar(),
        int(connection.execute(waiting).scalar_one()),
    )


def _where(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    a = audit_log.c
    query = query.where(a.at >= day_bounds(wanted.first)[0], a.at < day_bounds(wanted.last)[1])
    if wanted.actors is not None:
        query = query.where(a.actor.in_(wanted.actors))
    for column, value in (
        (a.action, wanted.action),
        (a.object_kind, wanted.object_kind),
        (a.object_id, wanted.object_id),
    ):
        if value:
            query = query.where(column == value)
    return query


def _ids(prefix: str, names: Iterable[str]) -> list[int]:
    return [
        int(name.removeprefix(prefix))
        for name in set(names)
        if name.startswith(prefix) and name.removeprefix(prefix).isdecimal()
    ]


def _names(connection: Connection, table: Any, ids: list[int]) -> dict[int, str]:
    return (
        dict(connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids))).all())
        if ids
        else {}
    )
