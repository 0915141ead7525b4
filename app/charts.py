"""Charts as values for a template: lines of a trend in a box of fixed units, so that no style is written inline. Pure."""
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160


@dataclass(frozen=True, slots=True)
class Trend:
    """`now` and `before`: points of a polyline; `area`: the closed shape under `now`; `rows`: (day, value, day before, value before)."""

    now: str
    before: str
    area: str
    zero: int
    top: int
    bottom: int
    rows: tuple[tuple[dt.date, int, dt.date, int], ...]


def trend(days: Sequence[dt.date], values: Mapping[dt.date, int], days_before: Sequence[dt.date], values_before: Mapping[dt.date, int]) -> Trend:
    """Values a day beside those of as many days before; absent days are 0. The scale holds 0 and both lines."""
    now, before = [values.get(day, 0) for day in days], [values_before.get(day, 0) for day in days_before]
    top, bottom = max([*now, *before, 1]), min([*now, *before, 0])

    def y(value: int) -> int:
        return round(HEIGHT - 6 - (value - bottom) * (HEIGHT - 12) / (top - bottom))

    def points(line: Sequence[int]) -> list[str]:
        step = WIDTH / max(1, len(line) - 1)
        return [f"{round(n * step)},{y(value)}" for n, value in enumerate(line)]

    line = points(now)
    area = " ".join([f"0,{y(0)}", *line, f"{WIDTH},{y(0)}"]) if len(now) > 1 else ""
    return Trend(" ".join(line), " ".join(points(before)), area, y(0), top, bottom, tuple(zip(days, now, days_before, before, strict=True)))


@dataclass(frozen=True, slots=True)
class Bar:
    """`width` of 100; `part_bp`: of the step before in a funnel, of the whole in bars, None where nothing was before; `lost`: fewer than before."""

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
        found.append(Bar(name, value, url, max(1, round(100 * value / top)) if value else 0, part, max(0, (before or 0) - value)))
    return found


def bars(rows: Sequence[tuple[str, int, str | None]]) -> list[Bar]:
    """(name, value, address), each with its part of the sum; widths by the greatest."""
    whole, top = sum(value for _, value, _ in rows), max([value for _, value, _ in rows] or [1]) or 1
    return [Bar(name, value, url, max(1, round(100 * value / top)) if value > 0 else 0, (20_000 * value + whole) // (2 * whole) if whole > 0 else None)
            for name, value, url in rows]


@dataclass(frozen=True, slots=True)
class Distribution:
    """`columns`: (from, up to but not including, how many, x, height) in a box of WIDTH x HEIGHT; middle and quartiles by nearest rank."""

    columns: tuple[tuple[int, int, int, int, int], ...]
    column_width: int
    number: int
    lower: int
    middle: int
    upper: int
    top: int


def distribution(values: Sequence[int], most_columns: int = 12) -> Distribution:
    """How values spread, in columns of one round width (1, 2 or 5 times a power of ten)."""
    ordered = sorted(values)
    if not ordered:
        return Distribution((), 0, 0, 0, 0, 0, 0)
    width = _round_step(ordered[-1] - min(ordered[0], 0), most_columns)
    first = (ordered[0] // width) * width
    counts = [0] * ((ordered[-1] - first) // width + 1)
    for value in ordered:
        counts[(value - first) // width] += 1
    top, step = max(counts), WIDTH // len(counts)
    columns = tuple((first + n * width, first + (n + 1) * width, count, n * step, round((HEIGHT - 6) * count / top)) for n, count in enumerate(counts))
    ranks = [ordered[(len(ordered) - 1) * quarter // 4] for quarter in (1, 2, 3)]
    return Distribution(columns, max(1, step - 4), len(ordered), *ranks, top)


def _round_step(spread: int, columns: int) -> int:
    least = max(1, -(-(spread + 1) // columns))
    power = 10 ** (len(str(least)) - 1)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
