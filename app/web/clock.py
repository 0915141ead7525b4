"""The moment and the brand's day of a page: asked once, so that everything on it is as of the same
time."""

from __future__ import annotations

import datetime as dt

from stores.base.brand import business_day


def now_and_today() -> tuple[dt.datetime, dt.date]:
    now = dt.datetime.now(dt.UTC)
    return now, business_day(now)
