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
