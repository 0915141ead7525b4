"""A branch coordinator's morning, clicked through: which of my stores need help, why, and who works
there (C2 of the stories)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import db
from stores.base.actors import Actor
from stores.lists import help_needed
from stores.network.scope import find_scope
from tests.app.pages.browser import CHROMIUM, Reader, chromium, reading, serving
from tests.app.pages.conftest import WEST_LAKE, Chain
from tests.network import Network

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium"
    ),
]


@pytest.fixture
def bea(chain: Chain) -> Iterator[Reader]:
    """Bea has signed in. Below her branch B2 is B3 with a shop of Olga's where nobody works; S1
    lost more friends than it won."""
    network = Network()
    network.load("branches", {"branch_code": "B3", "name": "West", "parent_code": "B2"})
    network.open_store("S4", "D2", latitude=WEST_LAKE[0], longitude=WEST_LAKE[1], branch_code="B3")
    for number in range(4):
        chain.befriends("G1", f"wx-gone-{number}", 8)
        chain.befriends("G1", f"wx-gone-{number}", 6, "contact.deleted_by_customer")
    with (
        chromium() as browser,
        serving(chain.house.app) as served,
        reading(browser, served, locale="en-US") as reader,
    ):
        reader.sign_in("bea")
        yield reader


def stores_shown(reader: Reader) -> list[str]:
    return [
        str(each.get_attribute("href")).rpartition("/")[2]
        for each in reader.page.locator("tbody td:nth-child(2) a.chip").all()
    ]


def test_the_stores_that_need_help_most_stand_first_and_lead_to_their_people_c2(chain, bea):
    page = bea.page
    with db.read() as connection:
        hers = Actor("user:1", frozenset({"*"}), "branch", find_scope(connection, "branch", "B2"))
        found = help_needed.help_reasons(connection, hers, chain.today)
    worst = [
        row.code
        for row in sorted(found.rows, key=lambda row: (row.severity, row.code), reverse=True)
    ]
    assert "Stores that need help" in page.locator("h1").inner_text()
    assert (
        f"{len(worst)} of {found.stores} stores need help; the gravest stand first."
        in page.locator("main").inner_text()
    )
    assert stores_shown(bea) == worst and set(worst) == {"S1", "S4"}
    bea.shoot("c2 stores that need help")
    page.click(".reason-tabs >> text=No guide")
    assert (
        stores_shown(bea) == ["S4"]
        and "Nobody works there as a guide or manager." in page.locator("tbody").inner_text()
    )
    page.click("tbody >> text=No guide")  # a reason opens what proves it
    assert "S4" in page.locator("h1").inner_text()
    page.go_back()
    page.click(".reason-tabs >> text=All")
    row = page.locator("tbody tr", has_text="S1")
    assert re.search(r"friends were added and 5 were lost \(\d+\.\d %\)", row.inner_text())
    row.locator("td:nth-child(2) a.chip").click()
    page.wait_for_url("**/hq/stores/S1*")
    bea.shoot("c2 a store")
    page.click("tbody a.chip:has-text('Mei')")
    page.wait_for_url("**/hq/guides/G1*")
    assert "Mei" in page.locator("h1").inner_text()
    bea.shoot("c2 a guide")


def test_another_branchs_store_is_not_there_for_her_c2(bea):
    page = bea.page
    page.click("summary:has-text('Export')")
    with page.expect_download() as coming:
        page.click(".menu >> text=CSV")
    lines = list(csv.reader(io.StringIO(Path(coming.value.path()).read_text("utf-8-sig"))))
    assert sorted(line[lines[0].index("Store (store)")] for line in lines[1:]) == ["S1", "S4"]
    page.fill("form.filters input[name=dealer]", "D2")
    page.click("form.filters >> text=Show")
    assert stores_shown(bea) == ["S4"]  # Olga's S2 is of no branch of hers
    for path in ("/hq/stores/S2", "/hq/guides/G2", "/hq/stores/S3"):
        answer = page.goto(path)
        assert answer.status == 404 and not {"Gus", "Olga"} & set(
            re.findall(r"\w+", page.locator("main").inner_text())
        )
    bea.faults = [fault for fault in bea.faults if "404" not in fault]
