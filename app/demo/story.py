"""What happens on each day of the demo: who comes, what follows from it. Deterministic in (size,
first day).

A day is told in slots. Of each slot the arrivals are brought in first; where they were led decides
what follows: friend adds, orders, and later states, refunds and losses, which wait in `due` until
their slot comes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.demo.baskets import Basket, baskets, buys
from app.demo.chain import Chain
from app.demo.crowd import Crowd, customer_code, external_userid, unionid
from app.demo.seasons import day_weight, minutes, shares
from app.demo.sizes import Size
from stores.base.brand import brand, day_bounds
from stores.customers.event_intake import EventIn
from stores.facts.visits import Arrival, SourcePoint
from stores.geo.coordinates import Coordinates, from_wgs84
from stores.orders.inputs import OrderIn, RefundIn
from stores.orders.states import StateIn
from stores.routing.entering_bulk import PastArrival, Placed

SEED = 20_251_111
DAY_SECONDS = 86_400
LAST_SECONDS = 3  # facts of a slot end so long before it: they are received at its end
Link = Callable[[str, dt.datetime], str]  # guide or store code, moment of issue -> signed parameter


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival with what the story knows of it; `second` of the day."""

    second: int
    customer: int
    new: bool
    guide_code: str | None
    past: PastArrival
    dice: tuple[float, ...]


@dataclass(slots=True)
class Slot:
    """The facts of one slot. `received_at` is its end: the moment the services are given."""

    received_at: dt.datetime
    visits: list[Visit] = field(default_factory=list)
    events: list[EventIn] = field(default_factory=list)
    orders: list[OrderIn] = field(default_factory=list)
    states: list[StateIn] = field(default_factory=list)
    refunds: list[RefundIn] = field(default_factory=list)


