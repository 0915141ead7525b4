"""What a guide earned in a month and why: facts and plan versions in, lines and movements out
(C1-C5, C10, C11, M5, M6). Pure.

A line is one fact judged by one component, with its amount, its state at `as_of`, when it vests,
and the arithmetic; what earned nothing is a line of 0 with its reason. Movements say when what was
earned and what vested changed, so that booking is the difference between the movements up to now
and what is booked. The same facts in any order or repetition give the same lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from incentives.adds import Verdict, judge_adds
from incentives.commission import Base, amounts_at, bases_of, totals_over_time, vesting_moment
from incentives.facts import GuideFacts, Order, Person, Place, Referral
from incentives.plan import PerEvent, Plan, Rate
from ledger.money import basis_points

PENDING, VESTED, VOIDED, CLAWED_BACK = "pending", "vested", "voided", "clawed_back"
EARNED, VEST = "earned", "vest"
DEFAULT = "default"  # the plan that holds where no other says something else
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A published version; `version` is its number among those of its plan_code."""

    id: int
    version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Movement:
    """At `at`, what was earned (or had vested) of a component changed by `amount_minor`, for this
    payer's store."""

    kind: str
    at: dt.datetime
    component: str
    dealer_id: int | None
    store_id: int | None
    amount_minor: int
    plan_version_id: int


@dataclass(frozen=True, slots=True)
class RewardLine:
    """`line_id` is stable: component, source and line number. Amounts are the guide's, before any
    split of payers."""

    line_id: str
    component: str
    state: str
    amount_minor: int
    occurred_at: dt.datetime
    vests_at: dt.datetime | None
    reason: str
    plan_version_id: int | None
    order_no: str | None
    trace: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """All lines of the month by (occurred_at, line_id), and the movements behind them."""

    lines: tuple[RewardLine, ...]
    movements: tuple[Movement, ...]


def calculate(facts: GuideFacts, versions: Sequence[PlanVersion], as_of: dt.datetime) -> Result:
    """Judge every fact of one guide's month by the plans in force when it happened (C10)."""
    judged = _Judge(facts, versions, as_of)
    judged.adds()
    judged.referrals()
    judged.sales()
    return Result(
        tuple(sorted(judged.lines, key=lambda line: (line.occurred_at, line.line_id))),
        tuple(sorted(judged.movements, key=_movement_order)),
    )


def _movement_order(each: Movement) -> tuple[Any, ...]:
    return (
        each.at,
        each.kind,
        each.component,
        each.plan_version_id,
        each.dealer_id or 0,
        each.store_id or 0,
        each.amount_minor,
    )


def component_name(plan: Plan, code: str) -> str:
    """How lines and transfers name a component: its code, led by the plan's when that is not the
    default plan."""
    return code if plan.plan_code == DEFAULT else f"{plan.plan_code}.{code}"


def plans_in_force(
    versions: Sequence[PlanVersion], day: dt.date, facts: GuideFacts, place: Place
) -> list[PlanVersion]:
    """Of each plan_code the newest version whose days hold `day`, if it is assigned to the guide at
    his place of that day."""
    newest: dict[str, PlanVersion] = {}
    for each in versions:
        if each.plan.holds(day) and (
            each.plan.plan_code not in newest or newest[each.plan.plan_code].version < each.version
        ):
            newest[each.plan.plan_code] = each
    return [
        newest[code]
        for code in sorted(newest)
        if _assigned(newest[code].plan, facts.guide_code, place)
    ]


def components_in_force(
    versions: Sequence[PlanVersion], day: dt.date, facts: GuideFacts, place: Place
) -> list[tuple[PlanVersion, PerEvent | Rate]]:
    """What counts for the guide on that day. A component of another plan takes the place of the
    default plan's of the same code (C4)."""
    found = [(v, c) for v in plans_in_force(versions, day, facts, place) for c in v.plan.components]
    own = {c.code for v, c in found if v.plan.plan_code != DEFAULT}
    return [(v, c) for v, c in found if v.plan.plan_code != DEFAULT or c.code not in own]


def _assigned(plan: Plan, guide_code: str, place: Place) -> bool:
    if plan.assigned is None:
        return True
    own: dict[str, frozenset[str | None]] = {
        "guides": frozenset({guide_code}),
        "stores": frozenset({place.store_code}),
        "dealers": frozenset({place.dealer_code}),
        "branches": frozenset(place.branch_codes),
    }
    return any(codes & own[kind] for kind, codes in plan.assigned.items())


# -- the judge -------------------------------------------------------------------------------------


