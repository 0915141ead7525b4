"""Opening hours as stores write them: `09:00-21:00`, `mon-fri 09:00-12:00;14:00-18:00`, `Mo-Fr
08:00-18:00; Su off`, `周一至周五 9:00-18:00`, `9am-5pm`, `24/7` (N3, CONTRACT 2).

Read word by word: days, spans of hours, `off`. Nothing is guessed: a word that is none of them is
refused."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK_MINUTES = 7 * 1440
LONGEST = 500  # characters
_EVERY = frozenset(range(7))
_NAMES = {
    name: day
    for day, names in enumerate(
        (
            "mon mo monday 周一 星期一 礼拜一 週一",
            "tue tu tues tuesday 周二 星期二 礼拜二 週二",
            "wed we weds wednesday 周三 星期三 礼拜三 週三",
            "thu th thur thurs thursday 周四 星期四 礼拜四 週四",
            "fri fr friday 周五 星期五 礼拜五 週五",
            "sat sa saturday 周六 星期六 礼拜六 週六",
            "sun su sunday 周日 周天 星期日 星期天 礼拜天 礼拜日 週日",
        )
    )
    for name in names.split()
}
_GROUPS = {
    **dict.fromkeys(("daily", "every day", "everyday", "每天", "每日", "天天"), _EVERY),
    **dict.fromkeys(("weekdays", "weekday", "工作日", "平日"), frozenset(range(5))),
    **dict.fromkeys(("weekends", "weekend", "周末", "週末"), frozenset((5, 6))),
}
_HOLIDAYS = (
    "ph",
    "sh",
    "法定节假日",
    "节假日",
    "public holidays",
    "holidays",
)  # which days they are is not known: what is said of them has no effect
_OFF = ("off", "closed", "休息", "不营业", "休业", "定休")
_ALWAYS = (
    "24/7",
    "24小时营业",
    "24小时",
    "24 hours",
    "24 hrs",
    "24h",
    "全天营业",
    "全天",
    "all day",
    "open 24 hours",
)


def _any_of(words: Iterable[str]) -> str:
    """Longer words first, a word in letters not inside a longer one."""
    return "|".join(
        re.escape(word) + (r"(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else "")
        for word in sorted(words, key=len, reverse=True)
    )


_CLOCK = (
    r"(上午|早上|早|中午|下午|傍晚|晚上|晚)?\s?([0-9]{1,2})(?::([0-9]{2}))?\s?(am|pm)?(?![0-9a-z:])"
)
_SPAN = re.compile(_CLOCK + r"\s?-\s?" + _CLOCK)
_DAY = re.compile(rf"({_any_of(_NAMES)})(?:\s?-\s?({_any_of(_NAMES)}))?\.?")
_SHORT = re.compile(
    r"[周週]([一二三四五六日天](?:[、,-][一二三四五六日天]){1,6})"
)  # 周一、三、五 and 周一-五
_GROUP, _PH, _SHUT, _OPEN = (
    re.compile(_any_of(words)) for words in (_GROUPS, _HOLIDAYS, _OFF, _ALWAYS)
)
_GAP = re.compile(r"[\s,:、&+]+|and(?![a-z])|和")
_WORD = re.compile(r"[^\s,;]{1,30}")


class HoursFault(ValueError):
    """The text is no opening hours; the message says why in words."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open spans as [from, to) in minutes of the week since Monday 00:00, sorted, not touching;
    `to` may exceed the week (Sunday night)."""

    spans: tuple[tuple[int, int], ...]


def parse_hours(text: str) -> Hours:
    """Parts are separated by `;`. A part without days holds every day when no part names days, else
    for the days of the part before it. An end at or before its start lies on the next day; 24:00 is
    midnight. Days not named are closed, unless all that is said is which days are off: then the
    others are open. A later part for fewer days replaces what an earlier one said of them where
    both overlap; `off` always does. Raises HoursFault."""
    if len(text) > LONGEST:
        raise HoursFault(f"has {len(text)} characters; hours take at most {LONGEST}")
    said = _Said()
    for part in _plain(text).split(";"):
        if part.strip():
            _read(part.strip(), said)
    return Hours(
        _joined(
            [
                (day * 1440 + start, day * 1440 + end)
                for day, spans in enumerate(said.week())
                for start, end in spans
            ]
        )
    )


def is_open(hours: Hours | None, local: dt.datetime) -> bool:
    """Whether the store is open at this wall-clock time of its own zone. None, unknown hours,
    counts as open (N3)."""
    if hours is None:
        return True
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    return any(
        start <= minute < end or start <= minute + WEEK_MINUTES < end for start, end in hours.spans
    )


Span = tuple[int, int]


@dataclass(slots=True)
class _Said:
    """What the parts said so far, in order: days (None: not named) and their spans, none for
    off."""

    rules: list[tuple[frozenset[int] | None, list[Span]]] = field(default_factory=list)

    def week(self) -> list[list[Span]]:
        """The opening spans of each of the seven days, Monday first. Raises HoursFault where no
        hours were given."""
        if not self.rules:
            raise HoursFault("no hours given; leave the cell empty when they are unknown")
        if not any(spans for _, spans in self.rules):
            shut = frozenset[int]().union(*(days or _EVERY for days, _ in self.rules))
            if shut == _EVERY:
                raise HoursFault(
                    "says that the store is never open; leave the cell empty and close or pause "
                    "the store"
                )
            return [[] if day in shut else [(0, 1440)] for day in range(7)]
        days, week, by = _EVERY, [list[Span]() for _ in range(7)], [_EVERY] * 7
        for named, spans in self.rules:
            days = named or days
            for day in days:
                replaced = (
                    not spans
                    or named is not None
                    and named < by[day]
                    and _overlap([*week[day], *spans])
                )
                week[day] = list(spans) if replaced else [*week[day], *spans]
                by[day] = named or by[day]
        return week


def _plain(text: str) -> str:
    """One form of width, case, dashes and words of a clock."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[\u2010-\u2015\u2212~〜至到]| to ", "-", text)
    text = re.sub(r"([0-9]{1,2})[点點時时]半", r"\1:30", text.replace("小時", "小时"))
    text = re.sub(r"([0-9]{1,2})[点點時时]([0-9]{2})分?", r"\1:\2", text)
    text = re.sub(r"([0-9]{1,2})[点點時时]整?", r"\1:00", text)
    text = re.sub(r"([0-9]{1,2})[.h]([0-5][0-9])(?![0-9])", r"\1:\2", text)
    return re.sub(r"([ap])\.m\.?", r"\1m", re.sub(r"[\n|/](?!7)", ";", text))


