"""History is not paid again by a change of code (M2): a closed month is only added to while its
lines still come out as they were closed.

Where they do not, nothing is booked for that guide's month; the row here and the log tell
headquarters, two of whose people decide. `flask incentives calculate YYYY-MM` tries again."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, select

from incentives.line_answers import line_answer
from incentives.periods import Closing, closed_line, closings, incentive_restatement
from incentives.results import Month, as_closed
from ledger.canonical import canonical
from ledger.pieces import pieces
from ledger.upsert import insert_missing

log = logging.getLogger(__name__)


def changed_history(
    connection: Connection, months: Collection[Month], now: dt.datetime
) -> set[Month]:
    """Those of these closed months that no longer come out as closed; each is written down once."""
    by_period: dict[str, list[int]] = defaultdict(list)
    for guide_id, period in months:
        by_period[period].append(guide_id)
    found: list[dict[str, Any]] = []
    known = closings(connection) if by_period else {}
    for period, guides in sorted(by_period.items()):
        found += _changed(connection, period, guides, known[period])
    for row in found:
        log.error(
            "incentives of %(period)s, guide %(guide_id)s: the closed lines cannot be reproduced; "
            "nothing is booked for that month",
            row,
        )
    insert_missing(connection, incentive_restatement, [row | {"found_at": now} for row in found])
    return {(row["guide_id"], row["period"]) for row in found}


def _changed(
    connection: Connection, period: str, guides: list[int], closing: Closing
) -> list[dict[str, Any]]:
    kept: dict[int, list[dict[str, Any]]] = defaultdict(list)
    c = closed_line.c
    for some in pieces(guides, 400):
        query = select(c.guide_id, c.body).where(
            c.guide_id.in_(some),
            c.period == period,
            c.origin_period == period,
        )
        for r in connection.execute(query.order_by(c.id)):
            kept[r.guide_id].append(r.body)
    again = {
        month[0]: [line_answer(line) for line in result.lines]
        for month, result in as_closed(connection, guides, period, closing)
    }
    hashes = [(g, digest(kept[g]), digest(again.get(g, []))) for g in sorted(guides)]
    return [
        {"period": period, "guide_id": g, "expected_hash": expected, "found_hash": found}
        for g, expected, found in hashes
        if expected != found
    ]


def digest(bodies: Iterable[Any]) -> str:
    """SHA-256 over lines as they are answered, in their order."""
    found = hashlib.sha256()
    for body in bodies:
        found.update((canonical(body) + "\n").encode())
    return found.hexdigest()
