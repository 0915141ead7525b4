"""Files too large for one short transaction: staged, accepted whole, then written piece by piece
while others get their turn (N2).

    stage    the rows that are new, as pieces, and every number that they bring: nobody reads them yet
    accept   one short transaction: nothing that was checked has changed since, so from now on the
    file counts, all of it
    write    piece by piece, each one transaction of the usual service, which also takes the piece and its numbers away

Before `accept` the file is nothing: what a killed process leaves is thrown away. After it nothing
can refuse a row any more: its numbers are the file's, and whoever comes with one of them meanwhile
is told to come again (Busy). So a file that was accepted is always brought to its end, by its own
process, by the next file or by a worker, and a piece is written exactly once. One file at a time.

Meanwhile figures grow piece by piece; that a file is being written is told by its run, by `flask
verify` and by /metrics."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

import db
from ledger import leases
from ledger.bulk import insert_rows
from ledger.faults import Busy
from ledger.verification import Finding, finding
from stores.base.accepted_tables import accepted_file, accepted_number, accepted_piece

LEASE, LEASE_SECONDS = "accepted-file", 60
WAIT_SECONDS, NAP_SECONDS = 900.0, 0.2
TAKEN_AT_ONCE = 5_000  # numbers of a file that is thrown away
REST_SECONDS = 0.12  # after a piece: who waits for SQLite's writer looks every tenth of a second
_F, _P, _N = accepted_file.c, accepted_piece.c, accepted_number.c

Progress = Callable[[int, int], None]
Found = TypeVar("Found")
TRIES = 3
Written = Callable[[Connection], None]
Writer = Callable[[list[Any], str, dt.datetime, Written], None]
WRITERS: dict[str, Writer] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one kind as JSON, and the (kind, number) that nobody else may bring until they are
    written."""

    kind: str
    rows: list[Any]
    numbers: list[tuple[str, str]]


class _Gone(Exception):
    """Somebody else wrote the piece."""


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Marks the function that writes pieces of a kind: `(rows, actor, received_at, written)`, in
    one transaction, inside which it calls `written(connection)` last. It must not refuse:
    everything was checked before the file was accepted."""

    def mark(writer: Writer) -> Writer:
        WRITERS[kind] = writer
        return writer

    return mark


# -- one file at a time ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to bring in a large file. `others`: files of others came to their end while this
    one waited."""

    holder: str
    others: bool

    def go_on(self) -> None:
        """Keep the turn. Raises Busy when this process was silent for so long that another took
        it."""
        if not leases.take(LEASE, self.holder, dt.datetime.now(dt.UTC), LEASE_SECONDS):
            raise Busy(
                "Another file took the turn of this one; nothing of it was written. Start it once "
                "more."
            )

    def prolong(self) -> None:
        """Say that this process is alive. Where another believed it dead and writes the file too,
        each piece is still written once."""
        leases.take(LEASE, self.holder, dt.datetime.now(dt.UTC), LEASE_SECONDS)


@contextmanager
def turn(seconds: float = WAIT_SECONDS, work_seconds: float | None = None) -> Iterator[Turn]:
    """Wait for one's turn; what a killed process left is thrown away or brought to its end first,
    if that takes no more than `work_seconds`. Raises Busy after `seconds`."""
    holder, until, waited = uuid.uuid4().hex, time.monotonic() + seconds, False
    while not leases.take(LEASE, holder, dt.datetime.now(dt.UTC), LEASE_SECONDS):
        if time.monotonic() > until:
            raise Busy(
                "Another large file is being written; nothing of this one was. Start it once more "
                "when that one is done."
            )
        waited = True
        time.sleep(NAP_SECONDS)
    try:
        mine = Turn(holder, waited)
        yield Turn(holder, _finish_all(mine, work_seconds) or waited)
    finally:
        leases.give_back(LEASE, holder)


