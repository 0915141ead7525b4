"""How the employment of one guide changes when a row names store, role, first and last day (valid
time). Values in, values out.

B10: with a move to another store stands whether his customers follow him. To a store of another
dealer they never do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stores.base.spans import Spans

# days after the move in which it can be decided: B9 gives as many to find customers of the pool a
# guide
DECIDED_WITHIN = 3


class UnsoundEmployment(ValueError):
    """The days do not fit together; `column` is the one to mend, the message says why in words."""

    def __init__(self, column: str, reason: str):
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class Job:
    """One stretch at one store in one role, [valid_from, valid_to). `customers_follow`: of a move
    here from another store, None: nobody decided. `notices`: when it was known that he leaves at
    its end (B9)."""

    store_id: int
    role: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    customers_follow: bool | None = None
    notices: Spans = ()


OtherDealer = Callable[
    [int, int, dt.date], bool
]  # whether a move from a store to another on a day was one to another dealer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the row says once merged. `hired_before` and `left_before`: the days that were stored.
    `customers_follow` None: it does not say."""

    store_id: int
    role: str
    hired_on: dt.date | None
    left_on: dt.date | None
    hired_before: dt.date | None = None
    left_before: dt.date | None = None
    customers_follow: bool | None = None

    @property
    def ends(self) -> dt.date | None:
        """`left_on` is the last day at work."""
        return None if self.left_on is None else self.left_on + dt.timedelta(days=1)


def same_dealer(_old: int, _new: int, _day: dt.date) -> bool:
    return False


def jobs_after(
    known: Sequence[Job],
    wanted: Wanted,
    today: dt.date,
    other_dealer: OtherDealer = same_dealer,
    now: dt.datetime | None = None,
) -> list[Job]:
    """The stretches once the row is applied, at `now`; `known` in the order of their days. A move
    counts from today. Raises UnsoundEmployment."""
    if not known:
        jobs = [Job(wanted.store_id, wanted.role, wanted.hired_on, wanted.ends)]
    elif wanted.left_before and wanted.hired_on and wanted.hired_on > wanted.left_before:
        jobs = [
            *known,
            Job(wanted.store_id, wanted.role, wanted.hired_on, wanted.ends),
        ]  # hired again
    else:
        jobs = list(known)
        if wanted.hired_on != wanted.hired_before:
            _begin(jobs, wanted.hired_on)
        _move(jobs, wanted, today)
        if wanted.left_on != wanted.left_before or jobs[-1].valid_to is None:
            jobs[-1] = replace(jobs[-1], valid_to=wanted.ends)
    _decide(jobs, known, wanted, today, other_dealer)
    _give_notice(jobs, known, now)
    last = jobs[-1]
    if (
        last.valid_from is not None
        and last.valid_to is not None
        and last.valid_to <= last.valid_from
    ):
        raise UnsoundEmployment(
            "left_on", f"lies before the first day at this store ({last.valid_from})"
        )
    return jobs


def _begin(jobs: list[Job], hired_on: dt.date | None) -> None:
    """Correct the first day of the present stretch of employment, moves between stores included."""
    at = len(jobs) - 1
    while at > 0 and jobs[at - 1].valid_to == jobs[at].valid_from:
        at -= 1
    first = jobs[at]
    if at > 0 and (hired_on is None or (jobs[at - 1].valid_to or dt.date.max) > hired_on):
        raise UnsoundEmployment(
            "hired_on", f"lies within an earlier employment (until {jobs[at - 1].valid_to})"
        )
    if (
        hired_on is not None
        and first.valid_to is not None
        and hired_on >= first.valid_to
        and at < len(jobs) - 1
    ):
        raise UnsoundEmployment(
            "hired_on", f"lies after the move to another store ({first.valid_to})"
        )
    jobs[at] = replace(first, valid_from=hired_on)


def _move(jobs: list[Job], wanted: Wanted, today: dt.date) -> None:
    last = jobs[-1]
    if (last.store_id, last.role) == (wanted.store_id, wanted.role) or (
        wanted.ends is not None and wanted.ends <= today
    ):
        return  # of somebody who has left no move can be dated
    if last.valid_to is not None and last.valid_to <= today and wanted.left_on is None:
        jobs.append(Job(wanted.store_id, wanted.role, today))
    elif last.valid_from is not None and last.valid_from >= today:
        jobs[-1] = replace(last, store_id=wanted.store_id, role=wanted.role, customers_follow=None)
    else:
        jobs[-1] = replace(last, valid_to=today)
        jobs.append(Job(wanted.store_id, wanted.role, today, last.valid_to))


def _give_notice(jobs: list[Job], known: Sequence[Job], now: dt.datetime | None) -> None:
    """B9: from now on he is leaving, or is not any more; another last day, or a move before it,
    changes neither."""
    last, before = jobs[-1], known[-1] if known else None
    if (
        before is not None
        and before.valid_to is not None
        and last.valid_from is not None
        and last.valid_from >= before.valid_to
    ):
        before = None  # another employment
    notices = before.notices if before is not None else ()
    given = bool(notices) and notices[-1][1] is None
    if given and last.valid_to is None:
        notices = (*notices[:-1], (notices[-1][0], now))
    elif (
        not given
        and now is not None
        and last.valid_to is not None
        and (before is None or before.valid_to != last.valid_to)
    ):
        notices = (*notices, (now, None))
    jobs[-1] = replace(last, notices=notices)
    if len(jobs) > 1 and jobs[-2].valid_to == last.valid_from:
        jobs[-2] = replace(jobs[-2], notices=())


def arrival(jobs: Sequence[Job]) -> int | None:
    """Which of the jobs brought him to the store where he works last, from another store without a
    day between; None: none did."""
    at = len(jobs) - 1
    while (
        at > 0
        and jobs[at - 1].valid_to is not None
        and jobs[at - 1].valid_to == jobs[at].valid_from
    ):
        if jobs[at - 1].store_id != jobs[at].store_id:
            return at
        at -= 1
    return None


def still_open(moved_on: dt.date, today: dt.date) -> bool:
    """Whether it can be decided today whether the customers follow (B10)."""
    return today <= moved_on + dt.timedelta(days=DECIDED_WITHIN)


def _decide(
    jobs: list[Job], known: Sequence[Job], wanted: Wanted, today: dt.date, other_dealer: OtherDealer
) -> None:
    """B10: what the row says of a move that is still open; a later one says nothing, and to another
    dealer nobody follows."""
    at = arrival(jobs)
    moved_on = jobs[at].valid_from if at is not None else None
    if at is None or moved_on is None or not still_open(moved_on, today):
        return
    told = wanted.customers_follow
    if other_dealer(jobs[at - 1].store_id, jobs[at].store_id, moved_on):
        if jobs[at] in known and told is None:
            return
        told = False
    elif told is None:
        before = next(
            (j for j in known if j.valid_from == moved_on), None
        )  # a store that is corrected on the day of the move
        decided = (
            before is not None
            and before.store_id != jobs[at - 1].store_id
            and not other_dealer(jobs[at - 1].store_id, before.store_id, moved_on)
        )
        told = before.customers_follow if decided and before is not None else None
    jobs[at:] = [replace(job, customers_follow=told) for job in jobs[at:]]
