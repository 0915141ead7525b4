"""Which moments a fact can have (N5), and what programs write for no date at all. Pure."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from ledger.faults import InvalidInput

FIRST_FACT = dt.date(2000, 1, 1)
MOST_AHEAD = dt.timedelta(hours=24)
_NO_DATES = {
    (1, 1, 1970),
    (12, 31, 1969),
    (12, 29, 1899),
    (12, 30, 1899),
    (12, 31, 1899),
    (0, 1, 1900),
    (0, 0, 1),
    (0, 0, 0),
}
_MONTHS_OF_NO_DATES = (("jan", " 1 "), ("dec", " 12 "))
MISSING = "looks like a missing date (impossible_time); give the real one"


class ImpossibleTime(InvalidInput):
    """A fact that lies too far ahead of its receipt, or before anything is recorded (N5)."""

    code = "impossible_time"


def why_impossible(at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> str | None:
    """Why nothing that is received at `now` can have happened at `at` (N5); None: it can. Dated
    terms (contracts, openings) may lie anywhere."""
    if at - now > MOST_AHEAD:
        return (
            "lies more than 24 hours ahead of the moment of its receipt (impossible_time); give "
            "the "
            "time at which it happened"
        )
    day = at.astimezone(zone).date()
    if looks_missing(day.isoformat()):
        return MISSING
    if day < FIRST_FACT:
        return "lies before 2000-01-01 (impossible_time); give the time at which it happened"
    return None


def looks_missing(text: str) -> bool:
    """Whether this is what programs write where they have no date: the first day of Unix, the days
    around the first of a spreadsheet (zones shift both) or of none at all, in any order of day,
    month and year, with or without a time."""
    if len(text) > 40:
        return False
    text = re.sub(r"^([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])", r"\1 \2 \3", text.casefold())
    for name, number in _MONTHS_OF_NO_DATES:
        text = re.sub(f"{name}[a-z]*", number, text)
    numbers = [int(digits) for digits in re.findall(r"[0-9]+", text)[:3]]
    return text == "0" or tuple(sorted(numbers)) in _NO_DATES
