"""What the checks look at, read with two statements: stores that are not closed, areas that are not
over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, or_, select

from stores.geo.territories import area, area_revision
from stores.network.dealers import dealer
from stores.network.records import StoreRecord
from stores.network.snapshot import Snapshot
from stores.network.stores import store


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as routing has it, with what routing does not need: where its point came from
    (degrees in `crs`) and its country."""

    record: StoreRecord
    crs: str
    source_latitude: float
    source_longitude: float
    country: str | None
    dealer: str
    why_not: str


@dataclass(frozen=True)
class Ground:
    """An area as drawn or listed; days are [valid_from, valid_to)."""

    code: str
    kind: str
    dealer_id: int | None
    dealer: str
    dealer_name: str
    store_id: int | None
    store: str
    geometry: Mapping[str, Any] | None
    region_codes: tuple[str, ...]
    postal_codes: tuple[str, ...]
    valid_from: dt.date | None
    valid_to: dt.date | None

    @cached_property
    def outline(self) -> BaseGeometry | None:
        return None if self.geometry is None else shape(self.geometry)

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )

    def rivals(self, other: Ground) -> bool:
        """Another dealer's, and at least one day on which both hold."""
        apart = (self.valid_to or dt.date.max) <= (other.valid_from or dt.date.min) or (
            other.valid_to or dt.date.max
        ) <= (self.valid_from or dt.date.min)
        return self.dealer_id != other.dealer_id and not apart


def shops(connection: Connection, snapshot: Snapshot, day: dt.date) -> list[Shop]:
    s, found = store.c, []
    for row in connection.execute(
        select(s.id, s.crs, s.source_latitude, s.source_longitude, s.country)
    ):
        record = snapshot.by_id.get(row.id)
        why = record.why_not(day) if record is not None else "closed"
        if record is not None and why != "closed":
            contract = record.contract_on(day)
            found.append(
                Shop(
                    record,
                    row.crs,
                    row.source_latitude,
                    row.source_longitude,
                    row.country,
                    contract.dealer_code if contract else "",
                    why,
                )
            )
    return sorted(found, key=lambda each: each.record.code)


def grounds(connection: Connection, day: dt.date) -> list[Ground]:
    r = area_revision.c
    query = (
        select(
            area.c.area_code,
            r.kind,
            r.dealer_id,
            dealer.c.dealer_code,
            dealer.c.name.label("dealer_name"),
            r.store_id,
            store.c.store_code,
            r.geometry,
            r.region_codes,
            r.postal_codes,
            r.valid_from,
            r.valid_to,
        )
        .select_from(area_revision)
        .join(area, area.c.id == r.area_id)
        .outerjoin(dealer, dealer.c.id == r.dealer_id)
        .outerjoin(store, store.c.id == r.store_id)
        .where(r.version_to.is_(None), or_(r.valid_to.is_(None), r.valid_to > day))
    )
    return [
        Ground(
            row.area_code,
            row.kind,
            row.dealer_id,
            row.dealer_code or "",
            row.dealer_name or "",
            row.store_id,
            row.store_code or "",
            row.geometry,
            tuple(row.region_codes),
            tuple(row.postal_codes),
            row.valid_from,
            row.valid_to,
        )
        for row in connection.execute(query.order_by(area.c.area_code))
    ]
