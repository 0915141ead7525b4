"""Dates as spreadsheets write them: `2025/3/1 10:00`, `1.3.2025`, `3/1/2025 9:05 PM`, `2025年3月1日`,
and Excel's number of a day.

Which of two small numbers is the day a column decides as a whole: one date such as 25/3/2025 tells
it for all. A column that does not tell is refused, cell by cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

DAY_FIRST, MONTH_FIRST, BOTH = "dmy", "mdy", "both"
YEAR_FIRST, NUMBER = "ymd", "number"
_CLOCK = (
    r"(?:[T "
    r"]\s{0,3}([0-9]{1,2}):([0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)?\s{0,3}([AaPp][Mm])?\s?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.年])([0-9]{1,2})[-/.月]([0-9]{1,2})日?" + _CLOCK)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})" + _CLOCK)
_NUMBER = re.compile(r"([1-7][0-9]{4})(\.[0-9]{1,15})?")
_FIRST, _LAST = 18_264, 73_415  # 1950 to 2100, as Excel counts days
_EPOCH = dt.date(1899, 12, 30)
LONGEST = 60


class Unclear(ValueError):
    """Day and month may be either; `both`: the column holds dates in both orders. `first`,
    `second`: the two days it may be."""

    def __init__(self, first: dt.date, second: dt.date, both: bool):
        super().__init__()
        self.first, self.second, self.both = first, second, both


def form_of(texts: Iterable[str]) -> str:
    """How the dates of a column are written: YEAR_FIRST, DAY_FIRST, MONTH_FIRST, BOTH, NUMBER; ""
    for ISO 8601, and for what does not tell."""
    found = set[str]()
    for text in texts:
        if text[4:5] == "-" and text[7:8] == "-" or len(text) > LONGEST:
            continue
        if match := _YEAR_LAST.fullmatch(text):
            found.add(_order(match) or "?")
        elif _YEAR_FIRST.fullmatch(text):
            found.add(YEAR_FIRST)
        elif _is_number(text):
            found.add(NUMBER)
    if {DAY_FIRST, MONTH_FIRST} <= found:
        return BOTH
    return next(
        (form for form in (DAY_FIRST, MONTH_FIRST, YEAR_FIRST, NUMBER) if form in found), ""
    )


def _order(match: re.Match[str]) -> str:
    """What one date tells by itself; dots are written day first everywhere."""
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or first > 12:
        return DAY_FIRST
    return MONTH_FIRST if second > 12 else ""


def as_iso(text: str, order: str) -> str:
    """The same in ISO 8601; what is no such date as it is. Raises Unclear."""
    if len(text) > LONGEST or text[4:5] == "-" == text[7:8] and " " not in text[11:]:
        return text
    if match := _YEAR_FIRST.fullmatch(text):
        return _iso(match[1], match[3], match[4], match, 5)
    if match := _YEAR_LAST.fullmatch(text):
        day, month = (
            (match[1], match[3])
            if order == DAY_FIRST or _order(match) == DAY_FIRST
            else (match[3], match[1])
        )
        if (
            order not in (DAY_FIRST, MONTH_FIRST)
            and match[1] != match[3]
            and (order == BOTH or not _order(match))
        ):
            _refuse(match, order == BOTH)
        return _iso(match[4], month, day, match, 5)
    return text


def _refuse(match: re.Match[str], both: bool) -> None:
    readings = []
    for month, day in ((match[3], match[1]), (match[1], match[3])):
        try:
            readings.append(dt.date(int(match[4]), int(month), int(day)))
        except ValueError:
            continue
    if readings:
        raise Unclear(readings[0], readings[-1], both)


def _iso(year: str, month: str, day: str, match: re.Match[str], clock: int) -> str:
    hour, minute, second, half, offset = (match[clock + n] for n in range(5))
    date = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return date
    number = int(hour)
    if half and 1 <= number <= 12:
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    return f"{date} {number:02}:{minute}{second or ''}{offset or ''}"


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and _FIRST <= float(text) < _LAST


def of_number(text: str) -> str | None:
    """The day, or the second, that Excel means by such a number, in ISO 8601; None for anything
    else."""
    if not _is_number(text):
        return None
    days, seconds = divmod(round(float(text) * 86_400), 86_400)
    date = (_EPOCH + dt.timedelta(days=days)).isoformat()
    return (
        f"{date} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if seconds
        else date
    )
