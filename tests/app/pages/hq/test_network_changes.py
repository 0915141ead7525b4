"""Changing and closing in the portal of headquarters: reviewed, saved, warned of, undone (H4, A3, A11)."""

from __future__ import annotations

import re

import pytest

import db
from ledger.audit import audit_log
from stores.base.versions import network_change
from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.hq.changing import again, send, stored, text
from tests.network import Network


@on_both_engines
def test_a_change_is_reviewed_with_what_follows_and_then_saved(chain):
    client, path = chain.client("petra"), "/hq/stores/S1/edit?lang=en"
    review = send(client, path, name="Bund 2", dealer_code="D2", latitude="31.2404")
    said = text(review)
    assert review.status_code == 200 and stored("S1").name == "S1"
    assert "Name S1 Bund 2" in said and "Dealer code D1 D2" in said
    assert "A contract with Olga begins on" in said and "The store moves by 1.1 km." in said
    saved = again(client, path, review)
    assert saved.status_code == 303 and saved.headers["Location"] == "/hq/stores/S1"
    assert (stored("S1").name, round(stored("S1").latitude, 4)) == ("Bund 2", 31.2404)
    history = text(client.get("/hq/stores/S1?lang=en"))
    assert "Name S1 → Bund 2" in history and "Dealer code D1 → D2" in history


def test_a_pause_says_who_is_concerned_a11(chain):
    review = text(
        send(
            chain.client("petra"),
            "/hq/stores/S1/edit?lang=en",
            status="paused",
            paused_until="2027-01-05",
            successor_store_code="S3",
        )
    )
    assert "Paused until 2027-01-05: 3 customers at home here keep this store" in review
    assert (
        "go to S3 where a code" in review
        and "2 visitors were led here in the last 7 days." in review
    )


def test_faults_stand_at_their_fields(chain):
    refused = send(
        chain.client("petra"), "/hq/stores/S1/edit?lang=en", latitude="95", dealer_code="D9"
    )
    assert refused.status_code == 422 and 'id="f-latitude-fault"' in refused.text
    refused = send(chain.client("petra"), "/hq/stores/S1/edit?lang=en", dealer_code="D9")
    assert refused.status_code == 422 and 'id="f-dealer_code-fault"' in refused.text
    assert 'value="D9"' in refused.text


def test_a_position_that_looks_swapped_or_far_is_warned_of_a3(chain):
    review = send(
        chain.client("petra"),
        "/hq/stores/S1/edit?lang=en",
        latitude="39.9",
        longitude="116.4",
        region_code="310101",
        country="CN",
    )
    assert review.status_code == 200 and "more than 50 km" in text(review)


def test_who_was_slower_is_told_and_keeps_his_values(chain):
    client = chain.client("petra")
    path = "/hq/stores/S1/edit?lang=en"
    review = send(client, path, name="Mine")
    Network().open_store("S1", "D1", name="Theirs", branch_code="B2")
    late = again(client, path, review)
    assert late.status_code == 409 and stored("S1").name == "Theirs"
    assert "Somebody changed this meanwhile" in text(late) and 'value="Mine"' in late.text


def test_nothing_changed_is_said(chain):
    assert "Nothing differs" in text(send(chain.client("petra"), "/hq/stores/S1/edit?lang=en"))


def test_a_new_store_is_opened_and_its_code_is_taken_once(chain):
    client, path = chain.client("petra"), "/hq/new/store?lang=en"
    facts = {
        "store_code": "S7",
        "name": "Seven",
        "dealer_code": "D2",
        "latitude": "30.25",
        "longitude": "120.16",
    }
    review = send(client, path, **facts)
    assert "Seven is new" in text(review)
    assert again(client, path, review).status_code == 303
    assert stored("S7").crs == "gcj02"
    refused = send(client, path, **facts)
    assert refused.status_code == 422 and "exists already" in text(refused)
    assert send(client, path, store_code="S8").status_code == 422


