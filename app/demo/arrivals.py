"""Who comes on a day of the demo, when, where and by which code or link."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.demo.chain import Chain
from app.demo.crowd import Crowd, customer_code, unionid
from app.demo.seasons import day_weight, minutes, shares
from app.demo.sizes import Size
from stores.base.brand import day_bounds
from stores.customers.event_intake import EventIn
from stores.facts.visits import Arrival, SourcePoint
from stores.geo.coordinates import Coordinates, from_wgs84
from stores.orders.inputs import OrderIn, RefundIn
from stores.orders.states import StateIn
from stores.routing.entering_bulk import PastArrival

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


class Arrivals:
    """The arrivals of a day in slots; remembers who is known and what is due later."""

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

    def at(self, second: float) -> dt.datetime:
        """That second of the day, still within the slot."""
        return self.start + dt.timedelta(seconds=min(int(second), self.until))

    def later(self, at: dt.datetime, kind: str, fact: Any) -> None:
        """Keep a fact until its slot comes; beyond the last day it never happens. Within this slot
        it is told at once."""
        number, second = divmod(int((at - self.start).total_seconds()), DAY_SECONDS)
        if number == 0 and second <= self.until:
            getattr(self.slot, kind).append(fact)
        else:
            self.due[self.number + number, second // self.length].append((kind, fact))

    def next_number(self, letter: str) -> str:
        """The next number of the day that begins with this letter."""
        self.sequence[letter] += 1
        return f"{letter}{self.date:%y%m%d}{self.sequence[letter]:06}"

    # -- arrivals ----------------------------------------------------------------------------------

    def visits(self) -> list[Visit]:
        """The arrivals of the day."""
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


def _uuid7(at: dt.datetime, entropy: bytes) -> str:
    """RFC 9562: 48 bits of milliseconds, then what the seed gave."""
    raw = bytearray(int(at.timestamp() * 1000).to_bytes(6, "big") + entropy)
    raw[6], raw[8] = 0x70 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
