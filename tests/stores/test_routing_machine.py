"""Routing under whatever may happen: entries, orders, friend adds, closings, pauses, moves, policies, takeovers and time, in any order
(Hypothesis). After each step: one answer per entry, no store out of service is ever chosen or offered, the explanation says what was decided,
every replay is the same, and nothing but a fact, a deed, a closing or a pause moves a binding (A1, A2, A11, A16, A17, B1-B5, M12)."""
from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import db
from ledger.faults import Conflict, InvalidInput
from stores import brand, close_store, customer_deeds, entering, entry_reading, explanations, keys, network
from stores.actors import COMMAND_LINE
from stores.brand import business_day
from stores.entries import entry
from stores.policies import publish
from stores.visits import Arrival, SourcePoint
from tests.databases import Databases
from tests.network import Network
from tests.stores.sales.shop import START, Shop

PEOPLE, STORES, GUIDES = ("c1", "c2", "c3"), ("S1", "S2", "S3"), ("Wang", "Li", "Zhao", "Mei")
SPOTS = {"S1": (31.2304, 121.4737), "S2": (31.2404, 121.5737), "S3": (30.2741, 120.1551), "between": (31.2354, 121.5237), "far": (39.9, 116.4)}
person, shop_code, guide_code = st.sampled_from(PEOPLE), st.sampled_from(STORES), st.sampled_from(GUIDES)
Bound = dict[str, tuple[str | None, str | None]]