def _read(part: str, said: _Said) -> None:
    """Days, then spans or `off`; days that follow a span begin the next rule (`Mo-Fr 08:00-18:00,
    Sa 09:00-12:00`)."""
    days, spans, done, holiday = set[int](), list[Span](), False, False
    at, named = 0, False
    while at < len(part):
        if gap := _GAP.match(part, at):
            at = gap.end()
            continue
        if (found := _days(part, at)) is not None:
            if done:
                _close(said, named, holiday, days, spans)
                days, spans, done, holiday, named = set(), [], False, False, False
            new, at = found
            named, holiday = named or new is not None, holiday or new is None
            if new is not None and not days.isdisjoint(new):
                raise HoursFault(f"{part[:40]!r} names a day twice")
            days |= new or set()
        elif span := _SPAN.match(part, at):
            spans.append(_span(span))
            at, done = span.end(), True
        elif always := _OPEN.match(part, at):
            spans.append((0, 1440))
            at, done = always.end(), True
        elif off := _SHUT.match(part, at):
            if spans or not (named or holiday):
                raise HoursFault(f"{part[:40]!r} does not say which days are closed; write sun off")
            at, done = off.end(), True
        else:
            raise _unknown(part, at)
    if not done:
        raise HoursFault(
            f"{part[:40]!r} is no span of hours; write 09:00-21:00 or mon-fri 09:00-18:00"
        )
    _close(said, named, holiday, days, spans)


