"""The numbers of files that were accepted: who comes with one of them meanwhile is told to come
again (N2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    select,
)

from ledger.faults import Busy
from ledger.pieces import pieces
from stores.base.accepted_tables import accepted_file, accepted_number

_F, _N = accepted_file.c, accepted_number.c

_WRITING = select(select(_F.id).where(_F.accepted_at.is_not(None)).exists())
_TAKEN = (
    select(_N.number)
    .join(accepted_file, _F.id == _N.file_id)
    .where(
        _F.accepted_at.is_not(None),
        _N.kind == bindparam("kind"),
        _N.number.in_(bindparam("numbers", expanding=True)),
    )
    .limit(1)
)


def refuse_taken(connection: Connection, wanted: Mapping[str, Sequence[str]]) -> None:
    """Called by whoever brings numbers, after his own row of their key table: on PostgreSQL
    `accept` waits for that row. Raises Busy while one of them stands in a file that was accepted
    and is not written yet."""
    if not connection.execute(_WRITING).scalar_one():
        return
    for kind, numbers in wanted.items():
        for some in pieces(numbers, 500):
            taken = connection.execute(_TAKEN, {"kind": kind, "numbers": some}).scalar()
            if taken is not None:
                raise Busy(
                    f"{taken!r} stands in a file that is being written; nothing was written. Send "
                    "it again in a minute.",
                    code="file_being_written",
                    retry_after=30,
                )


def count_of(connection: Connection, file_id: int, kind: str, known: Any, *more: Any) -> int:
    """How many rows of a table belong to numbers of the file: `known` is the column that holds the
    number, `more` joins it to the table counted."""
    query = select(func.count()).select_from(accepted_number.join(known.table, known == _N.number))
    for table, on in more:
        query = query.join(table, on)
    return int(connection.execute(query.where(_N.file_id == file_id, _N.kind == kind)).scalar_one())
