"""One search over everything within one's rows; customers by exact number or telephone, noted (H2,
P3, P6)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

import db
from ledger.audit import audit_log
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import Chain, statements
from tests.network import Network

PHONE = "13800138000"
HTMX = {"HX-Request": "true"}
HOME = {"petra": "/hq", "finn": "/hq", "bea": "/hq", "omar": "/dealer", "olga": "/dealer"}


@pytest.fixture
def known(chain: Chain) -> Chain:
    Network().load("customers", {"customer_id": "wx-mei-001", "phone": PHONE})
    return chain


def found(chain: Chain, name: str, words: str) -> list[str]:
    """The doors of what a search answers."""
    client = chain.client(name)
    page = client.post(
        f"{HOME[name]}/search",
        data={"q": words, "csrf_token": token_of(client.get(f"{HOME[name]}/search"))},
        headers=HTMX,
    )
    assert page.status_code == 200
    return re.findall(r'<li><a href="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("name", "words", "doors"),
    [
        ("petra", "S1", ["/hq/stores/S1"]),
        ("petra", "s2", ["/hq/stores/S2"]),
        ("petra", "Omar", ["/hq/dealers/D1"]),
        ("petra", "Gus", ["/hq/guides/G2"]),
        ("petra", "O-1", ["/hq/orders/O-1"]),
        ("petra", "R-1", ["/hq/orders/O-1"]),
        ("petra", "O-9", ["/hq/orders/O-9"]),
        ("petra", "o-1", []),
        ("petra", "O-", []),
        ("bea", "S1", ["/hq/stores/S1"]),
        ("bea", "S2", []),
        ("bea", "Olga", []),
        ("bea", "Gus", []),
        ("bea", "O-1", ["/hq/orders/O-1"]),
        ("bea", "O-2", []),
        ("bea", "O-9", []),
        ("omar", "S1", ["/dealer/stores/S1"]),
        ("omar", "S2", []),
        ("omar", "Mei", ["/dealer/guides/G1"]),
        ("omar", "Gus", []),
        ("omar", "O-1", ["/dealer/orders/O-1"]),
        ("omar", "O-2", []),
        ("omar", "R-1", ["/dealer/orders/O-1"]),
        ("olga", "R-1", []),
        ("olga", "Omar", []),
        ("petra", "x", []),
        ("petra", "", []),
        ("petra", "%", []),
        ("petra", "%%", []),
        ("petra", "__", []),
        ("petra", "y" * 200, []),
    ],
)
def test_what_is_found_lies_within_ones_rows(chain, name, words, doors):
    assert found(chain, name, words) == doors


def test_an_entry_is_found_by_its_id_by_whoever_may_see_it(chain):
    entry_id = chain.entries["wx-gus-004"]
    assert found(chain, "petra", entry_id) == [f"/hq/entries/{entry_id}"]
    assert found(chain, "petra", entry_id.upper()) == [f"/hq/entries/{entry_id}"]
    assert found(chain, "bea", entry_id) == []


@on_both_engines
def test_a_customer_is_found_by_exact_number_or_telephone_and_the_look_up_noted(known):
    """H2: by whom and how, never what was typed."""
    door = f"/hq/customers/{known.number('wx-mei-001')}"
    for words in ("wx-mei-001", PHONE, "+86 138-0013-8000"):
        assert found(known, "petra", words) == [door]
    for words in ("wx-mei-00", "WX-MEI-001", "1380013800", "un"):
        assert door not in found(known, "petra", words)
    with db.read() as connection:
        lines = connection.execute(
            select(audit_log)
            .where(audit_log.c.action == "look_up_customer")
            .order_by(audit_log.c.id)
        ).all()
    assert [line.detail["by"] for line in lines] == ["customer_id", "phone", "phone"]
    assert not any(PHONE in str(line) or "wx-mei" in str(line) for line in lines)


def test_a_branch_finds_only_customers_of_its_rows_and_nothing_is_noted_of_others(known):
    assert found(known, "bea", "wx-gus-004") == []
    assert found(known, "bea", PHONE) == [f"/hq/customers/{known.number('wx-mei-001')}"]
    with db.read() as connection:
        assert (
            len(
                connection.execute(
                    select(audit_log).where(audit_log.c.action == "look_up_customer")
                ).all()
            )
            == 1
        )


def test_a_dealer_finds_his_own_customers_alone(known):
    """D1."""
    number = known.number("wx-mei-001")
    assert (
        found(known, "omar", PHONE)
        == found(known, "omar", "wx-mei-001")
        == [f"/dealer/customers/{number}"]
    )
    assert (
        found(known, "olga", PHONE)
        == found(known, "olga", "wx-mei-001")
        == found(known, "omar", "wx-gus-004")
        == []
    )
    assert known.client("omar").get(f"/dealer/customers/{number}").status_code == 200


def test_what_is_found_is_shown_masked(known):
    client = known.client("petra")
    page = client.post(
        "/hq/search", data={"q": PHONE, "csrf_token": token_of(client.get("/hq/search"))}
    ).text
    assert "wx****01" in page
    assert "wx-mei-001" not in page


def test_an_address_finds_no_customer(known):
    """A telephone number does not belong in an address, and a look-up is no reading."""
    page = known.client("petra").get(f"/hq/search?q={PHONE}").text
    assert "/hq/customers/" not in page.split("<main")[-1]
    with db.read() as connection:
        assert (
            connection.execute(
                select(audit_log).where(audit_log.c.action == "look_up_customer")
            ).all()
            == []
        )


def test_the_dialog_gets_rows_and_a_browser_without_script_a_page(chain):
    client = chain.client("petra")
    rows, page = (
        client.get("/hq/search?q=S1", headers=HTMX).text,
        client.get("/hq/search?q=S1").text,
    )
    assert "<html" not in rows
    assert "/hq/stores/S1" in rows
    assert "<h1>" in page
    assert "/hq/stores/S1" in page


def test_more_than_five_are_cut_and_said(chain):
    for number in range(7):
        Network().load(
            "stores",
            {
                "store_code": f"X{number}",
                "name": "Seven",
                "dealer_code": "D1",
                "latitude": "31",
                "longitude": "121",
                "crs": "wgs84",
            },
        )
    client = chain.client("petra")
    rows = client.get("/hq/search?q=Seven&lang=en", headers=HTMX).text
    assert rows.count("/hq/stores/X") == 5
    assert "There are more of these" in rows


def test_an_exact_code_comes_first(chain):
    for code in ("A-S1", "S1"):
        Network().load(
            "stores",
            {
                "store_code": code,
                "name": "S1 again",
                "dealer_code": "D1",
                "latitude": "31",
                "longitude": "121",
                "crs": "wgs84",
            },
        )
    assert found(chain, "petra", "S1")[0] == "/hq/stores/S1"


def test_a_form_without_its_token_is_refused_and_a_stranger_sent_to_sign_in(chain):
    assert chain.client("petra").post("/hq/search", data={"q": "S1"}).status_code == 400
    assert (
        chain.house.stranger().get("/hq/search?q=S1", headers=HTMX).headers["HX-Redirect"]
        == "/sign-in"
    )


@pytest.mark.parametrize("name", ["max", "mei"])
def test_guides_have_no_search(chain, name):
    client = chain.client(name)
    assert [
        client.get(path).status_code for path in ("/hq/search?q=S1", "/dealer/search?q=S1")
    ] == [403, 403]
    assert "data-seek" not in client.get("/guide").text


def test_a_search_asks_the_database_a_bounded_number_of_times(known):
    client = known.client("petra")
    token = token_of(client.get("/hq/search"))
    with statements() as asked:
        client.post("/hq/search", data={"q": PHONE, "csrf_token": token})
    assert len(asked) <= 13