class _Judge:
    """Collects lines and movements of one guide's month."""

    def __init__(self, facts: GuideFacts, versions: Sequence[PlanVersion], as_of: dt.datetime):
        self.facts, self.versions, self.as_of = facts, versions, as_of
        self.lines: list[RewardLine] = []
        self.movements: list[Movement] = []
        self.in_force: dict[dt.date, list[tuple[PlanVersion, PerEvent | Rate]]] = {}

    def place(self, day: dt.date) -> Place:
        return self.facts.places.get(day, Place())

    def components(
        self, day: dt.date, wanted: Callable[[PerEvent | Rate], bool]
    ) -> list[tuple[PlanVersion, PerEvent | Rate]]:
        if day not in self.in_force:
            self.in_force[day] = components_in_force(
                self.versions, day, self.facts, self.place(day)
            )
        return [(v, c) for v, c in self.in_force[day] if wanted(c)]

    def nothing(
        self,
        component: str,
        source: str,
        at: dt.datetime,
        reason: str,
        version: PlanVersion | None,
        **trace: Any,
    ) -> None:
        self.lines.append(
            RewardLine(
                f"{component}:{source}",
                component,
                VOIDED,
                0,
                at,
                None,
                reason,
                version.id if version else None,
                trace.pop("order_no", None),
                trace,
            )
        )

    def move(
        self,
        kind: str,
        at: dt.datetime,
        component: str,
        version: PlanVersion,
        place: tuple[int | None, int | None],
        before: int,
        after: int,
    ) -> None:
        """From one total to another. The totals are split between the payers, not the steps, so
        that what is undone leaves nothing (D5)."""
        dealer_id, store_id = place
        for payer, old, new in zip(
            (None, dealer_id),
            _split(before, dealer_id, version.plan),
            _split(after, dealer_id, version.plan),
            strict=True,
        ):
            if new != old:
                self.movements.append(
                    Movement(kind, at, component, payer, store_id, new - old, version.id)
                )

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
                or contact.day.isoformat()[:7] != self.facts.period
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
            if day.isoformat()[:7] != self.facts.period:
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
        reason = _why_no_referral(each, component) or (
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
                    "arithmetic": _arithmetic(component, base, base_now, raw, amount),
                },
            )
        )


def _split(total: int, dealer_id: int | None, plan: Plan) -> tuple[int, int]:
    """Headquarters' and the dealer's part; the dealer takes the rounding, headquarters everything
    where there is no dealer."""
    by_hq = basis_points(total, plan.hq_bp) if dealer_id is not None else total
    return by_hq, total - by_hq


def in_order_of_payment(orders: Sequence[Order]) -> list[Order]:
    """Each order once, as they were paid."""
    return sorted({o.order_id: o for o in orders}.values(), key=lambda o: (o.paid_at, o.order_no))


def why_no_commission(order: Order, component: Rate) -> str:
    """B5 and E7: no commission on own purchases; across dealers performance only, unless the plan
    says otherwise."""
    if order.employee:
        return "own_purchase"
    if order.dealer_id is None:
        return "unattributed"
    if not component.cross_dealer and order.guide_dealer_id != order.dealer_id:
        return "cross_dealer"
    return ""


def _why_no_referral(each: Referral, component: PerEvent) -> str:
    """C2: invitee new to the brand, not the inviter, bound by invite at most `invite_days` before a
    first order of enough net."""
    if each.employee:
        return "employee"
    if each.inviter_customer_id == each.invitee_id:
        return "self_referral"
    if each.known_before:
        return "not_new"
    if each.rival:
        return "invited_before"
    if each.first_order is None:
        return "no_order_yet"
    if each.first_order.paid_at - each.at > component.invite_days * DAY:
        return "invite_expired"
    return "below_minimum" if each.first_order.total_minor < component.min_order_minor else ""


def _arithmetic(component: Rate, base: Base, base_minor: int, raw: int, amount: int) -> str:
    bands = component.tiers.bands
    if base.own_rate_bp is not None:
        told = f"{base_minor} x {base.own_rate_bp} bp = {raw}"
    elif (
        len(bands) == 1
        and not bands[0].amount_minor
        and basis_points(base_minor, bands[0].rate_bp) == raw
    ):
        told = f"{base_minor} x {bands[0].rate_bp} bp = {raw}"
    else:
        told = (
            f"T(sum with {base_minor}) - T(sum before) = {raw}, {component.tiers.mode} tiers per "
            f"{component.per}"
        )
    return told if raw == amount else f"{told}, {amount} under the cap"
