"""Who did what, for good (P7): an append-only log written inside each deed's transaction, chained
by one sealer (M17).

A row's place in the chain is `audit_seal.seq`, not its id: ids are handed out before commit, so a
row with a smaller id may become visible after a larger one was sealed (M4)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Index, Table, func, insert, select, text

import db
from ledger import schema
from ledger.canonical import canonical

audit_log = schema.append_only(
    Table(
        "audit_log",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("at", schema.Instant, nullable=False),
        Column("actor", schema.Code(64), nullable=False),
        Column("action", schema.Code(64), nullable=False),
        Column("object_kind", schema.Code(32), nullable=False),
        Column("object_id", schema.Code(64), nullable=False),
        Column("detail", schema.Json, nullable=False),
        Index("ix_audit_log_at", "at", "id"),
    )
)
audit_seal = schema.append_only(
    Table(
        "audit_seal",
        schema.metadata,
        Column("seq", schema.BigId, primary_key=True, autoincrement=False),
        Column("audit_id", schema.BigId, ForeignKey("audit_log.id"), nullable=False, unique=True),
        Column("hash", schema.Code(64), nullable=False),
    )
)

GENESIS = hashlib.sha256(b"doorstep audit log").hexdigest()
SEALER_LOCK = 0x0D00_05EA  # pg_advisory_xact_lock key of the one sealer
DETAIL_TEXT_MAX = 64


def record(
    connection: Connection,
    actor: str,
    action: str,
    object_kind: str,
    object_id: str | int,
    detail: Mapping[str, Any] | None = None,
    *,
    at: dt.datetime | None = None,
) -> int:
    """Write one line inside the open transaction of the deed; returns its id.

    `actor` is an Actor's name (`user:7`), `action` a snake_case verb (`sign_in`), `detail` holds
    codes, ids, numbers and flags only: raises ValueError for text over 64 characters or with line
    breaks, because personal data and free text could not be erased here (P5)."""
    row = {
        "at": at or dt.datetime.now(dt.UTC),
        "actor": actor,
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
        "detail": _codes(dict(detail or {})),
    }
    return int(
        connection.execute(insert(audit_log).values(row).returning(audit_log.c.id)).scalar_one()
    )


def _codes(value: Any) -> Any:
    if isinstance(value, dict):
        return {_codes(key): _codes(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_codes(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str) and len(value) <= DETAIL_TEXT_MAX and value.isprintable():
        return value
    raise ValueError(
        f"an audit detail holds short codes and whole numbers only, not {type(value).__name__}"
    )


# -- the chain -------------------------------------------------------------------------------------


def row_hash(previous: str, row: Any) -> str:
    """sha256 over the previous hash and the row's canonical text."""
    body = canonical(
        [
            row.id,
            row.at.isoformat(timespec="microseconds"),
            row.actor,
            row.action,
            row.object_kind,
            row.object_id,
            row.detail,
        ]
    )
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def head(connection: Connection) -> tuple[int, str]:
    """(length, last hash) of the chain; keep a copy outside the database to notice a chain cut off
    at its end."""
    last = connection.execute(
        select(audit_seal.c.seq, audit_seal.c.hash).order_by(audit_seal.c.seq.desc()).limit(1)
    ).first()
    return (int(last.seq), str(last.hash)) if last else (0, GENESIS)


def seal_audit(limit: int = 10_000) -> int:
    """Chain up to `limit` committed lines that are not chained yet; returns how many. One sealer at
    a time."""
    with db.transaction() as connection:
        if db.lock_clause(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
        seq, previous = head(connection)
        open_rows = (
            select(audit_log)
            .outerjoin(audit_seal, audit_seal.c.audit_id == audit_log.c.id)
            .where(audit_seal.c.seq.is_(None))
            .order_by(audit_log.c.id)
            .limit(limit)
        )
        seals = []
        for row in connection.execute(open_rows):
            seq, previous = seq + 1, row_hash(previous, row)
            seals.append({"seq": seq, "audit_id": row.id, "hash": previous})
        if seals:
            connection.execute(insert(audit_seal), seals)
        return len(seals)


def verify_audit(connection: Connection, newest: int | None = None) -> list[str]:
    """Faults of the chain in words, each naming its row; empty when the log is what was written.
    `newest`: of so many seals at the end only."""
    after = max(0, head(connection)[0] - newest) if newest is not None else 0
    return list(_faults(connection, after))


def _faults(connection: Connection, after: int) -> Iterator[str]:
    chain = (
        select(audit_seal.c.seq, audit_seal.c.audit_id, audit_seal.c.hash, audit_log)
        .outerjoin(audit_log, audit_log.c.id == audit_seal.c.audit_id)
        .where(audit_seal.c.seq > after)
        .order_by(audit_seal.c.seq)
    )
    expected, previous = after + 1, GENESIS
    if after:
        previous = (
            connection.execute(select(audit_seal.c.hash).where(audit_seal.c.seq == after)).scalar()
            or GENESIS
        )
    for row in connection.execute(chain.execution_options(yield_per=2000)):
        if row.seq != expected:
            yield f"audit_seal: {row.seq - expected} seal(s) missing before seq {row.seq}"
        if row.id is None:
            yield f"audit_log: row {row.audit_id} is gone, its seal {row.seq} remains"
        elif row_hash(previous, row) != row.hash:
            yield f"audit_log: row {row.audit_id} (seq {row.seq}) is not what was sealed"
        expected, previous = row.seq + 1, row.hash


def unsealed(connection: Connection) -> int:
    """How many lines wait for the sealer."""
    return (
        int(connection.execute(select(func.count()).select_from(audit_log)).scalar_one())
        - head(connection)[0]
    )
