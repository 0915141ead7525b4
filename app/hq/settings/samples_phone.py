"""Every component of the phone once, in all its states, for those who build pages and for the
tests."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from flask import render_template

from app.hq.home import blueprint
from app.web.permissions import needs
from incentives.ranking import standing
from incentives.tiers import Band, Tiers

AT = dt.datetime(2026, 11, 21, 6, 5, tzinfo=dt.UTC)
TODAY = AT.date()
LONG = "Alexandra Konstantinopoulou-Featherstonehaugh"


@blueprint.get("/samples/phone", strict_slashes=False)
@needs("hq:read")
def samples_phone() -> str:
    lines = [
        _line("add", "pending", 200, "Commission on an order credited to you."),
        _line("campaign.sales", "vested", 1_234_567_890, LONG),
        _line(
            "sales", "clawed_back", 0, "The order was refunded in full, and the commission with it."
        ),
        _line("sales", "vested", -14_000, "2026-06"),
        _line(
            "add",
            "voided",
            0,
            "The link ended within 7 days; an add counts once it has lasted 7 days.",
        ),
    ]
    waiting = {
        TODAY: lines[:1],
        TODAY + dt.timedelta(days=1): lines[1:2],
        TODAY + dt.timedelta(days=9): lines[:2],
    }
    view = SimpleNamespace(
        waiting=[
            (day, len(each), sum(line["amount_minor"] for line in each))
            for day, each in waiting.items()
        ],
        what_waits=waiting,
    )
    goals = [
        _goal("adds", "count", 12, 60, 2_000, 48, 6),
        _goal("net_sales", "minor", 120_000, 100_000, 12_000, 0, None),
        _goal("reply_rate", "bp", None, 9_800, None, None, None),
    ]
    values = {1: 5_000, 2: 20_000, 3: 0}
    names = {key: SimpleNamespace(name=name) for key, name in ((1, "Mei"), (2, LONG), (3, "Lan"))}
    tiers = Tiers(
        "marginal", "lower", (Band(2_000_000, 300), Band(5_000_000, 400, 1_000), Band(None, 500))
    )
    return render_template(
        "hq/samples_phone.html",
        now=AT,
        today=TODAY,
        lines=lines,
        view=view,
        goals=goals,
        names=names,
        tiers=tiers,
        places=[standing(values, [1, 2, 3], key) for key in (2, 1)],
        nothing=SimpleNamespace(waiting=[], what_waits={}),
    )


def _line(component: str, state: str, amount: int, words: str) -> dict[str, Any]:
    return {
        "component": component,
        "state": state,
        "amount_minor": amount,
        "words": words,
        "sum": "¥299.00 × 3.00 % = ¥8.97",
        "sums": ["¥299.00 × 3.00 % = ¥8.97"],
        "at": AT,
        "vests": AT,
        "order_no": None,
        "trace": {"rule": "C4"},
    }


def _goal(
    metric: str,
    unit: str,
    actual: int | None,
    target: int,
    attainment_bp: int | None,
    missing: int | None,
    daily: int | None,
) -> dict[str, Any]:
    return {
        "metric": metric,
        "unit": unit,
        "actual": actual,
        "target": target,
        "attainment_bp": attainment_bp,
        "missing": missing,
        "daily": daily,
        "inverse": False,
    }
