"""Stores that pause, and for how long (A11): bindings to them are kept, and their clocks stand
still meanwhile.

A row says from when and until when a store pauses as known then; a later row of the same store
replaces what it said of the time after it (a longer or a shorter pause, or `until_at` = `at`: the
store serves again)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Table, select

from ledger import schema
from stores.base.brand import day_bounds
from stores.network.binding_rules import Pause

LONGEST = dt.timedelta(days=30)  # A11; a pause without a last day counts as that long

store_pause = schema.append_only(
    Table(
        "store_pause",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("store_id", BigInteger, ForeignKey("store.id"), nullable=False),
        Column("at", schema.Instant, nullable=False),
        Column("until_at", schema.Instant, nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("version", BigInteger, nullable=False),
    )
)
Index("ix_store_pause_store", store_pause.c.store_id)
Pauses = Mapping[int, tuple[Pause, ...]]


def load(connection: Connection, version: int | None = None) -> Pauses:
    """Pauses by store id, oldest first and apart from each other, as known at a network version
    (None: now)."""
    p = store_pause.c
    query = select(p.store_id, p.at, p.until_at).order_by(p.id)
    found: dict[int, list[Pause]] = {}
    for row in connection.execute(query if version is None else query.where(p.version <= version)):
        found[row.store_id] = _after(found.get(row.store_id, []), row.at, row.until_at)
    return {store_id: tuple(several) for store_id, several in found.items() if several}


def _after(known: list[Pause], at: dt.datetime, until: dt.datetime) -> list[Pause]:
    """What is known once a row says that the store pauses from `at` to `until`; the time before
    `at` stays as it was."""
    kept = [Pause(each.start, min(each.end, at)) for each in known if each.start < at]
    if kept and until > at and kept[-1].end == at:
        return [*kept[:-1], Pause(kept[-1].start, until)]
    return [*kept, Pause(at, until)] if until > at else kept


def end_of(paused_until: dt.date | None, now: dt.datetime) -> dt.datetime:
    """When a pause that begins now is over: the end of its last day in the brand's zone."""
    return now + LONGEST if paused_until is None else max(now, day_bounds(paused_until)[1])


def record(
    connection: Connection,
    changed: Iterable[tuple[int, dt.datetime]],
    *,
    now: dt.datetime,
    actor: str,
    version: int,
) -> None:
    """Write down (store, until): the pause that holds from now on; until = now for a store that
    serves again."""
    for store_id, until in changed:
        connection.execute(
            store_pause.insert().values(
                store_id=store_id, at=now, until_at=until, actor=actor, version=version
            )
        )
