"""How the employment of one guide changes when a row names store, role, first and last day (valid time). Values in, values out."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace


class UnsoundEmployment(ValueError):
    """The days do not fit together; `column` is the one to mend, the message says why in words."""

    def __init__(self, column: str, reason: str):
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class Job:
    """One stretch at one store in one role, [valid_from, valid_to)."""

    store_id: int
    role: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the row says once merged. `hired_before` and `left_before`: the days that were stored."""

    store_id: int
    role: str
    hired_on: dt.date | None
    left_on: dt.date | None
    hired_before: dt.date | None = None
    left_before: dt.date | None = None

    @property
    def ends(self) -> dt.date | None:
        """`left_on` is the last day at work."""
        return None if self.left_on is None else self.left_on + dt.timedelta(days=1)


def jobs_after(known: Sequence[Job], wanted: Wanted, today: dt.date) -> list[Job]:
    """The stretches once the row is applied; `known` in the order of their days. A move counts from today. Raises UnsoundEmployment."""
    if not known:
        jobs = [Job(wanted.store_id, wanted.role, wanted.hired_on, wanted.ends)]
    elif wanted.left_before and wanted.hired_on and wanted.hired_on > wanted.left_before:
        jobs = [*known, Job(wanted.store_id, wanted.role, wanted.hired_on, wanted.ends)]  # hired again
    else:
        jobs = list(known)
        if wanted.hired_on != wanted.hired_before:
            _begin(jobs, wanted.hired_on)
        _move(jobs, wanted, today)
        if wanted.left_on != wanted.left_before or jobs[-1].valid_to is None:
            jobs[-1] = replace(jobs[-1], valid_to=wanted.ends)
    last = jobs[-1]
    if last.valid_from is not None and last.valid_to is not None and last.valid_to <= last.valid_from:
        raise UnsoundEmployment("left_on", f"lies before the first day at this store ({last.valid_from})")
    return jobs


def _begin(jobs: list[Job], hired_on: dt.date | None) -> None:
    """Correct the first day of the present stretch of employment, moves between stores included."""
    at = len(jobs) - 1
    while at > 0 and jobs[at - 1].valid_to == jobs[at].valid_from:
        at -= 1
    first = jobs[at]
    if at > 0 and (hired_on is None or (jobs[at - 1].valid_to or dt.date.max) > hired_on):
        raise UnsoundEmployment("hired_on", f"lies within an earlier employment (until {jobs[at - 1].valid_to})")
    if hired_on is not None and first.valid_to is not None and hired_on >= first.valid_to and at < len(jobs) - 1:
        raise UnsoundEmployment("hired_on", f"lies after the move to another store ({first.valid_to})")
    jobs[at] = replace(first, valid_from=hired_on)


def _move(jobs: list[Job], wanted: Wanted, today: dt.date) -> None:
    last = jobs[-1]
    if (last.store_id, last.role) == (wanted.store_id, wanted.role) or (wanted.ends is not None and wanted.ends <= today):
        return  # of somebody who has left no move can be dated
    if last.valid_to is not None and last.valid_to <= today and wanted.left_on is None:
        jobs.append(Job(wanted.store_id, wanted.role, today))
    elif last.valid_from is not None and last.valid_from >= today:
        jobs[-1] = replace(last, store_id=wanted.store_id, role=wanted.role)
    else:
        jobs[-1] = replace(last, valid_to=today)
        jobs.append(Job(wanted.store_id, wanted.role, today, last.valid_to))
