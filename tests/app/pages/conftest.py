"""A small chain with a few facts of the last days, and its people: Petra HQ, Bea coordinates B2,
Omar and Olga own D1 and D2, Max manages S1, Mei guides there, Gus at Olga's store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, select

import db
from stores.base.brand import business_day, day_bounds
from stores.customers.event_intake import EventIn, record_events
from stores.facts.customers import customer as customer_table
from stores.facts.visits import Arrival, SourcePoint
from stores.network.scope import find_scope
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.writing import record_orders
from stores.routing.entering import enter
from tests.app.conftest import House, Worlds
from tests.app.pages.browser import Reader, chromium, reading, serving
from tests.app.pages.dealer.dealing import hands_over
from tests.network import Network

BUND, WEST_LAKE = ("31.2304", "121.4737"), ("30.2500", "120.1500")
PEOPLE = {
    "petra": ("hq_admin", None),
    "finn": ("hq_finance", None),
    "bea": ("branch_coordinator", ("branch", "B2")),
    "omar": ("dealer", ("dealer", "D1")),
    "olga": ("dealer", ("dealer", "D2")),
    "max": ("store_manager", ("store", "S1")),
    "mei": ("guide", ("guide", "G1")),
    "gus": ("guide", ("guide", "G2")),
}
PORTAL = {
    "petra": "/hq",
    "finn": "/hq",
    "bea": "/hq",
    "omar": "/dealer",
    "olga": "/dealer",
    "max": "/guide",
    "mei": "/guide",
    "gus": "/guide",
}


@dataclass
class Chain:
    """`entries`: entry ids by customer."""

    house: House
    today: dt.date
    entries: dict[str, str]

    def noon(self, days_ago: int, hours: float = 0) -> dt.datetime:
        return day_bounds(self.today - dt.timedelta(days=days_ago))[0] + dt.timedelta(
            hours=12 + hours
        )

    def day(self, days_ago: int) -> str:
        return (self.today - dt.timedelta(days=days_ago)).isoformat()

    def client(self, name: str) -> Any:
        return self.house.signed_in(name)

    def customers(self) -> dict[int, str]:
        """Customer ids by surrogate."""
        with db.read() as connection:
            return {
                r.id: r.customer_id
                for r in connection.execute(
                    select(customer_table.c.id, customer_table.c.customer_id).order_by(
                        customer_table.c.id
                    )
                )
            }

    def number(self, text: str) -> int:
        return next(number for number, each in self.customers().items() if each == text)

    def arrives(self, customer: str, days_ago: int, place: tuple[str, str] | None = None) -> None:
        at = self.noon(days_ago)
        source = SourcePoint(float(place[0]), float(place[1]), "wgs84", 20.0) if place else None
        self.entries[customer] = enter(
            Arrival({"customer_id": customer}, source, occurred_at=at),
            body_hash=f"{customer:0>64}",
            now=at,
        ).entry_id

    def buys(
        self, order_no: str, customer: str, days_ago: int, *amounts: int, guide: str | None = None
    ) -> None:
        order = OrderIn(
            order_no,
            customer,
            self.noon(days_ago, 1),
            "CNY",
            tuple(LineIn(n, 1, amount, "SKU1", "tea") for n, amount in enumerate(amounts, 1)),
            guide_code=guide,
        )
        record_orders([order], actor="test", now=self.noon(days_ago, 1))

    def sells_now(self, order_no: str, amount: int) -> None:
        """Mei sells to somebody who has just entered her store; today, at whatever hour."""
        at = max(day_bounds(self.today)[0], dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
        place = SourcePoint(float(BUND[0]), float(BUND[1]), "wgs84", 20.0)
        entry = enter(
            Arrival({"customer_id": "wx-a"}, place, occurred_at=at),
            body_hash=f"{order_no:0>64}",
            now=at,
        )
        order = OrderIn(
            order_no,
            "wx-a",
            at,
            "CNY",
            (LineIn(1, 1, amount),),
            guide_code="G1",
            entry_id=entry.entry_id,
        )
        record_orders([order], actor="test", now=at)

    def returns(self, refund_no: str, order_no: str, days_ago: int, amount: int) -> None:
        record_refunds(
            [RefundIn(refund_no, order_no, self.noon(days_ago, 2), ((1, amount),))],
            actor="test",
            now=self.noon(days_ago, 2),
        )

    def befriends(
        self, guide: str, customer: str, days_ago: int, kind: str = "contact.confirmed"
    ) -> None:
        record_events(
            [
                EventIn(
                    f"{kind}-{guide}-{customer}",
                    kind,
                    self.noon(days_ago),
                    guide,
                    customer,
                    source="qr",
                )
            ],
            actor="test",
            now=self.noon(days_ago),
        )


@pytest.fixture
def bare_chain(house: House, worlds: Worlds) -> Chain:
    """Network and people, nothing happened."""
    if house.filled_with is not None:
        return Chain(house, *house.filled_with)
    settle(house)
    made = Chain(house, business_day(dt.datetime.now(dt.UTC)), {})
    worlds.keep("bare_chain", (made.today, made.entries))
    return made


def settle(house: House) -> None:
    network = Network()
    network.begin()
    for code, dealer, place, more in (
        ("S1", "D1", BUND, {"branch_code": "B2"}),
        ("S2", "D2", WEST_LAKE, {}),
        ("S3", "D1", BUND, {"cloud_shop": "off"}),
    ):
        network.open_store(code, dealer, latitude=place[0], longitude=place[1], **more)
    network.load(
        "guides",
        {"guide_code": "G1", "name": "Mei", "store_code": "S1", "role": "guide"},
        {"guide_code": "G2", "name": "Gus", "store_code": "S2", "role": "guide"},
        {"guide_code": "M1", "name": "Max", "store_code": "S1", "role": "store_manager"},
    )
    for name, (role, scope) in PEOPLE.items():
        with db.read() as connection:
            scope_id = find_scope(connection, *scope) if scope else None
        house.user(name, role, scope_id)


@pytest.fixture
def chain(bare_chain: Chain, worlds: Worlds) -> Chain:
    """Facts of the last three weeks, the newest of them yesterday's."""
    if not bare_chain.entries:
        tell(bare_chain)
        worlds.keep("chain", (bare_chain.today, bare_chain.entries))
    return bare_chain


