"""Reading times: ISO 8601 text to an aware UTC moment (N3), and the days of a zone. No clock in
here."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from ledger.faults import Malformed

FIRST_YEAR, LAST_YEAR = 1970, 2100
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T "
    r"]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


class InvalidTime(Malformed):
    """The text is no time, or one that the clocks of its zone skipped."""

    code = "invalid_time"


def parse_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """An ISO 8601 time as an aware UTC moment. `2025-03-01`, `2025-03-01 10:00`,
    `2025-03-01T10:00:00.25Z`, `...+08:00`.

    A date alone is the start of that day in `zone`; a time without offset is local to `zone`: of an
    ambiguous one the first occurrence counts, one that the clocks skipped raises InvalidTime, as
    does every other form and a year outside 1970 to 2100. Digits beyond microseconds are cut off.
    """
    found = _ISO.fullmatch(text)
    if found is None:
        raise InvalidTime(
            "This is no ISO 8601 time; write it like 2025-03-01T10:00:00Z or 2025-03-01."
        )
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    date = _date(int(year), int(month), int(day))
    if hour is None:
        return day_start(date, zone)
    try:
        clock = dt.time(
            int(hour), int(minute), int(second or 0), int((fraction or "")[:6].ljust(6, "0"))
        )
    except ValueError:
        raise InvalidTime(
            "The clock shows 00:00:00 to 23:59:59; leap seconds and 24:00 are not accepted."
        ) from None
    local = dt.datetime.combine(date, clock)
    return (
        _in_zone(local, zone)
        if offset is None
        else local.replace(tzinfo=_offset(offset)).astimezone(dt.UTC)
    )


def parse_day(text: str) -> dt.date:
    """`2025-03-01` as a date; InvalidTime for every other form and for years outside 1970 to
    2100."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise InvalidTime("This is no day; write it like 2025-03-01.")
    return _date(int(text[:4]), int(text[5:7]), int(text[8:]))


def parse_month(text: str) -> str:
    """`2025-03`, returned as it is; InvalidTime for every other form."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        raise InvalidTime("This is no month; write it like 2025-03.")
    _date(int(text[:4]), int(text[5:]), 1)
    return text


def day_start(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment (UTC) at which `day` begins in `zone`; where the clocks skip midnight, the moment
    they jump."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(
        dt.UTC
    )  # fold 0: the offset before a jump gives the jump itself


def _date(year: int, month: int, day: int) -> dt.date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidTime(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise InvalidTime("The calendar has no such day.") from None


def _offset(text: str) -> dt.timezone:
    if text == "Z":
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 14 or minutes > 59:
        raise InvalidTime("An offset lies between -14:59 and +14:59.")
    return dt.timezone((-1 if text[0] == "-" else 1) * dt.timedelta(hours=hours, minutes=minutes))


def _in_zone(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    moment = local.replace(tzinfo=zone).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise InvalidTime(
            f"The clocks in {zone.key} skipped this time; give the offset, or a time that existed."
        )
    return moment
