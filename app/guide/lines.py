"""The reward lines of a month on a phone: filtered, those of one order together, a page of them by
day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import groupby
from typing import Any

from flask import request

from app.pages import rewards as reward_pages
from app.ui import paging
from stores.base.brand import business_day

LINES = 40  # of a month at once: a page stays small on a phone


def shown_lines(view: reward_pages.RewardView) -> dict[str, Any]:
    """The month's lines under the filter asked for, those of one order together, a page of them by
    day: `days` (day, rows, total of the day's matching lines); `total_minor` and `count` of all
    that match; `states` and `parts`: how many there are of each whatever the filter; `state`,
    `part`, and the address of the `next` page."""
    everything = reward_pages.together(view.lines)
    state, part = request.args.get("state"), request.args.get("part")
    state, part = (
        state if state in reward_pages.STATES else None,
        part if part in view.by_component else None,
    )
    rows = [
        row
        for row in everything
        if (state is None or row["state"] == state) and (part is None or row["component"] == part)
    ]
    asked = request.args.get("after", "0")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    following = paging.same_filter(after=str(start + LINES)) if len(rows) > start + LINES else None
    sums: Counter[dt.date] = Counter()
    for row in rows:
        sums[business_day(row["at"])] += row["amount_minor"]
    days = [
        (day, list(found), sums[day])
        for day, found in groupby(
            rows[start : start + LINES], key=lambda row: business_day(row["at"])
        )
    ]
    return {
        "days": days,
        "count": len(rows),
        "all": len(everything),
        "total_minor": sum(row["amount_minor"] for row in rows),
        "state": state,
        "part": part,
        "next": following,
        "states": Counter(row["state"] for row in everything),
        "parts": Counter(row["component"] for row in everything),
    }
