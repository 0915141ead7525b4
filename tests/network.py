"""Rows as text, checked by the rules of the imports and applied; what is stored, for tests to look
at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Table, func, insert, select

import db
from incentives import targets
from stores.base import versions
from stores.base.actors import COMMAND_LINE
from stores.imports.cells import Context
from stores.imports.check import check
from stores.imports.columns import COLUMNS
from stores.imports.faults import FaultList
from stores.imports.outcomes import Outcome
from stores.imports.sheets import Sheet
from stores.registers import branches, customers, dealers, guides, offers, stores, terms
from tests import clock

CONTEXT = Context(clock.ZONE, "CNY", {"CNY": 2, "USD": 2})
APPLY = {
    "branches": branches.apply,
    "dealers": dealers.apply,
    "stores": stores.apply,
    "guides": guides.apply,
    "customers": customers.apply,
    "targets": targets.apply,
    "offers": offers.apply,
    "terms": terms.apply,
}
NOON = dt.datetime(2025, 6, 1, 4, tzinfo=dt.UTC)  # in Shanghai
SOMEWHERE = {"latitude": "31.2304", "longitude": "121.4737", "crs": "wgs84"}


class Network:
    now = NOON

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(CONTEXT.zone).date()

    def begin(self) -> None:
        with db.transaction() as connection:
            if connection.execute(select(versions.routing_state)).first() is None:
                connection.execute(
                    insert(versions.routing_state).values(id=1, network_version=0, policy_version=0)
                )
        self.load(
            "branches",
            {"branch_code": "B1", "name": "East", "parent_code": ""},
            {"branch_code": "B2", "name": "Hangzhou", "parent_code": "B1"},
        )
        self.load(
            "dealers", {"dealer_code": "D1", "name": "Omar"}, {"dealer_code": "D2", "name": "Olga"}
        )

    def load(self, kind: str, *rows: dict[str, str], dry_run: bool = False) -> Outcome:
        """Rows with the same columns, as a file has them; the header is line 1."""
        names = tuple(column.name for column in COLUMNS[kind] if column.name in rows[0])
        checked = check(
            kind,
            Sheet(names, [(line, row) for line, row in enumerate(rows, 2)], FaultList(), "utf-8"),
            CONTEXT,
        )
        assert not checked.faults, checked.faults.kept
        return APPLY[kind](checked.rows, actor=COMMAND_LINE, now=self.now, dry_run=dry_run)

    def open_store(self, code: str = "S1", dealer: str = "D1", **more: str) -> Outcome:
        return self.load(
            "stores", {"store_code": code, "name": code, "dealer_code": dealer, **SOMEWHERE, **more}
        )

    def days_pass(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    def version(self) -> int:
        with db.read() as connection:
            return versions.current(connection).network

    def rows(self, table: Table, *order: str) -> list[Any]:
        with db.read() as connection:
            return list(
                connection.execute(
                    select(table).order_by(*(table.c[name] for name in order or ("id",)))
                )
            )

    def count(self, table: Table) -> int:
        with db.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
