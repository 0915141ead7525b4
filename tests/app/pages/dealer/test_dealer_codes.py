"""A dealer's sheets of codes: made, counted, his own stores' alone (D4)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import func, select

import db
from ledger.audit import audit_log
from ledger.faults import InvalidInput, NotAllowed, NotFound
from stores.base.actors import Actor
from stores.base.keys import entry_param_keys
from stores.facts import entry_params
from stores.facts.visits import Arrival
from stores.network.channels import channel
from stores.network.scope import find_scope
from stores.routing import store_codes
from stores.routing.entering import enter
from tests.app.conftest import token_of
from tests.app.pages.test_figures import foot, text

pytestmark = pytest.mark.hour


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
