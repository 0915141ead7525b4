"""How the network changes in the small world: leavers, movers, closings, pauses, new homes."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from ledger.faults import Conflict, InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.base.brand import business_day, day_bounds
from stores.customer_deeds import reassign, reassign_check
from stores.customer_deeds.reassign_plan import Plan
from stores.registers import close_store
from tests.stores.orders.shop import START
from tests.stores.routing.routing_facts import RoutingFacts
from tests.stores.routing.routing_world import (
    STORES,
    guide_code,
    person,
    shop_code,
)


class RoutingChanges(RoutingFacts):
    """Who leaves, moves, closes or pauses, and what their customers are then bound to."""

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
