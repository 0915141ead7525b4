"""What one line of the table of benchmarks says: a figure of ours, the yardstick beside it, their
ratio, and what it aims at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`figure` and `yardstick` are of one `unit`; `ratio` is made so that more is better; `aim`
    None: shown for information."""

    name: str
    figure: float
    yardstick: float
    unit: str
    ratio: float
    aim: float | None = None

    @property
    def verdict(self) -> str:
        return "" if self.aim is None else "met" if self.ratio >= self.aim else "SHORT"
