"""The bundle by HTTP: a store's list read and replaced, and what visitors are answered by it at
once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stores.facts.entries import entry
from tests.app.api.till import Till, refusal
from tests.app.pages.conftest import statements
from tests.stores.orders.shop import HERE

LIST = [
    {"kind": "promotion", "reference": "NEW-YEAR"},
    {"kind": "promotion", "reference": "OVER-YET", "valid_to": "2099-12-31", "switch": False},
    {"kind": "range", "reference": "TEA", "switch": "on"},
    {"kind": "range", "reference": "SEAFOOD", "switch": "off", "valid_from": "2020-01-01"},
]
SHOWN = {
    "cloud_shop_url": None,
    "promotions": ["NEW-YEAR"],
    "ranges": {"on": ["TEA"], "off": ["SEAFOOD"]},
}
NOTHING = {"cloud_shop_url": None, "promotions": [], "ranges": {"on": [], "off": []}}


def visit(who: str, near: str | None) -> dict[str, Any]:
    place = (
        {"location": dict(zip(("latitude", "longitude"), HERE[near], strict=True), crs="wgs84")}
        if near
        else {}
    )
    return {"customer": {"customer_id": who}, **place}


def shop_of(answer: Any) -> dict[str, Any]:
    """The bundle of an entry or route, whose guide is the visit's own."""
    shop = dict(answer.json["bundle"])
    assert shop.pop("guide_code") == answer.json["guide_code"]
    return shop


def put(till: Till, rows: list[dict[str, Any]], code: str = "S1") -> Any:
    return till.call("PUT", f"/stores/{code}/offers", {"offers": rows})


def test_under_one_entry_each_store_has_its_own_shop(till: Till):
    assert put(till, LIST).status_code == 200
    here, there = (till.call("POST", "/entries", visit(f"c-{near}", near)) for near in ("S1", "S2"))
    assert (here.json["store_code"], shop_of(here)) == ("S1", SHOWN)
    assert (there.json["store_code"], shop_of(there)) == ("S2", NOTHING)
    assert shop_of(till.call("POST", "/routes", visit("new", "S1"))) == SHOWN


def test_the_picker_answers_no_bundle(till: Till):
    answer = till.call("POST", "/entries", visit("c1", None))
    assert (answer.json["rung"], answer.json["bundle"]) == ("PICKER", None)
    assert till.call("GET", f"/entries/{answer.json['entry_id']}").json["bundle"] is None


def test_a_stored_entry_answers_the_shop_as_it_is_now(till: Till):
    put(till, LIST)
    first = till.call("POST", "/entries", visit("c1", "S1"), key="k")
    put(till, [])
    assert shop_of(first) == SHOWN
    assert shop_of(till.call("GET", f"/entries/{first.json['entry_id']}")) == NOTHING
    assert shop_of(till.call("POST", "/entries", visit("c1", "S1"), key="k")) == NOTHING


def test_a_list_is_read_as_it_was_written(till: Till):
    saved = put(till, LIST)
    assert saved.json == till.call("GET", "/stores/S1/offers").json
    assert [
        (o["kind"], o["reference"], o["switch"], o["valid_from"], o["valid_to"])
        for o in saved.json["offers"]
    ] == [
        ("promotion", "NEW-YEAR", "on", None, None),
        ("promotion", "OVER-YET", "off", None, "2099-12-31"),
        ("range", "SEAFOOD", "off", "2020-01-01", None),
        ("range", "TEA", "on", None, None),
    ]
    again = put(till, LIST)
    assert again.json["network_version"] == saved.json["network_version"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "coupon", "reference": "A"}, "kind"),
        ({"kind": "range", "reference": "x" * 65}, "reference"),
        ({"kind": "range", "reference": " "}, "reference"),
        ({"kind": "range", "reference": "A", "switch": "maybe"}, "switch"),
        ({"kind": "range", "reference": "A", "valid_from": "soon"}, "valid_from"),
        (
            {
                "kind": "range",
                "reference": "A",
                "valid_from": "2025-02-02",
                "valid_to": "2025-02-01",
            },
            "valid_to",
        ),
        (LIST[0], "reference"),
    ],
)
def test_a_faulty_row_refuses_the_whole_list_and_names_the_field(
    till: Till,
    row: dict[str, Any],
    field: str,
):
    put(till, LIST)
    answer = put(till, [LIST[0], row])
    assert answer.status_code == 422, answer.text
    assert [e["field"] for e in answer.json["errors"]] == [f"offers.1.{field}"]
    assert len(till.call("GET", "/stores/S1/offers").json["offers"]) == len(LIST)


