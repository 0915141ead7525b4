"""What happens on each day of the demo: who comes, what follows from it. Deterministic in (size,
first day).

A day is told in slots. Of each slot the arrivals are brought in first; where they were led decides
what follows: friend adds, orders, and later states, refunds and losses, which wait in `due` until
their slot comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.demo.arrivals import DAY_SECONDS, LAST_SECONDS, SEED, Arrivals, Slot, Visit
from app.demo.baskets import Basket, baskets, buys
from app.demo.crowd import customer_code, external_userid
from stores.base.brand import brand, day_bounds
from stores.customers.event_intake import EventIn
from stores.facts.visits import SourcePoint
from stores.orders.inputs import OrderIn, RefundIn
from stores.orders.states import StateIn
from stores.routing.entering_bulk import Placed


class Story(Arrivals):
    """Call `day(n)` for n = 0, 1, ...; per slot bring in `visits`, then call `follow` with where
    they were led."""

    # -- a day -------------------------------------------------------------------------------------

    def day(self, number: int) -> Iterator[Slot]:
        self.number, self.date = number, self.chain.first_day + dt.timedelta(days=number)
        self.start = day_bounds(self.date)[0]
        self.sequence = {"E": 0, "D": 0, "R": 0}
        self.rng = np.random.default_rng([SEED, number])
        self._move_staff()
        visits = self.visits()
        for index in range(self.size.slots):
            until = (index + 1) * self.length
            slot = Slot(
                self.start + dt.timedelta(seconds=until - 1),
                [v for v in visits if until - self.length <= v.second < until],
            )
            self.slot, self.until = slot, until - LAST_SECONDS
            for kind, fact in self.due.pop((number, index), ()):
                getattr(slot, kind).append(fact)
            if index == self.size.slots - 1:
                self._chat_days()
                self._special()
            yield slot

    def _move_staff(self) -> None:
        while self.moves and self.moves[0][0] <= self.number:
            _, guide, to = self.moves.pop(0)
            for codes in self.staff:
                if guide in codes:
                    codes.remove(guide)
            if to is not None:
                self.staff[to].append(guide)

    # -- what follows ------------------------------------------------------------------------------

    def follow(self, slot: Slot, placed: list[Placed]) -> None:
        """Friend adds, registrations, referrals and orders of these visits, and the orders that
        come by other ways."""
        share = {sent: buys(sent, self.date) for sent in (True, False)}
        bought_by = [visit.dice[7] < share[visit.guide_code is not None] for visit in slot.visits]
        others = round(0.03 * len(slot.visits) + 0.5)
        supply = baskets(sum(bought_by) + others, self.date, self.rng)
        for visit, place, bought in zip(slot.visits, placed, bought_by, strict=True):
            if visit.new:
                self._arrive(visit)
            if visit.guide_code is not None and visit.dice[8] < (0.55 if visit.new else 0.2):
                self._add(visit, visit.guide_code, "link" if visit.dice[2] < 0.6 else "card")
            elif (
                visit.dice[8] > 0.985
                and place.store_id is not None
                and self.staff[self.shop_of[place.store_id]]
            ):
                self._add(visit, self.staff[self.shop_of[place.store_id]][-1], "qr")
            if bought:
                self._order(visit, place, next(supply))
        if self.known:
            self._other_orders(slot, others, supply)

    def _event(
        self,
        kind: str,
        at: dt.datetime,
        customer: int | None,
        guide: str | None = None,
        source: str | None = None,
        friend: bool = False,
        **payload: Any,
    ) -> EventIn:
        return EventIn(
            self.next_number("E"),
            kind,
            at,
            guide_code=guide,
            customer_id=customer_code(customer) if customer is not None else None,
            external_userid=external_userid(customer) if friend and customer is not None else None,
            source=source,
            payload=payload,
        )

    def _arrive(self, visit: Visit) -> None:
        if visit.dice[9] < 0.35:
            self.slot.events.append(
                self._event(
                    "customer.registered",
                    self.at(visit.second + 90),
                    visit.customer,
                    source="mini_program",
                )
            )
        guide = visit.guide_code
        if guide is not None and visit.dice[9] > 0.84 and guide in self.friends:
            self.slot.events.append(
                self._event(
                    "referral.invited",
                    self.at(visit.second + 20),
                    visit.customer,
                    guide,
                    "link",
                    inviter_customer_id=customer_code(self.friends[guide]),
                )
            )

    def _add(self, visit: Visit, guide: str, source: str) -> None:
        """A friend add; one in six begins as a half-add; about a sixth is lost, half of that within
        seven days (C1)."""
        roll, second = visit.dice[9], visit.second
        if roll < 0.16:
            self.slot.events.append(
                self._event(
                    "contact.added",
                    self.at(second + 60),
                    visit.customer,
                    guide,
                    source,
                    friend=True,
                )
            )
        at = self.at(second + 75 + int(400 * visit.dice[6]))
        self.slot.events.append(
            self._event("contact.confirmed", at, visit.customer, guide, source, friend=True)
        )
        self.friends[guide] = visit.customer
        if guide == self.chain.leaver:
            self.of_leaver.append(visit.customer)
        if 0.5 < roll < 0.67:
            after = dt.timedelta(seconds=int(3_600 + (roll - 0.5) / 0.085 * 7 * DAY_SECONDS))
            kind = "contact.deleted_by_guide" if roll > 0.66 else "contact.deleted_by_customer"
            self.later(
                at + after,
                "events",
                self._event(kind, at + after, visit.customer, guide, friend=True),
            )

    # -- orders ------------------------------------------------------------------------------------

    def _order(self, visit: Visit, place: Placed, basket: Basket) -> None:
        """By the named entry or by the last visit; one in ten assisted by a guide of the shop."""
        guide = None
        if (
            visit.dice[5] < 0.1
            and place.store_id is not None
            and self.staff[self.shop_of[place.store_id]]
        ):
            codes = self.staff[self.shop_of[place.store_id]]
            guide = codes[int(len(codes) * visit.dice[1])]
        self._take(
            visit.customer,
            visit.second + 60 + int(1_300 * visit.dice[6]),
            basket,
            entry_id=place.entry_id if visit.dice[4] < 0.65 else None,
            guide_code=guide,
            channel="mini_program",
        )

    def _other_orders(self, slot: Slot, count: int, supply: Iterator[Basket]) -> None:
        """Without a visit: by the delivery address, by a till that names its store, and the few
        that nobody can place."""
        dice = self.rng.random((count, 3)).tolist()
        first = self.until + LAST_SECONDS - self.length
        for who, when, how in dice:
            customer = int(who * self.known)
            shop = self.chain.shops[int(self.crowd.home[customer])]
            second, more, basket = first + int(when * self.length), {}, next(supply)
            if how < 0.2 and basket.delivery == "express":
                more = {
                    "fulfilment_store_code": self.chain.policy["region_defaults"].get(
                        shop.city_code
                    )
                }  # the city's flagship ships it
            if how < 0.5:
                more |= {
                    "location": SourcePoint(
                        round(float(self.crowd.latitude[customer]), 6),
                        round(float(self.crowd.longitude[customer]), 6),
                        "wgs84",
                    )
                }
            elif how < 0.9:
                more = {"store_code": shop.code, "channel": "till"}
            self._take(customer, second, basket, **more)

    def _take(self, customer: int, second: int, basket: Basket, **more: Any) -> None:
        at, number = self.at(second), self.next_number("D")
        self.slot.orders.append(
            OrderIn(
                number,
                customer_code(customer),
                at,
                brand().currency,
                basket.lines,
                delivery=basket.delivery,
                freight_minor=basket.freight_minor,
                **more,
            )
        )
        for state, after in (("shipped", basket.shipped_s), ("received", basket.received_s)):
            if after is not None:
                moment = at + dt.timedelta(seconds=after)
                self.later(moment, "states", StateIn(number, state, moment))
        if basket.refunded_s is not None:
            moment = at + dt.timedelta(seconds=basket.refunded_s)
            self.later(moment, "refunds", RefundIn(f"R{number[1:]}", number, moment, basket.refund))

    # -- what else happens -------------------------------------------------------------------------

    def _chat_days(self) -> None:
        """Some guides' chats of the day, as WeCom reports them (section 7)."""
        working = [code for codes in self.staff for code in codes]
        count = min(self.chats_by_day[self.number], len(working))
        for n in np.sort(self.rng.choice(len(working), size=count, replace=False)).tolist():
            chats = int(self.rng.poisson(9))
            payload: dict[str, Any] = {"chats": chats}
            if chats:
                messages = chats * int(self.rng.integers(2, 7))
                payload |= {
                    "messages": messages,
                    "replies": int(messages * self.rng.uniform(0.45, 0.98)),
                    "avg_first_reply_min": round(float(self.rng.gamma(2, 6)), 1),
                }
            self.slot.events.append(
                self._event(
                    "chat.day", self.at(DAY_SECONDS - 600), None, working[n], "wecom", **payload
                )
            )

    def _special(self) -> None:
        """A guide who buys friends (C16): 25 adds in ten minutes, most of them soon lost. A
        leaver's customers go to a colleague (B9)."""
        if self.number == self.chain.fraud_day:
            for n in range(25):
                customer = self.size.customers + n
                at = self.at(21 * 3_600 + 14 * 60 + 24 * n)
                self.slot.events.append(
                    self._event(
                        "contact.confirmed", at, customer, self.chain.fraudster, "qr", friend=True
                    )
                )
                if n % 5:
                    gone = at + dt.timedelta(hours=9 + 3 * n)
                    self.later(
                        gone,
                        "events",
                        self._event(
                            "contact.deleted_by_customer",
                            gone,
                            customer,
                            self.chain.fraudster,
                            friend=True,
                        ),
                    )
        leaving = next(
            (
                day
                for day, guide, to in self.chain.moves
                if guide == self.chain.leaver and to is None
            ),
            None,
        )
        if self.number == leaving:
            self._hand_over()

    def _hand_over(self) -> None:
        home = next(n for n, codes in enumerate(self.chain.staff) if self.chain.leaver in codes)
        for n, customer in enumerate(dict.fromkeys(self.of_leaver)):
            taker = self.staff[home][n % len(self.staff[home])]
            self.slot.events.append(
                self._event(
                    "contact.transferred",
                    self.at(18 * 3_600 + n),
                    customer,
                    taker,
                    friend=True,
                    from_guide_code=self.chain.leaver,
                    state="refused" if n % 10 == 9 else "done",
                )
            )
