"""Opening hours as stores write them: `09:00-21:00`, `09:00-12:00;14:00-21:00`, `mon-fri 09:00-18:00;sat 10:00-16:00` (N3, CONTRACT 2)."""
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK_MINUTES = 7 * 1440
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAYS = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?")


class HoursFault(ValueError):
    """The text is no opening hours; the message says why in words."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open spans as [from, to) in minutes of the week since Monday 00:00, sorted, not touching; `to` may exceed the week (Sunday night)."""

    spans: tuple[tuple[int, int], ...]


def parse_hours(text: str) -> Hours:
    """Parts are separated by `;`. A part without days holds every day when no part names days, else for the days of the part before it.
    An end at or before its start lies on the next day; 24:00 is midnight. Days not named are closed. Raises HoursFault."""
    parts = [part.strip().lower() for part in text.replace("；", ";").replace("：", ":").split(";")]
    if not any(parts):
        raise HoursFault("no hours given; leave the cell empty when they are unknown")
    days: tuple[int, ...] = tuple(range(7))
    spans: list[tuple[int, int]] = []
    for part in parts:
        if not part:
            raise HoursFault(f"there is an empty part in {text[:60]!r}; write 09:00-12:00;14:00-21:00")
        days, span = _part(part, days)
        spans.extend((day * 1440 + span[0], day * 1440 + span[1]) for day in days)
    return Hours(_joined(spans))


def is_open(hours: Hours | None, local: dt.datetime) -> bool:
    """Whether the store is open at this wall-clock time of its own zone. None, unknown hours, counts as open (N3)."""
    if hours is None:
        return True
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    return any(start <= minute < end or start <= minute + WEEK_MINUTES < end for start, end in hours.spans)


def _part(part: str, days: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, int]]:
    begin = next((place for place, letter in enumerate(part) if letter.isdigit()), len(part))
    if begin:
        days = _day_numbers(part[:begin].strip())
    match = _SPAN.fullmatch(part[begin:])
    if match is None:
        raise HoursFault(f"{part[:40]!r} is no span of hours; write 09:00-21:00 or mon-fri 09:00-18:00")
    start, end = _minute(match[1], match[2]), _minute(match[3], match[4])
    if start == 1440:
        raise HoursFault(f"{part[:40]!r} begins at 24:00; write 00:00")
    if start == end:
        raise HoursFault(f"{part[:40]!r} begins and ends at the same time; the whole day is 00:00-24:00")
    return days, (start, end if end > start else end + 1440)


def _day_numbers(names: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for name in names.split(","):
        match = _DAYS.fullmatch(name.strip())
        if match is None or match[1] not in DAYS or (match[2] and match[2] not in DAYS):
            raise HoursFault(f"{name.strip()[:20]!r} is no weekday; the names are {', '.join(DAYS)}, a range is mon-fri")
        first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
        numbers.extend((first + step) % 7 for step in range((last - first) % 7 + 1))
    if len(set(numbers)) < len(numbers):
        raise HoursFault(f"{names[:40]!r} names a day twice")
    return tuple(sorted(numbers))


def _minute(hour: str, minute: str) -> int:
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > 1440:
        raise HoursFault(f"{hour}:{minute} is no time of day; it runs from 00:00 to 24:00")
    return value


def _joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted; spans that meet become one; overlapping ones are refused."""
    ordered = sorted(spans)
    for (_, end), (start, _) in zip(ordered, [*ordered[1:], (ordered[0][0] + WEEK_MINUTES, 0)], strict=True):
        if start < end:
            minute = start % WEEK_MINUTES
            raise HoursFault(f"two spans overlap on {DAYS[minute // 1440]} at {minute % 1440 // 60:02}:{minute % 60:02}")
    joined: list[tuple[int, int]] = []
    for start, end in ordered:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)
