"""B10 on the pages: headquarters moves a guide and sees who follows before saving; the manager of
the store he left is asked once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.conftest import on_both_engines, token_of
from tests.app.pages.hq.changing import again, send, text
from tests.network import Network

EDIT = "/hq/guides/G1/edit?lang=en"


def moves(chain: Any, store: str = "S3", customers: str | None = None) -> None:
    network = Network()
    network.now = chain.noon(0)
    network.load(
        "guides",
        {
            "guide_code": "G1",
            "name": "Mei",
            "store_code": store,
            **({} if customers is None else {"customers": customers}),
        },
    )


def answer(chain: Any, customers: str, guide: str = "G1", who: str = "max") -> Any:
    client = chain.client(who)
    return client.post(
        f"/guide/moves/{guide}?lang=en",
        data={"csrf_token": token_of(client.get("/guide/moves")), "customers": customers},
        follow_redirects=True,
    )


@on_both_engines
def test_headquarters_sees_who_stays_before_it_moves_a_guide_b10(chain):
    client = chain.client("petra")
    follow = text(send(client, EDIT, store_code="S3"))
    assert (
        "The same dealer: 2 customers follow this guide." in follow
        and "The manager of S1 can decide otherwise for 3 days." in follow
    )
    review = send(client, EDIT, store_code="S3", customers="stay")
    assert "The same dealer: 2 customers stay with the store and go to its pool" in text(review)
    assert again(client, EDIT, review).status_code == 303
    page = text(client.get("/hq/guides/G1?lang=en"))
    assert "Owns 0 customers" in page and "his customers stayed with the former store" in page
    course = text(client.get(f"/hq/customers/{chain.number('wx-mei-001')}?lang=en"))
    assert (
        "it was decided that the customer stays with the store" in course
        or "the guide moved, customers stayed" in course
    )


@on_both_engines
def test_headquarters_changes_its_mind_with_what_follows_b10(chain):
    moves(chain, customers="stay")
    client = chain.client("petra")
    review = send(client, EDIT, customers="follow")
    assert "2 customers who stayed" in text(review)
    assert again(client, EDIT, review).status_code == 303
    assert "2 customers who came along" in text(send(client, EDIT, customers="stay"))
    assert "nothing is decided" in text(send(client, EDIT, customers=""))


def test_a_move_to_another_dealer_says_that_nobody_follows_b10(chain):
    client = chain.client("petra")
    review = text(send(client, EDIT, store_code="S2", customers="follow"))
    assert (
        "Another dealer: 2 customers stay with the store" in review
        and "has no effect: the new store belongs to another dealer" in review
    )
    assert "没有调到别的门店" in text(send(client, "/hq/guides/G1/edit?lang=zh", customers="stay"))


@on_both_engines
@pytest.mark.parametrize(
    ("customers", "said"),
    [
        ("stay", "2 customers stay and are in the pool of your store."),
        ("follow", "2 customers follow."),
    ],
)
def test_the_manager_is_asked_on_his_first_page_and_answers_once_b10(chain, customers, said):
    client = chain.client("max")
    assert "moved to another store" not in text(client.get("/guide?lang=en"))
    moves(chain)
    assert "Mei moved to another store: do the customers follow?" in text(
        client.get("/guide?lang=en")
    )
    asked = text(client.get("/guide/moves?lang=en"))
    assert (
        "1 guide left for another store of the dealer" in asked
        and "Do you let 2 customers go along?" in asked
    )
    assert said in text(answer(chain, customers))
    assert "It was decided already" in text(answer(chain, "follow"))
    assert "Nobody moved lately" in text(client.get("/guide/moves?lang=en"))


def test_a_move_that_is_not_the_managers_is_not_there_b10(chain):
    assert answer(chain, "stay").status_code == 404, "Mei did not move"
    assert answer(chain, "stay", "G2").status_code == 404
    moves(chain)
    assert answer(chain, "perhaps").status_code == 400
    for name in ("mei", "petra", "omar"):
        assert chain.client(name).get("/guide/moves").status_code == 403
