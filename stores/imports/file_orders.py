"""Orders and refunds as a file gives them, once its rows are put together (CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from stores.base.canonical import canonical_hash
from stores.geo.coordinates import Coordinates


@dataclass(frozen=True, slots=True)
class FileLine:
    """`line`: where it stands in the file."""

    line: int
    line_no: int
    amount_minor: int
    quantity: int
    sku: str | None
    category: str | None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class FileOrder:
    """One order; `line` is its first row, `lines` are sorted by line_no, `location` is as given
    ({latitude, longitude, crs}), `point` the same in WGS-84."""

    line: int
    order_no: str
    customer_id: str
    paid_at: dt.datetime
    currency: str
    lines: tuple[FileLine, ...]
    location: dict[str, Any] | None
    point: Coordinates | None
    region_code: str | None
    store_code: str | None
    guide_code: str | None
    channel: str | None
    fulfilment_store_code: str | None = None

    @property
    def hash(self) -> str:
        """The canonical hash of the order (M9)."""
        content = {
            name: getattr(self, name)
            for name in (
                "order_no",
                "customer_id",
                "paid_at",
                "currency",
                "location",
                "region_code",
                "store_code",
                "fulfilment_store_code",
                "guide_code",
                "channel",
            )
        }
        return canonical_hash(
            {
                **content,
                "lines": [
                    {
                        "line_no": n.line_no,
                        "amount_minor": n.amount_minor,
                        "quantity": n.quantity,
                        "sku": n.sku,
                        "category": n.category,
                        "measure": n.measure,
                    }
                    for n in self.lines
                ],
            }
        )


@dataclass(frozen=True, slots=True)
class FileRefund:
    """One refund: `lines` as (line_no, amount_minor) sorted; `spread_minor` is shared over what
    then remains of the order."""

    line: int
    refund_no: str
    order_no: str
    customer_id: str
    refunded_at: dt.datetime
    currency: str
    lines: tuple[tuple[int, int], ...]
    spread_minor: int
