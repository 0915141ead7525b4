"""Publishing plans and reading the one in force (C10)."""
from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, select

from incentives.default_plan import default_plan
from incentives.plans import plan_version
from stores.brand import brand


def install_default_plan(connection: Connection, now: dt.datetime, decimals: int | None = None) -> None:
    """Version 1 of `default`, once."""
    if connection.execute(select(plan_version.c.id).limit(1)).first() is None:
        body = default_plan(brand().decimals if decimals is None else decimals)
        connection.execute(plan_version.insert().values(plan_code="default", version=1, body=body, valid_from=dt.date(2000, 1, 1), valid_to=None,
                                                        published_at=now, actor="system", note="installed"))
