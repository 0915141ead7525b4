"""Why a fact earned nothing, and the arithmetic of what it earned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from incentives.commission import Base
from incentives.facts import Order, Referral
from incentives.plan import PerEvent, Rate
from ledger.money import basis_points

DAY = dt.timedelta(days=1)


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


def why_no_referral(each: Referral, component: PerEvent) -> str:
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


def arithmetic(component: Rate, base: Base, base_minor: int, raw: int, amount: int) -> str:
    """How the amount of a line came about, for its trace: `raw` before a cap, `amount` after it."""
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
