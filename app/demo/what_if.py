"""The demo's ready-made simulations: another dealer opens a store beside one where many new
visitors are led by the nearest store, in one city or in another; both on the same visits, so that
they can be laid side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

import db
from app.jobs.runner import Runner
from app.services import simulation_runs
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day
from stores.facts.entries import entry
from stores.network.dealers import dealer
from stores.network.stores import store

DAYS = 30
BESIDE = 0.004  # degrees: some 450 metres north and half of it east
RADIUS_M = 3_000
PLACES = 2


def simulate(now: dt.datetime) -> None:
    """Ask, and carry it out at once."""
    last = business_day(now) - dt.timedelta(days=1)
    first = last - dt.timedelta(days=DAYS - 1)
    on = {"entries": {"from": first.isoformat(), "to": last.isoformat()}}
    with db.read() as connection:
        opened = [
            _opened(connection, number, busy)
            for number, busy in enumerate(_busiest(connection, first, last), 1)
        ]
    for body in reversed([each for each in opened if each]):  # asked last, stands first
        simulation_runs.ask({**body, "on": on}, actor=COMMAND_LINE, user_id=None, now=now)
        Runner("demo", simulation_runs.HANDLERS).once()


def _opened(connection: Connection, number: int, busy: Row[Any]) -> dict[str, Any]:
    """A store of another dealer of the same branch, if there is one, beside the busy one; empty for
    a chain of one dealer."""
    d = dealer.c
    own = select(d.branch_id).where(d.id == busy.dealer_id).scalar_subquery()
    other = connection.execute(
        select(d.dealer_code)
        .where(d.id != busy.dealer_id)
        .order_by((d.branch_id == own).desc(), d.dealer_code)
        .limit(1)
    ).scalar()
    if other is None:
        return {}
    name = busy.name.removesuffix("云店")
    opened = {
        "store_code": f"NEW-{number}",
        "name": f"{name}二店",
        "dealer_code": other,
        "latitude": round(busy.latitude + BESIDE, 6),
        "longitude": round(busy.longitude + BESIDE / 2, 6),
        "crs": "wgs84",
        "service_radius_m": RADIUS_M,
    }
    return {"name": f"在{name}附近新开门店", "changes": [{"open": opened}]}


def _busiest(connection: Connection, first: dt.date, last: dt.date) -> Sequence[Row[Any]]:
    """The stores that most visitors were led to because nothing was nearer: whom a new store would
    take. One of a city."""
    e, s = entry.c, store.c
    city = func.substr(s.region_code, 1, 4)
    query = (
        select(
            s.name,
            s.latitude,
            s.longitude,
            e.dealer_id,
            func.row_number()
            .over(partition_by=city, order_by=(func.count().desc(), s.id))
            .label("place"),
            func.count().label("visits"),
            s.id,
        )
        .join(store, s.id == e.store_id)
        .where(e.business_day.between(first, last), e.rung == "NEAREST")
        .group_by(s.id, s.name, s.latitude, s.longitude, s.region_code, e.dealer_id)
    ).subquery()
    return connection.execute(
        select(query)
        .where(query.c.place == 1)
        .order_by(query.c.visits.desc(), query.c.id)
        .limit(PLACES)
    ).all()
