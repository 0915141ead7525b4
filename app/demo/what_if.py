"""The demo's ready-made simulation: another dealer opens a store beside the one that most visitors of the last week were led to."""
from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, func, select

import db
from app import simulation_runs
from app.runner import Runner
from stores.actors import COMMAND_LINE
from stores.brand import business_day
from stores.dealers import dealer
from stores.entries import entry
from stores.stores import store

DAYS = 7
BESIDE = 0.012  # degrees: a bit more than a kilometre
RUNGS_OF_PLACE = ("NEAREST", "RADIUS", "SERVICE_AREA", "TERRITORY", "LAST_VISIT")


def simulate(now: dt.datetime) -> None:
    """Ask, and carry it out at once."""
    last = business_day(now) - dt.timedelta(days=1)
    first = last - dt.timedelta(days=DAYS - 1)
    with db.read() as connection:
        busiest = _busiest(connection, first, last)
        others = select(dealer.c.dealer_code).order_by(dealer.c.dealer_code).limit(1)
        other = connection.execute(others.where(dealer.c.id != busiest.dealer_id)).scalar() if busiest is not None else None
    if busiest is None or other is None:
        return
    opened = {"store_code": "NEW-1", "name": f"{busiest.name}二店", "dealer_code": other, "latitude": round(busiest.latitude + BESIDE, 6),
              "longitude": round(busiest.longitude + BESIDE / 2, 6), "crs": "wgs84"}
    body = {"name": f"在{busiest.name}附近新开门店", "changes": [{"open": opened}], "on": {"entries": {"from": first.isoformat(), "to": last.isoformat()}}}
    simulation_runs.ask(body, actor=COMMAND_LINE, user_id=None, now=now)
    Runner("demo", simulation_runs.HANDLERS).once()


def _busiest(connection: Connection, first: dt.date, last: dt.date) -> Row[Any] | None:
    """The store that most located visitors were led to by the place."""
    e = entry.c
    query = (select(store.c.name, store.c.latitude, store.c.longitude, e.dealer_id).join(store, store.c.id == e.store_id)
             .where(e.business_day.between(first, last), e.located > 0, e.rung.in_(RUNGS_OF_PLACE))
             .group_by(store.c.id, store.c.name, store.c.latitude, store.c.longitude, e.dealer_id))
    return connection.execute(query.order_by(func.count().desc(), store.c.id).limit(1)).first()