def tell(chain: Chain) -> None:
    chain.befriends("G1", "wx-mei-001", 20)
    chain.befriends("G1", "wx-lost-02", 12)
    chain.befriends("G1", "wx-lost-02", 10, "contact.deleted_by_customer")
    chain.befriends("G1", "wx-new-003", 2)
    chain.befriends("G2", "wx-gus-004", 3)
    for customer, days_ago, place in (
        ("wx-mei-001", 3, BUND),
        ("wx-gus-004", 3, WEST_LAKE),
        ("wx-any-005", 1, BUND),
        ("wx-any-006", 1, None),
    ):
        chain.arrives(customer, days_ago, place)
    chain.buys("O-1", "wx-mei-001", 3, 29900, 4000, guide="G1")
    chain.buys("O-2", "wx-gus-004", 3, 12000, guide="G2")
    chain.buys("O-3", "wx-any-005", 1, 5000)
    chain.buys("O-9", "wx-nobody-9", 1, 700)
    chain.returns("R-1", "O-1", 2, 4000)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs meanwhile."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        found.append(statement)

    event.listen(db.database().engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.database().engine, "before_cursor_execute", note)


@pytest.fixture
def busy(chain: Chain) -> Chain:
    """Beside the chain's facts: one customer who left for Olga, one who came from her, one who
    bought at her shop, one who will leave."""
    chain.befriends("G1", "wx-left-11", 45)
    hands_over(chain, "wx-left-11", "G1", "G2", 4)
    chain.befriends("G2", "wx-came-12", 45)
    hands_over(chain, "wx-came-12", "G2", "G1", 5)
    chain.befriends("G1", "wx-far-013", 45)
    chain.befriends("G1", "wx-away-14", 6)
    hands_over(
        chain, "wx-away-14", "G1", "G2", 3
    )  # at home with Omar until the protection is over (B3)
    chain.arrives("wx-far-013", 2, WEST_LAKE)
    chain.buys("O-F", "wx-far-013", 2, 8800, 1200)
    return chain


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def omar(busy: Chain, browser: Any) -> Iterator[Reader]:
    """Omar has signed in and reads his first page, in English."""
    with serving(busy.house.app) as served, reading(browser, served, locale="en-US") as reader:
        reader.sign_in("omar")
        reader.page.wait_for_selector(".side")
        yield reader
