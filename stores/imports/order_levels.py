"""What rows of one number must agree on, and what a further line takes from the row above it
(CONTRACT 2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from stores.imports.check import Row
from stores.imports.faults import FaultList
from stores.imports.sheets import Sheet

LEVEL = (
    "customer_id",
    "paid_at",
    "currency",
    "kind",
    "original_order_no",
    "latitude",
    "longitude",
    "crs",
    "region_code",
    "store_code",
    "fulfilment_store_code",
    "guide_code",
    "channel",
)  # these must agree on all rows of a number
ORDER_KINDS = {None, "order", "discount"}


def agree(group: list[Row], faults: FaultList) -> bool:
    """Whether all rows say the same of what stands on the level of the order; faults name the rows
    that do not."""
    first, sound = group[0], True
    for row in group[1:]:
        for name in LEVEL:
            if row.get(name) != first.get(name) and not (
                name == "kind" and {row.get(name), first.get(name)} <= ORDER_KINDS
            ):
                faults.add(
                    row.line,
                    name,
                    _written(row.get(name)),
                    f"differs from line {first.line} of the same number, which says "
                    f"{_written(first.get(name)) or 'nothing'}",
                )
                sound = False
    return sound


def warn_of_equal_rows(group: list[Row], warnings: FaultList) -> None:
    """Rows pasted twice would double the sale; lines that are truly equal say so by their
    numbers."""
    first: dict[tuple[Any, ...], int] = {}
    for row in group if len(group) > 1 else ():
        if (
            row.get("line_no") is None
            and (known := first.setdefault(tuple(row.values.values()), row.line)) != row.line
        ):
            warnings.say(row.line, "order_no", row.values["order_no"], "stands_twice", line=known)


def _written(value: Any) -> str:
    return (
        "" if value is None else value.isoformat() if isinstance(value, dt.datetime) else str(value)
    )


def further_lines(sheet: Sheet) -> list[int]:
    """Places in `sheet.rows` of rows that go on with the order above and leave fields of the order
    blank."""
    found, above = list[int](), ""
    for place, (_, cells) in enumerate(sheet.rows):
        number = cells.get("order_no", "")
        if (
            above
            and number in ("", above)
            and any(cells.get(name) == "" for name in ("order_no", *LEVEL))
        ):
            found.append(place)
        above = number or above
    return found


def follow_above(sheet: Sheet) -> Sheet:
    """The sheet with blank order fields of further lines filled from the line above, each
    counted."""
    rows = list(sheet.rows)
    for place in further_lines(sheet):
        (line, cells), (_, above) = rows[place], rows[place - 1]
        filled = {
            name: above[name]
            for name in ("order_no", *LEVEL)
            if cells.get(name) == "" and above.get(name)
        }
        for name in filled:
            sheet.mends.add(line, name, "follows_above")
        rows[place] = (line, cells | filled)
    return replace(sheet, rows=rows)
