"""Orders and refunds as JSON and back, for files that wait to be written."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from stores.facts.visits import SourcePoint
from stores.orders.inputs import LineIn, OrderIn, RefundIn


def packed_order(order: OrderIn) -> dict[str, Any]:
    """What is given, without what is empty."""
    found = {
        field.name: value
        for field in dataclasses.fields(order)
        if (value := getattr(order, field.name)) is not None
    }
    found["paid_at"] = order.paid_at.isoformat()
    found["lines"] = [dataclasses.astuple(line) for line in order.lines]
    if order.location is not None:
        found["location"] = dataclasses.astuple(order.location)
    return found


def unpacked_order(row: dict[str, Any]) -> OrderIn:
    place = row.get("location")
    return OrderIn(
        **{
            **row,
            "paid_at": dt.datetime.fromisoformat(row["paid_at"]),
            "lines": tuple(LineIn(*line) for line in row["lines"]),
            "location": SourcePoint(*place) if place is not None else None,
        }
    )


def packed_refund(each: RefundIn) -> list[Any]:
    return [each.refund_no, each.order_no, each.refunded_at.isoformat(), each.lines]


def unpacked_refund(row: list[Any]) -> RefundIn:
    number, order_no, at, lines = row
    return RefundIn(
        number, order_no, dt.datetime.fromisoformat(at), tuple((n, amount) for n, amount in lines)
    )