class Story:
    """Call `day(n)` for n = 0, 1, ...; per slot bring in `visits`, then call `follow` with where
    they were led."""

    def __init__(self, size: Size, chain: Chain, crowd: Crowd, link: Link, shop_of: dict[int, int]):
        self.size, self.chain, self.crowd, self.link, self.shop_of = (
            size,
            chain,
            crowd,
            link,
            shop_of,
        )
        self.staff = [list(codes) for codes in chain.staff]
        self.moves = list(chain.moves)
        weights = [day_weight(chain.first_day + dt.timedelta(days=n)) for n in range(size.days)]
        growth = [weight * (1 + 0.25 * n / size.days) for n, weight in enumerate(weights)]
        self.new_by_day = shares(size.customers - size.members, growth)
        self.again_by_day = shares(size.entries - size.customers + size.members, growth)
        self.chats_by_day = shares(size.chat_days, [1.0] * size.days)
        self.known = size.members
        self.due: dict[tuple[int, int], list[tuple[str, Any]]] = defaultdict(list)
        self.friends: dict[
            str, int
        ] = {}  # the last customer who added a guide: his referrals come from there
        self.of_leaver: list[int] = []
        self.length = DAY_SECONDS // size.slots

    # -- a day -------------------------------------------------------------------------------------

    def day(self, number: int) -> Iterator[Slot]:
        self.number, self.date = number, self.chain.first_day + dt.timedelta(days=number)
        self.start = day_bounds(self.date)[0]
        self.sequence = {"E": 0, "D": 0, "R": 0}
        self.rng = np.random.default_rng([SEED, number])
        self._move_staff()
        visits = self._visits()
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

    def _at(self, second: float) -> dt.datetime:
        """That second of the day, still within the slot."""
        return self.start + dt.timedelta(seconds=min(int(second), self.until))

    def _later(self, at: dt.datetime, kind: str, fact: Any) -> None:
        """Keep a fact until its slot comes; beyond the last day it never happens. Within this slot
        it is told at once."""
        number, second = divmod(int((at - self.start).total_seconds()), DAY_SECONDS)
        if number == 0 and second <= self.until:
            getattr(self.slot, kind).append(fact)
        else:
            self.due[self.number + number, second // self.length].append((kind, fact))

    def _next(self, letter: str) -> str:
        self.sequence[letter] += 1
        return f"{letter}{self.date:%y%m%d}{self.sequence[letter]:06}"

    # -- arrivals ----------------------------------------------------------------------------------

    def _visits(self) -> list[Visit]:
        new, again = (
            self.new_by_day[self.number],
            self.again_by_day[self.number] if self.known else 0,
        )
        count, rng = new + again, self.rng
        regulars = np.minimum(
            (self.known * rng.random(again) ** 0.75).astype(int), max(self.known - 1, 0)
        )
        regulars = np.where(
            rng.random(again) < 0.45, regulars // 9 * 9, regulars
        )  # every ninth customer comes often
        who = np.concatenate([np.arange(self.known, self.known + new), regulars])
        order = rng.permutation(count)
        self.known += new
        seconds, dice = minutes(rng, count).astype(int).tolist(), rng.random((count, 10)).tolist()
        places, ids = self._places(who[order]), rng.bytes(10 * count)
        return [
            self._visit(second, int(customer), bool(fresh), row, place, ids[10 * n : 10 * n + 10])
            for n, (second, customer, fresh, row, place) in enumerate(
                zip(seconds, who[order], order < new, dice, places, strict=True)
            )
        ]

    def _places(self, who: np.ndarray) -> list[tuple[float, float]]:
        """Where they stand: near home, six in a hundred near some other store."""
        rng, crowd = self.rng, self.crowd
        away = rng.random(len(who)) < 0.06
        other = rng.integers(self.size.customers, size=len(who))
        near = np.where(away, other, who)
        shift = rng.normal(0, 0.003, (2, len(who)))
        return list(
            zip(
                np.round(crowd.latitude[near] + shift[0], 6).tolist(),
                np.round(crowd.longitude[near] + shift[1], 6).tolist(),
                strict=True,
            )
        )

    def _visit(
        self,
        second: int,
        customer: int,
        new: bool,
        dice: list[float],
        place: tuple[float, float],
        entropy: bytes,
    ) -> Visit:
        at, home = self.start + dt.timedelta(seconds=second), int(self.crowd.home[customer])
        guide, param, touchpoint = self._touch(home, at, new, dice)
        source, region = None, None
        if dice[3] < 0.82:
            crs = "gcj02" if dice[4] < 0.6 else "wgs84"
            latitude, longitude = place if crs == "wgs84" else from_wgs84(Coordinates(*place), crs)
            source = SourcePoint(
                round(latitude, 6),
                round(longitude, 6),
                crs,
                accuracy_m=round(12 + 60 * dice[5], 1),
                fuzzy=dice[5] > 0.9,
            )
        elif dice[3] < 0.95:
            region = self.chain.shops[home].region_code
        identities = {"customer_id": customer_code(customer), "unionid": unionid(customer)}
        arrival = Arrival(
            identities,
            source,
            region_code=region,
            entry_param=param,
            touchpoint=touchpoint,
            occurred_at=at,
        )
        past = PastArrival(
            _uuid7(at, entropy), arrival, at + dt.timedelta(milliseconds=40 + int(200 * dice[6]))
        )
        return Visit(second, customer, new, guide, past, tuple(dice))

    def _touch(
        self, home: int, at: dt.datetime, new: bool, dice: list[float]
    ) -> tuple[str | None, str | None, str]:
        """The guide whose link was used, the signed parameter, the touchpoint."""
        limit = 0.34 if new else 0.16
        codes = self.staff[home]
        if dice[0] < limit and codes:
            star = (
                self.chain.leaver if self.chain.leaver in codes and dice[1] > 0.4 else None
            )  # who leaves sold much: it matters whose his friends are
            guide = star or codes[int(len(codes) * dice[1] ** 1.4)]
            back = (
                45 if dice[2] > 0.985 else 7 if dice[2] > 0.7 else 0
            )  # a few links are older than they may be (A18)
            return (
                guide,
                self.link(guide, self._issued(back)),
                "guide_link" if dice[2] < 0.6 else "chat_card",
            )
        if dice[0] < limit + 0.15:
            return None, self.link(self.chain.shops[home].code, self._issued(28)), "store_qr"
        return (
            None,
            None,
            "advert" if dice[0] > 0.93 else "official_account" if dice[0] > 0.85 else "plain",
        )

    def _issued(self, days_back: int) -> dt.datetime:
        """Links are issued on Mondays: few different ones, so each is signed once."""
        return day_bounds(self.date - dt.timedelta(days=self.date.weekday() + days_back))[0]

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
            self._next("E"),
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
                    self._at(visit.second + 90),
                    visit.customer,
                    source="mini_program",
                )
            )
        guide = visit.guide_code
        if guide is not None and visit.dice[9] > 0.84 and guide in self.friends:
            self.slot.events.append(
                self._event(
                    "referral.invited",
                    self._at(visit.second + 20),
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
                    self._at(second + 60),
                    visit.customer,
                    guide,
                    source,
                    friend=True,
                )
            )
        at = self._at(second + 75 + int(400 * visit.dice[6]))
        self.slot.events.append(
            self._event("contact.confirmed", at, visit.customer, guide, source, friend=True)
        )
        self.friends[guide] = visit.customer
        if guide == self.chain.leaver:
            self.of_leaver.append(visit.customer)
        if 0.5 < roll < 0.67:
            after = dt.timedelta(seconds=int(3_600 + (roll - 0.5) / 0.085 * 7 * DAY_SECONDS))
            kind = "contact.deleted_by_guide" if roll > 0.66 else "contact.deleted_by_customer"
            self._later(
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
        at, number = self._at(second), self._next("D")
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
                self._later(moment, "states", StateIn(number, state, moment))
        if basket.refunded_s is not None:
            moment = at + dt.timedelta(seconds=basket.refunded_s)
            self._later(
                moment, "refunds", RefundIn(f"R{number[1:]}", number, moment, basket.refund)
            )

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
                    "chat.day", self._at(DAY_SECONDS - 600), None, working[n], "wecom", **payload
                )
            )

    def _special(self) -> None:
        """A guide who buys friends (C16): 25 adds in ten minutes, most of them soon lost. A
        leaver's customers go to a colleague (B9)."""
        if self.number == self.chain.fraud_day:
            for n in range(25):
                customer = self.size.customers + n
                at = self._at(21 * 3_600 + 14 * 60 + 24 * n)
                self.slot.events.append(
                    self._event(
                        "contact.confirmed", at, customer, self.chain.fraudster, "qr", friend=True
                    )
                )
                if n % 5:
                    gone = at + dt.timedelta(hours=9 + 3 * n)
                    self._later(
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
                    self._at(18 * 3_600 + n),
                    customer,
                    taker,
                    friend=True,
                    from_guide_code=self.chain.leaver,
                    state="refused" if n % 10 == 9 else "done",
                )
            )


def _uuid7(at: dt.datetime, entropy: bytes) -> str:
    """RFC 9562: 48 bits of milliseconds, then what the seed gave."""
    raw = bytearray(int(at.timestamp() * 1000).to_bytes(6, "big") + entropy)
    raw[6], raw[8] = 0x70 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
