"""What friend adds and referrals earned, a fixed amount each (C1, C2)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from incentives.adds import Verdict, judge_adds
from incentives.commission import vesting_moment
from incentives.facts import Person, Place, Referral
from incentives.judging.in_force import component_name
from incentives.judging.judge import Judge
from incentives.judging.reasons import (
    DAY,
    why_no_referral,
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
from incentives.plan import PerEvent
from stores.base.months import month_of


class ContactJudge(Judge):
    """Adds a line, and movements, for each add and each referral of the month."""

    def adds(self) -> None:
        valid: list[tuple[Verdict, PlanVersion, PerEvent]] = []
        for person in {p.customer_id: p for p in self.facts.people}.values():
            for verdict, version, component in self._judged_adds(person):
                reason = verdict.reason or (
                    "" if self.place(verdict.contact.day).store_id is not None else "not_employed"
                )
                if reason:
                    self.nothing(
                        component_name(version.plan, component.code),
                        f"event:{verdict.contact.event_id}",
                        verdict.contact.at,
                        reason,
                        version,
                        rule="C1",
                        event_id=verdict.contact.event_id,
                        lost_at=verdict.lost_at.isoformat() if verdict.lost_at else None,
                    )
                else:
                    valid.append((verdict, version, component))
        taken: dict[tuple[str, dt.date], int] = {}
        for verdict, version, component in sorted(
            valid, key=lambda v: (v[0].contact.at, v[0].contact.event_id)
        ):
            name, contact = component_name(version.plan, component.code), verdict.contact
            taken[name, contact.day] = taken.get((name, contact.day), 0) + 1
            if (
                component.guide_day_cap is not None
                and taken[name, contact.day] > component.guide_day_cap
            ):
                self.nothing(
                    name,
                    f"event:{contact.event_id}",
                    contact.at,
                    "cap_reached",
                    version,
                    rule="C1",
                    event_id=contact.event_id,
                    cap=component.guide_day_cap,
                )
                continue
            self._fixed(
                name,
                f"event:{contact.event_id}",
                contact.at,
                contact.at + component.vests_after_days * DAY,
                component.amount_minor,
                version,
                self.place(contact.day),
                "valid_add",
                {
                    "rule": "C1",
                    "event_id": contact.event_id,
                    "arithmetic": f"1 x {component.amount_minor}",
                },
            )

    def _judged_adds(self, person: Person) -> list[tuple[Verdict, PlanVersion, PerEvent]]:
        """Every add of this guide in this month with the components that judge it."""
        found = []
        judged: dict[int, dict[str, Verdict]] = {}
        for contact in {c.event_id: c for c in person.contacts}.values():
            if (
                contact.kind != "confirmed"
                or contact.guide_id != self.facts.guide_id
                or month_of(contact.day) != self.facts.period
            ):
                continue
            for version, component in self.components(
                contact.day, lambda c: isinstance(c, PerEvent) and c.metric == "valid_adds"
            ):
                assert isinstance(component, PerEvent)
                if id(component) not in judged:
                    judged[id(component)] = {
                        v.contact.event_id: v for v in judge_adds(person, component)
                    }
                found.append((judged[id(component)][contact.event_id], version, component))
        return found

    def _fixed(
        self,
        name: str,
        source: str,
        at: dt.datetime,
        vests_at: dt.datetime,
        amount: int,
        version: PlanVersion,
        place: Place,
        reason: str,
        trace: dict[str, Any],
        undone_at: dt.datetime | None = None,
        order_no: str | None = None,
    ) -> None:
        """A fixed amount earned at `at` and vesting at `vests_at`, unless undone (then 0: voided
        before, clawed back after vesting)."""
        payer = (place.dealer_id, place.store_id)
        self.move(EARNED, at, name, version, payer, 0, amount)
        if undone_at is not None:
            self.move(EARNED, undone_at, name, version, payer, amount, 0)
        if undone_at is None or undone_at > vests_at:
            self.move(VEST, vests_at, name, version, payer, 0, amount)
        if undone_at is not None and undone_at > vests_at:
            self.move(VEST, undone_at, name, version, payer, amount, 0)
        gone = undone_at is not None and undone_at <= self.as_of
        state = (
            (CLAWED_BACK if undone_at is not None and undone_at > vests_at else VOIDED)
            if gone
            else VESTED
            if vests_at <= self.as_of
            else PENDING
        )
        self.lines.append(
            RewardLine(
                f"{name}:{source}",
                name,
                state,
                0 if gone else amount,
                at,
                vests_at,
                "refunded" if gone else reason,
                version.id,
                order_no,
                trace,
            )
        )

    def referrals(self) -> None:
        for each in {r.event_id: r for r in self.facts.referrals}.values():
            order = each.first_order
            moment, day = (order.paid_at, order.day) if order is not None else (each.at, each.day)
            if month_of(day) != self.facts.period:
                continue
            for version, component in self.components(
                day, lambda c: isinstance(c, PerEvent) and c.metric == "converted_referrals"
            ):
                assert isinstance(component, PerEvent)
                self._referral(each, version, component, moment, day)

    def _referral(
        self,
        each: Referral,
        version: PlanVersion,
        component: PerEvent,
        moment: dt.datetime,
        day: dt.date,
    ) -> None:
        name, source = component_name(version.plan, component.code), f"event:{each.event_id}"
        reason = why_no_referral(each, component) or (
            "" if self.place(day).store_id is not None else "not_employed"
        )
        order = each.first_order
        if reason or order is None:
            self.nothing(
                name,
                source,
                moment,
                reason or "no_order_yet",
                version,
                rule="C2",
                event_id=each.event_id,
                order_no=order.order_no if order else None,
            )
            return
        left, undone, net_minor = order.total_minor, None, order.total_minor
        for refund in sorted(order.refunds, key=lambda r: r.at):
            left -= sum(amount for _, amount in refund.by_line)
            net_minor = left if refund.at <= self.as_of else net_minor
            if undone is None and (left < component.min_order_minor or left <= 0):
                undone = refund.at
        self._fixed(
            name,
            source,
            moment,
            vesting_moment(order, component),
            component.amount_minor,
            version,
            self.place(day),
            "converted_referral",
            {
                "rule": "C2",
                "event_id": each.event_id,
                "order_net_minor": net_minor,
                "arithmetic": f"1 x {component.amount_minor}",
            },
            undone,
            order.order_no,
        )
