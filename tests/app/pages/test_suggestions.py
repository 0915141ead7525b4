"""An input that wants a code offers codes and names of the reader's rows alone (P6), at most
twenty."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import insert, select

import db
from stores.base.actors import COMMAND_LINE
from stores.network.channels import channel
from stores.network.guides import guide
from stores.routing import store_codes
from tests.app.pages.conftest import Chain, statements

HOME = {"petra": "/hq", "bea": "/hq", "omar": "/dealer", "olga": "/dealer"}


def offered(chain: Chain, name: str, kind: str, words: str) -> list[str]:
    page = chain.client(name).get(
        f"{HOME[name]}/suggest/{kind}", query_string={"of": "x", "x": words}
    )
    assert page.status_code == 200
    return re.findall(r'<option value="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("name", "kind", "words", "codes"),
    [
        ("petra", "store", "", ["S1", "S2", "S3"]),
        ("petra", "store", "s2", ["S2"]),
        ("petra", "guide", "Gus", ["G2"]),
        ("petra", "any", "Olga", ["D2"]),
        ("petra", "store", "y" * 200, []),
        ("petra", "store", "%", []),
        ("bea", "store", "", ["S1"]),
        ("bea", "dealer", "Olga", []),
        ("bea", "guide", "Gus", []),
        ("bea", "branch", "", ["B2"]),
        ("omar", "store", "", ["S1", "S3"]),
        ("omar", "guide", "Gus", []),
        ("olga", "store", "S1", []),
        ("petra", "region", "静安", ["310106"]),
        ("petra", "area", "nothing", []),
        ("bea", "area", "", []),
        ("petra", "channel", "nothing", []),
    ],
)
def test_codes_and_names_within_ones_rows_are_offered(chain, name, kind, words, codes):
    assert offered(chain, name, kind, words) == codes


def test_a_field_of_several_codes_offers_for_the_last_of_them(chain):
    page = chain.client("petra").get("/hq/suggest/store?of=x&many=1&x=S3,+S1+s2").text
    assert re.findall(r'<option value="([^"]+)">([^<]+)<', page)[0][0] == "S3 S1 S2"


@pytest.mark.parametrize(
    "address", ["/hq/suggest/mood", "/dealer/suggest/dealer", "/hq/suggest/order"]
)
def test_other_things_are_not_offered(chain, address):
    assert (
        chain.client("omar" if address.startswith("/dealer") else "petra").get(address).status_code
        == 404
    )


def test_each_input_that_wants_a_code_asks_where_it_may(chain):
    """The address is that of the reader's own portal and names the input."""
    page = chain.client("petra").get("/hq/orders").text
    assert re.findall(r'name="(\w+)"[^>]*hx-get="([^"]+)"', page) == [
        (kind, f"/hq/suggest/{kind}?of={kind}") for kind in ("store", "dealer", "guide")
    ]
    assert re.findall(
        r'name="(\w+)"[^>]*hx-get="([^"]+)"', chain.client("omar").get("/dealer/customers").text
    ) == [("guide", "/dealer/suggest/guide?of=guide")]
    assert (
        'hx-get="/hq/suggest/branch?of=branch_code"'
        in chain.client("petra").get("/hq/stores/S1/edit").text
    )


def test_channels_are_offered_with_their_store_and_guide_to_those_whose_store_it_is(chain):
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    store_codes.register(["S1", "S2"], ["door"], actor=COMMAND_LINE, now=now)
    with db.transaction() as connection:
        mei = connection.execute(select(guide.c.id).where(guide.c.guide_code == "G1")).scalar_one()
        connection.execute(insert(channel).values(channel_code="PARTY", guide_id=mei))

    def told(name: str, words: str) -> dict[str, str]:
        page = (
            chain.client(name)
            .get(f"{HOME[name]}/suggest/channel", query_string={"of": "channel", "channel": words})
            .text
        )
        return dict(re.findall(r'<option value="([^"]+)">([^<]*)<', page))

    assert list(told("petra", "")) == ["PARTY", "S1:door", "S2:door"] and list(
        told("omar", "")
    ) == ["PARTY", "S1:door"]
    assert list(told("olga", "")) == ["S2:door"] and told("olga", "PARTY") == {}
    assert " · " in told("omar", "PARTY")["PARTY"] and told("omar", "S1:door")["S1:door"]
    assert (
        'hx-get="/dealer/suggest/channel?of=channel"'
        in chain.client("omar").get("/dealer/entries").text
    )
    assert (
        'hx-get="/hq/suggest/channel?of=channel"' in chain.client("petra").get("/hq/entries").text
    )


def test_an_offer_takes_one_statement(chain):
    client = chain.client("petra")
    client.get("/hq/suggest/store")
    with statements() as asked:
        client.get("/hq/suggest/store", query_string={"of": "store", "store": "S"})
    assert len([each for each in asked if "store_code" in each]) == 1
