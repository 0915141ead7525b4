"""A chain in which everything of one dealer, branch, store and guide touches another's: for sweeps
that search what is answered for names of others.

North and South are dealers with a branch each. Northgate and Nordhavn belong to North, Southsea to
South and stands across the street from Northgate, so that visits weigh both. Nora and the manager
Magnus work in Northgate, Hanne in Nordhavn, Salvo and the manager Serena in Southsea. Customers buy
at home, in the sister store and at the other dealer's. Every code and name stands for itself: none
is part of another or of usual words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import time_machine
from sqlalchemy import select

import db
from app.accounts import api_keys
from app.services import simulation_runs
from incentives import booking, plan_versions
from stores.base.actors import COMMAND_LINE
from stores.customer_deeds import deed_effects
from stores.customer_deeds import deeds as customer_deeds
from stores.customers.event_intake import EventIn, record_events
from stores.facts.customers import customer
from stores.facts.visits import Arrival, SourcePoint
from stores.geo.areas import parse_geometry
from stores.imports.area_file import check_features
from stores.network import policies
from stores.network.scope import find_scope
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.states import record_state
from stores.orders.writing import record_orders
from stores.registers import areas
from stores.routing.entering import enter
from stores.routing.entry_param_signing import sign_param
from tests.network import CONTEXT, Network

NOW = dt.datetime(
    2026, 3, 18, 6, tzinfo=dt.UTC
)  # an afternoon in Shanghai, in the middle of a month
MONTH = "2026-03"
PLACE = {
    "NORTHGATE": ("31.230400", "121.473700"),
    "SOUTHSEA": ("31.230900", "121.474100"),
    "NORDHAVN": ("31.310400", "121.553700"),
}
LIMITS = {
    "branch": ("BR-N", "BR-S"),
    "dealer": ("NORBERT", "SULLA"),
    "store": ("NORTHGATE", "SOUTHSEA"),
    "guide": ("GD-NORA", "GD-SALVO"),
}
NORTH = ("BR-N", "Boreal", "NORBERT", "Norbert Trading", "AREA-N", "PROMO-N")
SOUTH = ("BR-S", "Austral", "SULLA", "Sulla Trading", "AREA-S", "PROMO-S")
OF_NORTHGATE, OF_NORDHAVN, OF_SOUTHSEA = (
    ("NORTHGATE", "Lantern Lane"),
    ("NORDHAVN", "Harbour Row"),
    ("SOUTHSEA", "Cinnamon Quay"),
)
NORA, MAGNUS, HANNE = (
    ("GD-NORA", "Nora Lind"),
    ("GD-MAGNUS", "Magnus Berg"),
    ("GD-HANNE", "Hanne Holm"),
)
SALVO, SERENA = ("GD-SALVO", "Salvo Conti"), ("GD-SERENA", "Serena Riva")
CUSTOMERS = ("northern-cust-0001", "southern-cust-0002", "sisterly-cust-0003")
_SALES_OF_NORTH, _SALES_OF_SOUTH = (
    ("ORD-NORTH", "ORD-S-IN-N", "REF-NORTH", "REF-S-IN-N"),
    ("ORD-SOUTH", "ORD-N-IN-S", "REF-SOUTH", "REF-N-IN-S"),
)
_SOUTHERN, _NORTHERN = (
    (*SOUTH, *OF_SOUTHSEA, *SALVO, *SERENA),
    (*NORTH, *OF_NORTHGATE, *OF_NORDHAVN, *NORA, *MAGNUS, *HANNE, "ORD-SISTER", "ORD-AT-HOME"),
)
_SISTERLY = (*OF_NORDHAVN, *HANNE, "ORD-AT-HOME")
FOREIGN = {  # what is answered to a limited actor must hold nothing of it
    ("branch", "BR-N"): (*_SOUTHERN, *_SALES_OF_SOUTH),
    ("dealer", "NORBERT"): (*_SOUTHERN, *_SALES_OF_SOUTH),
    ("store", "NORTHGATE"): (*_SOUTHERN, *_SALES_OF_SOUTH, *_SISTERLY),
    ("guide", "GD-NORA"): (
        *_SOUTHERN,
        *_SISTERLY,
        "ORD-SOUTH",
        "REF-SOUTH",
        "ORD-S-IN-N",
        "REF-S-IN-N",
        "ORD-SISTER",
    ),
    ("branch", "BR-S"): (*_NORTHERN, *_SALES_OF_NORTH),
    ("dealer", "SULLA"): (*_NORTHERN, *_SALES_OF_NORTH),
    ("store", "SOUTHSEA"): (*_NORTHERN, *_SALES_OF_NORTH),
    ("guide", "GD-SALVO"): (*_NORTHERN, "ORD-NORTH", "REF-NORTH", "ORD-N-IN-S", "REF-N-IN-S"),
}


@dataclass
class TwoDealers:
    """`entries`: entry ids by customer and store led to; `numbers`: customers' surrogates by
    customer_id; `params`: signed parameters."""

    house: Any
    network: Network
    entries: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    params: list[str] = field(default_factory=list)
    simulation: int = 0

    def key(self, scope: str, kind: str = "all", code: str = "") -> str:
        return api_keys.create_key(
            "a key",
            scope,
            by=COMMAND_LINE,
            limit_kind=kind,
            limit_id=self.id_of(kind, code) if code else None,
        )

    def id_of(self, kind: str, code: str) -> int:
        with db.read() as connection:
            return find_scope(connection, kind, code)

    def at(self, days_ago: float, hours: float = 0) -> dt.datetime:
        return NOW - dt.timedelta(days=days_ago) + dt.timedelta(hours=hours)

    def arrives(self, customer_id: str, store_code: str, days_ago: float) -> None:
        """By the store's printed code, standing between Northgate and Southsea."""
        param = sign_param(
            store_code=store_code,
            actor=COMMAND_LINE,
            now=self.at(60),
            issued_at=self.at(60),
            channel_code=f"chan-{store_code[:5].lower()}",
        )
        source = SourcePoint(31.23060, 121.47390, "wgs84", 400.0)
        arrival = Arrival(
            {"customer_id": customer_id}, source, entry_param=param, occurred_at=self.at(days_ago)
        )
        self.entries[f"{customer_id} {store_code}"] = enter(
            arrival, body_hash="-", now=self.at(days_ago)
        ).entry_id

    def stands_there(self, customer_id: str, days_ago: float) -> None:
        """Without a code: the nearer of both, the other beside it."""
        arrival = Arrival(
            {"customer_id": customer_id},
            SourcePoint(31.23060, 121.47390, "wgs84", 400.0),
            occurred_at=self.at(days_ago),
        )
        self.entries[f"{customer_id} here"] = enter(
            arrival, body_hash="-", now=self.at(days_ago)
        ).entry_id

    def befriends(self, guide: str, customer_id: str, days_ago: float) -> None:
        record_events(
            [
                EventIn(
                    f"ADD-{guide}",
                    "contact.confirmed",
                    self.at(days_ago),
                    guide,
                    customer_id,
                    source="qr",
                )
            ],
            actor="test",
            now=self.at(days_ago),
        )

    def buys(self, order_no: str, customer_id: str, days_ago: float, **more: Any) -> None:
        order = OrderIn(
            order_no,
            customer_id,
            self.at(days_ago),
            "CNY",
            (LineIn(1, 1, 60_000, "SKU1", "tea"), LineIn(2, 1, 6_000, "SKU2", "tea")),
            **more,
        )
        record_orders([order], actor="test", now=self.at(days_ago))

    def returns(self, refund_no: str, order_no: str, days_ago: float) -> None:
        record_refunds(
            [RefundIn(refund_no, order_no, self.at(days_ago), ((1, 1_000),))],
            actor="test",
            now=self.at(days_ago),
        )


