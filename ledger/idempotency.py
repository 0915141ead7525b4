"""Answers already given to an Idempotency-Key (CONTRACT 3): the first deed under a key is the only
one, for 30 days.

A row is claimed and completed in the transaction of its deed, so it exists exactly when the deed
does. It holds hashes, never the request body (P5). `key` is the SHA-256 of API key, method, path
and header value (`row_key`); `body_hash` the SHA-256 of the canonical body. An answer that names a
person is kept by `reference` (the id to read it from again), others as `answer`. The entry path
writes this table in its own statement: key, body_hash, status, reference, created_at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Table, delete, select, update

from ledger import schema, upsert
from ledger.faults import Conflict, FieldFault

LIFETIME = dt.timedelta(days=30)

idempotency_key = Table(
    "idempotency_key",
    schema.metadata,
    Column("key", schema.Code(64), primary_key=True),
    Column("body_hash", schema.Code(64), nullable=False),
    Column("status", Integer),
    Column("answer", schema.Json),
    Column("reference", schema.Code(64)),
    Column("created_at", schema.Instant, nullable=False),
    Index(None, "created_at"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer first given: its status, and either the answer itself or the reference to read it
    from."""

    status: int
    answer: Any
    reference: str | None


class KeyReused(Conflict):
    """The same Idempotency-Key came with another body. `reference`: of the first answer, as far as
    one was kept; `errors` name the key, then the fields that differ where the deed can tell."""

    code = "idempotency_key_reused"

    def __init__(self, reference: str | None = None, errors: Sequence[FieldFault] = ()) -> None:
        super().__init__(
            "This Idempotency-Key was used with another body; nothing was written. Use a new key "
            "for a new deed.",
            errors=[FieldFault("Idempotency-Key", "was used with another body"), *errors],
        )
        self.reference = reference


def claim(connection: Connection, key: str, body_hash: str, now: dt.datetime) -> Kept | None:
    """Take the key for this transaction: None means do the deed and `keep`; Kept means answer that
    again. Raises KeyReused.

    A simultaneous claim waits for the first one's end and then sees its answer, or takes over if it
    rolled back. Needs READ COMMITTED on PostgreSQL, which `db.transaction()` gives: the second
    statement must see the winner's row."""
    if upsert.claim(
        connection, idempotency_key, {"key": key, "body_hash": body_hash, "created_at": now}
    ):
        return None
    found = connection.execute(
        select(idempotency_key).where(idempotency_key.c.key == key).with_for_update()
    ).one_or_none()
    if found is None:  # forgotten between the two statements
        return claim(connection, key, body_hash, now)
    if found.created_at < now - LIFETIME:
        fresh = {
            "body_hash": body_hash,
            "created_at": now,
            "status": None,
            "answer": None,
            "reference": None,
        }
        connection.execute(
            update(idempotency_key).where(idempotency_key.c.key == key).values(**fresh)
        )
        return None
    if found.body_hash != body_hash:
        raise KeyReused(found.reference)
    if found.status is None:
        raise RuntimeError(
            "a key was claimed twice in one transaction, or its deed never called keep()"
        )
    return Kept(found.status, found.answer, found.reference)


def keep(
    connection: Connection,
    key: str,
    status: int,
    *,
    answer: Any = None,
    reference: str | None = None,
) -> None:
    """Complete a claimed key with the answer of its deed; an answer that is not 2xx frees the key
    instead."""
    mine = idempotency_key.c.key == key
    if not 200 <= status < 300:
        connection.execute(delete(idempotency_key).where(mine))
        return
    connection.execute(
        update(idempotency_key)
        .where(mine)
        .values(status=status, answer=answer, reference=reference)
    )


def forget_old(connection: Connection, now: dt.datetime) -> int:
    """Delete the keys older than 30 days; returns how many."""
    return connection.execute(
        delete(idempotency_key).where(idempotency_key.c.created_at < now - LIFETIME)
    ).rowcount
