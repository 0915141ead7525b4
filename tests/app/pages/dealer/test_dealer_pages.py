"""The dealer's portal (D1-D5 of the stories): its figures are the API's and the ledger's, its files
its lists, its rows his alone (P6, D12)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

import db
from stores.network.contracts import dealer_contract
from stores.network.scope import find_scope
from tests.app.conftest import on_both_engines
from tests.app.pages.conftest import statements
from tests.app.pages.dealer.dealing import customer_number, revenue_of, yuan
from tests.app.pages.test_figures import FIGURE, doors, foot, text

pytestmark = pytest.mark.hour

ROOMY = {
    "/dealer": 40,
    "/dealer/stores": 22,
    "/dealer/stores/S1": 24,
    "/dealer/customers": 12,
    "/dealer/takeovers": 14,
    "/dealer/elsewhere": 12,
    "/dealer/revenue": 14,
    "/dealer/revenue?by=store": 14,
    "/dealer/rewards": 16,
    "/dealer/rewards/pending": 12,
    "/dealer/entries": 12,
    "/dealer/codes": 14,
}


def test_today_answers_with_yesterday_the_month_and_what_codes_brought(chain):
    client = chain.client("omar")
    page = client.get("/dealer?lang=en").text
    due = revenue_of(chain, **{"from": chain.day(0)[:7] + "-01", "to": chain.day(0)})["totals"]
    shown = {name: text(value) for _, name, value in FIGURE.findall(page)}
    assert shown == {
        "Yesterday's sales": yuan(5000),
        "Yours this month": yuan(due["net_minor"]),
        "Brought by your codes": "0",
    }
    assert (
        f"Yesterday your stores sold {yuan(5000)} in 1 order; this month {yuan(due['net_minor'])} "
        "is yours so far." in text(page)
    )
    for path, name, value in FIGURE.findall(page)[:2]:
        rows = client.get(path).text
        assert text(value) in foot(rows).split() or (
            text(value) == yuan(0) and "No sales on these days" in rows
        ), name


def test_today_names_what_needs_the_dealer_and_leads_to_as_many_rows(busy):
    client = busy.client("omar")
    page = client.get("/dealer?lang=en").text
    needs = {
        text(words): (int(text(number)), path)
        for path, number, words in re.findall(
            r'<li><a href="([^"]+)"><span class="tag wait">(.*?)</span><span><strong>(.*?)</strong>',
            page,
        )
    }
    assert {
        "Customers who left you in the last 7 days",
        "Orders your customers paid elsewhere in the last 7 days",
    } <= set(needs)
    for number, path in needs.values():
        answer = client.get(path.replace("&amp;", "&") + "&lang=en").text
        assert f"Total: {number} " in foot(answer), path


def test_every_door_of_the_first_page_and_the_stores_sums_to_its_figure(busy):
    client = busy.client("omar")
    for path in (
        "/dealer",
        "/dealer/stores",
        "/dealer/revenue?by=store",
        "/dealer/revenue",
        "/dealer/codes",
        "/dealer/rewards",
    ):
        page = client.get(f"{path}{'&' if '?' in path else '?'}lang=en").text
        wrong = [
            (door, value)
            for door, value in doors(page)
            if value not in foot(client.get(door).text).split()
        ]
        assert wrong == [], path


def test_a_store_that_was_sold_keeps_its_old_figures_in_the_list(busy):
    """D12: from today on S1 is Olga's; what was booked for Omar stays his."""
    with db.transaction() as connection:
        stores = find_scope(connection, "store", "S1")
        connection.execute(
            update(dealer_contract)
            .where(dealer_contract.c.store_id == stores, dealer_contract.c.version_to.is_(None))
            .values(valid_to=busy.today)
        )
    client = busy.client("omar")
    page = client.get("/dealer/stores?lang=en").text
    assert "no longer yours" in page and "/dealer/stores/S1" not in page
    assert yuan(38900) in foot(page).split()
    assert client.get("/dealer/stores/S1").status_code == 404
    assert (
        client.get("/dealer/takeovers?way=left&lang=en").text.count("wx****11") == 1
    )  # he left while the store was still Omar's


@on_both_engines
def test_d1_a_takeover_says_who_when_and_why_and_nothing_of_the_other_shop(busy):
    page = busy.client("omar").get("/dealer/takeovers?lang=en").text
    assert "1 customer left your stores for another shop of the chain, 1 came to yours." in text(
        page
    )
    assert page.count("wx****11") == page.count("wx****12") == 1
    assert (
        "a guide of another shop of the chain" in page
        and "handed over to this guide in WeCom" in page
    )
    assert not {"S2", "G2", "Gus", "Olga", "D2"} & set(re.findall(r"\b\w+\b", text(page)))
    other = text(busy.client("olga").get("/dealer/takeovers?lang=en").text)
    assert "1 customer left your stores for another shop of the chain, 1 came to yours." in other
    headquarters = busy.client("petra").get("/hq/customers?bound=taken&lang=en").text
    assert (
        "2 customers match." in text(headquarters)
        and headquarters.count("wx****11") == headquarters.count("wx****12") == 1
    )


