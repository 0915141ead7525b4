"""Proofs over booked rewards (`flask verify`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, select

from incentives import booking
from ledger.verification import Check, Finding, finding
from stores.base.brand import business_day
from stores.network.guides import guide


def nothing_is_booked_ahead(connection: Connection) -> Finding:
    """No reward is earned or vested on a day that has not come; a worker whose clock ran ahead
    books so, and takes it back once its clock is right."""
    today = business_day(dt.datetime.now(dt.UTC))
    return finding("rewards", f"nothing is vested after {today}", _ahead(connection, today))


def _ahead(connection: Connection, today: dt.date) -> Iterator[str]:
    rows = booking.booked_ahead(connection, today)
    codes = (
        {r.id: r.guide_code for r in connection.execute(select(guide.c.id, guide.c.guide_code))}
        if rows
        else {}
    )
    for r in rows:
        yield (
            f"guide {codes.get(r.guide_id, r.guide_id)}, {r.origin_period}, {r.component}: "
            f"{r.amount_minor} booked on {r.business_day}, "
            "a day that has not come; the worker takes it back once its clock is right"
        )


CHECKS: tuple[Check, ...] = (nothing_is_booked_ahead,)
