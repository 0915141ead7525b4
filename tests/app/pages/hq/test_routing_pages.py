"""Decisions, the why page, trying a route and the policy, as headquarters and branches see them
(A4, A16, H1, H2, M11)."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import func, select

import db
from ledger.audit import audit_log
from stores.facts.entries import entry, entry_point
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.conftest import Chain, statements

VISITOR = ("31.2399", "121.4990")  # some 2.6 km from S1
DIGITS = ("31.2399", "121.499", "31.239", "121.49")


def listed(page: str) -> int:
    return page.split("<tbody>")[-1].split("</tbody>")[0].count("<tr>")


@pytest.fixture
def walked(chain: Chain) -> Chain:
    """With somebody who came from a place of his own and bought an hour later."""
    chain.arrives("wx-way-007", 1, VISITOR)
    chain.buys("O-7", "wx-way-007", 1, 8800)
    return chain


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 5),
        ("rung=PICKER", 1),
        ("reason=nearest", 2),
        ("located=yes", 4),
        ("located=no", 1),
        ("store=S2", 1),
        ("dealer=D2", 1),
        ("store=S1&located=yes", 3),
        ("channel=none", 0),
        ("touchpoint=none", 0),
        ("reason=nearest&store=S2", 0),
    ],
)
def test_each_filter_narrows_list_and_figure_alike(walked, query, number):
    page = walked.client("petra").get(f"/hq/entries?lang=en&{query}").text
    assert (listed(page) if number else 0) == number
    assert f"{number} entries:" in page


def test_the_shares_of_rungs_are_doors_that_add_up(walked):
    page = walked.client("petra").get("/hq/entries?lang=en").text
    figure = page.split('<figure class="funnel shares">')[1].split("</figure>")[0]
    doors = re.findall(r'href="(/hq/entries\?[^"]+)"', figure)
    assert (
        sum(int(value) for value in re.findall(r'value number">(?:<span[^>]*>)?(\d+)', figure)) == 5
    )
    assert (
        sum(listed(walked.client("petra").get(door.replace("&amp;", "&")).text) for door in doors)
        == 5
    )


@pytest.mark.parametrize("sort", ["occurred_at", "-occurred_at", "store", "-store"])
def test_every_sort_pages_through_all_rows_once(chain, sort, monkeypatch):
    monkeypatch.setattr("app.ui.paging.PAGE", 2)
    for number in range(5):
        chain.arrives(f"wx-sort-{number}", 2, VISITOR)
    client, path, found = chain.client("petra"), f"/hq/entries?sort={sort}&col=entry", []
    while path:
        page = client.get(path).text
        found += re.findall(r'href="/hq/entries/([0-9a-f-]{36})"', page.split("<tbody>")[-1])
        path = (
            page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert sorted(found) == sorted(chain.entries.values())


def test_a_file_of_decisions_tells_classes_and_no_coordinates(walked):
    """A16."""
    every = "&".join(
        f"col={key}"
        for key in (
            "time",
            "customer",
            "store",
            "dealer",
            "guide",
            "rung",
            "why",
            "reason",
            "located",
            "distance",
            "touchpoint",
            "channel",
            "entry",
        )
    )
    text = (
        walked.client("petra")
        .get(f"/hq/entries?lang=en&export=csv&{every}")
        .get_data()
        .decode("utf-8-sig")
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert {row["Distance class"] for row in rows} == {"less than 3 km", "less than 1 km", ""}
    assert not any(digits in text for digits in DIGITS)
    assert "wx-way-007" not in text


def test_a_branch_exports_its_own_decisions_alone(walked):
    text = walked.client("bea").get("/hq/entries?export=csv").get_data().decode("utf-8-sig")
    assert "S2" not in text
    assert len(text.strip().splitlines()) == 4


def test_the_ladder_is_drawn_with_what_matched_was_passed_and_was_not_asked(walked):
    page = walked.client("petra").get(f"/hq/entries/{walked.entries['wx-way-007']}?lang=en").text
    ladder = page.split('<ol class="ladder">')[1]
    assert ladder.split("</section>")[0].count('<li class="passed">') == 10
    assert ladder.count('<li class="matched">') == 1
    assert "Nearest store" in ladder.split('class="matched"')[1].split("</li>")[0]
    assert "nobody pinned a store" in ladder
    assert "Not asked any more" in page
    assert "S1 is the store nearest to you (less than 3 km away)." in page
    assert "离您最近的门店" in page


@on_both_engines
def test_no_answer_about_a_visitor_holds_a_point_or_metres(walked):
    """M11: neither page, map nor list, for whoever may see the entry."""
    entry_id = walked.entries["wx-way-007"]
    for name in ("petra", "bea"):
        client = walked.client(name)
        for path in (
            f"/hq/entries/{entry_id}",
            f"/hq/entries/{entry_id}/stores.json",
            "/hq/entries",
            f"/hq/customers/{walked.number('wx-way-007')}",
        ):
            text = client.get(path).text
            assert not any(digits in text for digits in DIGITS), path
            assert not re.search(r"\d m\b", text.split("<main")[-1]), path


def test_the_map_of_a_decision_shows_stores_alone(walked):
    places = (
        walked.client("petra")
        .get(f"/hq/entries/{walked.entries['wx-way-007']}/stores.json")
        .get_json()["features"]
    )
    assert [(each["properties"]["code"], each["properties"]["mark"]) for each in places] == [
        ("S1", "focus")
    ]


def test_what_the_visitor_did_next_is_told_to_whom_may_see_it(walked):
    path = f"/hq/entries/{walked.entries['wx-way-007']}"
    assert all("O-7" in walked.client(name).get(path).text for name in ("petra", "bea"))
    assert (
        "O-7" not in walked.client("petra").get(f"/hq/entries/{walked.entries['wx-any-005']}").text
    )


def test_a_tie_is_told_with_the_facts_that_broke_it(bare_chain):
    """A6."""
    from tests.network import Network

    Network().load(
        "stores",
        {
            "store_code": "S4",
            "name": "S4",
            "dealer_code": "D1",
            "latitude": "31.2310",
            "longitude": "121.4737",
            "crs": "wgs84",
            "priority": "9",
        },
    )
    bare_chain.arrives("wx-tie-1", 0, ("31.2303", "121.4737"))
    page = (
        bare_chain.client("petra").get(f"/hq/entries/{bare_chain.entries['wx-tie-1']}?lang=en").text
    )
    matched = page.split('class="matched"')[1].split("</section>")[0]
    assert "the store of higher priority goes first" in matched
    assert "priority 9" in matched
    assert matched.index("S4") < matched.index("S1")


def asked(chain: Chain, name: str = "petra", **form: str):
    client = chain.client(name)
    return client, client.post(
        "/hq/route?lang=en", data={"csrf_token": token_of(client.get("/hq/route")), **form}
    )


def test_a_try_answers_what_an_entry_would_and_stores_nothing(walked):
    page = (
        walked.client("petra")
        .get(f"/hq/route?lat={VISITOR[0]}&lng={VISITOR[1]}&crs=wgs84&lang=en")
        .text
    )
    assert "S1 is the store nearest to you (less than 3 km away)." in page
    assert "2,622.5 m" in page or re.search(r"2,6\d\d\.\d m", page)
    with db.read() as connection:
        assert connection.execute(select(func.count()).select_from(entry)).scalar_one() == len(
            walked.entries
        )
        assert connection.execute(
            select(func.count()).select_from(entry_point)
        ).scalar_one() <= len(walked.entries)


def test_the_declared_system_decides(walked):
    """A3: the same numbers are another place."""
    pages = {
        crs: walked.client("petra")
        .get(f"/hq/route?lat=31.2310&lng=121.4790&crs={crs}&lang=en")
        .text
        for crs in ("wgs84", "gcj02", "bd09")
    }
    distances = {
        crs: re.search(r"<dt>Distance</dt><dd><span class=\"number\">([\d.,]+) m", page).group(1)
        for crs, page in pages.items()
    }
    assert len(set(distances.values())) == 3
    assert "from the numbers as given in GCJ-02" in pages["gcj02"]


def test_numbers_the_wrong_way_round_are_exchanged_and_it_is_said(walked):
    page = walked.client("petra").get("/hq/route?lat=121.4737,31.2304&crs=wgs84&lang=en").text
    assert "both were exchanged" in page
    assert "S1 is the store nearest" in page


def test_a_place_far_from_every_store_whose_swap_is_near_one_is_asked_about(bare_chain):
    from tests.network import Network

    Network().load(
        "stores",
        {
            "store_code": "S9",
            "name": "S9",
            "dealer_code": "D1",
            "latitude": "45.4642",
            "longitude": "9.1900",
            "crs": "wgs84",
        },
    )
    page = bare_chain.client("petra").get("/hq/route?lat=9.19&lng=45.46&crs=wgs84&lang=en").text
    assert "Exchange latitude and longitude?" in page


def test_a_customer_is_named_by_number_and_stands_in_the_address_by_surrogate(walked):
    client, answer = asked(walked, customer_id="wx-mei-001", lat="30.25", lng="120.15", crs="wgs84")
    assert answer.status_code == 303
    assert "wx-mei" not in answer.headers["Location"]
    assert f"customer={walked.number('wx-mei-001')}" in answer.headers["Location"]
    page = client.get(answer.headers["Location"] + "&lang=en").text
    assert "S1 is your home store and still in its protection period." in page
    assert "wx-mei-001" not in page
    with db.read() as connection:
        line = connection.execute(
            select(audit_log).where(audit_log.c.action == "look_up_customer")
        ).one()
    assert (line.object_id, line.detail) == (
        str(walked.number("wx-mei-001")),
        {"by": "customer_id"},
    )


def test_an_unknown_customer_is_routed_as_somebody_new_and_it_is_said(walked):
    client, answer = asked(walked, customer_id="nobody", lat="31.23", lng="121.47", crs="wgs84")
    assert "customer=" not in answer.headers["Location"]
    assert "routed as somebody new" in client.get(answer.headers["Location"] + "&lang=en").text


def test_a_place_of_one_name_is_taken_and_one_of_several_is_asked_for(walked):
    client, answer = asked(walked, place="静安区")
    assert "region=310106" in answer.headers["Location"]
    assert "lat=31.2" in answer.headers["Location"]
    assert "S1" in client.get(answer.headers["Location"]).text
    client, answer = asked(walked, place="南山区")
    page = client.get(answer.headers["Location"]).text
    assert page.count("region=") >= 2
    assert "广东省 深圳市 南山区" in page


@pytest.mark.parametrize(
    "query",
    [
        "lat=x&crs=wgs84",
        "lat=31&lng=121",
        "lat=31&lng=121&crs=mars",
        "lat=95&lng=200&crs=wgs84",
        "lat=31&lng=121&crs=wgs84&accuracy=-1",
        "lat=31&lng=121&crs=wgs84&accuracy=nan",
        "region=310106&at=noon",
        "lat=31&lng=121&crs=wgs84&at=9999-01-01",
    ],
)
def test_a_question_that_cannot_be_read_is_told_so(chain, query):
    assert chain.client("petra").get(f"/hq/route?{query}").status_code == 422


def test_a_bad_link_is_ignored_and_the_reason_told(chain):
    page = (
        chain.client("petra")
        .get("/hq/route?lat=31.2304&lng=121.4737&crs=wgs84&param=https://x.example/s/AAAA&lang=en")
        .text
    )
    assert "was ignored" in page
    assert "S1 is the store nearest" in page


LONGEST = {
    "/hq/entries/{0}": 14,
    "/hq/policy": 9,
    "/hq/route?lat=31.24&lng=121.48&crs=wgs84": 8,
    "/hq/entries?reason=nearest&channel=none": 9,
}


@pytest.mark.parametrize("path", LONGEST)
def test_a_page_asks_the_database_a_bounded_number_of_times(walked, path):
    client, address = walked.client("petra"), path.format(walked.entries["wx-way-007"])
    client.get(address)
    with statements() as few:
        client.get(address)
    for number in range(20):
        walked.arrives(f"wx-more-{number}", 1, VISITOR)
    client.get(address)
    with statements() as many:
        client.get(address)
    assert len(many) == len(few) <= LONGEST[path]
