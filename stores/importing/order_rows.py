"""Rows of an orders file put together: rows with one number form one order or one refund (CONTRACT 2)."""
from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from stores.canonical import canonical_hash
from stores.coordinates import Coordinates
from stores.importing.cells import BadCell, Context, to_minor
from stores.importing.check import Row
from stores.importing.faults import FaultList

LEVEL = ("customer_id", "paid_at", "currency", "kind", "original_order_no", "latitude", "longitude", "crs", "region_code", "store_code",
         "fulfilment_store_code", "guide_code", "channel")  # these must agree on all rows of a number


@dataclass(frozen=True, slots=True)
class FileLine:
    """`line`: where it stands in the file."""

    line: int
    line_no: int
    amount_minor: int
    quantity: int
    sku: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class FileOrder:
    """One order; `line` is its first row, `lines` are sorted by line_no, `location` is as given ({latitude, longitude, crs}), `point`
    the same in WGS-84."""

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
        content = {name: getattr(self, name) for name in ("order_no", "customer_id", "paid_at", "currency", "location", "region_code",
                                                          "store_code", "fulfilment_store_code", "guide_code", "channel")}
        return canonical_hash({**content, "lines": [
            {"line_no": n.line_no, "amount_minor": n.amount_minor, "quantity": n.quantity, "sku": n.sku, "category": n.category}
            for n in self.lines]})


@dataclass(frozen=True, slots=True)
class FileRefund:
    """One refund: `lines` as (line_no, amount_minor) sorted; `spread_minor` is shared over what then remains of the order."""

    line: int
    refund_no: str
    order_no: str
    customer_id: str
    refunded_at: dt.datetime
    currency: str
    lines: tuple[tuple[int, int], ...]
    spread_minor: int


def group_orders(rows: list[Row], context: Context, faults: FaultList, warnings: FaultList) -> tuple[list[FileOrder], list[FileRefund]]:
    """Orders and refunds, each sorted by (time, number) (M8). Adds to `faults` and `warnings` (amounts that were rounded)."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.values["order_no"], []).append(row)
    orders: list[FileOrder] = []
    refunds: list[FileRefund] = []
    for number, group in groups.items():
        if not _agree(group, faults):
            continue
        _warn_of_equal_rows(group, warnings)
        if group[0].get("kind") == "refund":
            _append(refunds, _refund(number, group, context, faults, warnings))
        else:
            _append(orders, _order(number, group, context, faults, warnings))
    return sorted(orders, key=lambda o: (o.paid_at, o.order_no)), sorted(refunds, key=lambda r: (r.refunded_at, r.refund_no))


def _append(found: list[Any], one: Any) -> None:
    if one is not None:
        found.append(one)


def _agree(group: list[Row], faults: FaultList) -> bool:
    first, sound = group[0], True
    for row in group[1:]:
        for name in LEVEL:
            if row.get(name) != first.get(name):
                faults.add(row.line, name, _written(row.get(name)),
                           f"differs from line {first.line} of the same number, which says {_written(first.get(name)) or 'nothing'}")
                sound = False
    return sound


def _warn_of_equal_rows(group: list[Row], warnings: FaultList) -> None:
    """Rows pasted twice would double the sale; lines that are truly equal say so by their numbers."""
    first: dict[tuple[Any, ...], int] = {}
    for row in group if len(group) > 1 else ():
        if row.get("line_no") is None and (known := first.setdefault(tuple(row.values.values()), row.line)) != row.line:
            warnings.say(row.line, "order_no", row.values["order_no"], "stands_twice", line=known)


def _written(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _amount(row: Row, currency: str, context: Context, faults: FaultList, warnings: FaultList) -> int | None:
    text = row.values["amount"]
    try:
        amount = to_minor(text, context.decimals[currency])
    except BadCell as reason:
        faults.add(row.line, "amount", text, str(reason))
        return None
    if amount.rounded:
        decimals = context.decimals[currency]
        shown = str(amount.minor).rjust(decimals + 1, "0")
        shown = f"{shown[:-decimals]}.{shown[-decimals:]}" if decimals else shown
        warnings.add(row.line, "amount", text, f"was rounded half up to {shown} {currency}")
    return amount.minor


def _order(number: str, group: list[Row], context: Context, faults: FaultList, warnings: FaultList) -> FileOrder | None:
    first, lines = group[0], []
    known: dict[int, int] = {}
    currency = first.get("currency") or context.currency
    sound = True
    if first.get("original_order_no"):
        faults.add(first.line, "original_order_no", first.get("original_order_no"),
                   "belongs to refunds; set kind to refund, or leave it empty")
        sound = False
    for place, row in enumerate(group, 1):
        line_no = row.get("line_no") or place
        amount = _amount(row, currency, context, faults, warnings)
        if known.setdefault(line_no, row.line) != row.line:
            faults.add(row.line, "line_no", str(line_no),
                       f"line {line_no} of order {number} stands in line {known[line_no]} of the file already")
            sound = False
        elif amount is None:
            sound = False
        else:
            lines.append(FileLine(row.line, line_no, amount, row.get("quantity") or 1, row.get("sku"), row.get("category")))
    if not sound:
        return None
    lines.sort(key=lambda line: line.line_no)
    location = {name: first.get(name) for name in ("latitude", "longitude", "crs")} if first.point is not None else None
    return FileOrder(first.line, number, first.get("customer_id"), first.get("paid_at"), currency, tuple(lines), location, first.point,
                     first.get("region_code"), first.get("store_code"), first.get("guide_code"), first.get("channel"),
                     first.get("fulfilment_store_code"))


def _refund(number: str, group: list[Row], context: Context, faults: FaultList, warnings: FaultList) -> FileRefund | None:
    first = group[0]
    currency, original = first.get("currency") or context.currency, first.get("original_order_no")
    sound = True
    if not original:
        faults.add(first.line, "original_order_no", "", "is empty; a refund names the order it takes back")
        sound = False
    elif original == number:
        faults.add(first.line, "original_order_no", original, "is the refund's own number")
        sound = False
    lines: dict[int, int] = {}
    where: dict[int, int] = {}
    spread = 0
    for row in group:
        amount, line_no = _amount(row, currency, context, faults, warnings), row.get("line_no")
        if amount is None:
            sound = False
        elif amount == 0:
            faults.add(row.line, "amount", row.values["amount"], "is nothing; a refund is above 0")
            sound = False
        elif line_no is None:
            spread += amount
        elif where.setdefault(line_no, row.line) != row.line:
            faults.add(row.line, "line_no", str(line_no), f"refund {number} names this line in line {where[line_no]} of the file already")
            sound = False
        else:
            lines[line_no] = amount
    if not sound:
        return None
    named = tuple(sorted(lines.items()))
    return FileRefund(first.line, number, original, first.get("customer_id"), first.get("paid_at"), currency, named, spread)
