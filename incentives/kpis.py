"""KPIs of a guide's month: actual, target and attainment by metric (C8, C18)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from incentives.loading import month_days
from incentives.rewards import lines
from incentives.targets import target
from ledger.money import proportion
from stores.facts.credits import order_credit
from stores.facts.events import event
from stores.facts.orders import sales_order

UNITS = {
    "adds": "count",
    "valid_adds": "count",
    "adds_lost_rate": "bp",
    "referrals": "count",
    "converted_referrals": "count",
    "net_sales": "minor",
    "orders": "count",
    "chats": "count",
    "reply_rate": "bp",
    "avg_first_reply_min": "minutes",
    "new_buyers": "count",
    "repeat_buyers": "count",
    "complaints": "count",
    "tasks_done": "count",
    "training_done": "count",
    "refund_rate": "bp",
}  # C18; the last six have targets, their actuals are not known yet
INVERSE = ("adds_lost_rate", "avg_first_reply_min", "complaints", "refund_rate")


def of_guide(
    connection: Connection,
    guide_id: int,
    period: str,
    now: dt.datetime,
    rewarded: Sequence[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """{"metric", "unit", "target", "actual", "attainment_bp"} for every metric that has an actual
    or a target; a zero or missing target has no attainment. Inverse metrics use target / actual.
    `rewarded`: the month's reward lines, where they are at hand."""
    actual = _actuals(
        connection,
        guide_id,
        period,
        lines(connection, guide_id, period, now) if rewarded is None else rewarded,
    )
    targets = {
        r.metric: int(r.target)
        for r in connection.execute(
            select(target.c.metric, target.c.target).where(
                target.c.period == period,
                target.c.level == "guide",
                target.c.subject_id == guide_id,
                target.c.superseded_at.is_(None),
            )
        )
    }
    return [
        {
            "metric": metric,
            "unit": UNITS[metric],
            "target": targets.get(metric),
            "actual": actual.get(metric),
            "attainment_bp": _attainment(metric, actual.get(metric), targets.get(metric)),
        }
        for metric in UNITS
        if metric in actual or metric in targets
    ]


def _attainment(metric: str, actual: int | None, wanted: int | None) -> int | None:
    if actual is None or not wanted:
        return None
    if metric in INVERSE:
        return proportion(10_000, wanted, actual) if actual > 0 else None
    return proportion(10_000, max(0, actual), wanted)


def _actuals(
    connection: Connection, guide_id: int, period: str, rewarded: Sequence[dict[str, Any]]
) -> dict[str, int]:
    first, last = month_days(period)
    e, c = event.c, order_credit.c
    mine = (e.guide_id == guide_id, e.business_day >= first, e.business_day <= last)
    counts = {
        r.type: r.n
        for r in connection.execute(
            select(e.type, func.count().label("n")).where(*mine).group_by(e.type)
        )
    }
    chat = connection.execute(
        select(
            func.sum(e.chats),
            func.sum(e.messages),
            func.sum(e.replies),
            func.avg(e.avg_first_reply_seconds),
        ).where(*mine, e.type == "chat.day")
    ).one()
    found: dict[str, int] = {
        "adds": counts.get("contact.confirmed", 0),
        "referrals": counts.get("referral.invited", 0),
    }
    for metric, reason in (
        ("valid_adds", "valid_add"),
        ("converted_referrals", "converted_referral"),
    ):
        found[metric] = len(
            {line["trace"]["event_id"] for line in rewarded if line["reason"] == reason}
        )  # two plans may pay one event
    found["net_sales"] = int(
        connection.execute(
            select(func.coalesce(func.sum(c.amount_minor), 0)).where(
                c.guide_id == guide_id, c.business_day >= first, c.business_day <= last
            )
        ).scalar_one()
    )
    o = sales_order.c
    found["orders"] = int(
        connection.execute(
            select(func.count())
            .select_from(sales_order)
            .where(o.guide_id == guide_id, o.business_day >= first, o.business_day <= last)
        ).scalar_one()
    )
    if found["adds"]:
        lost = counts.get("contact.deleted_by_customer", 0) + counts.get(
            "contact.deleted_by_guide", 0
        )
        found["adds_lost_rate"] = proportion(10_000, lost, found["adds"])
    if chat[0] is not None:
        found["chats"] = int(chat[0])
        if chat[1]:
            found["reply_rate"] = min(10_000, proportion(10_000, int(chat[2] or 0), int(chat[1])))
        if chat[3] is not None:
            found["avg_first_reply_min"] = proportion(int(chat[3]), 1, 60)
    return found
