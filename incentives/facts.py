"""The facts that calculation reads, as values. Ids are surrogates, money minor units, moments
aware. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where a guide works on a day: store, its dealer and branch, with the codes that plans name.
    None: not employed."""

    store_id: int | None = None
    store_code: str | None = None
    dealer_id: int | None = None
    dealer_code: str | None = None
    branch_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact event of a person with any guide: confirmed, deleted (by either side),
    transferred (to `guide_id`; who gives is not always told)."""

    event_id: str
    kind: str
    at: dt.datetime
    day: dt.date
    guide_id: int
    source: str | None = None
    from_guide_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A customer's whole contact history, in any order; `customer_id` is the smallest of all that
    turned out to be him (M19)."""

    customer_id: int
    employee: bool
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Line:
    line_no: int
    sku: str | None
    category: str | None
    amount_minor: int
    subsidy_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class RefundOf:
    """What one refund took of each line, by line number."""

    at: dt.datetime
    day: dt.date
    by_line: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order credited to the guide. `dealer_id`, `store_id`: who owns the sale;
    `guide_dealer_id`: who employs the guide."""

    order_id: int
    order_no: str
    customer_id: int
    employee: bool
    paid_at: dt.datetime
    day: dt.date
    dealer_id: int | None
    store_id: int | None
    guide_dealer_id: int | None
    freight_minor: int
    delivery: str | None
    shipped_at: dt.datetime | None
    received_at: dt.datetime | None
    lines: tuple[Line, ...]
    refunds: tuple[RefundOf, ...] = ()

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class Referral:
    """An invitation by the guide; `first_order` is the invitee's first paid order ever, whoever
    sold it."""

    event_id: str
    at: dt.datetime
    day: dt.date
    invitee_id: int
    inviter_customer_id: int | None
    employee: bool
    known_before: bool
    rival: bool
    first_order: Order | None


@dataclass(frozen=True, slots=True)
class GuideFacts:
    """Everything that decides what one guide earned in one month. `places`: where he worked on the
    days that occur; `earlier`: his orders before the month, for cumulative tiers."""

    guide_id: int
    guide_code: str
    period: str
    people: tuple[Person, ...] = ()
    orders: tuple[Order, ...] = ()
    referrals: tuple[Referral, ...] = ()
    earlier: tuple[Order, ...] = ()
    places: dict[dt.date, Place] = field(default_factory=dict)
