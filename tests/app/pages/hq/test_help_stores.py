"""Stores that need help (C2 of the stories): sorted, with the numbers that prove it; only the own
subtree; doors to the rows."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import update

import db
from app.web.permissions import ROLE_HOME
from stores.base.actors import COMMAND_LINE
from stores.lists import help_needed
from stores.lists.help_needed import REASONS
from stores.network.stores import store
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import Chain, statements
from tests.app.pages.test_figures import text
from tests.network import Network

pytestmark = pytest.mark.hour


def stores_on(page: str) -> list[str]:
    return re.findall(r'<a class="chip" href="/hq/stores/(\w+)"', page)


def test_it_is_the_first_page_of_a_branch_coordinator(chain):
    client = chain.client("bea")
    assert ROLE_HOME["branch_coordinator"] == "hq.help_stores"
    assert client.get("/").headers["Location"].endswith("/hq/help-stores")
    page = client.get("/hq/help-stores?lang=en").text
    assert re.search(r'aria-current="page">.*Stores that need help', page)


@on_both_engines
def test_the_page_lists_what_the_query_found_gravest_first(chain):
    with db.read() as connection:
        found = help_needed.help_reasons(connection, COMMAND_LINE, chain.today)
    page = chain.client("petra").get("/hq/help-stores?lang=en").text
    assert stores_on(page) == [
        row.code
        for row in sorted(found.rows, key=lambda row: (row.severity, row.code), reverse=True)
    ]
    assert f"{len(found.rows)} of {found.stores} stores need help" in text(page)
    for code, number in found.counts.items():
        assert (f'reason={code}"' in page) == bool(number)
        shown = stores_on(chain.client("petra").get(f"/hq/help-stores?reason={code}&lang=en").text)
        assert set(shown) == {
            row.code for row in found.rows if any(each.code == code for each in row.reasons)
        }


def test_when_many_need_help_the_page_opens_with_the_gravest_few_and_a_link_to_all(bare_chain):
    network = Network()
    for number in range(7):
        network.open_store(f"T{number}", "D1")
    client = bare_chain.client("petra")
    page = client.get("/hq/help-stores?lang=en").text
    first = stores_on(page)
    assert (
        len(first) == 5
        and first == stores_on(client.get("/hq/help-stores?sort=-severity&lang=en").text)[:5]
    )
    assert "Show all 10 stores" in page and "/hq/help-stores?sort=-severity" in page
    assert client.get("/hq/help-stores?export=csv").data.decode("utf-8-sig").count("\n") == 11


def test_a_branch_sees_its_subtree_alone_in_page_and_file(chain):
    client = chain.client("bea")
    assert set(stores_on(client.get("/hq/help-stores").text)) <= {"S1"}
    lines = client.get("/hq/help-stores?export=csv").data.decode("utf-8-sig")
    assert "S2" not in lines and "S3" not in lines
    assert stores_on(client.get("/hq/help-stores?dealer=D2").text) == []


def test_a_reason_says_its_numbers_in_both_languages_and_opens_its_rows(chain):
    for number in range(4):
        chain.befriends("G1", f"wx-lost-{number}", 8)
        chain.befriends("G1", f"wx-lost-{number}", 6, "contact.deleted_by_customer")
    client = chain.client("petra")
    page = client.get("/hq/help-stores?reason=adds_lost&lang=en").text
    assert re.search(
        r"In 30 days \d+ friends were added and 5 were lost \(\d+\.\d %\)\.", text(page)
    )
    assert "流失 5 位" in client.get("/hq/help-stores?reason=adds_lost&lang=zh").text
    door = re.search(r'href="(/hq/adds\?store=S1[^"]*)"', page)
    assert door is not None and client.get(door[1].replace("&amp;", "&")).status_code == 200
    lines = list(
        csv.reader(
            io.StringIO(
                client.get("/hq/help-stores?reason=adds_lost&export=csv").data.decode("utf-8-sig")
            )
        )
    )
    assert len(lines) == 2 and "5" in lines[1][3]


def test_a_paused_store_says_until_when(chain):
    with db.transaction() as connection:
        connection.execute(
            update(store)
            .where(store.c.store_code == "S2")
            .values(status="paused", paused_until=chain.today)
        )
    page = text(chain.client("petra").get("/hq/help-stores?reason=paused&lang=en").text)
    assert f"Paused until {chain.day(0)}; nobody is led there." in page


@pytest.mark.parametrize(
    "query", ["reason=mood", "branch=NOPE", "dealer=%F0%9F%98%80", "sort=-store"]
)
def test_odd_filters_break_nothing(chain, query):
    assert chain.client("bea").get(f"/hq/help-stores?{query}").status_code == 200


def test_a_dealer_and_a_guide_do_not_open_it(chain):
    assert [
        chain.client(name).get("/hq/help-stores").status_code for name in ("omar", "max", "mei")
    ] == [403, 403, 403]


def test_the_page_asks_a_bounded_number_of_times(chain: Chain):
    client = chain.client("petra")
    client.get("/hq/help-stores")
    with statements() as found:
        client.get("/hq/help-stores")
    assert len(found) <= 14
    assert set(REASONS)
