"""The recipes of docs/recipes.md: each command as it stands there, with a file of that shape
(headings as those products write them, data our own)."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

import db
from stores.facts.orders import order_line, sales_order
from stores.network.stores import store
from tests.app.cli.conftest import Chain, chain  # noqa: F401 - fixtures
from tests.network import Network

HERE = Path(__file__).parent
PAGE = HERE.parent.parent.parent / "docs" / "recipes.md"
_COMMAND = re.compile(r"^ {4}(flask import (?:orders|stores).*(?:\n {8}.*)*)", re.M)
COMMANDS = {
    each.split()[3]: re.sub(r"\s+", " ", each)
    for each in _COMMAND.findall(PAGE.read_text(encoding="utf-8"))
}
FILES = {
    "orders_export.csv": "shopify.csv",
    "orders.csv": "woocommerce.csv",
    "items.csv": "square.csv",
    "订单.csv": "youzan.csv",
    "locations.csv": "google_business_profile.csv",
    "places.json": "google_takeout.json",
    "overpass.csv": "overpass.csv",
    "brand.geojson": "all_the_places.geojson",
}


def follow(chain: Chain, named: str, encoding: str = "utf-8") -> str:  # noqa: F811
    """Run the command of the page on the file of its recipe, twice; the last line of the first
    run."""
    file = chain.folder / named
    shutil.copy(HERE / FILES[named], file)
    if encoding != "utf-8":
        file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    words = [str(file) if word == named else word for word in shlex.split(COMMANDS[named])[1:]]
    first, again = chain.run(*words), chain.run(*words)
    assert first.exit_code == 0, first.stderr
    assert again.output.strip().splitlines()[-1] == "nothing changed"
    return first.output.strip().splitlines()[-1]


def orders() -> list[tuple[str, int, str | None, list[tuple[int, str | None, int]]]]:
    """(number, total in minor units, store, lines as (amount, sku, quantity))."""
    o, n = sales_order.c, order_line.c
    with db.read() as connection:
        named = select(o.id, o.order_no, o.total_minor, store.c.store_code).outerjoin(
            store, store.c.id == o.store_id
        )
        found = connection.execute(named.order_by(o.order_no)).all()
        lines = connection.execute(
            select(n.order_id, n.amount_minor, n.sku, n.quantity).order_by(n.order_id, n.line_no)
        ).all()
    return [
        (
            row.order_no,
            row.total_minor,
            row.store_code,
            [tuple(line[1:]) for line in lines if line[0] == row.id],
        )
        for row in found
    ]


def test_every_recipe_of_the_page_has_its_file():
    assert COMMANDS.keys() == FILES.keys()
    assert {path.name for path in HERE.glob("*.*") if path.suffix != ".py"} == set(FILES.values())


SHOPS = {
    "orders_export.csv": [
        ("#1001", 200_000, "S1", [(60_000, "P1", 2), (140_000, "P2", 1)]),
        ("#1002", 5_850, "S1", [(5_850, "T1", 3)]),
    ],
    "orders.csv": [
        ("3001", 200_000, "S1", [(60_000, "P1", 2), (140_000, "P2", 1)]),
        ("3002", 5_850, "S1", [(5_850, "T1", 3)]),
    ],
    "items.csv": [("ABC123", 104_500, "S1", [(4_500, "T1", 1), (100_000, "C1", 2)])],
}


@pytest.mark.parametrize("named", SHOPS)
def test_orders_of_a_shop_come_in_with_their_lines(chain, named):  # noqa: F811
    follow(chain, named)
    assert orders() == SHOPS[named]


def test_orders_of_youzan_come_in_as_the_shop_writes_them(chain):  # noqa: F811
    assert follow(chain, "订单.csv", "gb18030") == "orders: 1 new"
    assert orders() == [
        ("E20260405102030000100001", 12_000, "S1", [(9_000, "T1", 2), (3_000, "C1", 1)])
    ]


LISTS = {
    "locations.csv": ("G-001", "Tea House Bund", "1 Zhongshan East Road Shanghai", None),
    "places.json": ("T-001", "Tea House Bund", "1 Zhongshan East Road, Shanghai", None),
    "overpass.csv": (
        "2377985489",
        "Tea House Bund",
        "Zhongshan East Road",
        "Mo-Fr 09:00-21:00; Sa,Su 10:00-22:00",
    ),
    "brand.geojson": (
        "1001",
        "Tea House Bund",
        "1 Zhongshan East Road, Shanghai",
        "Mo-Su 09:00-21:00",
    ),
}


@pytest.mark.parametrize(("named", "first"), LISTS.items())
def test_a_list_of_places_becomes_stores(chain, named, first):  # noqa: F811
    assert follow(chain, named) == "stores: 2 new"
    row = next(row for row in Network().rows(store) if row.store_code == first[0])
    assert (row.store_code, row.name, row.address, row.hours) == first
    assert (row.latitude, row.longitude, row.crs, row.status) == (
        31.2397,
        121.49,
        "wgs84",
        "active",
    )
