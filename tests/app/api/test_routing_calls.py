"""By HTTP: decisions about a customer (A8, A10, A14, B2, B4), the checkout check (A13), and what
would have changed an answer (A16)."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import api_keys
from stores.base.actors import COMMAND_LINE
from stores.facts.customer_deed_kinds import KINDS, customer_deed
from stores.geo.areas import parse_geometry
from stores.imports.area_file import check_features
from stores.registers import areas
from tests.app.api.till import Till
from tests.network import CONTEXT
from tests.stores.orders.shop import HERE


def place(code: str) -> dict[str, Any]:
    return dict(zip(("latitude", "longitude"), HERE[code], strict=True), crs="wgs84")


def enter(till: Till, near: str, who: str = "c1") -> Any:
    return till.call(
        "POST", "/entries", {"customer": {"customer_id": who}, "location": place(near)}
    ).json


def deed(till: Till, kind: str, **more: Any) -> Any:
    return till.call("POST", "/customers/c1/deeds", {"kind": kind, **more})


def test_a_switch_is_answered_with_its_end_and_leads_the_next_entry(till: Till):
    assert enter(till, "S1")["store_code"] == "S1"
    answer = deed(till, "switched", store_code="S2", location=place("S1"))
    assert (answer.status_code, answer.json["kind"], answer.json["store_code"]) == (
        201,
        "switched",
        "S2",
    )
    assert answer.json["until"] > answer.json["at"]
    assert enter(till, "S1")["rung"] == "MANUAL"


def test_the_same_deed_under_the_same_key_is_done_once(till: Till):
    enter(till, "S1")
    body = {"kind": "switched", "store_code": "S2"}
    first, again = (till.call("POST", "/customers/c1/deeds", body, key="k") for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    assert (
        till.call("POST", "/customers/c1/deeds", {**body, "store_code": "S1"}, key="k").status_code
        == 409
    )
    assert till.shop.network.count(customer_deed) == 1


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"kind": "vanished"}, 400, "kind"),
        ({"kind": "switched"}, 422, "store_code"),
        ({"kind": "owner_requested"}, 422, "guide_code"),
        ({"kind": "switched", "store_code": "S99"}, 404, "S99"),
        ({"kind": "switched", "store_code": "S2", "mood": 1}, 400, "mood"),
    ],
)
def test_what_cannot_be_done_says_why_and_leaves_nothing(till: Till, given, status, said):
    enter(till, "S1")
    answer = till.call("POST", "/customers/c1/deeds", given)
    assert (answer.status_code, said in answer.get_data(as_text=True)) == (status, True)
    assert till.shop.network.count(customer_deed) == 0


def test_a_customer_nobody_knows_is_not_there(till: Till):
    assert deed(till, "switched", store_code="S2").status_code == 404


def test_every_kind_is_declared(till: Till):
    document = till.client.get("/openapi.json").json
    assert set(document["components"]["schemas"]["DeedIn"]["properties"]["kind"]["enum"]) == set(
        KINDS
    )


def test_the_checkout_check_answers_before_payment_and_stores_nothing(till: Till):
    def ask(delivery: str, near: str) -> Any:
        return till.call(
            "POST",
            "/delivery-checks",
            {"store_code": "S1", "delivery": delivery, "location": place(near)},
        ).json

    before = till.shop.counts()
    assert [ask("local", near)["outcome"] for near in ("S1", "S2")] == [
        "keep",
        "keep",
    ]  # S2 is 9.6 km away: within ten kilometres
    far = ask("local", "S3")
    assert (far["outcome"], [each["store_code"] for each in far["offered"]]) == ("offer", ["S3"])
    assert (ask("pickup", "S3")["outcome"], ask("express", "S3")["reason"]) == (
        "keep",
        "no_other_territory",
    )
    assert (
        till.call(
            "POST", "/delivery-checks", {"store_code": "S99", "delivery": "pickup"}
        ).status_code
        == 404
    )
    assert till.shop.counts() == before


def test_a13_the_dealer_of_a_territory_is_named_before_he_has_a_store(till: Till):
    till.shop.network.load("dealers", {"dealer_code": "D9", "name": "Nobody yet"})
    feature = {
        "type": "Feature",
        "properties": {
            "area_code": "T9",
            "kind": "territory",
            "dealer_code": "D9",
            "postal_codes": ["94107"],
        },
        "geometry": None,
    }
    areas.apply(
        check_features([feature], CONTEXT, parse_geometry).rows,
        actor=COMMAND_LINE,
        now=till.shop.network.now,
    )
    found = till.call(
        "POST",
        "/delivery-checks",
        {"store_code": "S1", "delivery": "express", "postal_code": "94107"},
    ).json
    assert (found["area_code"], found["territory_dealer_code"]) == ("T9", "D9")


def test_what_would_change_an_answer_is_said_when_asked(till: Till):
    body = {
        "customer": {"customer_id": "new"},
        "location": place("S1"),
        "entry_param": till.call("POST", "/entry-params", {"store_code": "S2"}).json["entry_param"],
    }
    assert till.call("POST", "/routes", body).json["what_if"] is None
    found = {
        each["change"]: each["store_code"]
        for each in till.call("POST", "/routes?what_if=yes", body).json["what_if"]
    }
    assert found["no_param"] == "S1"
    stored = till.call("POST", "/entries", body).json["entry_id"]
    told = till.call("GET", f"/entries/{stored}/explanation?lang=zh").json["what_if"]
    assert any(
        each["change"] == "no_param" and each["words"].startswith("没有扫码") for each in told
    )


def test_only_the_visitors_own_app_reads_metres_a16(till: Till):
    """From the metres to a few stores a place can be reckoned: dealers, branches and whoever only
    reads get the class of a kilometre."""
    visit = {
        "customer": {"customer_id": "c1"},
        "location": place("S1") | {"latitude": HERE["S1"][0] + 0.001},
    }
    first = till.call("POST", "/entries", visit, key="k").json
    path, near = f"/api/v1/entries/{first['entry_id']}", first["distance_m"]
    assert (
        100 < near < 120
        and till.call("POST", "/entries", visit, key="k").json["distance_m"] == near
    )

    def read(scope: str, **limit: Any) -> Any:
        key = api_keys.create_key("reader", scope, by=COMMAND_LINE, **limit)
        return till.client.get(path, headers={"Authorization": f"Bearer {key}"})

    assert read("write").json["distance_m"] == near
    dealer = till.shop.snapshot().by_code["S1"].contracts[0].dealer_id
    for reader in (
        read("read"),
        read("read", limit_kind="dealer", limit_id=dealer),
        read("admin", limit_kind="dealer", limit_id=dealer),
    ):
        assert (
            reader.status_code,
            reader.json["distance_m"],
            reader.json["distance_class_km"],
        ) == (200, None, 0)
        assert all(each["distance_m"] is None for each in reader.json["alternatives"])
        assert str(near) not in reader.get_data(as_text=True)
