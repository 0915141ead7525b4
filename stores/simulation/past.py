"""Past entries as columns, with what is still kept of each (P2, M11): the point for 24 hours, what
was known of the visitor for 30 days, then the result alone."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, func, literal_column, select

from stores.facts.decision import NEW_CUSTOMER, EntryParam, State, Visit
from stores.facts.entries import entry, entry_point, entry_trace
from stores.facts.orders import sales_order
from stores.facts.privacy import POINTS_FOR, TRACES_FOR
from stores.geo.coordinates import Coordinates
from stores.network.policy import RUNGS
from stores.routing.entry_reading import state_of
from stores.simulation.columns import Bools, Ints, Visits, is_odd, microseconds, state_columns
from stores.simulation.scenario import PastEntries

CHUNK = 20_000
_RUNG_AT = {code: n for n, code in enumerate(RUNGS)}


@dataclass(slots=True)
class Arrivals:
    """Past entries. `traced`: what was known of the visitor is kept; `placed`: nothing of the place
    is missing (the point is kept, or there was none). `stores`, `rungs`, `class_km` (-1: none) are
    what was decided then; `mark` is a number of the entry itself, the same every time."""

    visits: Visits
    customers: Ints
    revenue: Ints
    stores: Ints
    rungs: Ints
    class_km: Ints
    mark: Ints
    traced: Bools
    placed: Bools


def how_many(connection: Connection, on: PastEntries) -> int:
    return int(
        connection.execute(
            select(func.count())
            .select_from(entry)
            .where(entry.c.business_day.between(on.first, on.last))
        ).scalar_one()
    )


class Shares:
    """Each customer's orders of the days, before refunds, in equal parts on his entries of the
    days; parts are whole minor units and add up."""

    def __init__(self, connection: Connection, on: PastEntries):
        e, o = entry.c, sales_order.c
        paid = (
            select(o.customer_id, func.sum(o.total_minor).label("minor"))
            .where(o.business_day.between(on.first, on.last))
            .group_by(o.customer_id)
            .subquery()
        )
        came = (
            select(e.customer_id, func.count().label("times"))
            .where(e.business_day.between(on.first, on.last))
            .group_by(e.customer_id)
            .subquery()
        )
        self._left: dict[int, list[int]] = {}
        self.without_entry_minor = 0
        query = select(paid.c.customer_id, paid.c.minor, came.c.times).outerjoin(
            came, came.c.customer_id == paid.c.customer_id
        )
        for customer_id, minor, times in connection.execute(query):
            if times:
                self._left[customer_id] = [int(minor), int(times)]
            else:
                self.without_entry_minor += int(minor)

    def next_of(self, customer_id: int) -> int:
        """The part of this customer's next entry."""
        left = self._left.get(customer_id)
        if left is None or not left[1]:
            return 0
        part = left[0] // left[1]
        left[0] -= part
        left[1] -= 1
        return part


def arrivals(connection: Connection, on: PastEntries, now: dt.datetime) -> Iterator[Arrivals]:
    """The entries of those days in chunks, day by day in the order of arrival. `now` is the clock
    by which points and traces are still kept."""
    shares = Shares(connection, on)
    for offset in range((on.last - on.first).days + 1):
        day = on.first + dt.timedelta(days=offset)
        for part in connection.execute(
            _query(day, now).execution_options(yield_per=CHUNK)
        ).partitions(CHUNK):
            yield _columns(part, shares)


def _query(day: dt.date, now: dt.datetime) -> Any:
    e, t, p = entry.c, entry_trace.c, entry_point.c
    return (
        select(
            e.entry_id,
            e.customer_id,
            e.store_id,
            e.rung,
            e.occurred_at,
            e.located,
            literal_column("entry_trace.visit"),
            literal_column("entry_trace.state"),
            t.distance_class_km,
            p.latitude,
            p.longitude,
            p.accuracy_m,
        )
        .select_from(
            entry.outerjoin(
                entry_trace, and_(t.entry_id == e.entry_id, t.recorded_at > now - TRACES_FOR)
            ).outerjoin(
                entry_point, and_(p.entry_id == e.entry_id, p.recorded_at > now - POINTS_FOR)
            )
        )
        .add_columns(e.business_day)
        .where(e.business_day == day)
        .order_by(e.id)
    )


def _columns(rows: Sequence[Any], shares: Shares) -> Arrivals:
    (
        ids,
        customers,
        stores,
        rungs,
        at,
        located,
        visits,
        states,
        classes,
        lats,
        lngs,
        accuracies,
        days,
    ) = zip(*rows, strict=True)
    kept = [json.loads(each) if each is not None else None for each in visits]
    known = [json.loads(each) if each is not None else {} for each in states]
    latitude, longitude, accuracy = (
        np.array(each, dtype=np.float64) for each in (lats, lngs, accuracies)
    )
    params = [_param(each["param"]) if each and each["param"] else None for each in kept]
    traced = np.array([each is not None for each in kept], dtype=bool)
    fuzzy = np.array([bool(each and each["fuzzy"]) for each in kept], dtype=bool)
    regions, postal_codes = (
        [each["region_code"] if each else None for each in kept],
        [each["postal_code"] if each else None for each in kept],
    )

    def one(
        n: int,
    ) -> tuple[
        Visit, State
    ]:  # knows the columns, never the whole: a circle would keep every chunk alive
        there, visit = not np.isnan(latitude[n]), kept[n] or {}
        return Visit(
            at[n],
            days[n],
            Coordinates(float(latitude[n]), float(longitude[n])) if there else None,
            None if np.isnan(accuracy[n]) or not there else float(accuracy[n]),
            bool(fuzzy[n]),
            regions[n],
            postal_codes[n],
            params[n],
            tuple(visit.get("notes", ())),
        ), state_of(known[n]) if known[n] else NEW_CUSTOMER

    columns = Visits(
        at=np.array([microseconds(each) for each in at], dtype=np.int64),
        day=np.array([each.toordinal() for each in days], dtype=np.int64),
        latitude=latitude,
        longitude=longitude,
        accuracy=accuracy,
        fuzzy=fuzzy,
        regions=regions,
        postal_codes=postal_codes,
        params=params,
        state=state_columns(known),
        odd=np.array([is_odd(each) for each in known], dtype=bool),
        one=one,
    )
    where = np.array(located, dtype=np.int64)
    return Arrivals(
        columns,
        np.array(customers, dtype=np.int64),
        np.array([shares.next_of(each) for each in customers], dtype=np.int64),
        np.array([each or 0 for each in stores], dtype=np.int64),
        np.array([_RUNG_AT.get(each, _RUNG_AT["PICKER"]) for each in rungs], dtype=np.int64),
        np.array([-1 if each is None else each for each in classes], dtype=np.int64),
        np.array([zlib.crc32(each.encode()) for each in ids], dtype=np.int64),
        traced,
        traced & ((where == 0) | ~np.isnan(latitude)),
    )


def _param(kept: list[Any]) -> EntryParam:
    return EntryParam(kept[0], kept[1], kept[2], dt.datetime.fromisoformat(kept[3]))
