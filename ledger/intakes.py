"""Intakes and seals (M4, M17): every ingest transaction leaves one intake row; a single sealer
gives committed intakes consecutive seal numbers. Ids and times are not in commit order, so a seal
number is the only watermark."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Table,
    func,
    select,
    text,
)

import db
from ledger import schema
from ledger.bulk import insert_rows
from ledger.pieces import pieces

intake = schema.append_only(
    Table(
        "intake",
        schema.metadata,
        Column("id", schema.BigId, primary_key=True),
        Column("kind", schema.Code(32), nullable=False),
        Column("actor", schema.Code(96), nullable=False),
        Column("received_at", schema.Instant, nullable=False),
    )
)
intake_open = Table(
    "intake_open",
    schema.metadata,
    Column("intake_id", BigInteger, ForeignKey("intake.id"), primary_key=True, autoincrement=False),
)
seal = schema.append_only(
    Table(
        "seal",
        schema.metadata,
        Column("seal_no", BigInteger, primary_key=True, autoincrement=False),
        Column("sealed_at", schema.Instant, nullable=False),
        Column("intakes", Integer, nullable=False),
        Column("previous_hash", schema.Code(64), nullable=False),
        Column("hash", schema.Code(64), nullable=False),
    )
)
intake_seal = schema.append_only(
    Table(
        "intake_seal",
        schema.metadata,
        Column(
            "intake_id", BigInteger, ForeignKey("intake.id"), primary_key=True, autoincrement=False
        ),
        Column("seal_no", BigInteger, ForeignKey("seal.seal_no"), nullable=False, index=True),
    )
)
_NEW_INTAKE = intake.insert().returning(intake.c.id)
SEALER_LOCK = 7_301_001
TRIES = 3
Digest = Callable[[Connection, list[int]], bytes]


def open_intake(connection: Connection, kind: str, actor: str, now: dt.datetime) -> int:
    """Register this transaction's intake; everything it writes carries the id."""
    intake_id = int(
        connection.execute(
            _NEW_INTAKE, {"kind": kind, "actor": actor, "received_at": now}
        ).scalar_one()
    )
    insert_rows(connection, intake_open, [{"intake_id": intake_id}])
    return intake_id


def seal_open_intakes(digest: Digest, now: dt.datetime) -> int:
    """Give all committed, unsealed intakes the next seal number; returns the newest seal number (0:
    nothing was ever sealed).

    `digest(connection, intake_ids)` hashes what those intakes brought into the ledger; it is
    chained to the seal before. What is committed never changes, so it is hashed before the lock is
    taken: after a large file that takes seconds, in which others write."""
    for attempt in range(1, TRIES + 1):
        with db.read() as connection:
            ids = _open_ids(connection)
            if not ids:
                return newest(connection)
            content = digest(connection, ids) if attempt < TRIES else None
        with db.transaction() as connection:
            if db.lock_clause(connection):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
            still = _open_ids(connection)
            if content is None:
                ids = still
                if not ids:
                    return newest(connection)
                content = digest(connection, ids)
            if set(ids) <= set(still):
                return _seal(connection, ids, content, now)
    raise AssertionError("under the lock nobody else seals")


def _open_ids(connection: Connection) -> list[int]:
    return list(
        connection.execute(
            select(intake_open.c.intake_id).order_by(intake_open.c.intake_id)
        ).scalars()
    )


def _seal(connection: Connection, ids: list[int], content: bytes, now: dt.datetime) -> int:
    last = newest(connection)
    previous = (
        connection.execute(select(seal.c.hash).where(seal.c.seal_no == last)).scalar() or "0" * 64
    )
    number = last + 1
    connection.execute(
        seal.insert().values(
            seal_no=number,
            sealed_at=now,
            intakes=len(ids),
            previous_hash=previous,
            hash=chain(previous, number, content),
        )
    )
    connection.execute(intake_seal.insert(), [{"intake_id": i, "seal_no": number} for i in ids])
    for some in pieces(ids, 500):
        connection.execute(intake_open.delete().where(intake_open.c.intake_id.in_(some)))
    return number


def newest(connection: Connection) -> int:
    """The newest seal number, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(seal.c.seal_no), 0))).scalar_one())


def chain(previous: str, number: int, content: bytes) -> str:
    """SHA-256 over the previous hash, the number and the content's digest, as hex."""
    return hashlib.sha256(f"{previous}:{number}:".encode() + content).hexdigest()
