"""What a guide earned in a month and why: facts and plan versions in, lines and movements out (C1-C5, C10, C11, M5, M6). Pure.

A line is one fact judged by one component, with its amount, its state at `as_of`, when it vests, and the arithmetic; what earned
nothing is a line of 0 with its reason. Movements say when what was earned and what vested changed, so that booking is the difference
between the movements up to now and what is booked. The same facts in any order or repetition give the same lines.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from incentives.facts import Contact, GuideFacts, Order, Person, Place, Referral
from incentives.facts import Line as OrderLine
from incentives.plan import PerEvent, Plan, Rate
from incentives.tiers import capped, flat, lines
from ledger.money import basis_points, proportion, share

PENDING, VESTED, VOIDED, CLAWED_BACK = "pending", "vested", "voided", "clawed_back"
EARNED, VEST = "earned", "vest"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A published version; `known` is its number among the versions of its plan_code."""

    id: int
    version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Movement:
    """At `at`, what was earned (or had vested) of a component changed by `amount_minor`, for this payer's store."""

    kind: str
    at: dt.datetime
    component: str
    dealer_id: int | None
    store_id: int | None
    amount_minor: int
    plan_version_id: int


@dataclass(frozen=True, slots=True)
class RewardLine:
    """`line_id` is stable: component, source and line number. Amounts are the guide's, before any split of payers."""

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
    return Result(tuple(sorted(judged.lines, key=lambda line: (line.occurred_at, line.line_id))), tuple(judged.movements))


def component_name(plan: Plan, code: str) -> str:
    """How lines and transfers name a component: its code, led by the plan's when that is not `default`."""
    return code if plan.plan_code == "default" else f"{plan.plan_code}.{code}"


def plans_in_force(versions: Sequence[PlanVersion], day: dt.date, facts: GuideFacts, place: Place) -> list[PlanVersion]:
    """Of each plan_code the newest version whose days hold `day`, if it is assigned to the guide at his place of that day."""
    newest: dict[str, PlanVersion] = {}
    for each in versions:
        if each.plan.holds(day) and (each.plan.plan_code not in newest or newest[each.plan.plan_code].version < each.version):
            newest[each.plan.plan_code] = each
    return [newest[code] for code in sorted(newest) if _assigned(newest[code].plan, facts.guide_code, place)]


def _assigned(plan: Plan, guide_code: str, place: Place) -> bool:
    if plan.assigned is None:
        return True
    own: dict[str, frozenset[str | None]] = {"guides": frozenset({guide_code}), "stores": frozenset({place.store_code}),
                                             "dealers": frozenset({place.dealer_code}), "branches": frozenset(place.branch_codes)}
    return any(codes & own[kind] for kind, codes in plan.assigned.items())


# -- friend adds (C1) -------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Verdict:
    """One confirmed add judged: '' when valid, else the reason. `lost_at` when the link ended again."""

    contact: Contact
    reason: str
    lost_at: dt.datetime | None = None


def judge_adds(person: Person, component: PerEvent) -> list[Verdict]:
    """C1 over a person's whole history, all guides: only the first link counts; a lost first uses up "first" for 90 days; one paid add
    per guide and customer for life; still linked after `vests_after_days`; never an employee, never a transfer."""
    linked: dict[int, Contact] = {}
    last_end: dt.datetime | None = None
    paid: set[int] = set()
    verdicts: list[Verdict] = []
    history = sorted(person.contacts, key=lambda c: (c.at, c.event_id))
    for number, each in enumerate(history):
        if each.kind == "deleted":
            if linked.pop(each.guide_id, None) is not None and not linked:
                last_end = each.at
        elif each.kind == "transferred":
            linked[each.guide_id] = each
        else:
            reason, lost_at = _why_not(person, component, each, linked, last_end, paid), _lost_at(history[number + 1:], each.guide_id)
            if not reason and lost_at is not None and lost_at < each.at + component.vests_after_days * DAY:
                reason = f"lost_before_{component.vests_after_days}d"
            if not reason:
                paid.add(each.guide_id)
            verdicts.append(Verdict(each, reason, lost_at))
            linked[each.guide_id] = each
    return verdicts


