"""Rows of an orders file put together: rows with one number form one order or one refund (CONTRACT
2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledger.money import share
from stores.imports.cells import BadCell, Context
from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.file_orders import FileLine, FileOrder, FileRefund
from stores.imports.number_cells import Measured, to_minor
from stores.imports.order_levels import agree, warn_of_equal_rows


def group_orders(
    rows: list[Row], context: Context, faults: FaultList, warnings: FaultList
) -> tuple[list[FileOrder], list[FileRefund]]:
    """Orders and refunds, each sorted by (time, number) (M8). Adds to `faults` and `warnings`
    (amounts that were rounded)."""
    readers = _Amounts(rows, context, faults, warnings)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.values["order_no"], []).append(row)
    orders: list[FileOrder] = []
    refunds: list[FileRefund] = []
    for number, group in groups.items():
        if not agree(group, faults):
            continue
        warn_of_equal_rows(group, warnings)
        if group[0].get("kind") == "refund":
            _append(refunds, _refund(number, group, readers))
        else:
            _append(orders, _order(number, group, readers))
    return sorted(orders, key=lambda o: (o.paid_at, o.order_no)), sorted(
        refunds, key=lambda r: (r.refunded_at, r.refund_no)
    )


def _append(found: list[Any], one: Any) -> None:
    if one is not None:
        found.append(one)


class _Amounts:
    """Reads the amounts of a file. Three decimals on every amount that has some look like a point
    between thousands."""

    def __init__(
        self, rows: list[Row], context: Context, faults: FaultList, warnings: FaultList
    ) -> None:
        self.context, self.faults, self.warnings = context, faults, warnings
        fractions = [row.values["amount"].partition(".")[2] for row in rows]
        self.thousands = all(len(fraction) == 3 for fraction in fractions if fraction)

    def currency(self, row: Row) -> str:
        return str(row.get("currency") or self.context.currency)

    def minor(self, row: Row) -> int | None:
        """Without the sign; None for a fault."""
        text, currency = row.values["amount"], self.currency(row)
        decimals = self.context.decimals[currency]
        try:
            amount = to_minor(text, decimals)
        except BadCell as reason:
            self.faults.add(row.line, "amount", text, str(reason))
            return None
        whole, _, fraction = text.partition(".")
        if len(fraction) <= decimals:
            return amount.minor
        shown = (
            f"{amount.minor // 10**decimals}.{amount.minor % 10**decimals:0{decimals}}"
            if decimals
            else str(amount.minor)
        )
        if len(fraction) == 3 > decimals and self.thousands and 1 <= len(whole.lstrip("-")) <= 3:
            self.warnings.say(
                row.line,
                "amount",
                text,
                "three_decimals",
                read=shown,
                currency=currency,
                thousands=whole + fraction,
            )
        elif amount.rounded:
            self.warnings.add(
                row.line, "amount", text, f"was rounded half up to {shown} {currency}"
            )
        elif len(fraction) == 3 > decimals:
            self.warnings.say(
                row.line, "amount", text, "third_decimal", read=shown, currency=currency
            )
        return amount.minor


def _is_discount(row: Row) -> bool:
    return bool(row.values["amount"][0] == "-" or row.values.get("kind") == "discount")


def _order(number: str, group: list[Row], amounts: _Amounts) -> FileOrder | None:
    first, lines, faults = group[0], list[FileLine](), amounts.faults
    known: dict[int, int] = {}
    sound = True
    if first.get("original_order_no"):
        faults.add(
            first.line,
            "original_order_no",
            first.get("original_order_no"),
            "belongs to refunds; set kind to refund, or leave it empty",
        )
        sound = False
    off = [row for row in group if _is_discount(row)]
    for place, row in enumerate(
        [row for row in group if not _is_discount(row)] if off else group, 1
    ):
        line_no = row.get("line_no") or place
        amount = amounts.minor(row)
        if known.setdefault(line_no, row.line) != row.line:
            faults.add(
                row.line,
                "line_no",
                str(line_no),
                f"line {line_no} of order {number} stands in line {known[line_no]} of the file "
                "already",
            )
            sound = False
        elif amount is None:
            sound = False
        else:
            lines.append(_line(row, line_no, amount))
    lines.sort(key=lambda line: line.line_no)
    if not sound or (off and not _take_off(off, lines, amounts)):
        return None
    location = (
        {name: first.get(name) for name in ("latitude", "longitude", "crs")}
        if first.point is not None
        else None
    )
    return FileOrder(
        first.line,
        number,
        first.get("customer_id"),
        first.get("paid_at"),
        amounts.currency(first),
        tuple(lines),
        location,
        first.point,
        first.get("region_code"),
        first.get("store_code"),
        first.get("guide_code"),
        first.get("channel"),
        first.get("fulfilment_store_code"),
    )


def _line(row: Row, line_no: int, amount_minor: int) -> FileLine:
    quantity = row.get("quantity") or 1
    measure = str(quantity) if type(quantity) is Measured else None
    return FileLine(
        row.line,
        line_no,
        amount_minor,
        1 if measure else quantity,
        row.get("sku"),
        row.get("category"),
        measure,
    )


def _take_off(discounts: list[Row], lines: list[FileLine], amounts: _Amounts) -> bool:
    """Discounts on a whole order lessen its lines in proportion, by largest remainder: what is sold
    of each article is what was paid for it. False when they are no discount of these lines."""
    read = [(row, amounts.minor(row)) for row in discounts]
    total = sum(minor for _, minor in read if minor is not None)
    if any(minor is None for _, minor in read):
        return False
    if total > sum(line.amount_minor for line in lines):
        for row in discounts:
            amounts.faults.say(row.line, "amount", row.values["amount"], "negative_total")
        return False
    for row in discounts:
        if row.get("kind") != "discount":
            amounts.warnings.say(row.line, "amount", row.values["amount"], "taken_as_discount")
    parts = share(total, [line.amount_minor for line in lines])
    lines[:] = [
        replace(line, amount_minor=line.amount_minor - part)
        for line, part in zip(lines, parts, strict=True)
    ]
    return True


def _refund(number: str, group: list[Row], amounts: _Amounts) -> FileRefund | None:
    first, faults = group[0], amounts.faults
    currency, original = amounts.currency(first), first.get("original_order_no")
    sound = True
    if not original:
        faults.add(
            first.line, "original_order_no", "", "is empty; a refund names the order it takes back"
        )
        sound = False
    elif original == number:
        faults.add(first.line, "original_order_no", original, "is the refund's own number")
        sound = False
    lines: dict[int, int] = {}
    where: dict[int, int] = {}
    spread = 0
    for row in group:
        amount, line_no = amounts.minor(row), row.get("line_no")
        if row.values["amount"].startswith("-"):
            faults.say(row.line, "amount", row.values["amount"], "negative_refund")
            sound = False
        elif amount is None:
            sound = False
        elif amount == 0:
            faults.add(row.line, "amount", row.values["amount"], "is nothing; a refund is above 0")
            sound = False
        elif line_no is None:
            spread += amount
        elif where.setdefault(line_no, row.line) != row.line:
            faults.add(
                row.line,
                "line_no",
                str(line_no),
                f"refund {number} names this line in line {where[line_no]} of the file already",
            )
            sound = False
        else:
            lines[line_no] = amount
    if not sound:
        return None
    named = tuple(sorted(lines.items()))
    return FileRefund(
        first.line,
        number,
        original,
        first.get("customer_id"),
        first.get("paid_at"),
        currency,
        named,
        spread,
    )