@contextmanager
def two_dealers(house: Any) -> Iterator[TwoDealers]:
    """The world in the house, its clock standing at NOW and going on."""
    with time_machine.travel(NOW, tick=True):
        network = Network()
        made = TwoDealers(house, network)
        _build(made, network)
        _tell(made)
        yield made


def _build(made: TwoDealers, network: Network) -> None:
    network.begin()
    network.load(
        "branches",
        {"branch_code": "BR-N", "name": "Boreal", "parent_code": "B1"},
        {"branch_code": "BR-S", "name": "Austral", "parent_code": "B1"},
    )
    network.load(
        "dealers",
        {"dealer_code": "NORBERT", "name": "Norbert Trading", "branch_code": "BR-N"},
        {"dealer_code": "SULLA", "name": "Sulla Trading", "branch_code": "BR-S"},
    )
    for (code, name), dealer, branch in (
        (OF_NORTHGATE, "NORBERT", "BR-N"),
        (OF_NORDHAVN, "NORBERT", "BR-N"),
        (OF_SOUTHSEA, "SULLA", "BR-S"),
    ):
        network.load(
            "stores",
            {
                "store_code": code,
                "name": name,
                "dealer_code": dealer,
                "branch_code": branch,
                "latitude": PLACE[code][0],
                "longitude": PLACE[code][1],
                "crs": "wgs84",
                "region_code": "310106",
                "cloud_shop_url": f"https://shop.example/{code.lower()}",
            },
        )
    people = (
        (NORA, "NORTHGATE", "guide"),
        (MAGNUS, "NORTHGATE", "store_manager"),
        (HANNE, "NORDHAVN", "guide"),
        (SALVO, "SOUTHSEA", "guide"),
        (SERENA, "SOUTHSEA", "store_manager"),
    )
    network.load(
        "guides",
        *(
            {
                "guide_code": code,
                "name": name,
                "store_code": store,
                "role": role,
                "hired_on": "2025-06-01",
            }
            for (code, name), store, role in people
        ),
    )
    network.load(
        "offers",
        *(
            {"store_code": code, "kind": "promotion", "reference": own}
            for code, own in (("NORTHGATE", "PROMO-N"), ("SOUTHSEA", "PROMO-S"))
        ),
    )
    network.load(
        "targets",
        *(
            {"period": MONTH, "level": level, "code": code, "metric": "net_sales", "target": "900"}
            for level, codes in LIMITS.items()
            for code in codes
        ),
    )
    square = {
        "type": "Polygon",
        "coordinates": [
            [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
        ],
    }
    for number, (code, dealer) in enumerate((("AREA-N", "NORBERT"), ("AREA-S", "SULLA"))):
        moved = {
            "type": "Polygon",
            "coordinates": [[[x + number, y] for x, y in square["coordinates"][0]]],
        }  # type: ignore[misc, has-type]
        checked = check_features(
            [
                {
                    "type": "Feature",
                    "properties": {"area_code": code, "kind": "territory", "dealer_code": dealer},
                    "geometry": moved,
                }
            ],
            CONTEXT,
            parse_geometry,
        )
        assert not checked.faults, checked.faults.kept
        areas.apply(checked.rows, actor=COMMAND_LINE, now=network.now)
    policies.publish(
        {
            "preset": "franchise",
            "default_store": "SOUTHSEA",
            "region_defaults": {"310000": "NORTHGATE", "320000": "SOUTHSEA"},
            "note": "for all",
        },
        actor=COMMAND_LINE,
        now=made.at(90),
    )
    plan = {
        "plan_code": "own",
        "name": {"zh": "自有", "en": "own"},
        "valid_from": "2026-01-01",
        "assigned_to": {"dealers": ["NORBERT", "SULLA"]},
        "payer": {"dealer_bp": 10000, "hq_bp": 0},
        "components": [
            {
                "code": "sales",
                "kind": "rate",
                "basis": "net_sales",
                "per": "order",
                "cross_dealer": True,
                "tiers": {
                    "mode": "marginal",
                    "bound": "lower",
                    "bands": [{"up_to_minor": None, "rate_bp": 400}],
                },
                "freeze_days": 7,
            }
        ],
    }
    plan_versions.publish(plan, actor=COMMAND_LINE, now=made.at(90), note="")


def _tell(made: TwoDealers) -> None:
    north, south, sister = CUSTOMERS
    homes = (
        (north, "NORTHGATE", "GD-NORA", "NORTH"),
        (south, "SOUTHSEA", "GD-SALVO", "SOUTH"),
        (sister, "NORDHAVN", "GD-HANNE", "AT-HOME"),
    )
    for customer_id, _, guide, _ in homes:
        made.befriends(guide, customer_id, 80)
    for customer_id, home, _, number in homes:  # so long ago that their protection is over
        made.arrives(customer_id, home, 60)
        made.buys(
            f"ORD-{number}-OLD", customer_id, 59.9, entry_id=made.entries[f"{customer_id} {home}"]
        )
    for customer_id, store, number in (
        (south, "NORTHGATE", "ORD-S-IN-N"),
        (north, "SOUTHSEA", "ORD-N-IN-S"),
        (sister, "NORTHGATE", "ORD-SISTER"),
    ):
        made.arrives(customer_id, store, 2)
        made.buys(
            number,
            customer_id,
            1.9,
            entry_id=made.entries[f"{customer_id} {store}"],
            fulfilment_store_code={"NORTHGATE": "SOUTHSEA", "SOUTHSEA": "NORTHGATE"}[store],
        )
    for customer_id, home, _, number in homes:
        made.arrives(customer_id, home, 1.8)
        made.buys(f"ORD-{number}", customer_id, 1.7, entry_id=made.entries[f"{customer_id} {home}"])
    for refund_no, order_no in (
        ("REF-NORTH", "ORD-NORTH"),
        ("REF-SOUTH", "ORD-SOUTH"),
        ("REF-S-IN-N", "ORD-S-IN-N"),
        ("REF-N-IN-S", "ORD-N-IN-S"),
    ):
        made.returns(refund_no, order_no, 1)
    for order_no in ("ORD-S-IN-N", "ORD-N-IN-S"):
        record_state(order_no, "received", made.at(1.5), actor="test", now=made.at(1.5))
    made.stands_there("stranger-0009", 0.2)
    for customer_id, store in ((north, "SOUTHSEA"), (south, "NORTHGATE")):
        customer_deeds.do(
            deed_effects.Deed("pinned", customer_id, store, None, "asked for it", None),
            actor=COMMAND_LINE,
            now=made.at(0.1),
        )
    for store in ("NORTHGATE", "SOUTHSEA"):
        made.params.append(sign_param(store_code=store, actor=COMMAND_LINE, now=made.at(1)))
    made.simulation = simulation_runs.ask(
        {
            "name": "Cinnamon Quay closes",
            "changes": [{"close": {"store_code": "SOUTHSEA"}}],
            "on": {"entries": {"from": "2026-03-01", "to": "2026-03-17"}},
        },
        actor=COMMAND_LINE,
        user_id=None,
        now=made.at(0.1),
    )
    booking.book_due(NOW)
    with db.read() as connection:
        made.numbers = {
            r.customer_id: r.id
            for r in connection.execute(select(customer.c.id, customer.c.customer_id))
        }
