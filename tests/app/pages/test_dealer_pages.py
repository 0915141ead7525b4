"""The dealer's portal (D1-D5 of the stories): its figures are the API's and the ledger's, its files
its lists, its rows his alone (P6, D12)."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

import db
from app.accounts import api_keys
from app.ui.words import money
from ledger.audit import audit_log
from ledger.faults import InvalidInput, NotAllowed, NotFound
from ledger.journals import transfer
from stores.base.actors import COMMAND_LINE, Actor
from stores.base.keys import entry_param_keys
from stores.customers.event_intake import EventIn, record_events
from stores.customers.people import by_customer_id
from stores.facts import entry_params
from stores.facts.visits import Arrival
from stores.network.channels import channel
from stores.network.contracts import dealer_contract
from stores.network.scope import find_scope
from stores.routing import store_codes
from stores.routing.entering import enter
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import WEST_LAKE, Chain, statements
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


def yuan(minor: int) -> str:
    return money(minor, "CNY", 2)


def hands_over(chain: Chain, customer: str, giver: str, taker: str, days_ago: int) -> None:
    at = chain.noon(days_ago)
    record_events(
        [
            EventIn(
                f"over-{customer}-{taker}",
                "contact.transferred",
                at,
                taker,
                customer,
                payload={"from_guide_code": giver, "state": "done"},
            )
        ],
        actor="test",
        now=at,
    )


def customer_number(customer: str) -> int:
    with db.read() as connection:
        return by_customer_id(connection, [customer])[customer].id


@pytest.fixture
def busy(chain: Chain) -> Chain:
    """Beside the chain's facts: one customer who left for Olga, one who came from her, one who
    bought at her shop, one who will leave."""
    chain.befriends("G1", "wx-left-11", 45)
    hands_over(chain, "wx-left-11", "G1", "G2", 4)
    chain.befriends("G2", "wx-came-12", 45)
    hands_over(chain, "wx-came-12", "G2", "G1", 5)
    chain.befriends("G1", "wx-far-013", 45)
    chain.befriends("G1", "wx-away-14", 6)
    hands_over(
        chain, "wx-away-14", "G1", "G2", 3
    )  # at home with Omar until the protection is over (B3)
    chain.arrives("wx-far-013", 2, WEST_LAKE)
    chain.buys("O-F", "wx-far-013", 2, 8800, 1200)
    return chain


def revenue_of(chain: Chain, **query: str) -> dict[str, Any]:
    with db.read() as connection:
        dealer_id = find_scope(connection, "dealer", "D1")
    key = api_keys.create_key(
        "reader", "read", by=COMMAND_LINE, limit_kind="dealer", limit_id=dealer_id
    )
    return (
        chain.house.stranger()
        .get(
            "/api/v1/dealers/D1/revenue",
            query_string=query,
            headers={"Authorization": f"Bearer {key}"},
        )
        .json
    )


# -- today -----------------------------------------------------------------------------------------


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


# -- revenue ---------------------------------------------------------------------------------------


@on_both_engines
@pytest.mark.parametrize("by", ["day", "month", "store"])
def test_revenue_is_what_the_api_says_and_its_files_sum_to_the_page(busy, by):
    client, span = busy.client("omar"), {"from": busy.day(40), "to": busy.day(0)}
    answer = revenue_of(busy, by=by, **span)
    page = client.get("/dealer/revenue", query_string={"by": by, "lang": "en", **span}).text
    figures = [
        yuan(answer["totals"][f"{name}_minor"])
        for name in ("gross", "refunds", "fees", "rewards", "net")
    ]
    assert foot(page).split()[-5:] == figures
    assert answer["totals"]["rewards_minor"] > 0
    lines = list(
        csv.reader(
            io.StringIO(
                client.get(
                    "/dealer/revenue", query_string={"by": by, "export": "csv", **span}
                ).data.decode("utf-8-sig")
            )
        )
    )
    sums = [round(sum(float(row[n]) for row in lines[1:]) * 100) for n in range(-5, 0)]
    assert sums == [
        answer["totals"][f"{name}_minor"] for name in ("gross", "refunds", "fees", "rewards", "net")
    ]
    assert len(lines) - 1 == len(answer["rows"])
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(
            client.get(
                "/dealer/revenue", query_string={"by": by, "export": "xlsx", "lang": "en", **span}
            ).data
        )
    )
    sheet = {row[0]: row[1] for row in book.get_sheet_by_name("Sums").to_python()}
    assert [
        round(sheet[name] * 100) for name in ("Sales", "Refunds", "Fees", "Rewards", "Net")
    ] == sums
    assert (sheet["Rows"], sheet["from"]) == (len(answer["rows"]), busy.day(40))


@on_both_engines
@pytest.mark.parametrize("figure", ["fees", "rewards"])
def test_the_lines_of_fees_and_rewards_are_exported_and_sum_to_the_figure(busy, figure):
    client, span = busy.client("omar"), {"from": busy.day(40), "to": busy.day(0)}
    whole = revenue_of(busy, by="day", **span)["totals"][f"{figure}_minor"]
    assert whole > 0 and yuan(whole) in foot(
        client.get(f"/dealer/ledger/{figure}", query_string={"lang": "en", **span}).text
    )
    lines = list(
        csv.reader(
            io.StringIO(
                client.get(
                    f"/dealer/ledger/{figure}", query_string={"export": "csv", "lang": "en", **span}
                ).data.decode("utf-8-sig")
            )
        )
    )
    assert (
        lines[0][-1] == "Amount" and round(sum(float(row[-1]) for row in lines[1:]) * 100) == whole
    )
    assert {row[lines[0].index("Store (store)")] for row in lines[1:]} <= {"S1", "S3"}
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(
            client.get(
                f"/dealer/ledger/{figure}", query_string={"export": "xlsx", "lang": "en", **span}
            ).data
        )
    )
    sheet = {row[0]: row[1] for row in book.get_sheet_by_name("Sums").to_python()}
    assert (round(sheet["Amount"] * 100), sheet["Rows"]) == (whole, len(lines) - 1)


def test_the_lines_behind_a_figure_come_page_by_page_each_once(busy, monkeypatch):
    monkeypatch.setattr("app.ui.paging.PAGE", 1)
    client, address, seen = (
        busy.client("omar"),
        f"/dealer/ledger/fees?from={busy.day(40)}&to={busy.day(0)}&lang=en",
        [],
    )
    number = int(re.search(r"Total: (\d+) line", foot(client.get(address).text))[1])
    for _ in range(number):
        page = client.get(address).text
        seen += re.findall(r"<tr>.*?</tr>", page.split("<tbody>")[1].split("</tbody>")[0], re.S)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = html.unescape(following[1])
        address = address if address.startswith("/") else f"/dealer/ledger/fees{address}"
    assert len(seen) == number > 2


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


# -- customers -------------------------------------------------------------------------------------


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
    assert "last visit in the 24 hours before the order led to another shop" in page
    assert foot(page).split()[-2:] == [yuan(10000), yuan(9200)]
    assert not {"S2", "D2", "Olga", "O-F", "wx-far-013"} & set(re.findall(r"[\w-]+", text(page)))
    assert "paid 1 order" not in text(busy.client("olga").get("/dealer/elsewhere?lang=en").text)


# -- rewards ---------------------------------------------------------------------------------------


@on_both_engines
def test_d5_rewards_by_guide_and_by_kind_are_the_ledger(busy):
    client = busy.client("omar")
    months = sorted({busy.day(n)[:7] for n in (20, 13, 5, 0)})
    pages = {month: client.get(f"/dealer/rewards?month={month}&lang=en").text for month in months}
    with db.read() as connection:
        dealer_id, t = find_scope(connection, "dealer", "D1"), transfer.c

        def booked(month: str, kind: str) -> int:
            query = select(func.coalesce(func.sum(t.amount_minor), 0)).where(
                t.dealer_id == dealer_id,
                t.kind == kind,
                func.substr(_text(t.business_day), 1, 7) == month,
            )
            return int(connection.execute(query).scalar_one())

        for month, page in pages.items():
            shown = {name: text(value) for _, name, value in FIGURE.findall(page)}
            assert shown["Newly promised"] == yuan(booked(month, "reward_pending"))
            assert shown["Taken back"] == yuan(booked(month, "reward_pending_return"))
            assert shown["Cost"] == yuan(booked(month, "reward") - booked(month, "reward_return"))
            for path, _, value in FIGURE.findall(page):
                behind = client.get(path.replace("&amp;", "&") + "&lang=en").text
                assert text(value) in foot(behind).split() or text(value) == yuan(0), path


def _text(column: Any) -> Any:
    from sqlalchemy import String, cast

    return cast(column, String)


def test_d5_the_estimate_of_the_month_is_linear_and_named_as_one(busy):
    page = text(busy.client("omar").get("/dealer/rewards?lang=en").text)
    assert "Estimate for" in page or "The month has just begun" in page
    from incentives.reward_costs import forecast

    assert (
        forecast(2100, 21, 30),
        forecast(100, 0, 30),
        forecast(0, 3, 30),
        forecast(-70, 7, 28),
    ) == (3000, None, 0, -280)


# -- codes -----------------------------------------------------------------------------------------


def make(client: Any, **form: Any) -> Any:
    return client.post(
        "/dealer/codes", data={"csrf_token": token_of(client.get("/dealer/codes")), **form}
    )


def test_d4_a_sheet_has_a_card_for_each_store_and_place_and_its_codes_count_scans(chain):
    client = chain.client("omar")
    answer = make(
        client, every_store="yes", place=["door", "counter"], own_place="market stall", size="8"
    )
    assert answer.status_code == 303
    sheet = client.get(answer.headers["Location"] + "&lang=en").text
    assert (
        sheet.count('<article class="card">') == 6
        and "sheet of-8" in sheet
        and "market stall" in sheet
    )
    with db.read() as connection:
        own = Actor(
            "user:1",
            frozenset({"entry_param:own"}),
            "dealer",
            find_scope(connection, "dealer", "D1"),
        )
        code = next(
            each
            for each in store_codes.of_stores(connection, own, chain.today, dt.datetime.now(dt.UTC))
            if each.channel_code == "S1:door"
        )
        logged = (
            connection.execute(
                select(audit_log.c.detail).where(audit_log.c.action == "register_store_codes")
            )
            .scalars()
            .all()
        )
    assert [(each["stores"], each["places"]) for each in logged] == [(2, 3)]
    now = dt.datetime.now(dt.UTC)
    enter(
        Arrival({"customer_id": "wx-scan-21"}, entry_param=code.param, occurred_at=now),
        body_hash="5" * 64,
        now=now,
    )
    page = client.get("/dealer/codes?lang=en").text
    assert (
        "Your codes brought 1 visitor in the last 7 days. 6 codes for places in your stores are "
        "made." in text(page)
    )
    path = re.search(
        r'href="(/dealer/entries\?channel=S1:door[^"]*|/dealer/entries\?channel=S1%3Adoor[^"]*)"',
        page,
    )
    assert path is not None
    behind = client.get(path[1].replace("&amp;", "&") + "&lang=en").text
    assert "Total: 1 arrival" in foot(behind) and "Door" in behind


def test_d4_making_the_same_codes_again_changes_nothing(chain):
    client, codes = chain.client("omar"), {"store": ["S1"], "place": ["door"], "size": "6"}
    make(client, **codes)
    with db.read() as connection:
        before = connection.execute(select(func.count()).select_from(channel)).scalar_one()
    assert make(client, **codes).status_code == 303
    with db.read() as connection:
        assert (
            connection.execute(select(func.count()).select_from(channel)).scalar_one()
            == before
            == 1
        )
        made = store_codes.of_stores(
            connection, Actor("x", frozenset({"*"}), "all"), chain.today, dt.datetime.now(dt.UTC)
        )
        read = entry_params.read(made[0].param, entry_param_keys())
        assert (read.store_id, read.guide_id) == (find_scope(connection, "store", "S1"), 0)


def test_d4_codes_are_for_own_stores_and_their_dealer_alone(chain):
    client = chain.client("omar")
    assert make(client, store=["S2"], place=["door"]).status_code == 404
    assert (
        client.post("/dealer/codes", data={"store": "S1", "place": "door"}).status_code == 400
    )  # no form token
    make(chain.client("olga"), store=["S2"], place=["door"])
    assert client.get("/dealer/codes/sheet?store=S2").status_code == 404
    assert "S2" not in client.get("/dealer/codes/sheet").text
    for actor in (Actor("x", frozenset({"dealer:read"}), "dealer", 1),):
        with pytest.raises(NotAllowed):
            store_codes.register(["S1"], ["door"], actor=actor, now=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize("names", [[""], ["x" * 25], ["a:b"], [" door"], ["do\nor"], []])
def test_a_place_has_a_short_printable_name(chain, names):
    actor = Actor("x", frozenset({"*"}), "all")
    with pytest.raises(InvalidInput):
        store_codes.register(["S1"], names, actor=actor, now=dt.datetime.now(dt.UTC))
    with pytest.raises(NotFound):
        store_codes.register(["NOPE"], ["door"], actor=actor, now=dt.datetime.now(dt.UTC))


# -- all pages -------------------------------------------------------------------------------------


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
