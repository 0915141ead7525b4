"""Reward lines in words, Chinese and English: why a fact earned what it earned, or why not, and the
arithmetic (G1). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Money = Callable[[int], str]
_LANGUAGES = ("zh", "en")

REASONS = {  # every reason of calculate.py and rewards.py
    "valid_add": (
        "有效加好友：这位客户第一次与品牌导购建立联系。",
        "A valid add: this customer's first link to any guide of the brand.",
    ),
    "not_first": (
        "这位客户已与其他导购有联系，或不久前曾有过联系，只有第一次计奖。",
        "This customer was linked to a guide before, or not long before; only the first link "
        "counts.",
    ),
    "already_linked": (
        "您与这位客户已是好友，重复添加不计奖。",
        "You and this customer were linked already; adding again does not count.",
    ),
    "source_not_allowed": (
        "来源不符合方案（只计二维码、链接、名片等主动添加）。",
        "It came by a source that the plan does not pay, such as an assignment.",
    ),
    "employee": (
        "对方是品牌员工，员工不计奖。",
        "The person is an employee of the brand; employees do not count.",
    ),
    "paid_before": (
        "您已因这位客户获得过加好友奖励，每位客户只奖一次。",
        "You were paid for this customer once; one add for each customer for life.",
    ),
    "cap_reached": ("已达到方案的奖励上限。", "The plan's cap was reached before this one."),
    "not_employed": ("当天您不在职，不计奖。", "You were not employed on that day."),
    "budget_used": ("方案预算已用完。", "The plan's budget was used up before this one."),
    "converted_referral": (
        "您邀请的新客户完成了首单。",
        "The new customer you invited paid a first order.",
    ),
    "no_order_yet": ("您邀请的客户还没有下单。", "The customer you invited has not ordered yet."),
    "invite_expired": (
        "邀请已超过有效期才下单。",
        "The first order came after the invitation had run out.",
    ),
    "below_minimum": ("首单金额低于方案要求。", "The first order was below the plan's minimum."),
    "not_new": (
        "对方在邀请之前已是品牌客户。",
        "The person was a customer of the brand before you invited.",
    ),
    "self_referral": ("邀请人与被邀请人是同一人。", "Inviter and invitee are the same person."),
    "invited_before": (
        "这位客户更早已被他人邀请。",
        "Somebody else had invited this customer before.",
    ),
    "sale": ("您成交订单的提成。", "Commission on an order credited to you."),
    "refunded": (
        "订单已全额退款，提成随之取消。",
        "The order was refunded in full, and the commission with it.",
    ),
    "own_purchase": ("员工自购不计提成。", "Own purchases of employees earn no commission."),
    "cross_dealer": (
        "订单属于其他经销商：计入业绩，不计提成。",
        "The sale belongs to another dealer: it counts as performance, without money.",
    ),
    "unattributed": (
        "订单尚未归属门店，暂不计提成。",
        "The order belongs to no store yet, so it earns no commission so far.",
    ),
    "no_base": (
        "扣除运费、补贴与税后，没有可计提成的金额。",
        "After freight, subsidy and tax nothing is left to pay commission on.",
    ),
    "rate_zero": ("提成比例为零。", "The rate is zero."),
    "closed_period_adjustment": (
        "{origin_period}已结算，其后的变化记在本月。",
        "{origin_period} is closed; what changed since is booked in this month.",
    ),
}
_LOST = re.compile(r"lost_before_(\d+)d")
LOST = (
    "客户在 {days} 天内删除了好友，未满 {days} 天不计奖。",
    "The link ended within {days} days; an add counts once it has lasted {days} days.",
)
UNKNOWN = ("原因代码：{code}。", "Reason code: {code}.")
_RATE = re.compile(r"(-?\d+) x (\d+) bp = (-?\d+)")
_FIXED = re.compile(r"1 x (\d+)")


def reason(line: Mapping[str, Any], lang: str) -> str:
    """One sentence for a line of `rewards.lines`."""
    code, at = line["reason"], _LANGUAGES.index(lang)
    lost = _LOST.fullmatch(code)
    if lost:
        return LOST[at].format(days=lost[1])
    words = REASONS.get(code, UNKNOWN)[at]
    return words.format(code=code, origin_period=line["trace"].get("origin_period", ""))


TOPICS = {  # what a reason is about: friend adds, invitations, sales, the month
    "C1": (
        "valid_add",
        "not_first",
        "already_linked",
        "source_not_allowed",
        "employee",
        "paid_before",
        "not_employed",
        "cap_reached",
        "budget_used",
    ),
    "C2": (
        "converted_referral",
        "no_order_yet",
        "invite_expired",
        "below_minimum",
        "not_new",
        "self_referral",
        "invited_before",
    ),
    "C4": (
        "sale",
        "refunded",
        "own_purchase",
        "cross_dealer",
        "unattributed",
        "no_base",
        "rate_zero",
    ),
    "C6": ("closed_period_adjustment",),
}


def glossary(lang: str, days: int) -> list[tuple[str, list[str]]]:
    """Every reason that a line can give in words, by topic; `days`: how long an add must last."""
    at = _LANGUAGES.index(lang)
    past = ("以前月份", "An earlier month")[at]
    found = [
        (topic, [REASONS[code][at].format(origin_period=past) for code in codes])
        for topic, codes in TOPICS.items()
    ]
    found[0][1].append(LOST[at].format(days=days))
    return found


def arithmetic(line: Mapping[str, Any], money: Money, lang: str) -> str:
    """`¥299.00 × 3.00 % = ¥8.97`; empty where there is nothing to compute."""
    text = (
        line["trace"].get("arithmetic", "").split(", ")[0]
    )  # what a cap left of it is the amount itself
    rate, fixed = _RATE.fullmatch(text), _FIXED.fullmatch(text)
    if rate:
        return f"{money(int(rate[1]))} × {percent(int(rate[2]))} = {money(int(rate[3]))}"
    if fixed:
        return f"1 × {money(int(fixed[1]))} = {money(line['amount_minor'])}"
    if line["reason"] == "closed_period_adjustment":
        amount = money(line["amount_minor"])
        return (
            f"新合计 − 已结算合计 = {amount}"
            if lang == "zh"
            else f"new total − total as closed = {amount}"
        )
    if text.startswith("T("):
        base, amount = money(line["trace"].get("base_minor", 0)), money(line["amount_minor"])
        return (
            f"{base} 按阶梯提成 = {amount}"
            if lang == "zh"
            else f"{base} by the plan's tiers = {amount}"
        )
    return ""


def percent(basis_points: int) -> str:
    """500 -> `5.00 %`; 1 basis point is a hundredth of a percent."""
    return f"{basis_points // 100}.{basis_points % 100:02} %"
