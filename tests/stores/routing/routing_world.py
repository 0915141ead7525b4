"""The small world in which routing is tried: three people, stores and guides, and its clock."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
)

import db
from stores.base import brand, keys
from stores.base.actors import COMMAND_LINE
from stores.customer_deeds import deeds as customer_deeds
from stores.facts.visits import SourcePoint
from stores.network import network
from stores.network.policies import publish
from tests.databases import Databases
from tests.network import Network
from tests.stores.orders.shop import START, Shop

PEOPLE, STORES, GUIDES = ("c1", "c2", "c3"), ("S1", "S2", "S3"), ("Wang", "Li", "Zhao", "Mei")
SPOTS = {
    "S1": (31.2304, 121.4737),
    "S2": (31.2404, 121.5737),
    "S3": (30.2741, 120.1551),
    "between": (31.2354, 121.5237),
    "far": (39.9, 116.4),
}
person, shop_code, guide_code = (
    st.sampled_from(PEOPLE),
    st.sampled_from(STORES),
    st.sampled_from(GUIDES),
)
Bound = dict[str, tuple[str | None, str | None]]


class RoutingWorld(RuleBasedStateMachine):
    """Opens the world, and says what is bound and what serves in it now."""

    databases: Databases
    engine: str

    @initialize()
    def opens(self) -> None:
        self.url = self.databases.create(self.engine)
        self.base = db.configure(self.url)
        self.kept = brand._brand, keys._data_key, keys._entry_param_keys
        brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
        keys.configure(b"data key of the tests, 32 bytes.", (b"parameter key, 32 bytes or more.",))
        network.forget()
        made = Network()
        made.now = START
        made.begin()
        self.shop, self.at, self.answers = Shop(made), START, list[Any]()
        self.seen = list[tuple[dt.datetime, Bound]]()
        self.closed, self.paused, self.closes_on = (
            set[str](),
            dict[str, dt.date](),
            dict[str, dt.date](),
        )  # by what this test did, not by what is stored
        self.leaving, self.himself = (
            set[str](),
            dict[str, str](),
        )  # guides whose last day is known; which customer a guide is
        publish(
            {"region_defaults": {"310000": "S2"}, "default_store": "S3"},
            actor=COMMAND_LINE,
            now=START,
        )
        self.shop.sells("c1", self.later(), location=SourcePoint(*SPOTS["S1"], "wgs84"))
        self.shop.adds("Zhao", self.later(), "c2")

    def teardown(self) -> None:
        self.base.dispose()
        db._database = None
        self.databases.drop(self.url)
        brand._brand = self.kept[0]
        keys.configure(self.kept[1], self.kept[2])

    def later(self, minutes: int = 7) -> dt.datetime:
        self.at += dt.timedelta(minutes=minutes)
        self.shop.network.now = self.at
        return self.at

    def known(self) -> dict[str, int]:
        with db.read() as connection:
            return {
                c: found[c].id
                for c in PEOPLE
                if (found := customer_deeds.people.by_customer_id(connection, [c]))
            }

    def bound(self, at: dt.datetime | None = None) -> Bound:
        """Home and owner of everybody known, judged at one moment."""
        return {c: self.shop.bound(c, at or self.at) for c in self.known()}

    def edit(self, code: str, **more: str) -> None:
        row = self.shop.snapshot().by_code[code]
        self.shop.network.load(
            "stores",
            {
                "store_code": code,
                "name": code,
                "dealer_code": row.contracts[-1].dealer_code,
                "latitude": str(row.latitude),
                "longitude": str(row.longitude),
                "crs": "wgs84",
                **more,
            },
        )

    def serves(self, code: str, day: dt.date) -> bool:
        return (
            code not in self.closed
            and not (code in self.paused and day <= self.paused[code])
            and not (code in self.closes_on and self.closes_on[code] <= day)
        )

    def employ(self, guide: str, **more: str) -> None:
        snapshot = self.shop.snapshot()
        works_at = snapshot.by_id[snapshot.guides_by_code[guide].jobs[-1].store_id].code
        self.shop.network.load(
            "guides", {"guide_code": guide, "name": guide, "store_code": works_at, **more}
        )

    def nobody_new_for_leavers(self, before: Bound) -> None:
        """B9, by whatever fact."""
        assert [
            c
            for c, (_, owner) in self.bound().items()
            if owner in self.leaving and owner != before.get(c, (None, None))[1]
        ] == []

    def nobody_moves_but(self, who: str | None, before: Bound) -> None:
        assert {c: b for c, b in self.bound().items() if c in before and c != who} == {
            c: b for c, b in before.items() if c != who
        }