def finish_left(seconds: float) -> int:
    """What a worker does: go on with files whose process was killed, for so many seconds; how many.
    Nothing while somebody is at it."""
    left = _left()
    if not left:
        return 0
    try:
        with turn(0.0, seconds):
            return len(left)
    except Busy:
        return 0


def await_others() -> None:
    """Let a file that was accepted come to its end, so that its numbers are known. Raises Busy when
    that takes too long."""
    if _left():
        with turn():
            pass


def _left() -> list[Any]:
    with db.read() as connection:
        return list(connection.execute(select(accepted_file).order_by(_F.id)).all())


def _finish_all(mine: Turn, seconds: float | None) -> bool:
    left, until = _left(), None if seconds is None else time.monotonic() + seconds
    for file in left:
        if file.accepted_at is None:
            discard(file.id)
        else:
            write(mine, file.id, until=until)
    return bool(left)


# -- stage, accept, write --------------------------------------------------------------------------


def stage(mine: Turn, pieces: Iterable[Piece], *, actor: str, now: dt.datetime) -> int:
    """Keep the pieces, each in a transaction of its own; the number of the file, of which nothing
    counts yet."""
    with db.transaction() as connection:
        file_id = int(
            connection.execute(
                accepted_file.insert()
                .values(actor=actor, received_at=now, pieces=0)
                .returning(_F.id)
            ).scalar_one()
        )
    try:
        for number, piece in enumerate(pieces, 1):
            _stage_piece(mine, file_id, number, piece)
    except BaseException:
        discard(file_id)
        raise
    return file_id


def _stage_piece(mine: Turn, file_id: int, number: int, piece: Piece) -> None:
    content = zlib.compress(
        json.dumps(piece.rows, ensure_ascii=False, separators=(",", ":")).encode(), 1
    )
    with db.transaction() as connection:
        mine.go_on()
        insert_rows(
            connection,
            accepted_piece,
            [{"file_id": file_id, "piece_no": number, "kind": piece.kind, "content": content}],
        )
        insert_rows(
            connection,
            accepted_number,
            [
                {"kind": kind, "number": word, "file_id": file_id, "piece_no": number}
                for kind, word in sorted(piece.numbers)
            ],
        )
        connection.execute(update(accepted_file).where(_F.id == file_id).values(pieces=number))


def told(pieces: Iterable[Piece], progress: Progress | None) -> Iterator[Piece]:
    """Until the file is accepted it can be cancelled."""
    for piece in pieces:
        if progress is not None:
            progress(1, 1)
        yield piece


def accept(
    mine: Turn,
    file_id: int,
    still_sound: Callable[[Connection], bool],
    *,
    now: dt.datetime,
    keys: Sequence[Table],
) -> bool:
    """The file counts from now on; False, and nothing is different, when `still_sound(connection)`
    says that what was checked has changed. `keys`: the key tables of its numbers (none: it closes
    no number to others); whoever is writing one is waited for, so that he is seen."""
    with db.transaction() as connection:
        if keys and db.lock_clause(connection):
            connection.execute(
                text(f"LOCK TABLE {', '.join(t.name for t in keys)} IN SHARE ROW EXCLUSIVE MODE")
            )
        mine.go_on()
        if not still_sound(connection):
            return False
        connection.execute(update(accepted_file).where(_F.id == file_id).values(accepted_at=now))
        return True


def put(
    mine: Turn,
    parts: Iterable[Piece],
    still_sound: Callable[[Connection, int], bool],
    *,
    actor: str,
    now: dt.datetime,
    keys: Sequence[Table],
    progress: Progress | None = None,
) -> bool:
    """Stage, accept and write. False, and nothing was written, when `still_sound(connection,
    file_id)` says that others brought some of it in the meantime."""
    file_id = stage(mine, told(parts, progress), actor=actor, now=now)
    if not accept(mine, file_id, lambda c: still_sound(c, file_id), now=now, keys=keys):
        discard(file_id)
        return False
    write(mine, file_id, progress)
    return True