class Routing(RuleBasedStateMachine):
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
        publish({"region_defaults": {"310000": "S2"}, "default_store": "S3"}, actor=COMMAND_LINE, now=START)

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

    def bound(self) -> Bound:
        """Home and owner of everybody known, judged at one moment."""
        with db.read() as connection:
            known = [c for c in PEOPLE if customer_deeds.people.by_customer_id(connection, [c])]
        return {c: self.shop.bound(c, self.at) for c in known}

    def edit(self, code: str, **more: str) -> None:
        row = self.shop.snapshot().by_code[code]
        self.shop.network.load("stores", {"store_code": code, "name": code, "dealer_code": row.contracts[-1].dealer_code, "latitude": str(row.latitude),
                                          "longitude": str(row.longitude), "crs": "wgs84", **more})

    # -- what binds nobody ------------------------------------------------------------------------------------------------------

    @rule(who=person, spot=st.none() | st.sampled_from(sorted(SPOTS)), link=st.none() | guide_code, region=st.none() | st.just("310115"))
    def enters(self, who: str, spot: str | None, link: str | None, region: str | None) -> None:
        at = self.later()
        before, snapshot, count = self.bound(), self.shop.snapshot(), self.shop.network.count(entry)
        arrival = Arrival({"customer_id": who}, SourcePoint(*SPOTS[spot], "wgs84", 50.0) if spot else None, region_code=region,
                          entry_param=self.shop.link(link, at) if link else None, occurred_at=at)
        recorded = entering.enter(arrival, body_hash="-", now=at)
        decision, day = recorded.decision, business_day(at)
        assert decision is not None
        named = [c.store_id for c in decision.alternatives] + ([decision.store_id] if decision.store_id is not None else [])
        assert [snapshot.by_id[number].why_not(day) for number in named] == [""] * len(named)  # A2
        assert self.shop.network.count(entry) == count + 1
        assert {c: b for c, b in self.bound().items() if c in before} == before  # A1: routing never changes a binding
        self.answers.append((recorded.entry_id, decision.store_id, decision.rung))

    @rule(preset=st.sampled_from(["franchise", "nearest_first", "link_first", "home_locked"]), snatch=st.sampled_from(["after_protection", "never", "anytime"]))
    def publishes(self, preset: str, snatch: str) -> None:
        """A policy judges what comes; it rewrites nobody's bindings by itself."""
        self.later()
        before = self.bound()
        publish({"preset": preset, "snatch_policy": snatch, "region_defaults": {"310000": "S2"}, "default_store": "S3"}, actor=COMMAND_LINE, now=self.at)
        assert self.bound() == before

    @rule(code=shop_code, spot=st.sampled_from(sorted(SPOTS)))
    def moves(self, code: str, spot: str) -> None:
        self.later()
        before, (latitude, longitude) = self.bound(), SPOTS[spot]
        self.edit(code, latitude=str(latitude), longitude=str(longitude))
        assert self.bound() == before

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.later(days * 1440)

    # -- what may bind ----------------------------------------------------------------------------------------------------------

    @rule(who=person, spot=st.none() | st.sampled_from(sorted(SPOTS)))
    def buys(self, who: str, spot: str | None) -> None:
        at = self.later()
        others = {c: b for c, b in self.bound().items() if c != who}
        self.shop.sells(who, at, location=SourcePoint(*SPOTS[spot], "wgs84") if spot else None)
        assert {c: b for c, b in self.bound().items() if c != who} == others

    @rule(who=person, guide=guide_code)
    def adds(self, who: str, guide: str) -> None:
        self.shop.adds(guide, self.later(), who)

    @rule(who=person, kind=st.sampled_from(["switched", "switch_ended", "refused", "pinned", "unpinned", "no_switch", "may_switch", "owner_assigned",
                                            "owner_requested", "home_requested"]), code=shop_code, guide=guide_code)
    def decides(self, who: str, kind: str, code: str, guide: str) -> None:
        at = self.later()
        before = self.bound()
        if who not in before:
            return
        binds = kind in customer_deeds.BINDING_KINDS
        try:
            customer_deeds.do(customer_deeds.Deed(kind, who, code, guide if kind.startswith("owner") else None, "-"), actor=COMMAND_LINE, now=at)
        except Conflict:
            binds = False
        after = self.bound()
        assert binds or after == before
        assert {c: b for c, b in after.items() if c != who} == {c: b for c, b in before.items() if c != who}

    # -- the network changes ------------------------------------------------------------------------------------------------------

    @rule(code=shop_code, successor=st.none() | shop_code)
    def closes(self, code: str, successor: str | None) -> None:
        at = self.later()
        try:
            close_store.close_store(code, successor, actor=COMMAND_LINE, now=at)
        except (Conflict, InvalidInput):
            return
        assert all(home != code for home, _ in self.bound().values())  # A11: nobody stays at home in a closed store

    @rule(code=shop_code, days=st.integers(1, 20))
    def pauses(self, code: str, days: int) -> None:
        at = self.later()
        if self.shop.snapshot().by_code[code].status == "closed":
            return
        before = self.bound()
        self.edit(code, status="paused", paused_until=(business_day(at) + dt.timedelta(days=days)).isoformat())
        after = self.bound()
        assert all(after[c][0] == home for c, (home, _) in before.items() if home is not None)  # A11: kept, and for longer

    @rule(code=shop_code)
    def opens_again(self, code: str) -> None:
        self.later()
        self.edit(code, status="active", paused_until="", closed_on="", successor_store_code="")

    # -- what holds after each step -----------------------------------------------------------------------------------------------

    @invariant()
    def what_was_decided_stands_is_explained_and_replays(self) -> None:
        for entry_id, store_id, rung in self.answers[-4:]:
            with time_machine.travel(self.at, tick=False), db.read() as connection:
                row = entry_reading.find(connection, entry_id, COMMAND_LINE)
                assert (row.store_id, row.rung) == (store_id, rung)
                replay = entry_reading.replay(connection, row)
                assert replay["same"], replay
                said = explanations.of_entry(connection, row, "en")
                assert not said["steps"] or [s["rung"] for s in said["steps"] if s["outcome"] == "matched"] == [rung]


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 25), ("postgresql", 8)])
def test_routing_holds_whatever_happens(databases: Databases, engine: str, examples: int) -> None:
    Routing.databases, Routing.engine = databases, engine
    run_state_machine_as_test(Routing, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)))
