"""The door that every dated fact passes: what it says of its time must be possible at the moment of
its receipt (N5)."""

from __future__ import annotations

import datetime as dt

from ledger.faults import FieldFault
from stores.base.brand import brand
from stores.base.possible_times import ImpossibleTime, why_impossible


def why_refused(at: dt.datetime, now: dt.datetime) -> str | None:
    """Why nothing that is received at `now` can have happened at `at`; None: it can."""
    return why_impossible(at, now, brand().timezone)


def refuse_impossible(field: str, at: dt.datetime | None, now: dt.datetime) -> None:
    """Raises ImpossibleTime naming the field; None is no fact of its own time."""
    if at is not None and (why := why_refused(at, now)) is not None:
        raise ImpossibleTime(f"{field} {why}.", errors=[FieldFault(field, why)])
