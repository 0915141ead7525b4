"""Charts as values for a template: lines of a trend in a box of fixed units, so that no style is
written inline. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 600, 160
TOP, FOOT = 8, 158  # of a scale
ALL_NAMED, LABELS = 7, 5  # up to so many days are all named below a chart, else so many of them
EDGES = 4  # bounds of columns that are named at most


@dataclass(frozen=True, slots=True)
class Tick:
    """A value of a scale and how far down its line lies."""

    value: int
    y: int


@dataclass(frozen=True, slots=True)
class Named:
    """A word below a chart. `x` in per cent of the width; `anchor` as SVG knows it; `wide`: only
    where there is room for all."""

    value: Any
    x: str
    anchor: str
    wide: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """What a pointer or finger finds: a strip from `left`, `width` wide, its marks at `x` (per cent
    of the width) and at `now` and `before` down."""

    left: str
    width: str
    x: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Trend:
    """`now` and `before`: points of a polyline; `area`: the closed shape under `now`; `rows`: (day,
    value, day before, value before), a spot each."""

    now: str
    before: str
    area: str
    zero: int
    ticks: tuple[Tick, ...]
    days: tuple[Named, ...]
    spots: tuple[Spot, ...]
    rows: tuple[tuple[dt.date, int, dt.date, int], ...]


def trend(
    days: Sequence[dt.date],
    values: Mapping[dt.date, int],
    days_before: Sequence[dt.date],
    values_before: Mapping[dt.date, int],
) -> Trend:
    """Values a day beside those of as many days before; absent days are 0. The scale holds 0 and
    both lines."""
    now, before = (
        [values.get(day, 0) for day in days],
        [values_before.get(day, 0) for day in days_before],
    )
    ticks = scale([*now, *before])
    last = max(1, len(now) - 1)

    def y(value: int) -> int:
        return _down(value, ticks)

    def points(line: Sequence[int]) -> list[str]:
        return [f"{round(n * WIDTH / last)},{y(value)}" for n, value in enumerate(line)]

    line = points(now)
    area = " ".join([f"0,{y(0)}", *line, f"{WIDTH},{y(0)}"]) if len(now) > 1 else ""
    spots = []
    for n, (one, other) in enumerate(zip(now, before, strict=True)):
        left, right = (
            max(0.0, (n - 0.5) / last),
            min(1.0, (n + 0.5) / last) if len(now) > 1 else 1.0,
        )
        spots.append(
            Spot(_percent(left), _percent(right - left), _percent(n / last), y(one), y(other))
        )
    named = tuple(
        Named(days[n], _percent(n / last), _anchor(n, len(days)), wide)
        for n, wide in _few(len(days))
    )
    return Trend(
        " ".join(line),
        " ".join(points(before)),
        area,
        y(0),
        tuple(Tick(value, y(value)) for value in ticks),
        named,
        tuple(spots),
        tuple(zip(days, now, days_before, before, strict=True)),
    )


def scale(values: Sequence[int]) -> list[int]:
    """A few round values (steps of 1, 2 or 5 times a power of ten) from the least to the greatest,
    with 0 and all values between them."""
    top, bottom = max([*values, 0]), min([*values, 0])
    step = _round(max(1, -(-(top - bottom or 1) // 4)))
    return list(
        range(bottom // step * step, max(-(-top // step), bottom // step + 1) * step + 1, step)
    )


def _down(value: int, ticks: Sequence[int]) -> int:
    return round(FOOT - (value - ticks[0]) * (FOOT - TOP) / (ticks[-1] - ticks[0]))


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"


def _few(number: int) -> list[tuple[int, bool]]:
    """Which of so many places are named: the first, the last and some between; `wide` ones only
    where there is room."""
    places = (
        list(range(number))
        if number <= ALL_NAMED
        else [n * (number - 1) // (LABELS - 1) for n in range(LABELS)]
    )
    kept = {0, len(places) // 2, len(places) - 1} if len(places) % 2 else {0, len(places) - 1}
    return [(place, n not in kept) for n, place in enumerate(places)]


def _anchor(n: int, number: int) -> str:
    return "start" if n == 0 else "end" if n == number - 1 else "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """`width` of 100; `part_bp`: of the step before in a funnel, of the whole in bars, None where
    nothing was before; `lost`: fewer than before."""

    name: str
    value: int
    url: str | None
    width: int
    part_bp: int | None
    lost: int = 0


def funnel(steps: Sequence[tuple[str, int, str | None]]) -> list[Bar]:
    """(name, value, address) in order; widths by the greatest."""
    top = max([value for _, value, _ in steps] or [1]) or 1
    found: list[Bar] = []
    for name, value, url in steps:
        before = found[-1].value if found else None
        part = (20_000 * value + before) // (2 * before) if before else None
        found.append(
            Bar(
                name,
                value,
                url,
                max(1, round(100 * value / top)) if value else 0,
                part,
                max(0, (before or 0) - value),
            )
        )
    return found


def bars(rows: Sequence[tuple[str, int, str | None]]) -> list[Bar]:
    """(name, value, address), each with its part of the sum; widths by the greatest."""
    whole, top = (
        sum(value for _, value, _ in rows),
        max([value for _, value, _ in rows] or [1]) or 1,
    )
    return [
        Bar(
            name,
            value,
            url,
            max(1, round(100 * value / top)) if value > 0 else 0,
            (20_000 * value + whole) // (2 * whole) if whole > 0 else None,
        )
        for name, value, url in rows
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """How many values lie from `low` to below `high`; the strip it stands in, in per cent, and its
    top."""

    low: int
    high: int
    number: int
    left: str
    width: str
    y: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Middle and quartiles by nearest rank; `ticks` scale the numbers, `edges` name some bounds of
    columns."""

    columns: tuple[Column, ...]
    number: int
    lower: int
    middle: int
    upper: int
    ticks: tuple[Tick, ...] = ()
    edges: tuple[Named, ...] = ()


def distribution(values: Sequence[int], most_columns: int = 12) -> Distribution:
    """How values spread, in columns of one round width (1, 2 or 5 times a power of ten)."""
    ordered = sorted(values)
    if not ordered:
        return Distribution((), 0, 0, 0, 0)
    width = _round(max(1, -(-(ordered[-1] - min(ordered[0], 0) + 1) // most_columns)))
    first = (ordered[0] // width) * width
    counts = [0] * ((ordered[-1] - first) // width + 1)
    for value in ordered:
        counts[(value - first) // width] += 1
    ticks, number = scale(counts), len(counts)
    columns = tuple(
        Column(
            first + n * width,
            first + (n + 1) * width,
            count,
            _percent(n / number),
            _percent(1 / number),
            _down(count, ticks),
        )
        for n, count in enumerate(counts)
    )
    ranks = [ordered[(len(ordered) - 1) * quarter // 4] for quarter in (1, 2, 3)]
    apart = -(-number // (EDGES - 1))
    edges = tuple(
        Named(
            first + n * width, _percent(n / number), _anchor(n, number + 1), 0 < n <= number - apart
        )
        for n in range(0, number + 1, apart)
    )
    return Distribution(
        columns,
        len(ordered),
        *ranks,
        tuple(Tick(value, _down(value, ticks)) for value in ticks),
        edges,
    )


def _round(least: int) -> int:
    """The smallest of 1, 2 and 5 times a power of ten that is not below."""
    power = 10 ** (len(str(least)) - 1)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