def _why_not(person: Person, component: PerEvent, each: Contact, linked: dict[int, Contact], last_end: dt.datetime | None, paid: set[int]) -> str:
    if person.employee:
        return "employee"
    if each.source is not None and each.source not in component.sources:
        return "source_not_allowed"
    if each.guide_id in linked:
        return "already_linked"
    if linked or last_end is not None and each.at - last_end < component.first_again_days * DAY:
        return "not_first"
    return "paid_before" if each.guide_id in paid else ""


def _lost_at(later: Iterable[Contact], guide_id: int) -> dt.datetime | None:
    return next((c.at for c in later if c.kind == "deleted" and c.guide_id == guide_id), None)


# -- sales (C4, C5) -----------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Base:
    """The commission base of one order line at full, and what was refunded of the line by when."""

    order: Order
    line: OrderLine
    full_minor: int
    own_rate_bp: int | None

    def at(self, moment: dt.datetime) -> int:
        """After the refunds up to `moment`, cumulatively: a full refund leaves exactly 0 (D5)."""
        gone = sum(amount for r in self.order.refunds if r.at <= moment for n, amount in r.by_line if n == self.line.line_no)
        return self.full_minor - proportion(self.full_minor, gone, self.line.amount_minor) if gone else self.full_minor


def bases_of(order: Order, component: Rate) -> list[Base]:
    """C4: paid - freight - HQ-funded subsidy - tax per line; freight is shared to the lines by what they cost. SKU before category before tiers."""
    freight = share(order.freight_minor, [line.amount_minor for line in order.lines])
    found = []
    for line, part in zip(order.lines, freight, strict=True):
        less = part + (line.subsidy_minor if component.deduct_subsidy else 0) + (line.tax_minor if component.deduct_tax else 0)
        rate = component.sku_rates.get(line.sku or "", component.category_rates.get(line.category or ""))
        found.append(Base(order, line, max(0, line.amount_minor - less), rate))
    return found


def vesting_moment(order: Order, component: Rate | PerEvent) -> dt.datetime:
    """C11: `freeze_days` after receipt (shipping plus auto-receipt counts as receipt), or a fixed time after payment without any."""
    received = order.received_at
    if order.shipped_at is not None:
        auto = order.shipped_at + component.auto_receipt_days.get(order.delivery or "express", 0) * DAY
        received = auto if received is None else min(received, auto)
    if received is not None:
        return received + component.freeze_days * DAY
    return order.paid_at + component.freeze_without_receipt_days * DAY


def amounts_at(bases: Sequence[Base], component: Rate, moment: dt.datetime, before: Sequence[Base] = ()) -> list[int]:
    """The amount of each line at `moment`, in order, with caps. `before`: lines that only count for the tiers (cumulative)."""
    found: list[int] = [0] * len(bases)
    groups: dict[int, list[int]] = {}
    for i, base in enumerate(bases):
        groups.setdefault(base.order.order_id if component.per == "order" else 0, []).append(i)
    start = sum(b.at(moment) for b in before if b.own_rate_bp is None)
    for members in groups.values():
        tiered = [i for i in members if bases[i].own_rate_bp is None]
        for i, amount in zip(tiered, lines(component.tiers, [bases[i].at(moment) for i in tiered], start), strict=True):
            found[i] = amount
    for i, base in enumerate(bases):
        if base.own_rate_bp is not None:
            found[i] = flat(base.own_rate_bp).total(base.at(moment))
    return _capped(bases, found, component)


def _capped(bases: Sequence[Base], amounts: list[int], component: Rate) -> list[int]:
    if component.order_cap_minor is not None:
        for order_id in dict.fromkeys(b.order.order_id for b in bases):
            mine = [i for i, b in enumerate(bases) if b.order.order_id == order_id]
            for i, amount in zip(mine, capped([amounts[i] for i in mine], component.order_cap_minor), strict=True):
                amounts[i] = amount
    return capped(amounts, component.guide_month_cap_minor)


