"""Makes orders.csv and visitors.csv: real amounts, dates and categories of two sample data sets,
placed in the United States.

    python examples/us/make_orders.py [FOLDER]

The sales happened elsewhere; here each customer lives at one of the places of data/us_places.csv,
chosen by population with a fixed seed, and orders from within about two miles of it. Nothing else
is changed; amounts keep the decimals of their source."""

from __future__ import annotations

import csv
import datetime as dt
import random
import sys
from bisect import bisect
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEED = 1962
CUSTOMERS, VISITORS = (
    400,
    3_000,
)  # of the supermarket, which names none; of the file for `flask assign`
NEARBY = 0.03  # degrees
ORDER_COLUMNS = (
    "order_no",
    "customer_id",
    "paid_at",
    "amount",
    "currency",
    "category",
    "sku",
    "quantity",
    "line_no",
    "latitude",
    "longitude",
    "crs",
)


class Places:
    """Populated places, drawn by population; city districts beside their city count twice, as in
    the source."""

    def __init__(self, dice: random.Random):
        self.dice = dice
        with (HERE / "data" / "us_places.csv").open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        self.points = [(float(row["lat"]), float(row["lng"])) for row in rows]
        self.upto = list(accumulate(int(row["population"]) for row in rows))

    def home(self) -> tuple[float, float]:
        return self.points[bisect(self.upto, self.dice.random() * self.upto[-1])]

    def near(self, home: tuple[float, float]) -> tuple[str, str]:
        latitude, longitude = (degrees + NEARBY * (2 * self.dice.random() - 1) for degrees in home)
        return f"{latitude:.5f}", f"{longitude:.5f}"


def main(folder: Path = HERE) -> None:
    places = Places(random.Random(SEED))
    write(folder / "orders.csv", ORDER_COLUMNS, [*supermarket(places), *catalogue(places)])
    write(
        folder / "visitors.csv",
        ("visitor_id", "latitude", "longitude", "crs", "accuracy_m"),
        visitors(places),
    )


def supermarket(places: Places) -> Iterator[tuple[object, ...]]:
    """1,000 invoices of January to March 2019, each an order of one line."""
    homes = [places.home() for _ in range(CUSTOMERS)]
    for row in read("supermarket_sales.csv"):
        month, day, year = map(int, row["Date"].split("/"))
        hour, minute = map(int, row["Time"].split(":"))
        customer = int(places.dice.random() * CUSTOMERS)
        yield (
            f"S-{row['Invoice ID']}",
            f"shopper-{customer + 1:03}",
            dt.datetime(year, month, day, hour, minute).isoformat(),  # noqa: DTZ001 - brand zone
            row["Total"],
            "USD",
            row["Product line"],
            "",
            row["Quantity"],
            1,
            *places.near(homes[customer]),
            "wgs84",
        )


def catalogue(places: Places) -> Iterator[tuple[object, ...]]:
    """804 order lines of 2011 to 2014; the customers keep the codes of the source."""
    homes: dict[str, tuple[float, float]] = {}
    known: dict[str, tuple[str, str]] = {}
    lines: dict[str, int] = {}
    for row in sorted(
        read("global_orders_non_us.csv"),
        key=lambda row: (row["order_date"], row["order_id"], int(row["row_id"])),
    ):
        number, customer = f"G-{row['order_id']}", row["customer_id"]
        if customer not in homes:
            homes[customer] = places.home()
        if number not in known:
            known[number] = places.near(homes[customer])
        lines[number] = lines.get(number, 0) + 1
        yield (
            number,
            customer,
            f"{row['order_date']}T12:00:00",
            row["sales"],
            "USD",
            row["sub_category"],
            row["product_id"],
            row["quantity"],
            lines[number],
            *known[number],
            "wgs84",
        )


def visitors(places: Places) -> Iterator[tuple[object, ...]]:
    for number in range(1, VISITORS + 1):
        yield (
            f"visitor-{number:04}",
            *places.near(places.home()),
            "wgs84",
            10 + int(places.dice.random() * 60),
        )


def read(name: str) -> list[dict[str, str]]:
    with (HERE / "data" / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def write(path: Path, header: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        out = csv.writer(target, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


if __name__ == "__main__":
    main(*(Path(each) for each in sys.argv[1:2]))
