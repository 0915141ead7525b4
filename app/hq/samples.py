"""Every component once on one page, for those who build pages and for the tests."""
from __future__ import annotations

import datetime as dt

from flask import render_template

from app.hq.home import blueprint
from app.permissions import needs


@blueprint.get("/samples", strict_slashes=False)
@needs("hq:read")
def samples() -> str:
    moment = dt.datetime(2026, 11, 21, 6, 5, tzinfo=dt.UTC)
    rows = [{"day": moment.date(), "orders": 12_345_678, "sales": 123_450}, {"day": moment.date(), "orders": 0, "sales": -14_000}]
    return render_template("hq/samples.html", moment_shown=moment, table=rows)
