"""Branches, areas and the terms of single contracts have forms at headquarters, reviewed before
they are saved (H3)."""

from __future__ import annotations

import json

import pytest

import db
from stores.lists.area_lists import find_area
from stores.lists.branch_lists import find_branch
from stores.network.contracts import dealer_contract
from stores.network.stores import store
from stores.registers.terms import TERMS
from tests.app.conftest import on_both_engines
from tests.app.pages.hq.changing import again, send, text
from tests.network import COMMAND_LINE

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[121.4, 31.2], [121.5, 31.2], [121.5, 31.3], [121.4, 31.3], [121.4, 31.2]]],
}


def contracts(code: str) -> list[tuple]:
    """(first day, first day after, terms of its own) known now."""
    c = dealer_contract.c
    with db.read() as connection:
        rows = connection.execute(
            dealer_contract.select()
            .join(store, store.c.id == c.store_id)
            .where(store.c.store_code == code, c.version_to.is_(None))
            .order_by(c.id)
        ).all()
    return sorted(
        ((row.valid_from, row.valid_to, *(getattr(row, name) for name in TERMS)) for row in rows),
        key=lambda each: str(each[0] or ""),
    )


@on_both_engines
def test_a_branch_is_made_and_moved_with_what_hangs_under_it(bare_chain):
    client = bare_chain.client("petra")
    review = send(client, "/hq/new/branch?lang=en", branch_code="B9", name="West", parent_code="B1")
    assert "West is new." in text(review)
    assert again(client, "/hq/new/branch", review).status_code == 303
    review = send(client, "/hq/branches/B2/edit?lang=en", parent_code="B9")
    assert "1 stores and 0 branches under it move along" in text(review)
    assert (
        again(client, "/hq/branches/B2/edit", review)
        .headers["Location"]
        .endswith("/hq/branches/B2")
    )
    with db.read() as connection:
        assert find_branch(connection, COMMAND_LINE, "B2").parent_code == "B9"
    assert "makes a circle" in text(send(client, "/hq/branches/B1/edit?lang=en", parent_code="B2"))
    assert "This code exists already" in text(
        send(client, "/hq/new/branch?lang=en", branch_code="B9", name="x")
    )


@on_both_engines
def test_an_area_is_pasted_reviewed_and_saved(bare_chain):
    client = bare_chain.client("petra")
    feature = json.dumps({"type": "Feature", "properties": {"fill": "red"}, "geometry": SQUARE})
    review = send(
        client,
        "/hq/new/area?lang=en",
        area_code="T1",
        kind="territory",
        dealer_code="D1",
        geometry=feature,
        postal_codes="200001 200002",
    )
    assert "The shape covers 1" in text(review)
    assert again(client, "/hq/new/area", review).status_code == 303
    with db.read() as connection:
        row = find_area(connection, COMMAND_LINE, "T1", bare_chain.today)
    assert (row.dealer_code, row.postal_codes, row.geometry["type"]) == (
        "D1",
        ["200001", "200002"],
        "Polygon",
    )
    review = send(client, "/hq/areas/T1/edit?lang=en", valid_to="2030-12-31")
    assert "1 field differs" in text(review)
    assert again(client, "/hq/areas/T1/edit", review).status_code == 303
    with db.read() as connection:
        after = find_area(connection, COMMAND_LINE, "T1", bare_chain.today)
    assert (after.geometry, str(after.valid_to)) == (row.geometry, "2031-01-01")
    assert "Nothing differs" in text(send(client, "/hq/areas/T1/edit?lang=en"))


WRONG = {
    "no JSON": ({"geometry": "{"}, "is no JSON"),
    "a point": (
        {"geometry": '{"type": "Point", "coordinates": [1, 2]}'},
        "is neither Polygon nor MultiPolygon",
    ),
    "several": (
        {"geometry": json.dumps({"type": "FeatureCollection", "features": []})},
        "holds several features",
    ),
    "nothing at all": ({}, "the area would be empty"),
    "no such dealer": ({"dealer_code": "D9", "postal_codes": "200001"}, "is no known dealer"),
    "no dealer": ({"dealer_code": "", "postal_codes": "200001"}, "a territory belongs to a dealer"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_area_is_refused_in_the_form(bare_chain, change, said):
    answer = send(
        bare_chain.client("petra"),
        "/hq/new/area?lang=en",
        **{"area_code": "T1", "kind": "territory", "dealer_code": "D1", **change},
    )
    assert answer.status_code == 422
    assert said in text(answer)


@on_both_engines
def test_terms_of_one_contract_begin_on_a_day_and_the_import_of_stores_leaves_them(bare_chain):
    client = bare_chain.client("petra")
    review = send(
        client, "/hq/stores/S1/terms?lang=en", terms_from="2027-01-01", platform_fee_bp="300"
    )
    assert "Orders paid from 2027-01-01 on are settled by these terms" in text(review)
    assert again(client, "/hq/stores/S1/terms", review).status_code == 303
    assert [(str(first), str(after), *terms) for first, after, *terms in contracts("S1")] == [
        ("None", "2027-01-01", None, None, None),
        ("2027-01-01", "None", 300, None, None),
    ]
    review = send(
        client, "/hq/stores/S1/terms?lang=en", platform_fee_bp="", collection_mode="hq_collects"
    )
    assert "The present terms are corrected" in text(review)
    assert again(client, "/hq/stores/S1/terms", review).status_code == 303
    assert contracts("S1")[0][4] == "hq_collects"
    assert "together they are at most 10000" in text(
        send(client, "/hq/stores/S1/terms?lang=en", platform_fee_bp="10000", channel_fee_bp="1")
    )
    review = send(client, "/hq/stores/S1/edit?lang=en", name="One more")
    assert again(client, "/hq/stores/S1/edit", review).status_code == 303
    assert len(contracts("S1")) == 2


@pytest.mark.parametrize(
    "path", ["/hq/new/branch", "/hq/branches/B1/edit", "/hq/new/area", "/hq/stores/S1/terms"]
)
def test_only_who_writes_the_network_has_these_forms(bare_chain, path):
    assert bare_chain.client("bea").get(path).status_code == 403
    assert bare_chain.client("petra").get(path).status_code == 200
