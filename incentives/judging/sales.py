"""What sales earned: commission, line by line (C4)."""

from __future__ import annotations

import datetime as dt

from incentives.commission import Base, amounts_at, bases_of, totals_over_time, vesting_moment
from incentives.facts import Order
from incentives.judging.in_force import component_name
from incentives.judging.judge import Judge
from incentives.judging.reasons import (
    arithmetic,
    in_order_of_payment,
    why_no_commission,
)
from incentives.judging.reward_lines import (
    CLAWED_BACK,
    EARNED,
    PENDING,
    VEST,
    VESTED,
    VOIDED,
    PlanVersion,
    RewardLine,
)
from incentives.plan import Rate


class SaleJudge(Judge):
    """Adds a line, and movements, for each line of the orders of the month."""

    def sales(self) -> None:
        groups: dict[tuple[int, str], tuple[PlanVersion, Rate, list[Order]]] = {}
        for order in in_order_of_payment(self.facts.orders):
            for version, component in self.components(order.day, lambda c: isinstance(c, Rate)):
                assert isinstance(component, Rate)
                name, reason = (
                    component_name(version.plan, component.code),
                    why_no_commission(order, component),
                )
                if reason:
                    for line in order.lines:
                        self.nothing(
                            name,
                            f"order:{order.order_no}:{line.line_no}",
                            order.paid_at,
                            reason,
                            version,
                            rule="C4",
                            order_no=order.order_no,
                        )
                else:
                    groups.setdefault((version.id, name), (version, component, []))[2].append(order)
        for (_, name), (version, component, orders) in groups.items():
            before = [
                b
                for o in (
                    in_order_of_payment(self.facts.earlier) if component.per == "cumulative" else ()
                )
                if o.day >= version.plan.valid_from and not why_no_commission(o, component)
                for b in bases_of(o, component)
            ]
            alone = component.per == "order" and component.guide_month_cap_minor is None
            for part in ([o] for o in orders) if alone else [orders]:
                self._commission(name, version, component, part, before)

    def _commission(
        self,
        name: str,
        version: PlanVersion,
        component: Rate,
        orders: list[Order],
        before: list[Base],
    ) -> None:
        """One group of orders whose lines depend on each other."""
        by_order = [bases_of(order, component) for order in orders]
        bases = [b for each in by_order for b in each]
        vests = {order.order_id: vesting_moment(order, component) for order in orders}
        now = first = amounts_at(bases, component, self.as_of, before)
        if any(order.refunds for order in orders) or any(b.order.refunds for b in before):
            first = amounts_at(bases, component, None, before)
        for base, (raw, amount), (_, at_first) in zip(bases, now, first, strict=True):
            self._sale_line(
                name, version, component, base, vests[base.order.order_id], raw, amount, at_first
            )
        told: dict[tuple[str, tuple[int | None, int | None]], int] = {}
        timed = [
            (each, self._sale_place(order, component), vests[order.order_id])
            for each, order in zip(by_order, orders, strict=True)
            if each
        ]
        for moment, totals in totals_over_time(timed, component, before):
            for kind, by_place in ((EARNED, totals.earned), (VEST, totals.vested)):
                for place, total in by_place.items():
                    if total != told.get((kind, place), 0):
                        self.move(
                            kind, moment, name, version, place, told.get((kind, place), 0), total
                        )
                        told[kind, place] = total

    def _sale_place(self, order: Order, component: Rate) -> tuple[int | None, int | None]:
        """The selling dealer's store; across dealers the guide's employer pays, in the guide's own
        store."""
        if component.cross_dealer and order.guide_dealer_id != order.dealer_id:
            return order.guide_dealer_id, self.place(order.day).store_id
        return order.dealer_id, order.store_id

    def _sale_line(
        self,
        name: str,
        version: PlanVersion,
        component: Rate,
        base: Base,
        vests_at: dt.datetime,
        raw: int,
        amount: int,
        at_first: int,
    ) -> None:
        base_now, gone_at = base.at(self.as_of), base.gone_at()
        if gone_at is not None and gone_at <= self.as_of:
            state, reason = CLAWED_BACK if gone_at > vests_at else VOIDED, "refunded"
        elif base.full_minor == 0:
            state, reason = VOIDED, "no_base"
        else:
            state, reason = (
                VESTED if vests_at <= self.as_of else PENDING,
                "sale" if amount else "cap_reached" if raw else "rate_zero",
            )
        self.lines.append(
            RewardLine(
                f"{name}:order:{base.order.order_no}:{base.line.line_no}",
                name,
                state,
                amount,
                base.order.paid_at,
                vests_at,
                reason,
                version.id,
                base.order.order_no,
                {
                    "rule": "C4",
                    "order_no": base.order.order_no,
                    "line_no": base.line.line_no,
                    "base_minor": base_now,
                    "full_base_minor": base.full_minor,
                    "before_refunds_minor": at_first,
                    "rate_bp": base.own_rate_bp,
                    "arithmetic": arithmetic(component, base, base_now, raw, amount),
                },
            )
        )