def test_a_list_that_is_too_long_is_refused(till: Till):
    answer = put(till, [{"kind": "range", "reference": f"R{n}"} for n in range(201)])
    assert (answer.status_code, [e["field"] for e in answer.json["errors"]]) == (422, ["offers"])
    assert till.call("GET", "/stores/S1/offers").json["offers"] == []


def test_a_store_that_is_unknown_has_no_list(till: Till):
    assert (
        till.call("GET", "/stores/NOPE/offers").status_code
        == put(till, [], "NOPE").status_code
        == 404
    )


def test_an_entry_asks_nothing_more_for_its_bundle(till: Till):
    till.call("POST", "/entries", visit("c0", "S1"))
    put(till, LIST)
    till.call("POST", "/entries", visit("c1", "S1"))  # the snapshot is there
    with statements() as asked:
        till.call("POST", "/entries", visit("c2", "S1"))
    assert not [text for text in asked if "store_offer" in text]
    assert till.shop.network.count(entry) == 3


# -- the fourth answer (A1) ------------------------------------------------------------------------


def test_an_order_keeps_revenue_and_fulfilment_store_apart_a1(till: Till):
    sold = till.sells("O", fulfilment_store_code="S2")
    assert (sold.status_code, sold.json["store_code"], sold.json["fulfilment_store_code"]) == (
        201,
        "S1",
        "S2",
    )
    assert till.call("GET", "/orders/O").json == sold.json
    assert {c["store_code"] for c in sold.json["credits"] if c["kind"] == "shop"} == {"S1"}
    assert till.sells("O", fulfilment_store_code="S2").status_code == 200
    refusal(
        till.sells("O", fulfilment_store_code="S3"), 409, "order_reused", "fulfilment_store_code"
    )
    refusal(till.sells("O"), 409, "order_reused", "fulfilment_store_code")


def test_without_one_the_revenue_store_fulfils_a1(till: Till):
    assert till.sells("O").json["fulfilment_store_code"] == "S1"
    assert till.sells("P", near=None).json["fulfilment_store_code"] is None
    assert (
        till.sells("Q", near=None, fulfilment_store_code="S3").json["fulfilment_store_code"] == "S3"
    )


def test_the_store_that_fulfils_comes_by_file_too_a1(till: Till, tmp_path: Path):
    from app.imports.kinds import KINDS
    from stores.base.actors import COMMAND_LINE
    from stores.imports.outcomes import Refused

    given = tmp_path / "orders.csv"
    given.write_text(
        "order_no,customer_id,paid_at,amount,store_code,fulfilment_store_code\nF1,c1,2025-03-01,10,S1,S2\nF2,c1,2025-03-01,10,S1,\n",
        "utf-8",
    )
    assert KINDS["orders"](given, False, COMMAND_LINE, None).outcome.new == 2
    assert [
        till.call("GET", f"/orders/{number}").json["fulfilment_store_code"]
        for number in ("F1", "F2")
    ] == ["S2", "S1"]
    given.write_text(
        "order_no,customer_id,paid_at,amount,store_code\nF2,c1,2025-03-01,10,S1\n", "utf-8"
    )  # the hash is that of a file without the column
    assert KINDS["orders"](given, False, COMMAND_LINE, None).outcome.unchanged == 1
    given.write_text(
        "order_no,customer_id,paid_at,amount,fulfilment_store_code\nF3,c1,2025-03-01,10,NOPE\n",
        "utf-8",
    )
    with pytest.raises(Refused, match="fulfilment_store_code: NOPE is no known store"):
        KINDS["orders"](given, False, COMMAND_LINE, None)