def _close(said: _Said, named: bool, holiday: bool, days: set[int], spans: list[Span]) -> None:
    if named or not holiday:
        said.rules.append((frozenset(days) if named else None, spans))


def _days(part: str, at: int) -> tuple[set[int] | None, int] | None:
    """The days that are named there and where they end; None instead of days for holidays, None for
    no days."""
    if found := _SHORT.match(part, at):
        return _short_days(found[1]), found.end()
    if found := _DAY.match(part, at):
        first, last = _NAMES[found[1]], _NAMES[found[2] or found[1]]
        if found[2] is None and re.match(r"\s?-\s?[a-z]", part[found.end() :]):
            raise _no_weekday(part[at:])
        return {(first + step) % 7 for step in range((last - first) % 7 + 1)}, found.end()
    if found := _GROUP.match(part, at):
        return set(_GROUPS[found[0]]), found.end()
    if found := _PH.match(part, at):
        return None, found.end()
    return None


def _short_days(letters: str) -> set[int]:
    days = set[int]()
    for piece in re.split("[、,]", letters):
        first, last = (
            "一二三四五六日".find(piece[0].replace("天", "日")),
            "一二三四五六日".find(piece[-1].replace("天", "日")),
        )
        days |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return days


def _unknown(part: str, at: int) -> HoursFault:
    word = _WORD.match(part, at)
    if word is not None and word[0][0].isalpha():
        return _no_weekday(word[0])
    return HoursFault(
        f"{part[:40]!r} is no span of hours; write 09:00-21:00 or mon-fri 09:00-18:00"
    )


def _no_weekday(text: str) -> HoursFault:
    return HoursFault(
        f"{text.strip()[:20]!r} is no weekday; the names are {', '.join(DAYS)}, a range is mon-fri"
    )


def _span(match: re.Match[str]) -> Span:
    text = match[0].strip()
    before, hour, minute, half, before2, hour2, minute2, half2 = match.groups()
    halves = _half(before) or half, _half(before2) or half2
    if not (minute or minute2 or halves[0] or halves[1]):
        raise HoursFault(
            f"{text[:40]!r} is no span of hours; write 09:00-21:00 or mon-fri 09:00-18:00"
        )
    if halves[1] and not halves[0] and int(hour) <= 12:  # 9-5pm, 1-5pm
        late = _minute(hour, minute, halves[1])
        halves = (halves[1] if late < _minute(hour2, minute2, halves[1]) else "am"), halves[1]
    start, end = _minute(hour, minute, halves[0]), _minute(hour2, minute2, halves[1])
    if start == 1440:
        raise HoursFault(f"{text[:40]!r} begins at 24:00; write 00:00")
    if start == end:
        raise HoursFault(
            f"{text[:40]!r} begins and ends at the same time; the whole day is 00:00-24:00"
        )
    return start, end if end > start else end + 1440


def _half(word: str | None) -> str | None:
    return None if word is None else "am" if word in ("上午", "早上", "早") else "pm"


def _minute(hour: str, minute: str | None, half: str | None) -> int:
    hours, minutes = int(hour), int(minute or 0)
    if half is not None and hours <= 12:
        hours = hours % 12 + (12 if half == "pm" else 0)
    value = hours * 60 + minutes
    if minutes > 59 or value > 1440:
        raise HoursFault(f"{hour}:{minute or '00'} is no time of day; it runs from 00:00 to 24:00")
    return value


def _overlap(spans: list[Span]) -> bool:
    ordered = sorted(spans)
    return any(start < end for (_, end), (start, _) in itertools.pairwise(ordered))


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Sorted; spans that meet become one; overlapping ones are refused."""
    ordered = sorted(spans)
    for (_, end), (start, _) in zip(
        ordered, [*ordered[1:], (ordered[0][0] + WEEK_MINUTES, 0)], strict=True
    ):
        if start < end:
            minute = start % WEEK_MINUTES
            raise HoursFault(
                f"two spans overlap on {DAYS[minute // 1440]} at "
                f"{minute % 1440 // 60:02}:{minute % 60:02}"
            )
    joined: list[Span] = []
    for start, end in ordered:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)
