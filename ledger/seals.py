"""What a seal covers: the journals and transfers that its intakes brought, chained by hash (M4,
M17)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.intakes import chain, intake, intake_open, intake_seal, seal, seal_open_intakes
from ledger.journals import journal, transfer
from ledger.pieces import pieces

_J, _T = journal.c, transfer.c
_COLUMNS = (
    _J.intake_id,
    _J.id,
    _J.key,
    _J.kind,
    _J.effective_at,
    _J.booked_at,
    *(c.label(f"t_{c.name}") for c in transfer.columns if c.name not in ("id", "journal_id")),
)


def digest(connection: Connection, intake_ids: list[int]) -> bytes:
    """SHA-256 over all journals and transfers of these intakes (ascending), every column but the
    transfers' ids, in (intake, journal, seq) order."""
    found = hashlib.sha256()
    for some in pieces(intake_ids, 500):
        _feed(
            found,
            connection.execute(
                _in_order(_J.intake_id.in_(some)).execution_options(yield_per=5_000)
            ),
        )
    return found.digest()


def seal_now(now: dt.datetime) -> int:
    """Seal every committed intake; returns the newest seal number. Joins an open transaction."""
    return seal_open_intakes(digest, now)


def _in_order(which: Any) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(transfer, _T.journal_id == _J.id)
        .where(which)
        .order_by(_J.intake_id, _J.id, _T.seq)
    )


def _feed(found: Any, rows: Any) -> None:
    for row in rows:
        found.update("|".join(map(str, row)).encode() + b"\n")


def broken_seals(connection: Connection) -> Iterator[str]:
    """Seals whose numbers, chain, intakes or journals are not what was sealed, in words."""
    contents = _contents(connection)
    previous, expected = "0" * 64, 1
    counted = dict(
        connection.execute(
            select(intake_seal.c.seal_no, func.count()).group_by(intake_seal.c.seal_no)
        ).all()
    )
    for row in connection.execute(select(seal).order_by(seal.c.seal_no)).all():
        if row.seal_no != expected:
            yield f"seal: number {expected} is missing before {row.seal_no}"
        if row.previous_hash != previous:
            yield f"seal {row.seal_no}: does not follow the seal before it"
        if counted.get(row.seal_no, 0) != row.intakes:
            yield (
                f"seal {row.seal_no}: holds {counted.get(row.seal_no, 0)} intakes, {row.intakes} "
                "were "
                "sealed"
            )
        if (
            chain(
                row.previous_hash, row.seal_no, contents.get(row.seal_no, hashlib.sha256().digest())
            )
            != row.hash
        ):
            yield f"seal {row.seal_no} of {row.sealed_at.isoformat()}: its journals are not what was sealed"
        previous, expected = row.hash, row.seal_no + 1
    for number in sorted(
        set(counted) - {row.seal_no for row in connection.execute(select(seal.c.seal_no))}
    ):
        yield f"intake_seal: names seal {number}, which is gone"


def _contents(connection: Connection) -> dict[int, bytes]:
    """The digest of each seal that brought journals, in one pass."""
    query = (
        select(intake_seal.c.seal_no, *_COLUMNS)
        .join(journal, _J.intake_id == intake_seal.c.intake_id)
        .join(transfer, _T.journal_id == _J.id)
        .order_by(intake_seal.c.seal_no, _J.intake_id, _J.id, _T.seq)
        .execution_options(yield_per=5_000)
    )
    found: dict[int, bytes] = {}
    for number, rows in groupby(connection.execute(query), key=lambda row: row[0]):
        content = hashlib.sha256()
        _feed(content, (row[1:] for row in rows))
        found[number] = content.digest()
    return found


def unsealed_or_lost(connection: Connection) -> Iterator[str]:
    """Intakes that are neither sealed nor waiting for the sealer."""
    query = (
        select(intake.c.id, intake.c.kind)
        .outerjoin(intake_seal, intake_seal.c.intake_id == intake.c.id)
        .outerjoin(intake_open, intake_open.c.intake_id == intake.c.id)
        .where(intake_seal.c.intake_id.is_(None), intake_open.c.intake_id.is_(None))
        .order_by(intake.c.id)
    )
    for row in connection.execute(query):
        yield f"intake {row.id} ({row.kind}): is neither sealed nor waiting for the sealer"