def test_a_dealer_and_a_guide_are_changed_with_what_follows(chain):
    client = chain.client("petra")
    review = send(client, "/hq/dealers/D1/edit?lang=en", platform_fee_bp="600")
    assert "in 2 stores whose contract states none" in text(review)
    assert again(client, "/hq/dealers/D1/edit", review).status_code == 303
    review = send(client, "/hq/guides/G1/edit?lang=en", store_code="S2")
    assert "Another dealer: 2 customers stay with the store" in text(review)
    assert again(client, "/hq/guides/G1/edit", review).status_code == 303
    assert "S1" in text(client.get("/hq/guides/G1?lang=en"))
    review = send(client, "/hq/guides/G2/edit?lang=en", left_on="2027-02-01")
    assert "Last day 2027-02-01: from now on nobody new is bound to this guide" in text(review)
    assert "is no known customer" in text(
        send(client, "/hq/guides/G2/edit?lang=en", own_customer_id="nobody")
    )
    review = send(client, "/hq/guides/G2/edit?lang=en", own_customer_id="wx-gus-004")
    assert "The customer wx-gus-004 is this guide and is bound to this guide no more" in text(
        review
    ) and "is not marked as an employee" in text(review)
    assert again(client, "/hq/guides/G2/edit", review).status_code == 303
    assert re.search(
        r'name="own_customer_id"[^>]*value="wx-gus-004"',
        client.get("/hq/guides/G2/edit").get_data(as_text=True),
    )


@on_both_engines
def test_a_store_is_closed_on_one_screen_both_sides_are_told_and_it_is_undone_h4(chain):
    client = chain.client("petra")
    found = text(client.get("/hq/stores/S1/close?lang=en"))
    assert "3 customers at home here move to the successor" in found
    page = client.get("/hq/stores/S1/close?lang=en&successor_store_code=S2")
    assert "3 customers at home here, 3 of them protected, are at home at S2" in text(
        page
    ) and "2 guides work here" in text(page)
    done = send(client, "/hq/stores/S1/close?successor_store_code=S2", lang="en")
    assert done.status_code == 303
    assert stored("S1").status == "closed"
    portals = {"omar": "dealer", "olga": "dealer", "mei": "guide", "max": "guide", "gus": "guide"}
    told = [text(chain.client(name).get(f"/{portal}?lang=en")) for name, portal in portals.items()]
    assert all("S1 was closed; its 3 customers are at home at S2 now." in each for each in told)
    page = client.get("/hq/stores/S1?lang=en")
    assert "The closing can be undone until" in text(page)
    assert (
        client.post("/hq/stores/S1/undo-closing", data={"csrf_token": token_of(page)}).status_code
        == 303
    )
    assert stored("S1").status == "active"
    with db.read() as connection:
        actions = [
            row.action for row in connection.execute(audit_log.select().order_by(audit_log.c.id))
        ]
        assert connection.execute(network_change.select()).all()
    assert actions.index("close_store") < actions.index("undo_closing")


def test_a_notice_leaves_the_page_once_it_is_read(chain):
    send(chain.client("petra"), "/hq/stores/S1/close?successor_store_code=S2")
    client = chain.client("omar")
    page = client.get("/dealer?lang=en")
    action = re.search(r'action="(/notices/\d+/read)"', page.text)[1]
    assert (
        client.post(action, data={"csrf_token": token_of(page), "back": "/dealer"}).headers[
            "Location"
        ]
        == "/dealer"
    )
    assert "was closed" not in text(client.get("/dealer?lang=en"))
    assert chain.client("olga").post(
        action, data={"csrf_token": token_of(chain.client("olga").get("/dealer"))}
    ).status_code in (400, 404)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("NOPE", "No store has this code or name."),
        ("S", "Several stores are called so"),
        ("S1", "This is the store itself"),
    ],
)
def test_a_successor_is_looked_for_by_code_or_name(chain, words, said):
    client = chain.client("petra")
    page = client.get(f"/hq/stores/S1/close?lang=en&successor_store_code={words}")
    answer = client.post(
        "/hq/stores/S1/close?lang=en",
        data={"csrf_token": token_of(page), "successor_store_code": words},
    )
    assert answer.status_code == 422 and said in text(answer)
    assert stored("S1").status == "active"


def test_forms_need_their_token(chain):
    client = chain.client("petra")
    for path in (
        "/hq/stores/S1/close",
        "/hq/stores/S1/edit",
        "/hq/stores/S1/undo-closing",
        "/hq/new/store",
        "/notices/1/read",
    ):
        assert client.post(path, data={"alone": "yes"}).status_code == 400
