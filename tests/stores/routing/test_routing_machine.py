"""Routing under whatever may happen: entries, orders, takeovers, friend adds, chats, transfers,
leavers, movers, guides who buy, closings, pauses, moves, areas, policies, re-assignments, deeds and
time, in any order (Hypothesis). After each step: one answer per entry, no store out of service is
ever chosen or offered, the explanation says what was decided, every replay is the same, what was
true of a binding stays true, and nothing but a fact, a deed, a closing or what its clock announced
moves one (A1, A2, A10, A11, A16, A17, B1-B5, B9-B11, M12)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import db
from ledger.faults import Conflict, InvalidInput
from stores.base import brand, keys
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day, day_bounds
from stores.customer_deeds import deed_effects, reassign, reassign_check
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds.reassign_plan import Plan
from stores.customers import binding_facts, following, rebinding
from stores.customers.course import timeline
from stores.facts.binding_history import binding
from stores.facts.customer_deed_kinds import BINDING_KINDS
from stores.facts.decision import State
from stores.facts.entries import entry
from stores.facts.visits import Arrival, SourcePoint
from stores.network import network
from stores.network.policies import publish
from stores.network.sight import EVERYTHING
from stores.registers import close_store
from stores.routing import entering, entry_reading, explanations
from tests.databases import Databases
from tests.network import Network
from tests.stores.orders.shop import START, Shop
from tests.stores.registers.test_areas import save, square

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

    # -- what binds nobody -------------------------------------------------------------------------

    def those_at_home_enter(self, code: str) -> None:
        """Whoever has this home is led by it, or to who stands in for it: the rungs that name a
        store must see that it serves (A11)."""
        for who, (home, _) in self.bound().items():
            if home == code:
                self.enters(who, None, None, None, 50.0, False)

    @rule(
        who=person,
        spot=st.none() | st.sampled_from(sorted(SPOTS)),
        link=st.none() | guide_code,
        region=st.none() | st.just("310115"),
        accuracy=st.sampled_from([50.0, 2_000.0]),
        fuzzy=st.booleans(),
    )
    def enters(
        self,
        who: str,
        spot: str | None,
        link: str | None,
        region: str | None,
        accuracy: float,
        fuzzy: bool,
    ) -> None:
        at = self.later()
        before, snapshot, count = self.bound(), self.shop.snapshot(), self.shop.network.count(entry)
        arrival = Arrival(
            {"customer_id": who},
            SourcePoint(*SPOTS[spot], "wgs84", accuracy, fuzzy) if spot else None,
            region_code=region,
            entry_param=self.shop.link(link, at) if link else None,
            occurred_at=at,
        )
        recorded, again = (
            entering.enter(arrival, key=f"k{count}", body_hash="-", now=at) for _ in range(2)
        )
        decision, day = recorded.decision, business_day(at)
        assert decision is not None
        named = [c.store_id for c in decision.alternatives] + (
            [decision.store_id] if decision.store_id is not None else []
        )
        assert [
            code for number in named if not self.serves(code := snapshot.by_id[number].code, day)
        ] == []  # A2
        assert (self.shop.network.count(entry), again.repeated, again.entry_id) == (
            count + 1,
            True,
            recorded.entry_id,
        )
        self.nobody_moves_but(None, before)  # A1: routing never changes a binding
        self.answers.append(
            (
                recorded.entry_id,
                decision.store_id,
                decision.rung,
                [c.store_id for c in decision.alternatives],
            )
        )

    @rule(
        preset=st.sampled_from(["franchise", "nearest_first", "link_first", "home_locked"]),
        snatch=st.sampled_from(["after_protection", "never", "anytime"]),
        days=st.sampled_from([0, 10, 30, 60]),
        default=st.sampled_from([None, "S3"]),
        limit=st.sampled_from([3_000, 50_000]),
    )
    def publishes(
        self, preset: str, snatch: str, days: int, default: str | None, limit: int
    ) -> None:
        """A policy judges what comes; it rewrites nobody's bindings."""
        self.later()
        before = self.bound()
        publish(
            {
                "preset": preset,
                "snatch_policy": snatch,
                "protection_days": days,
                "region_defaults": {"310000": "S2"},
                "default_store": default,
                "nearest_limit_m": limit,
            },
            actor=COMMAND_LINE,
            now=self.at,
        )
        self.nobody_moves_but(None, before)

    @rule(code=shop_code, spot=st.sampled_from(sorted(SPOTS)), room=st.sampled_from(["", "0", "1"]))
    def moves(self, code: str, spot: str, room: str) -> None:
        self.later()
        before, (latitude, longitude) = self.bound(), SPOTS[spot]
        self.edit(code, latitude=str(latitude), longitude=str(longitude), daily_capacity=room)
        self.nobody_moves_but(None, before)

    @rule(
        kind=st.sampled_from(["territory", "isolated"]),
        dealer=st.sampled_from(["D1", "D2"]),
        spot=st.sampled_from(sorted(SPOTS)),
        over=st.booleans(),
    )
    def draws(self, kind: str, dealer: str, spot: str, over: bool) -> None:
        self.later()
        before, (latitude, longitude) = self.bound(), SPOTS[spot]
        facts = {
            "area_code": f"{kind}-{dealer}",
            "kind": kind,
            "dealer_code": dealer,
            **({"valid_to": "2025-02-01"} if over else {}),
        }
        try:
            save(
                self.shop.network,
                {
                    "type": "Feature",
                    "properties": facts,
                    "geometry": square(longitude - 0.02, latitude - 0.02, 0.04),
                },
            )
        except InvalidInput:  # A12: another dealer's
            return
        self.nobody_moves_but(None, before)

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        """What the clock does was announced; then the worker closes what closes on its day."""
        then = self.at + dt.timedelta(days=days)
        announced = self.bound(then)
        self.later(days * 1440)
        rebinding.move_waiting_homes(self.at)
        assert following.follow_late(self.at) == 0
        assert self.bound() == announced
        due = {code for code, day in self.closes_on.items() if day <= business_day(self.at)}
        close_store.close_due(self.at)
        assert all(
            home == announced[c][0] or announced[c][0] in due
            for c, (home, _) in self.bound().items()
        )
        assert {home for home, _ in self.bound().values()}.isdisjoint(due)

    # -- what may bind -----------------------------------------------------------------------------

    @rule(who=person, spot=st.none() | st.sampled_from(sorted(SPOTS)), link=st.none() | guide_code)
    def buys(self, who: str, spot: str | None, link: str | None) -> None:
        """B4: by another guide's link only as the policy in force says."""
        at, before = self.later(), self.bound()
        if link:
            self.shop.visits(who, at, link=link)
        policy, protected = (
            self.shop.snapshot().policy.snatch_policy,
            who in before and (self.shop.state(who).owner_protected_until or at) > at,
        )
        self.shop.sells(who, at, location=SourcePoint(*SPOTS[spot], "wgs84") if spot else None)
        self.nobody_moves_but(who, before)
        self.nobody_new_for_leavers(before)
        held = before.get(who, (None, None))[1]
        if held is not None and (policy == "never" or policy == "after_protection" and protected):
            assert self.bound()[who][1] == held

    @rule(
        who=person,
        guide=guide_code,
        kind=st.sampled_from(
            ["contact.confirmed", "contact.deleted_by_customer", "contact.transferred", "chat.day"]
        ),
    )
    def hears(self, who: str, guide: str, kind: str) -> None:
        at, before = self.later(), self.bound()
        payload = {
            "contact.transferred": {"state": "requested"},
            "chat.day": {"chats": 1, "messages": 2, "replies": 1},
        }.get(kind, {})
        self.shop.hears(self.shop.event(kind, at, guide, who, payload=payload))
        self.nobody_moves_but(who if kind != "chat.day" else None, before)
        self.nobody_new_for_leavers(before)
        if kind == "contact.confirmed" and before.get(who, (None, None))[1] is not None:
            assert self.bound()[who] == before[who]  # B2: he makes a follower only

    @rule(
        who=person,
        kind=st.sampled_from(
            [
                "switched",
                "switch_ended",
                "refused",
                "pinned",
                "unpinned",
                "no_switch",
                "may_switch",
                "owner_assigned",
                "owner_requested",
                "home_requested",
            ]
        ),
        code=shop_code,
        guide=guide_code,
    )
    def decides(self, who: str, kind: str, code: str, guide: str) -> None:
        at, before = self.later(), self.bound()
        if who not in before:
            return
        binds = kind in BINDING_KINDS
        try:
            customer_deeds.do(
                deed_effects.Deed(
                    kind, who, code, guide if kind.startswith("owner") else None, "-"
                ),
                actor=COMMAND_LINE,
                now=at,
            )
        except Conflict:
            binds = False
        self.nobody_moves_but(who if binds else None, before)
        self.nobody_new_for_leavers(before)

    # -- the network changes -----------------------------------------------------------------------

    @rule(guide=guide_code, days=st.sampled_from([0, 9, 40]), who=person)
    def leaves(self, guide: str, days: int, who: str) -> None:
        """B9: until the end of his last day his customers are his; he still adds somebody."""
        self.later()
        before, last = self.bound(), business_day(self.at) + dt.timedelta(days=days)
        if guide in self.leaving:
            return
        self.employ(guide, left_on=last.isoformat())
        self.leaving.add(guide)
        self.nobody_moves_but(None, before)
        assert guide not in {owner for _, owner in self.bound(day_bounds(last)[1]).values()}
        self.hears(who, guide, "contact.confirmed")

    @rule(guide=guide_code)
    def stays_after_all(self, guide: str) -> None:
        """Before the last day is over; nobody comes to him or goes by that (B9)."""
        self.later()
        if (
            guide not in self.leaving
            or self.shop.snapshot().guides_by_code[guide].store_on(business_day(self.at)) is None
        ):
            return
        before = self.bound()
        self.employ(guide, left_on="")
        self.leaving.discard(guide)
        self.nobody_moves_but(None, before)

    @rule(
        guide=guide_code,
        to=shop_code,
        customers=st.sampled_from(["", "follow", "stay"]),
        who=person,
    )
    def goes_elsewhere(self, guide: str, to: str, customers: str, who: str) -> None:
        """B10: to another dealer without his customers, within the dealer as it was decided;
        nobody's home moves."""
        self.hears(who, guide, "contact.confirmed")
        self.time_passes(1)
        snapshot, day = self.shop.snapshot(), business_day(self.at)
        job = next((job for job in snapshot.guides_by_code[guide].jobs if job.holds(day)), None)
        if job is None or guide in self.leaving or snapshot.by_id[job.store_id].code == to:
            return
        before, new = (
            self.bound(),
            snapshot.by_code[to].contracts[-1].dealer_id
            != snapshot.by_id[job.store_id].contracts[-1].dealer_id,
        )
        self.shop.network.load(
            "guides", {"guide_code": guide, "name": guide, "store_code": to, "customers": customers}
        )
        alone = new or customers == "stay"
        assert self.bound() == {
            c: (home, None if alone and owner == guide else owner)
            for c, (home, owner) in before.items()
        }
        self.seen = [
            each for each in self.seen if business_day(each[0]) < day
        ]  # the move counts from the beginning of the day

    @rule(guide=guide_code, who=person)
    def buys_too(self, guide: str, who: str) -> None:
        """B5: he is that customer, by all facts of the past; nobody else's binding changes."""
        self.later()
        before, was = self.bound(), self.himself.get(guide)
        if who not in before:
            return
        self.employ(guide, own_customer_id=who)
        self.himself[guide] = who
        self.seen.clear()
        assert all(
            after == before[c]
            for c, after in self.bound().items()
            if c in before and c not in (was, who)
        )

    @rule(code=shop_code, successor=st.none() | shop_code)
    def closes(self, code: str, successor: str | None) -> None:
        at, before = self.later(), self.bound()
        try:
            close_store.close_store(code, successor, actor=COMMAND_LINE, now=at)
        except (Conflict, InvalidInput):
            return
        self.closed.add(code)
        self.closes_on.pop(code, None)
        self.paused.pop(code, None)
        after = self.bound()
        assert all(
            home != code for home, _ in after.values()
        )  # A11: nobody stays at home in a closed store
        assert all(after[c] == b for c, b in before.items() if b[0] != code)
        assert all(after[c][1] == b[1] for c, b in before.items())

    @rule(code=shop_code, days=st.integers(1, 20), successor=st.sampled_from(["", *STORES]))
    def will_close(self, code: str, days: int, successor: str) -> None:
        if (
            code in self.closed
            or successor == code
            or successor in self.closed
            or code in self.paused
        ):
            return
        self.later()
        before = self.bound()
        self.closes_on[code] = business_day(self.at) + dt.timedelta(days=days)
        self.edit(
            code,
            status="active",
            closed_on=self.closes_on[code].isoformat(),
            successor_store_code=successor,
        )
        self.nobody_moves_but(None, before)

    @rule(code=shop_code)
    def takes_the_closing_back(self, code: str) -> None:
        at = self.later()
        try:
            close_store.undo_closing(code, actor=COMMAND_LINE, now=at)
        except Conflict:
            return
        self.closed.discard(code)
        row = self.shop.snapshot().by_code[code]
        assert row.status in ("active", "paused") and row.why_not(business_day(at)) in (
            "",
            "paused",
        )
        self.closes_on.pop(code, None)
        if row.status == "paused" and row.paused_until is not None:
            self.paused[code] = row.paused_until
        if row.closed_on is not None:
            self.closes_on[code] = row.closed_on

    @rule(code=shop_code, days=st.integers(1, 20))
    def pauses(self, code: str, days: int) -> None:
        at = self.later()
        if code in self.closed or code in self.closes_on:
            return
        before, clocks, first = self.bound(), self.clocks(), code not in self.paused
        self.paused[code] = business_day(at) + dt.timedelta(days=days)
        length = day_bounds(self.paused[code])[1] - at
        self.edit(code, status="paused", paused_until=self.paused[code].isoformat())
        self.nobody_moves_but(None, before)  # A11: kept, and for longer
        assert not first or all(
            after - clocks[c] == (length if clocks[c] > at else dt.timedelta(0))
            or self.shop.state(c).next_home_store_id is not None
            for c, after in self.clocks().items()
            if before[c][0] == code
        )
        self.those_at_home_enter(code)

    @rule(code=shop_code)
    def opens_again(self, code: str) -> None:
        self.later()
        before = self.bound()
        self.edit(code, status="active", paused_until="", closed_on="", successor_store_code="")
        self.closed.discard(code)
        self.paused.pop(code, None)
        self.closes_on.pop(code, None)
        self.nobody_moves_but(None, before)

    @rule(code=shop_code, to=shop_code, protected=st.booleans())
    def reassigns(self, code: str, to: str, protected: bool) -> None:
        """B3: a protected home only when headquarters says so; nobody whose home is another
        store."""
        at, before = self.later(), self.bound()
        try:
            number = reassign_check.ask(
                Plan("-", (code,), target="store", to_store_code=to, include_protected=protected),
                actor=COMMAND_LINE,
                now=at,
            )
            reassign_check.check(number, actor=COMMAND_LINE, now=at)
            reassign.start(number, actor=COMMAND_LINE, now=at)
            reassign.proceed(number, actor=COMMAND_LINE, clock=lambda: at)
        except (Conflict, InvalidInput):
            pass
        after = self.bound()
        assert all(
            after[c] == b or b[0] in (code, None) and after[c] == (to, b[1])
            for c, b in before.items()
        )

    def clocks(self) -> dict[str, dt.datetime]:
        return {
            c: row.home_protected_until or START
            for c in self.known()
            for row in [self.shop.state(c)]
        }

    # -- what holds after each step ----------------------------------------------------------------

    @invariant()
    def what_was_decided_stands_is_explained_and_replays(self) -> None:
        for entry_id, store_id, rung, others in self.answers[-4:]:
            with time_machine.travel(self.at, tick=False), db.read() as connection:
                row = entry_reading.find(connection, entry_id, COMMAND_LINE)
                assert (row.store_id, row.rung) == (store_id, rung)
                replay = entry_reading.replay(connection, row, EVERYTHING)
                assert replay["same"] and (replay["store_code"], replay["rung"]) == (
                    row.store_code,
                    rung,
                ), replay
                said = explanations.of_entry(connection, row, "en", EVERYTHING)
                assert row.store_name is None or row.store_name in said["sentence"]
                matched = [s for s in said["steps"] if s["outcome"] == "matched"]
                assert (
                    not said["steps"]
                    or [
                        (
                            s["rung"],
                            [c["store_code"] for c in s["candidates"] if c["why"] == "winner"],
                        )
                        for s in matched
                    ]
                    == [(rung, [row.store_code] if row.store_code else [])]
                    and said["steps"][-1] == matched[0]
                )
                trace = entry_reading.trace_of(connection, entry_id)
                assert not trace or [number for number, _ in trace["alternatives"]] == others
                assert all(change["name"] != row.store_name for change in said["what_if"])

    @invariant()
    def nobody_owns_themselves(self) -> None:
        assert [
            c
            for c, (_, owner) in self.bound().items()
            if owner is not None and self.himself.get(owner) == c
        ] == []  # B5

    @invariant()
    def what_was_true_of_a_binding_stays_true(self) -> None:
        """Every fact was told when it happened, so nothing of the past is rewritten; and the state
        is what the facts say."""
        if self.seen and self.seen[-1][0] == self.at:
            self.seen.pop()
        self.seen.append((self.at, self.bound()))
        numbers, snapshot = self.known(), self.shop.snapshot()
        codes = {
            "home": {s.id: s.code for s in snapshot.stores},
            "owner": {g.id: g.code for g in snapshot.guides.values()},
        }
        rows = [row for row in self.shop.network.rows(binding) if row.superseded_at is None]
        for moment, bound in self.seen[-12:]:
            for who, found in bound.items():
                mine = [
                    row
                    for row in rows
                    if row.customer_id == numbers[who] and row.started_at <= moment < row.ended_at
                ]
                held = {
                    row.kind: codes[row.kind][row.store_id if row.kind == "home" else row.guide_id]
                    for row in mine
                }
                assert len(held) == len(mine) and (held.get("home"), held.get("owner")) == found, (
                    moment,
                    who,
                )  # B1, B4
        with db.read() as connection:
            facts = binding_facts.facts_of(connection, numbers.values(), snapshot)
        for who, number in numbers.items():
            row = self.shop.state(who)
            stored = State(**{name: getattr(row, name) for name in rebinding.BOUND})
            assert stored.at(self.at) == State(
                **rebinding.state_values(timeline(facts[number], binding_facts.rules_of(snapshot)))
            ).at(self.at), who


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 25), ("postgresql", 8)])
def test_routing_holds_whatever_happens(databases: Databases, engine: str, examples: int) -> None:
    Routing.databases, Routing.engine = databases, engine
    run_state_machine_as_test(
        Routing,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
