"""Commission on sales: bases of order lines, when they vest, their amounts under tiers and caps at
a moment (C4, C5, C11, D5, M6). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from incentives.facts import Line, Order
from incentives.plan import PerEvent, Rate
from incentives.tiers import flat, under
from ledger.money import proportion, share

DAY = dt.timedelta(days=1)
Place = tuple[int | None, int | None]  # paying dealer (None: headquarters), store


@dataclass(frozen=True, slots=True)
class Base:
    """The commission base of one order line at full, and what was refunded of the line by when."""

    order: Order
    line: Line
    full_minor: int
    own_rate_bp: int | None

    def at(self, moment: dt.datetime) -> int:
        """After the refunds up to `moment`, cumulatively: a full refund leaves exactly 0 (D5)."""
        gone = sum(
            amount
            for r in self.order.refunds
            if r.at <= moment
            for n, amount in r.by_line
            if n == self.line.line_no
        )
        return (
            self.full_minor - proportion(self.full_minor, gone, self.line.amount_minor)
            if gone
            else self.full_minor
        )

    def gone_at(self) -> dt.datetime | None:
        """When refunds had taken all of it; None when something is left."""
        return (
            next(
                (
                    r.at
                    for r in sorted(self.order.refunds, key=lambda r: r.at)
                    if self.at(r.at) == 0
                ),
                None,
            )
            if self.full_minor
            else None
        )


def bases_of(order: Order, component: Rate) -> list[Base]:
    """C4: paid - freight - HQ-funded subsidy - tax per line; freight is shared to the lines by what
    they cost. SKU before category before tiers."""
    ordered = sorted(order.lines, key=lambda line: line.line_no)
    freight = share(order.freight_minor, [line.amount_minor for line in ordered]) if ordered else []
    found = []
    for line, part in zip(ordered, freight, strict=True):
        less = (
            part
            + (line.subsidy_minor if component.deduct_subsidy else 0)
            + (line.tax_minor if component.deduct_tax else 0)
        )
        rate = component.sku_rates.get(
            line.sku or "", component.category_rates.get(line.category or "")
        )
        found.append(Base(order, line, max(0, line.amount_minor - less), rate))
    return found


def vesting_moment(order: Order, component: Rate | PerEvent) -> dt.datetime:
    """C11: `freeze_days` after receipt (shipping plus auto-receipt counts as receipt), or a fixed
    time after payment without any; never before payment."""
    received = order.received_at
    if order.shipped_at is not None:
        auto = (
            order.shipped_at + component.auto_receipt_days.get(order.delivery or "express", 0) * DAY
        )
        received = auto if received is None else min(received, auto)
    if received is not None:
        return max(order.paid_at, received + component.freeze_days * DAY)
    return order.paid_at + component.freeze_without_receipt_days * DAY


@dataclass(slots=True)
class Counter:
    """Goes through orders as they were paid; what stands before decides the tier and what caps
    leave."""

    component: Rate
    moment: dt.datetime
    sum_minor: int  # the bases so far over which tiers count
    month_minor: int = 0  # the amounts so far, before the month's cap

    def add(self, bases: Sequence[Base]) -> list[tuple[int, int]]:
        """(before caps, amount) of each line of one order."""
        if self.component.per == "order":
            self.sum_minor = 0
        order_minor, found = 0, []
        for base in bases:
            raw = self._tiered(base)
            amount = under(self.component.order_cap_minor, order_minor, raw)
            found.append(
                (raw, under(self.component.guide_month_cap_minor, self.month_minor, amount))
            )
            order_minor, self.month_minor = order_minor + raw, self.month_minor + amount
        return found

    def _tiered(self, base: Base) -> int:
        base_minor = base.at(self.moment)
        if base.own_rate_bp is not None:
            return flat(base.own_rate_bp).total(base_minor)
        before, self.sum_minor = self.sum_minor, self.sum_minor + base_minor
        return self.component.tiers.total(self.sum_minor) - self.component.tiers.total(before)


def amounts_at(
    bases: Sequence[Base], component: Rate, moment: dt.datetime | None, before: Sequence[Base] = ()
) -> list[tuple[int, int]]:
    """(before caps, amount) of each line at `moment` (None: before any refund); lines in the order
    of payment, those of an order together. `before`: lines that only count for the tiers
    (cumulative)."""
    return _count(
        counter_of(component, moment or dt.datetime.min.replace(tzinfo=dt.UTC), before),
        [list(g) for _, g in groupby(bases, lambda b: b.order.order_id)],
    )


def counter_of(component: Rate, moment: dt.datetime, before: Sequence[Base]) -> Counter:
    return Counter(component, moment, sum(b.at(moment) for b in before if b.own_rate_bp is None))


def _count(counter: Counter, orders: Sequence[Sequence[Base]]) -> list[tuple[int, int]]:
    return [amount for bases in orders for amount in counter.add(bases)]


# -- over time -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Totals:
    """What was earned and what had vested, by place."""

    earned: dict[Place, int] = field(default_factory=dict)
    vested: dict[Place, int] = field(default_factory=dict)


def totals_over_time(
    orders: Sequence[tuple[Sequence[Base], Place, dt.datetime]],
    component: Rate,
    before: Sequence[Base] = (),
) -> Iterator[tuple[dt.datetime, Totals]]:
    """(moment, totals) whenever they may have changed; each order as (its lines, place, vesting
    moment), by payment.

    A new order only adds to what stands; a refund counts everything again, for it moves the lines
    behind it to other bands."""
    refunds = {r.at for bases, _, _ in orders for r in bases[0].order.refunds} | {
        r.at for b in before for r in b.order.refunds
    }
    paying = [bases[0].order.paid_at for bases, _, _ in orders]
    vesting: dict[dt.datetime, list[int]] = {}
    for number, (_, _, vests_at) in enumerate(orders):
        vesting.setdefault(vests_at, []).append(number)
    counter, amounts, totals = (
        counter_of(component, dt.datetime.min.replace(tzinfo=dt.UTC), before),
        list[int](),
        Totals(),
    )
    for moment in sorted({*paying, *refunds, *vesting}):
        counter.moment = moment
        if moment in refunds:
            counter = counter_of(component, moment, before)
            amounts = [_sum(counter, bases) for bases, _, _ in orders[: len(amounts)]]
        known = len(amounts)
        while len(amounts) < len(orders) and paying[len(amounts)] <= moment:
            amounts.append(_sum(counter, orders[len(amounts)][0]))
        if moment in refunds:
            totals = _totals(orders, amounts, moment)
        else:
            for number in range(known, len(amounts)):
                totals.earned[orders[number][1]] = (
                    totals.earned.get(orders[number][1], 0) + amounts[number]
                )
            for number in vesting.get(moment, ()):
                totals.vested[orders[number][1]] = (
                    totals.vested.get(orders[number][1], 0) + amounts[number]
                )
        yield moment, totals


def _sum(counter: Counter, bases: Sequence[Base]) -> int:
    return sum(amount for _, amount in counter.add(bases))


def _totals(
    orders: Sequence[tuple[Sequence[Base], Place, dt.datetime]],
    amounts: Sequence[int],
    moment: dt.datetime,
) -> Totals:
    totals = Totals()
    for (_, place, vests_at), amount in zip(orders, amounts, strict=False):
        totals.earned[place] = totals.earned.get(place, 0) + amount
        totals.vested[place] = totals.vested.get(place, 0) + (amount if vests_at <= moment else 0)
    return totals
