"""Friend adds: which confirmed adds count and why the others do not (C1, E8). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from incentives.facts import Contact, Person
from incentives.plan import PerEvent

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One confirmed add judged: '' when valid, else the reason. `lost_at` when the link ended
    again."""

    contact: Contact
    reason: str
    lost_at: dt.datetime | None = None


def judge_adds(person: Person, component: PerEvent) -> list[Verdict]:
    """C1 over a person's whole history, all guides: only the first link counts; a lost first uses
    up "first" for 90 days; one paid add per guide and customer for life; still linked after
    `vests_after_days`; never an employee, never a transfer."""
    linked: dict[int, Contact] = {}  # by guide, the longest link first
    last_end: dt.datetime | None = None
    paid: set[int] = set()
    verdicts: list[Verdict] = []
    history = in_order(person.contacts)
    for number, each in enumerate(history):
        if each.kind == "deleted":
            if linked.pop(each.guide_id, None) is not None and not linked:
                last_end = each.at
        elif each.kind == "transferred":
            giver = _giver(each, linked)
            if giver is not None:
                linked.pop(giver, None)
            linked.setdefault(each.guide_id, each)
        else:
            reason, lost_at = (
                _why_not(person, component, each, linked, last_end, paid),
                _lost_at(history[number + 1 :], each.guide_id),
            )
            if (
                not reason
                and lost_at is not None
                and lost_at < each.at + component.vests_after_days * DAY
            ):
                reason = f"lost_before_{component.vests_after_days}d"
            if not reason:
                paid.add(each.guide_id)
            verdicts.append(Verdict(each, reason, lost_at))
            linked.setdefault(each.guide_id, each)
    return verdicts


def in_order(contacts: Iterable[Contact]) -> list[Contact]:
    """Each event once; of one second (WeCom's clock) the add comes before the loss, as in the fold
    of the bindings."""
    return sorted(
        {c.event_id: c for c in contacts}.values(), key=lambda c: (c.at, c.kind, c.event_id)
    )


def _giver(transfer: Contact, linked: dict[int, Contact]) -> int | None:
    """Who gives the customer away: as named, else who has been linked longest (the owner so far),
    never the taker."""
    if transfer.from_guide_id is not None:
        return transfer.from_guide_id
    return next((g for g in linked if g != transfer.guide_id), None)


def _why_not(
    person: Person,
    component: PerEvent,
    each: Contact,
    linked: dict[int, Contact],
    last_end: dt.datetime | None,
    paid: set[int],
) -> str:
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
    """When the link ended: the first deletion, unless a transfer took the customer to another guide
    before (that is no loss)."""
    for each in later:
        if each.guide_id == guide_id and each.kind == "deleted":
            return each.at
        if each.kind == "transferred" and each.from_guide_id == guide_id:
            return None
    return None
