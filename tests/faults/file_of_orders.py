"""A file of orders; as a program it is brought in, to be killed in the middle: `python -m
tests.faults.file_of_orders URL`."""

from __future__ import annotations

import datetime as dt
import sys
from zoneinfo import ZoneInfo

import db
from stores.base import brand
from stores.base.actors import COMMAND_LINE
from stores.imports.file_orders import FileLine, FileOrder
from stores.orders import filing

NOW = dt.datetime(2025, 6, 1, 4, tzinfo=dt.UTC)
ROWS = 4_000


def orders(count: int) -> list[FileOrder]:
    """Of a customer for every three."""
    return [
        FileOrder(
            n + 2,
            f"F{n:06}",
            f"c{n // 3}",
            NOW - dt.timedelta(minutes=n % 500),
            "CNY",
            (FileLine(n + 2, 1, 1_000 + n, 1, "A", None),),
            None,
            None,
            None,
            "S1",
            None,
            None,
        )
        for n in range(count)
    ]


def main(url: str) -> None:
    db.configure(url)
    brand.configure(brand.Brand(ZoneInfo("Asia/Shanghai"), "CNY", 2))
    said: list[bool] = []

    def progress(done: int, total: int) -> None:
        if not said:
            said.append(True)
            print("checked", flush=True)

    filing.file_orders(orders(ROWS), [], actor=COMMAND_LINE, now=NOW, progress=progress)


if __name__ == "__main__":
    main(sys.argv[1])