def bring_in(
    found: Found, check: Callable[[], Found], put_in: Callable[[Turn, Found], bool], what: str
) -> Found:
    """Bring in what was `found` in a file, in one's turn; it is checked again where others came
    first, and put in again where they came in between. Raises Busy."""
    with turn() as mine:
        if mine.others:
            found = check()
        for _ in range(TRIES):
            if put_in(mine, found):
                return found
            found = check()
    raise Busy(
        f"{what} of this file kept coming in by other ways while it was checked; nothing of it was "
        "written. Start it once more."
    )


def write(
    mine: Turn, file_id: int, progress: Progress | None = None, until: float | None = None
) -> None:
    """Bring an accepted file to its end, or go on with it until that moment (monotonic). Broken off
    anywhere it can be called again."""
    with db.read() as connection:
        file = connection.execute(select(accepted_file).where(_F.id == file_id)).first()
        numbers = list(
            connection.execute(
                select(_P.piece_no).where(_P.file_id == file_id).order_by(_P.piece_no)
            ).scalars()
        )
    if file is None:
        return
    for number in numbers:
        if until is not None and time.monotonic() > until:
            return
        _write_piece(mine, file, number)
        if db.database().sqlite:
            time.sleep(REST_SECONDS)
        if progress is not None and number < file.pieces:
            progress(number, file.pieces)
    with db.transaction() as connection:
        connection.execute(delete(accepted_file).where(_F.id == file_id))


def _write_piece(mine: Turn, file: Any, number: int) -> None:
    which = (_P.file_id == file.id, _P.piece_no == number)
    with db.read() as connection:
        piece = connection.execute(select(_P.kind, _P.content).where(*which)).first()
    if piece is None:
        return

    def written(connection: Connection) -> None:
        mine.prolong()
        connection.execute(
            delete(accepted_number).where(_N.file_id == file.id, _N.piece_no == number)
        )
        if connection.execute(delete(accepted_piece).where(*which)).rowcount != 1:
            raise _Gone

    try:
        WRITERS[piece.kind](
            json.loads(zlib.decompress(piece.content)), file.actor, file.received_at, written
        )
    except _Gone:
        return


def discard(file_id: int) -> None:
    """Throw away a file that was not accepted."""
    some = select(_N.kind, _N.number).where(_N.file_id == file_id).limit(TAKEN_AT_ONCE)
    away = delete(accepted_number).where(
        _N.kind == bindparam("the_kind"), _N.number == bindparam("the_number")
    )
    while True:
        with db.transaction() as connection:
            rows = connection.execute(some).all()
            if not rows:
                break
            connection.execute(away, [{"the_kind": r.kind, "the_number": r.number} for r in rows])
    with db.transaction() as connection:
        connection.execute(delete(accepted_piece).where(_P.file_id == file_id))
        connection.execute(delete(accepted_file).where(_F.id == file_id))


def files_are_whole(connection: Connection) -> Finding:
    """Every file that was accepted is written, or somebody is writing it."""
    rows = connection.execute(
        select(_F.id, _F.accepted_at, func.count(_P.piece_no).label("left"))
        .outerjoin(accepted_piece, _P.file_id == _F.id)
        .where(_F.accepted_at.is_not(None))
        .group_by(_F.id, _F.accepted_at)
        .order_by(_F.id)
    ).all()
    lease = leases.job_lease.c
    at_it = (
        connection.execute(
            select(lease.name).where(lease.name == LEASE, lease.until > dt.datetime.now(dt.UTC))
        ).first()
        is not None
    )
    summary = (
        f"{len(rows)} large files half written"
        if not at_it
        else f"{len(rows)} large files being written"
    )
    return finding(
        "files",
        summary,
        (
            f"file {r.id}, accepted at {r.accepted_at.isoformat()}: {r.left} pieces are not "
            "written and nobody is at it; "
            "run: flask worker"
            for r in rows
            if not at_it
        ),
    )
