"""A chain with a till, for tests of orders: Wang, Li and Zhao guide, Petra's headquarters owns the
brand.

S1 and S3 belong to Omar's D1, S2 to Olga's D2. Wang and Li work in S1, Mei in S3, Zhao in S2. D1:
platform 5 %, channel 0.6 %."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

import db
from ledger import schema
from stores.base import versions
from stores.base.actors import COMMAND_LINE
from stores.base.keys import entry_param_keys
from stores.customers.event_intake import EventIn, Taken, record_events
from stores.facts import entry_records
from stores.facts.customers import customer, customer_state
from stores.facts.decision import State
from stores.facts.entry_params import SignedParam, sign
from stores.facts.orders import sales_order
from stores.facts.visits import Arrival, SourcePoint
from stores.network import network as networks
from stores.network import sight
from stores.network.guides import guide
from stores.network.stores import store
from stores.orders import reading
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.writing import Outcome, record_orders
from stores.routing import entering
from tests.network import Network

HERE = {"S1": (31.2304, 121.4737), "S2": (31.2404, 121.5737), "S3": (30.2741, 120.1551)}
NOWHERE = SourcePoint(0.5, -150.0, "wgs84")
START = dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)


def day(n: float) -> dt.datetime:
    return START + dt.timedelta(days=n)


class Shop:
    def __init__(self, network: Network):
        self.network, self._numbers = network, itertools.count(1)
        network.load(
            "dealers",
            {
                "dealer_code": "D1",
                "name": "Omar",
                "platform_fee_bp": "500",
                "channel_fee_bp": "60",
                "collection_mode": "store_collects",
            },
            {
                "dealer_code": "D2",
                "name": "Olga",
                "platform_fee_bp": "500",
                "channel_fee_bp": "0",
                "collection_mode": "hq_collects",
            },
        )
        for code, dealer, branch in (("S1", "D1", "B1"), ("S2", "D2", "B2"), ("S3", "D1", "B2")):
            latitude, longitude = HERE[code]
            network.open_store(
                code, dealer, branch_code=branch, latitude=str(latitude), longitude=str(longitude)
            )
        network.load(
            "guides",
            *(
                {"guide_code": g, "name": g, "store_code": s}
                for g, s in (("Wang", "S1"), ("Li", "S1"), ("Zhao", "S2"), ("Mei", "S3"))
            ),
        )

    # -- what happens ------------------------------------------------------------------------------

    def order(
        self,
        customer_id: str = "c1",
        at: dt.datetime | None = None,
        amounts: Iterable[int] = (10_000,),
        **more: Any,
    ) -> OrderIn:
        lines = tuple(LineIn(n, 1, amount) for n, amount in enumerate(amounts, 1))
        number = more.pop("order_no", None) or f"O{next(self._numbers)}"
        return OrderIn(
            number,
            customer_id,
            at or day(0),
            more.pop("currency", "CNY"),
            more.pop("lines", lines),
            **more,
        )

    def received(self, *moments: dt.datetime) -> dt.datetime:
        """When facts of these moments are told: at noon, or when the last of them happened (N5)."""
        return max(self.network.now, *moments)

    def records(self, *orders: OrderIn) -> Outcome:
        return record_orders(orders, actor="test", now=self.received(*(o.paid_at for o in orders)))

    def sells(
        self,
        customer_id: str = "c1",
        at: dt.datetime | None = None,
        amounts: Iterable[int] = (10_000,),
        **more: Any,
    ) -> dict[str, Any]:
        """Record one order; the row of `sales_order` with the codes, as the API shows it."""
        order = self.order(customer_id, at, amounts, **more)
        assert self.records(order).new == 1
        return self.shown(order.order_no)

    def refund(
        self,
        order_no: str,
        *lines: tuple[int | None, int],
        at: dt.datetime | None = None,
        number: str | None = None,
    ) -> RefundIn:
        return RefundIn(number or f"R{next(self._numbers)}", order_no, at or day(5), lines)

    def takes_back(
        self,
        order_no: str,
        *lines: tuple[int | None, int],
        at: dt.datetime | None = None,
        number: str | None = None,
    ) -> Outcome:
        refund = self.refund(order_no, *lines, at=at, number=number)
        return record_refunds([refund], actor="test", now=self.received(refund.refunded_at))

    def visits(
        self,
        customer_id: str,
        at: dt.datetime,
        near: str | None = None,
        link: str | None = None,
        **more: Any,
    ) -> entering.Recorded:
        """An entry: at a store's door, or by a guide's link."""
        source = SourcePoint(*HERE[near], "wgs84") if near else None
        param = self.link(link, at) if link else None
        return entering.enter(
            Arrival(
                {"customer_id": customer_id}, source, entry_param=param, occurred_at=at, **more
            ),
            body_hash="-",
            now=at,
        )

    def link(self, guide_code: str, at: dt.datetime) -> str:
        with db.read() as connection:
            number = connection.execute(
                select(guide.c.id).where(guide.c.guide_code == guide_code)
            ).scalar_one()
        return sign(SignedParam(0, number, 0, at), entry_param_keys()[0])

    def event(
        self,
        kind: str,
        at: dt.datetime,
        guide_code: str | None,
        customer_id: str = "c1",
        **more: Any,
    ) -> EventIn:
        return EventIn(
            more.pop("event_id", None) or f"E{next(self._numbers)}",
            kind,
            at,
            guide_code,
            customer_id,
            **more,
        )

    def hears(self, *events: EventIn) -> Taken:
        return record_events(
            events, actor="test", now=self.received(*(e.occurred_at for e in events))
        )

    def adds(self, guide_code: str, at: dt.datetime, customer_id: str = "c1") -> None:
        assert (
            self.hears(self.event("contact.confirmed", at, guide_code, customer_id)).accepted == 1
        )

    # -- what is there -----------------------------------------------------------------------------

    def shown(self, order_no: str) -> dict[str, Any]:
        with db.read() as connection:
            seen = sight.of(COMMAND_LINE, self.network.today)
            row = reading.find(connection, order_no, seen)
            assert row is not None, order_no
            return reading.as_answer(connection, row, seen)

    def row(self, order_no: str) -> Any:
        with db.read() as connection:
            return connection.execute(
                select(sales_order).where(sales_order.c.order_no == order_no)
            ).one()

    def state(self, customer_id: str = "c1") -> Any:
        with db.read() as connection:
            return connection.execute(
                select(customer_state)
                .join(customer, customer.c.id == customer_state.c.customer_id)
                .where(customer.c.customer_id == customer_id)
            ).one()

    def bound(self, customer_id: str, at: dt.datetime) -> tuple[str | None, str | None]:
        """Home store and owner guide by the stored state, judged at a moment."""
        row = self.state(customer_id)
        state = State(**{name: getattr(row, name) for name in entry_records.STATE_FIELDS}).at(at)
        home = (
            state.home_store_id if state.home_valid_until and at < state.home_valid_until else None
        )
        owner = (
            state.owner_guide_id
            if state.owner_valid_until and at < state.owner_valid_until
            else None
        )
        with db.read() as connection:
            return (
                connection.execute(select(store.c.store_code).where(store.c.id == home)).scalar(),
                connection.execute(select(guide.c.guide_code).where(guide.c.id == owner)).scalar(),
            )

    def counts(self) -> dict[str, int]:
        """Rows of every table, for tests that nothing was written."""
        return {table.name: self.network.count(table) for table in schema.metadata.sorted_tables}

    def snapshot(self) -> networks.Snapshot:
        with db.read() as connection:
            return networks.snapshot(versions.current(connection))
