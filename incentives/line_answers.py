"""A reward line as the API and the pages show it, and as it is kept when its month is closed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from incentives.judging.reward_lines import RewardLine


def line_answer(line: RewardLine) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "component": line.component,
        "state": line.state,
        "amount_minor": line.amount_minor,
        "occurred_at": told(line.occurred_at),
        "vests_at": told(line.vests_at) if line.vests_at else None,
        "reason": line.reason,
        "order_no": line.order_no,
        "trace": {**line.trace, "plan_version_id": line.plan_version_id},
    }


def without_others(
    lines: Iterable[dict[str, Any]], visible: Collection[str]
) -> list[dict[str, Any]]:
    """The lines for a reader who sees the guide, but not every shop that sold: of an order beyond
    `visible` the line keeps its money and its reason, under a mark instead of the number (P4)."""
    return [
        line
        if line["order_no"] is None or line["order_no"] in visible
        else {
            **line,
            "order_no": None,
            "line_id": f"{line['component']}:{hashlib.sha256(line['line_id'].encode()).hexdigest()[:16]}",
            "trace": {name: value for name, value in line["trace"].items() if name != "order_no"},
        }
        for line in lines
    ]


def told(moment: dt.datetime) -> str:
    """A moment as answers say it: ISO 8601 in UTC, ending in Z."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