@on_both_engines
@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("", {"03", "01", "05", "12", "13", "14"}),
        ("protected", {"03", "01", "05", "12", "14"}),
        ("open", {"13"}),
        ("leaving", {"14"}),
    ],
)
def test_d1_customers_are_counted_as_they_are_listed(busy, state, found):
    client = busy.client("omar")
    page = client.get(f"/dealer/customers?state={state}&lang=en").text
    shown = set(re.findall(r"wx\*\*\*\*(\d\d)", page))
    assert shown == found and "Gus" not in page  # the owner guide of who will leave
    assert (
        (f"Total: {len(shown)} customer" in foot(page)) if shown else "No customer matches" in page
    )


def test_d1_the_story_of_a_customer_holds_his_own_rows_alone(busy):
    client, number = busy.client("omar"), customer_number("wx-left-11")
    page = text(client.get(f"/dealer/customers/{number}?lang=en").text)
    assert (
        "No longer at home in a store of yours." in page
        and "handed over to this guide in WeCom" in page
    )
    assert not {"S2", "G2", "Gus", "wx-left-11"} & set(re.findall(r"[\w-]+", page))
    mei = text(client.get(f"/dealer/customers/{customer_number('wx-mei-001')}?lang=en").text)
    assert "O-1" in mei and yuan(33900) in mei and "Friend add" in mei


def test_a_foreign_customer_is_not_there(busy):
    for name, customer in (("omar", "wx-gus-004"), ("olga", "wx-mei-001")):
        assert (
            busy.client(name).get(f"/dealer/customers/{customer_number(customer)}").status_code
            == 404
        )
    assert busy.client("omar").get("/dealer/customers/987654").status_code == 404


@on_both_engines
def test_d3_a_lost_sale_tells_its_reason_and_the_home_credit_but_not_the_shop(busy):
    busy.returns("R-F", "O-F", 1, 800)
    page = busy.client("omar").get("/dealer/elsewhere?lang=en").text
    assert (
        f"Your customers paid 1 order, {yuan(10000)}, at other shops of the chain; {yuan(9200)} "
        "of that counts as performance of your stores." in text(page)
    )
    assert "no longer before than the policy allows, led to another shop" in page
    assert foot(page).split()[-2:] == [yuan(10000), yuan(9200)]
    assert not {"S2", "D2", "Olga", "O-F", "wx-far-013"} & set(re.findall(r"[\w-]+", text(page)))
    assert "paid 1 order" not in text(busy.client("olga").get("/dealer/elsewhere?lang=en").text)


@pytest.mark.parametrize(
    "path",
    [
        "/dealer/revenue?store=S2",
        "/dealer/revenue?store=S2&export=csv",
        "/dealer/rewards/mood",
        "/dealer/ledger/fees?store=S2&export=csv",
        "/dealer/ledger/rewards?guide=G2&export=xlsx",
        "/dealer/codes/sheet?store=S2",
        "/dealer/stores/S2",
    ],
)
def test_what_is_another_dealers_is_not_there(chain, path):
    assert chain.client("omar").get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/dealer/customers?store=S2",
        "/dealer/customers?guide=G2",
        "/dealer/entries?store=S2",
        "/dealer/elsewhere?store=S2",
        "/dealer/rewards/payable?guide=G2",
        "/dealer/rewards/payable?store=S2",
    ],
)
def test_a_filter_by_another_dealers_code_finds_nothing_in_page_or_file(busy, path):
    client = busy.client("omar")
    page = client.get(path)
    assert page.status_code == 200 and "<tbody>" not in page.text
    assert len(client.get(path + "&export=csv").data.decode("utf-8-sig").splitlines()) == 1


@pytest.mark.parametrize("path", ROOMY)
def test_a_page_asks_a_bounded_number_of_times(chain, path):
    client = chain.client("omar")
    client.get(path)
    with statements() as few:
        client.get(path)
    for number in range(25):
        chain.arrives(f"wx-more-{number}", 1, ("31.2304", "121.4737"))
        chain.buys(f"P-{number}", f"wx-more-{number}", 1, 1000)
    client.get(path)
    with statements() as many:
        client.get(path)
    assert len(many) == len(few)
    assert len(many) <= ROOMY[path]
