"""Every component once on one page, for those who build pages and for the tests."""
from __future__ import annotations

import datetime as dt

from flask import render_template

from app.hq.home import blueprint
from app.job_words import STEPS, Progress, duration
from app.permissions import needs


@blueprint.get("/samples", strict_slashes=False)
@needs("hq:read")
def samples() -> str:
    moment = dt.datetime(2026, 11, 21, 6, 5, tzinfo=dt.UTC)
    rows = [{"day": moment.date(), "orders": 12_345_678, "sales": 123_450}, {"day": moment.date(), "orders": 0, "sales": -14_000}]
    return render_template("hq/samples.html", moment_shown=moment, table=rows, told=_told())


def _told() -> dict[str, Progress]:
    """A long run at its start, in the middle and at its end."""
    def steps(at: int) -> tuple[tuple[str, str], ...]:
        return tuple((name, "done" if n < at else "now" if n == at else "later") for n, name in enumerate(STEPS["import.save"]))

    return {"begun": Progress(0, 0, None, None, steps(0), duration(3)), "half": Progress(48_000, 100_000, 48, duration(75), steps(1), duration(70)),
            "end": Progress(100_000, 100_000, 100, None, steps(2), duration(200))}