# -- the judge ----------------------------------------------------------------------------------------------------------------------

class _Judge:
    """Collects lines and movements of one guide's month."""

    def __init__(self, facts: GuideFacts, versions: Sequence[PlanVersion], as_of: dt.datetime):
        self.facts, self.versions, self.as_of = facts, versions, as_of
        self.lines: list[RewardLine] = []
        self.movements: list[Movement] = []

    def place(self, day: dt.date) -> Place:
        return self.facts.places.get(day, Place())

    def components(self, day: dt.date, wanted: Callable[[PerEvent | Rate], bool]) -> list[tuple[PlanVersion, PerEvent | Rate]]:
        return [(v, c) for v in plans_in_force(self.versions, day, self.facts, self.place(day)) for c in v.plan.components if wanted(c)]

    def nothing(self, component: str, source: str, at: dt.datetime, reason: str, version: PlanVersion | None, **trace: Any) -> None:
        self.lines.append(RewardLine(f"{component}:{source}", component, VOIDED, 0, at, None, reason, version.id if version else None,
                                     trace.pop("order_no", None), trace))

    def move(self, kind: str, at: dt.datetime, component: str, version: PlanVersion, dealer_id: int | None, store_id: int | None, amount: int) -> None:
        """Split between the payers; the dealer takes the rounding."""
        if amount == 0:
            return
        by_hq = basis_points(amount, version.plan.hq_bp) if dealer_id is not None else amount
        if by_hq:
            self.movements.append(Movement(kind, at, component, None, store_id, by_hq, version.id))
        if amount - by_hq:
            self.movements.append(Movement(kind, at, component, dealer_id, store_id, amount - by_hq, version.id))

    def adds(self) -> None:
        valid: list[tuple[Verdict, PlanVersion, PerEvent, Person]] = []
        for person in self.facts.people:
            for version_days in self._add_components(person):
                verdict, version, component = version_days
                name = component_name(version.plan, component.code)
                if verdict.reason:
                    self.nothing(name, f"event:{verdict.contact.event_id}", verdict.contact.at, verdict.reason, version, rule="C1", event_id=verdict.contact.event_id,
                                 lost_at=verdict.lost_at.isoformat() if verdict.lost_at else None)
                else:
                    valid.append((verdict, version, component, person))
        taken: dict[tuple[str, dt.date], int] = {}
        for verdict, version, component, _ in sorted(valid, key=lambda v: (v[0].contact.at, v[0].contact.event_id)):
            name, contact = component_name(version.plan, component.code), verdict.contact
            taken[name, contact.day] = taken.get((name, contact.day), 0) + 1
            if component.guide_day_cap is not None and taken[name, contact.day] > component.guide_day_cap:
                self.nothing(name, f"event:{contact.event_id}", contact.at, "cap_reached", version, rule="C1", event_id=contact.event_id, cap=component.guide_day_cap)
                continue
            self._fixed(name, f"event:{contact.event_id}", contact.at, contact.at + component.vests_after_days * DAY, component.amount_minor, version,
                        self.place(contact.day), "valid_add", {"rule": "C1", "event_id": contact.event_id, "arithmetic": f"1 x {component.amount_minor}"})

    def _add_components(self, person: Person) -> list[tuple[Verdict, PlanVersion, PerEvent]]:
        """Every add of this guide in this month with the components that judge it."""
        found = []
        judged: dict[int, list[Verdict]] = {}
        for contact in person.contacts:
            if contact.kind != "confirmed" or contact.guide_id != self.facts.guide_id or contact.day.isoformat()[:7] != self.facts.period:
                continue
            for version, component in self.components(contact.day, lambda c: isinstance(c, PerEvent) and c.metric == "valid_adds"):
                assert isinstance(component, PerEvent)
                verdicts = judged.setdefault(id(component), judge_adds(person, component))
                found.append((next(v for v in verdicts if v.contact.event_id == contact.event_id), version, component))
        return found

    def _fixed(self, name: str, source: str, at: dt.datetime, vests_at: dt.datetime, amount: int, version: PlanVersion, place: Place, reason: str,
               trace: dict[str, Any], undone_at: dt.datetime | None = None, order_no: str | None = None) -> None:
        """A fixed amount earned at `at` and vesting at `vests_at`, unless undone (then 0: voided before, clawed back after vesting)."""
        self.move(EARNED, at, name, version, place.dealer_id, place.store_id, amount)
        if undone_at is not None:
            self.move(EARNED, undone_at, name, version, place.dealer_id, place.store_id, -amount)
        if undone_at is None or undone_at > vests_at:
            self.move(VEST, vests_at, name, version, place.dealer_id, place.store_id, amount)
        if undone_at is not None and undone_at > vests_at:
            self.move(VEST, undone_at, name, version, place.dealer_id, place.store_id, -amount)
        gone = undone_at is not None and undone_at <= self.as_of
        state = (CLAWED_BACK if undone_at is not None and undone_at > vests_at else VOIDED) if gone else VESTED if vests_at <= self.as_of else PENDING
        self.lines.append(RewardLine(f"{name}:{source}", name, state, 0 if gone else amount, at, vests_at, "refunded" if gone else reason, version.id, order_no, trace))

    def referrals(self) -> None:
        for each in self.facts.referrals:
            order = each.first_order
            moment, day = (order.paid_at, order.day) if order is not None else (each.at, each.day)
            if day.isoformat()[:7] != self.facts.period:
                continue
            for version, component in self.components(day, lambda c: isinstance(c, PerEvent) and c.metric == "converted_referrals"):
                assert isinstance(component, PerEvent)
                self._referral(each, version, component, moment, day)

    def _referral(self, each: Referral, version: PlanVersion, component: PerEvent, moment: dt.datetime, day: dt.date) -> None:
        name, source = component_name(version.plan, component.code), f"event:{each.event_id}"
        reason = _why_no_referral(each, component)
        order = each.first_order
        if reason or order is None:
            self.nothing(name, source, moment, reason or "no_order_yet", version, rule="C2", event_id=each.event_id, order_no=order.order_no if order else None)
            return
        vests_at = vesting_moment(order, component)
        left, undone = order.total_minor, None
        for refund in sorted(order.refunds, key=lambda r: r.at):
            left -= sum(amount for _, amount in refund.by_line)
            if undone is None and (left < component.min_order_minor or left <= 0):
                undone = refund.at
        self._fixed(name, source, moment, vests_at, component.amount_minor, version, self.place(day), "converted_referral",
                    {"rule": "C2", "event_id": each.event_id, "order_net_minor": left, "arithmetic": f"1 x {component.amount_minor}"}, undone, order.order_no)

    def sales(self) -> None:
        groups: dict[tuple[int, str], tuple[PlanVersion, Rate, list[Order]]] = {}
        for order in sorted(self.facts.orders, key=lambda o: (o.paid_at, o.order_no)):
            for version, component in self.components(order.day, lambda c: isinstance(c, Rate)):
                assert isinstance(component, Rate)
                name, reason = component_name(version.plan, component.code), _why_no_commission(order, component)
                if reason:
                    for line in order.lines:
                        self.nothing(name, f"order:{order.order_no}:{line.line_no}", order.paid_at, reason, version, rule="C4", order_no=order.order_no)
                else:
                    groups.setdefault((version.id, name), (version, component, []))[2].append(order)
        for (_, name), (version, component, orders) in groups.items():
            earlier = sorted(self.facts.earlier, key=lambda o: (o.paid_at, o.order_no)) if component.per == "cumulative" else []
            before = [b for o in earlier if o.day >= version.plan.valid_from and not _why_no_commission(o, component)
                      for b in bases_of(o, component)]
            alone = component.per == "order" and component.guide_month_cap_minor is None
            for part in ([o] for o in orders) if alone else [orders]:
                self._commission(name, version, component, list(part), before)

    def _commission(self, name: str, version: PlanVersion, component: Rate, orders: list[Order], before: list[Base]) -> None:
        """One group of orders whose lines depend on each other."""
        bases = [b for order in orders for b in bases_of(order, component)]
        vests = {order.order_id: vesting_moment(order, component) for order in orders}
        now = amounts_at(bases, component, self.as_of, before)
        first = amounts_at(bases, component, dt.datetime.min.replace(tzinfo=dt.UTC), before)
        for base, amount, at_first in zip(bases, now, first, strict=True):
            vests_at, base_now = vests[base.order.order_id], base.at(self.as_of)
            gone = base.full_minor > 0 and base_now == 0
            refunded_after = any(vests_at < r.at <= self.as_of for r in base.order.refunds)
            state = (CLAWED_BACK if refunded_after else VOIDED) if gone else VOIDED if base.full_minor == 0 else VESTED if vests_at <= self.as_of else PENDING
            reason = "refunded" if gone else "no_base" if base.full_minor == 0 else "sale" if amount else "rate_zero_or_cap"
            rate = base.own_rate_bp if base.own_rate_bp is not None else None
            self.lines.append(RewardLine(
                f"{name}:order:{base.order.order_no}:{base.line.line_no}", name, state, amount, base.order.paid_at, vests_at, reason, version.id, base.order.order_no,
                {"rule": "C4", "order_no": base.order.order_no, "line_no": base.line.line_no, "base_minor": base_now, "full_base_minor": base.full_minor,
                 "before_refunds_minor": at_first, "rate_bp": rate, "arithmetic": _arithmetic(component, base, base_now, amount)}))
        self._commission_movements(name, version, component, orders, bases, vests, before)

    def _commission_movements(self, name: str, version: PlanVersion, component: Rate, orders: list[Order], bases: list[Base],
                              vests: dict[int, dt.datetime], before: list[Base]) -> None:
        refunds = {r.at for order in orders for r in order.refunds} | {r.at for b in before for r in b.order.refunds}
        moments = sorted({o.paid_at for o in orders} | refunds | set(vests.values()))
        booked: dict[tuple[str, int | None, int | None], int] = {}
        for moment in moments:
            paid = [b for b in bases if b.order.paid_at <= moment]
            amounts = amounts_at(paid, component, moment, before)
            target: dict[tuple[str, int | None, int | None], int] = dict.fromkeys(booked, 0)
            for base, amount in zip(paid, amounts, strict=True):
                place = (base.order.guide_dealer_id if component.cross_dealer else base.order.dealer_id, base.order.store_id)
                target[EARNED, *place] = target.get((EARNED, *place), 0) + amount
                if vests[base.order.order_id] <= moment:
                    target[VEST, *place] = target.get((VEST, *place), 0) + amount
            for key, amount in target.items():
                self.move(key[0], moment, name, version, key[1], key[2], amount - booked.get(key, 0))
                booked[key] = amount


def _why_no_commission(order: Order, component: Rate) -> str:
    """B5 and E7: no commission on own purchases; across dealers performance only, unless the plan says otherwise."""
    if order.employee:
        return "own_purchase"
    if order.dealer_id is None:
        return "unattributed"
    if not component.cross_dealer and order.guide_dealer_id != order.dealer_id:
        return "cross_dealer"
    return ""


def _why_no_referral(each: Referral, component: PerEvent) -> str:
    """C2: invitee new to the brand, not the inviter, bound by invite at most `invite_days` before a first order of enough net."""
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


def _arithmetic(component: Rate, base: Base, base_minor: int, amount: int) -> str:
    if base.own_rate_bp is not None:
        return f"{base_minor} x {base.own_rate_bp} bp = {amount}"
    if len(component.tiers.bands) == 1 and not component.tiers.bands[0].amount_minor:
        return f"{base_minor} x {component.tiers.bands[0].rate_bp} bp = {amount}"
    return f"T(sum with {base_minor}) - T(sum before) = {amount}, {component.tiers.mode} tiers per {component.per}"
