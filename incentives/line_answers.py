"""A reward line as the API and the pages show it, and as it is kept when its month is closed."""
from __future__ import annotations

import datetime as dt
from typing import Any

from incentives.calculate import RewardLine


def line_answer(line: RewardLine) -> dict[str, Any]:
    return {"line_id": line.line_id, "component": line.component, "state": line.state, "amount_minor": line.amount_minor, "occurred_at": told(line.occurred_at),
            "vests_at": told(line.vests_at) if line.vests_at else None, "reason": line.reason, "order_no": line.order_no,
            "trace": {**line.trace, "plan_version_id": line.plan_version_id}}


def told(moment: dt.datetime) -> str:
    """UTC with Z."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
