"""A till in a process of its own, to be killed in the middle of a sale: `python -m
tests.stores.orders.till URL FIRST`."""

from __future__ import annotations

import datetime as dt
import sys
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import db
from stores.base import brand
from stores.orders.inputs import LineIn, OrderIn, RefundIn
from stores.orders.refunding import record_refunds
from stores.orders.writing import record_orders

START = dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)


def order(n: int) -> OrderIn:
    return OrderIn(
        f"K{n}",
        f"c{n % 7}",
        START + dt.timedelta(minutes=n),
        "CNY",
        (LineIn(1, 1, 1_000 + n), LineIn(2, 1, 500)),
        store_code=f"S{n % 3 + 1}",
    )


def refund(n: int) -> RefundIn:
    return RefundIn(f"K{n}", f"K{n}", START + dt.timedelta(days=2, minutes=n), ((1, 333),))


def sell(n: int) -> None:
    record_orders([order(n)], actor="till", now=order(n).paid_at)
    if n % 2:
        record_refunds([refund(n)], actor="till", now=refund(n).refunded_at)


def main(url: str, first: int) -> None:
    db.configure(url)
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    sell(first)
    print("selling", flush=True)
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(sell, range(first + 1, first + 100_000)):
            pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
