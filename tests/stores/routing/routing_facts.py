"""What customers and headquarters do in the small world: some of it binds, some binds nobody."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from ledger.faults import Conflict, InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day
from stores.customer_deeds import deeds as customer_deeds
from stores.customers import following, rebinding
from stores.facts.entries import entry
from stores.facts.visits import Arrival, SourcePoint
from stores.network.policies import publish
from stores.registers import close_store
from stores.routing import entering
from tests.stores.registers.test_areas import save, square
from tests.stores.routing.routing_world import (
    SPOTS,
    RoutingWorld,
    guide_code,
    person,
    shop_code,
)


class RoutingFacts(RoutingWorld):
    """Entries, policies, places, orders, takeovers and deeds."""

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
        binds = kind in customer_deeds.BINDING_KINDS
        try:
            customer_deeds.do(
                customer_deeds.Deed(
                    kind, who, code, guide if kind.startswith("owner") else None, "-"
                ),
                actor=COMMAND_LINE,
                now=at,
            )
        except Conflict:
            binds = False
        self.nobody_moves_but(who if binds else None, before)
        self.nobody_new_for_leavers(before)
