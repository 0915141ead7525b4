"""How far a run is, in words and numbers for a progress bar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

STEPS = {
    "import.check": ("reading", "checking", "comparing"),
    "import.save": ("reading", "checking", "saving"),
    "simulate": ("preparing", "deciding", "summing"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` in whole percent and `left` in words are None while nobody can tell. `steps`: (code,
    done | now | later)."""

    done: int
    total: int
    share: int | None
    left: str | None
    steps: tuple[tuple[str, str], ...]
    ran: str


def progress_of(row: Any, now: dt.datetime) -> Progress:
    """Of a row with the columns of a run; time left is told from the rate of the present step."""
    share, left = None, None
    if row.total and row.done <= row.total:
        share = row.done * 100 // row.total
        spent = (now - row.step_at).total_seconds() if row.step_at else 0.0
        if row.done and spent > 1:
            left = duration(spent * (row.total - row.done) / row.done)
    names = STEPS.get(getattr(row, "run_kind", None) or row.kind, ())
    place = names.index(row.step) if row.step in names else -1
    steps = tuple(
        (name, "done" if n < place else "now" if n == place else "later")
        for n, name in enumerate(names)
    )
    return Progress(
        row.done,
        row.total,
        share,
        left,
        steps,
        duration((now - row.started_at).total_seconds()) if row.started_at else "",
    )


def duration(seconds: float) -> str:
    """12 s, 3 min, 2 h: as exact as somebody who waits wants it."""
    if seconds < 90:
        return str(_("%(n)s s", n=max(1, round(seconds))))
    return str(
        _("%(n)s min", n=round(seconds / 60))
        if seconds < 5400
        else _("%(n)s h", n=round(seconds / 3600))
    )


def size(number: int) -> str:
    """A number of bytes as people say it, in the unit that fits."""
    return (
        f"{number / 1_000_000:.1f} MB"
        if number >= 1_000_000
        else f"{number / 1_000:.1f} kB"
        if number >= 1_000
        else f"{number} B"
    )
