"""Orders and refunds as they come in, by API or file. Money in minor units, times aware."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from stores.base.canonical import canonical_hash
from stores.facts.visits import SourcePoint


@dataclass(frozen=True, slots=True)
class LineIn:
    line_no: int
    quantity: int
    amount_minor: int
    sku: str | None = None
    category: str | None = None
    subsidy_minor: int = 0
    tax_minor: int = 0
    measure: str | None = None  # of a piece that was weighed or cut, as it was written


@dataclass(frozen=True, slots=True)
class OrderIn:
    """`store_code` is honoured only from headquarters' files and uploads; the API has no such field
    (CONTRACT 2). `fulfilment_store_code`: who ships or hands over; None is the owner of the sale
    (A1)."""

    order_no: str
    customer_id: str
    paid_at: dt.datetime
    currency: str
    lines: tuple[LineIn, ...]
    entry_id: str | None = None
    guide_code: str | None = None
    location: SourcePoint | None = None
    region_code: str | None = None
    store_code: str | None = None
    channel: str | None = None
    delivery: str | None = None
    freight_minor: int = 0
    postal_code: str | None = None
    fulfilment_store_code: str | None = None

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    def body_hash(self) -> str:
        """M9: one hash for the same order, however it came."""
        return canonical_hash(_content(self))


@dataclass(frozen=True, slots=True)
class RefundIn:
    """`lines`: (line number, amount); None as line number spreads over what remains, in
    proportion."""

    refund_no: str
    order_no: str
    refunded_at: dt.datetime
    lines: tuple[tuple[int | None, int], ...]

    @property
    def total_minor(self) -> int:
        return sum(amount for _, amount in self.lines)

    def body_hash(self) -> str:
        return canonical_hash(
            {
                "refund_no": self.refund_no,
                "order_no": self.order_no,
                "refunded_at": self.refunded_at,
                "lines": [{"line_no": n, "amount_minor": a} for n, a in self.lines],
            }
        )


def _content(order: OrderIn) -> dict[str, Any]:
    place = order.location
    location = (
        None
        if place is None
        else {"latitude": place.latitude, "longitude": place.longitude, "crs": place.crs}
    )
    return {
        "order_no": order.order_no,
        "customer_id": order.customer_id,
        "paid_at": order.paid_at,
        "currency": order.currency,
        "entry_id": order.entry_id,
        "guide_code": order.guide_code,
        "location": location,
        "region_code": order.region_code,
        "store_code": order.store_code,
        "channel": order.channel,
        "delivery": order.delivery,
        "freight_minor": order.freight_minor,
        "postal_code": order.postal_code,
        "fulfilment_store_code": order.fulfilment_store_code,
        "lines": [
            {
                "line_no": line.line_no,
                "sku": line.sku,
                "category": line.category,
                "quantity": line.quantity,
                "amount_minor": line.amount_minor,
                "subsidy_minor": line.subsidy_minor,
                "tax_minor": line.tax_minor,
                "measure": line.measure,
            }
            for line in order.lines
        ],
    }
