"""On a phone a list is cards: every value has its head beside it, the figure of the list stands at
the top, and nothing needs a sideways scroll."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.ui.tables import Column, Table
from stores.base.ordering import Order
from tests.app.pages.browser import CHROMIUM, reading, serving
from tests.app.pages.conftest import Chain

LISTS = (
    "/hq/stores",
    "/hq/dealers",
    "/hq/guides",
    "/hq/branches",
    "/hq/orders",
    "/hq/refunds",
    "/hq/entries",
    "/hq/customers",
    "/hq/adds",
    "/hq/users",
    "/hq/audit",
    "/hq/performance",
    "/hq/rewards",
)
SHAPE = """() => [...document.querySelectorAll('.rows.cards')].map(box => ({
    wider: box.scrollWidth - box.clientWidth,
    apart: [...box.querySelectorAll('tbody tr')].filter(row => getComputedStyle(row).display !== 'grid').length,
    unseen: [...box.querySelectorAll('td.card-figure')].filter(cell => cell.getBoundingClientRect().right > window.innerWidth).length,
}))"""


def _table(*columns: Column, by: str = "name") -> Table:
    return Table("t", columns, columns, Order(by), None)


NAME, DAY = Column("name", "Name", sort="name"), Column("day", "Day", "day")
VISITS, SALES = (
    Column("visits", "Visits", "count", sort="visits"),
    Column("sales", "Sales", "money", sort="sales"),
)


@pytest.mark.parametrize(
    ("table", "figure"),
    [
        (_table(NAME, VISITS, SALES), SALES),
        (_table(NAME, VISITS, SALES, by="visits"), VISITS),
        (_table(NAME, DAY, VISITS), VISITS),
        (_table(NAME, DAY), None),
        (_table(SALES, VISITS), None),
    ],
)
def test_a_card_shows_what_the_list_is_sorted_by_else_money_else_a_number(table, figure):
    assert table.figure is figure


@pytest.fixture
def served(chain: Chain) -> Iterator[str]:
    with serving(chain.house.app) as address:
        yield address


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")
def test_no_list_of_headquarters_is_wider_than_a_phone(chain, served, browser):
    with reading(browser, served) as reader:
        reader.sign_in("petra")
        reader.page.set_viewport_size({"width": 390, "height": 800})
        seen = 0
        for path in LISTS:
            reader.page.goto(f"{path}?lang=en")
            for shape in reader.page.evaluate(SHAPE):
                assert shape == {"wider": 0, "apart": 0, "unseen": 0}, path
                seen += 1
        assert seen >= len(LISTS) - 2
