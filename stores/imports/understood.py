"""How a file was understood: what a person needs to see in ten seconds to know that it was read as
it was meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file became rows. `form`: csv, xlsx or geojson. `encoding`: a name for people, such as
    UTF-8. `separator`: of a CSV. `sheet`: of a workbook. `passed_over`: columns of the file that
    mean nothing here. `second_mark`: the mark of UTF-8 stood twice. `look_at`: words that only a
    guessed encoding tells. `book`: a workbook as it was read."""

    form: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    passed_over: tuple[str, ...] = ()
    second_mark: bool = False
    look_at: str = ""
    book: Any = None


@dataclass(slots=True)
class Mends:
    """How many values were taken in another form than they were written in: by column and code of
    SAYINGS (count, first line)."""

    counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def add(self, line: int, column: str, code: str) -> None:
        count, first = self.counted.get((column, code), (0, line))
        self.counted[column, code] = count + 1, min(first, line)

    @property
    def total(self) -> int:
        return sum(count for count, _ in self.counted.values())


@dataclass(frozen=True, slots=True)
class Understood:
    """`dates`: by column, the form its dates are written in, where it is not ISO 8601."""

    reading: Reading
    rows: int = 0
    columns: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    mends: Mends = field(default_factory=Mends)

    def as_data(self) -> dict[str, Any]:
        """For a page that is read later: no value of the file is in it."""
        mended: Sequence[dict[str, Any]] = [
            {"column": column, "code": code, "count": count, "line": line}
            for (column, code), (count, line) in self.mends.counted.items()
        ]
        return {
            "form": self.reading.form,
            "encoding": self.reading.encoding,
            "separator": self.reading.separator,
            "sheet": self.reading.sheet,
            "rows": self.rows,
            "columns": list(self.columns),
            "passed_over": list(self.reading.passed_over),
            "dates": dict(self.dates),
            "mended": list(mended),
        }
