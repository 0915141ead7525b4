"""Which days a page shows: chosen by name, by a day, by a month, or from one day to another. Brand
days, inclusive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.faults import Malformed
from stores.base.times import parse_day, parse_month

NAMED = {"today": 1, "yesterday": 1, "7d": 7, "30d": 30}
LONGEST_DAYS = 800


@dataclass(frozen=True, slots=True)
class Span:
    first: dt.date
    last: dt.date

    @property
    def days(self) -> list[dt.date]:
        return [self.first + dt.timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> Span:
        """As many days, just before."""
        return Span(
            self.first - (self.last - self.first) - dt.timedelta(days=1),
            self.first - dt.timedelta(days=1),
        )

    def at_least(self, days: int) -> Span:
        """This span, begun earlier when it is shorter than `days`."""
        return Span(min(self.first, self.last - dt.timedelta(days=days - 1)), self.last)

    @property
    def query(self) -> dict[str, str]:
        """The parameters that a page reads with `asked`."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def named(name: str, today: dt.date) -> Span:
    """`today` so far; `yesterday`, `7d`, `30d` are whole days that end yesterday. KeyError for
    another name."""
    days, last = NAMED[name], today if name == "today" else today - dt.timedelta(days=1)
    return Span(last - dt.timedelta(days=days - 1), last)


def asked(args: Mapping[str, str], today: dt.date, usual_days: int = 30) -> Span:
    """`day=`, `month=`, or `from=` and `to=`; without any the last days up to today. Raises
    InvalidInput, Malformed."""
    if args.get("day"):
        day = parse_day(args["day"])
        return Span(day, day)
    if args.get("month"):
        return month(args["month"])
    last = parse_day(args["to"]) if args.get("to") else today
    first = (
        parse_day(args["from"]) if args.get("from") else last - dt.timedelta(days=usual_days - 1)
    )
    if first > last or (last - first).days > LONGEST_DAYS:
        raise Malformed(
            f"The first day must not lie after the last, and at most {LONGEST_DAYS} days are "
            "shown at once."
        )
    return Span(first, last)


def month(text: str) -> Span:
    """All days of `YYYY-MM`. Raises what parse_month raises."""
    first = dt.date.fromisoformat(parse_month(text) + "-01")
    return Span(first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1))


def next_month(text: str, by: int = 1) -> str:
    """The month after `YYYY-MM`, or `by` months away."""
    number = int(text[:4]) * 12 + int(text[5:]) - 1 + by
    return f"{number // 12:04}-{number % 12 + 1:02}"
