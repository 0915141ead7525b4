"""Cells that hold a day, a moment, a month, opening hours or a time zone."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from ledger.faults import Fault
from stores.base.possible_times import MISSING, looks_missing
from stores.base.times import parse_instant
from stores.imports import dates
from stores.imports.cells import BadCell, Context, Mended, visible_text
from stores.network.hours import HoursFault, parse_hours

_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00)?)?")
_MONTH = re.compile(
    r"((?:19|2[01])[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-01)?(?:[T ]00:00(?::00)?)?"
)  # a workbook keeps a month as its first day


def day(text: str, context: Context) -> Any:
    """A calendar day, also as a spreadsheet writes it."""
    _refuse_missing(text)
    if (counted := dates.of_number(text)) is not None:
        return Mended(day(counted, context), "excel_day_number", {"day": counted})
    match = _DATE.fullmatch(_iso(text, context))
    try:
        value = dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        raise BadCell("is no day of the calendar") from None
    if value is None or not 1900 <= value.year < 2200:
        raise BadCell("is no date from 1900 to 2199; write 2025-03-01")
    return value


def instant(text: str, context: Context) -> Any:
    """A moment, also as a spreadsheet writes it."""
    _refuse_missing(text)
    if (counted := dates.of_number(text)) is not None:
        return Mended(instant(counted, context), "excel_day_number", {"day": counted})
    try:
        return parse_instant(_iso(text, context), context.zone)
    except Fault as reason:
        raise BadCell(reason.detail) from None


def _iso(text: str, context: Context) -> str:
    try:
        return dates.as_iso(text, context.day_order)
    except dates.Unclear as unclear:
        code = "days_in_both_orders" if unclear.both else "unclear_day"
        raise BadCell.of(
            code, first=unclear.first.isoformat(), second=unclear.second.isoformat()
        ) from None


def _refuse_missing(text: str) -> None:
    """N5: what stands in date columns for no date, also where a date may lie in any year: it would
    open or close what it dates."""
    if looks_missing(text):
        raise BadCell(MISSING)


def month(text: str, context: Context) -> str:
    _refuse_missing(text if len(text) > 7 else f"{text}-01")
    found = _MONTH.fullmatch(text) or _MONTH.fullmatch(
        dates.as_iso(text, "") if text[:4].isdigit() else text
    )
    if not found:
        raise BadCell("is no month; write 2025-03")
    return found[1]


def hours(text: str, context: Context) -> str:
    """Opening hours, checked for sense and kept as they were written."""
    visible_text(text, 200)
    try:
        parse_hours(text)
    except HoursFault as reason:
        raise BadCell(str(reason)) from None
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def timezone(text: str, context: Context) -> str:
    if text not in _zones():
        raise BadCell("is no IANA time zone, such as Asia/Shanghai")
    return text
