"""A file of events, taken whole or not at all: few in one transaction, many as an accepted file
(stores/base/accepted_files.py, N2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from ledger.pieces import pieces
from stores.base import accepted_files, accepted_numbers
from stores.base.accepted_files import Piece, Turn, Written
from stores.base.actors import Actor
from stores.customers import event_intake
from stores.customers.event_intake import EventIn, Sound, Taken
from stores.facts.events import event, event_key

Progress = Callable[[int, int], None]
MANY = 2_000  # events that one transaction takes
IN_PIECE = 500  # some tenths of a second of SQLite's writer


def file_events(
    events: Sequence[EventIn],
    *,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Taken:
    """Record the events of one file that are new, all or none. `progress` may leave by an exception
    as long as it is told done = total; with less, pieces are being written and it must not. Raises
    AnyRefused naming every one that is refused, Busy."""
    if not dry_run:
        accepted_files.await_others()
    taken, new = event_intake.judge(events, now, all_or_nothing=True)
    if dry_run or not new:
        return taken
    if len(new) <= MANY:
        return event_intake.record_events(events, actor=actor.name, now=now, all_or_nothing=True)

    def put_in(mine: Turn, found: tuple[Taken, list[Sound]]) -> bool:
        return not found[1] or accepted_files.put(
            mine,
            _pieces([each for _, each, _ in found[1]]),
            _still_sound,
            actor=actor.name,
            now=now,
            keys=(event_key,),
            progress=progress,
        )

    def check() -> tuple[Taken, list[Sound]]:
        return event_intake.judge(events, now, all_or_nothing=True)

    return accepted_files.bring_in((taken, new), check, put_in, "Events")[0]


def _still_sound(connection: Connection, file_id: int) -> bool:
    return accepted_numbers.count_of(connection, file_id, "event", event.c.event_id) == 0


def _pieces(events: Sequence[EventIn]) -> Iterator[Piece]:
    for some in pieces(events, IN_PIECE):
        yield Piece(
            "events", [packed(each) for each in some], [("event", each.event_id) for each in some]
        )


@accepted_files.writes("events")
def _write_events(rows: list[Any], actor: str, received_at: dt.datetime, written: Written) -> None:
    event_intake.record_accepted(
        [unpacked(row) for row in rows], actor=actor, now=received_at, written=written
    )


def packed(each: EventIn) -> dict[str, Any]:
    """What is given, without what is empty."""
    return {
        **{name: value for name, value in each.content().items() if value},
        "occurred_at": each.occurred_at.isoformat(),
    }


def unpacked(row: dict[str, Any]) -> EventIn:
    return EventIn(**{**row, "occurred_at": dt.datetime.fromisoformat(row["occurred_at"])})
