"""Orders, refunds, events and revenue by HTTP: what is answered is what is there, and a refusal
says what, why and what to do (CONTRACT 3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.api.till import Till, refusal


def test_the_answer_to_a_new_order_is_the_order_as_it_is_read(till: Till):
    till.shop.adds("Wang", till.shop.network.now)
    for number, more in (
        ("a", {}),
        ("b", {"near": None}),
        ("c", {"guide_code": "Zhao", "near": "S3", "channel": "k"}),
        ("d", {"amount": 0}),
        ("e", {"near": "S2", "at": "2025-07-01T00:00:00Z"}),
    ):
        made = till.sells(number, **more)
        assert made.status_code == 201, made.text
        assert made.json == till.call("GET", f"/orders/{number}").json


@pytest.mark.parametrize("key", [None, "again"])
def test_the_same_order_again_answers_the_same(till: Till, key: str | None):
    first, again = till.sells("O", key=key), till.sells("O", key=key)
    assert (first.status_code, again.status_code) == (201, 201 if key else 200)
    assert first.json == again.json


def test_a_refund_answers_what_it_took_back_and_again_the_same(till: Till):
    till.sells("O")
    first, again = till.takes_back("O", "R", 10_000), till.takes_back("O", "R", 10_000)
    assert (first.status_code, again.status_code) == (201, 200) and first.json == again.json
    assert {t["kind"]: t["amount_minor"] for t in first.json["transfers"]} == {
        "refund": 10_000,
        "platform_fee_return": 500,
        "channel_fee_return": 60,
    }
    assert all(c["amount_minor"] == -10_000 for c in first.json["credits"])


def test_every_refusal_of_an_order_names_field_and_reason_and_writes_nothing(till: Till):
    till.sells("O")
    before = till.shop.counts()
    refusal(till.sells("O", amount=1), 409, "order_reused", "order_no")
    refusal(till.sells("P", guide_code="nobody"), 422, "unknown_guide", "guide_code")
    refusal(
        till.sells("P", fulfilment_store_code="NOPE"), 422, "unknown_store", "fulfilment_store_code"
    )
    refusal(till.sells("P", entry_id="nothing"), 422, "unknown_entry", "entry_id")
    refusal(till.sells("P", currency="USD"), 422, "wrong_currency", "currency")
    refusal(till.sells("P", freight_minor=29_901), 422, "freight_above_total", "freight_minor")
    refusal(till.sells("P", amount=-1), 400, "malformed_body", "lines.0.amount_minor")
    refusal(till.sells("P", amount=10**11 + 1), 400, "malformed_body", "lines.0.amount_minor")
    refusal(till.sells("P", at="yesterday"), 400, "malformed_body", "paid_at")
    refusal(till.sells("P", store_code="S2"), 400, "malformed_body", "store_code")
    refusal(till.takes_back("O", "R", 29_901), 409, "refund_above_order", "amount_minor")
    refusal(
        till.takes_back("O", "R", 1, at="2025-02-01T00:00:00Z"),
        422,
        "refund_before_order",
        "refunded_at",
    )
    refusal(till.takes_back("O", "R", 0), 400, "malformed_body", "lines.0.amount_minor")
    assert till.takes_back("none", "R", 1).status_code == 404
    assert till.shop.counts() == before


def test_a_place_that_is_none_is_refused_not_a_fault_of_ours(till: Till):
    before = till.shop.counts()
    for crs in ("gcj02", "bd09"):
        answer = till.sells(
            "P", near=None, location={"latitude": 90.0, "longitude": 180.0, "crs": crs}
        )
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 201:
            assert answer.json["owner_basis"] == "unattributed"
            before = till.shop.counts()
            continue
        assert answer.json["errors"]
    assert till.shop.counts() == before


def test_the_times_at_the_ends_of_the_calendar_are_taken_or_refused(till: Till):
    for n, at in enumerate(
        (
            "1970-01-01T00:00:00Z",
            "1970-01-01",
            "2100-12-31T23:59:59Z",
            "2100-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00Z",
        )
    ):
        assert till.sells(f"T{n}", at=at).status_code in (422, 400)


@pytest.mark.parametrize("at", ["2062-01-01T00:00:00Z", "1999-12-31T00:00:00Z", "1970-01-01"])
def test_a_fact_that_cannot_have_happened_is_refused_by_every_call_n5(till: Till, at: str):
    assert till.sells("O").status_code == 201
    before = till.shop.counts()
    who = {"customer": {"customer_id": "c1"}, "occurred_at": at}
    refusal(till.call("POST", "/entries", who), 422, "impossible_time", "occurred_at")
    refusal(till.call("POST", "/routes", who), 422, "impossible_time", "occurred_at")
    refusal(
        till.call("POST", "/entry-params", {"store_code": "S1", "issued_at": at}),
        422,
        "impossible_time",
        "issued_at",
    )
    refusal(till.sells("P", at=at), 422, "impossible_time", "paid_at")
    refusal(till.takes_back("O", "R", 1, at=at), 422, "impossible_time", "refunded_at")
    refusal(
        till.call("POST", "/orders/O/states", {"state": "shipped", "at": at}),
        422,
        "impossible_time",
        "at",
    )
    heard = till.call(
        "POST",
        "/events",
        {
            "events": [
                {
                    "event_id": "e",
                    "type": "contact.confirmed",
                    "occurred_at": at,
                    "guide_code": "Wang",
                    "customer_id": "c1",
                }
            ]
        },
    )
    assert [each["code"] for each in heard.json["refused"]] == ["impossible_time"]
    assert till.shop.counts() == before


def test_no_number_of_an_order_and_a_refund_is_mixed_up_with_another_kind(till: Till):
    assert till.sells("X").status_code == 201
    assert till.takes_back("X", "X", 100).status_code == 201


def test_an_order_under_a_key_and_its_number_is_one_deed(till: Till):
    """The key's row, the order and its journal stand or fall together."""
    assert till.sells("P", guide_code="nobody", key="k").status_code == 422
    assert till.sells("P", key="k").status_code == 201
    refusal_ = till.sells("P", amount=5, key="k")
    assert (refusal_.status_code, refusal_.json["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": 5}, "lines.0.amount_minor"),
        ({"at": "2025-03-01T02:00:01Z"}, "paid_at"),
        ({"customer_id": "c2"}, "customer_id"),
        ({"channel": "k"}, "channel"),
        ({"guide_code": "Zhao"}, "guide_code"),
        ({"freight_minor": 1}, "freight_minor"),
        ({"lines": [{"line_no": 2, "quantity": 1, "amount_minor": 29_900}]}, "lines"),
    ],
)
def test_an_order_sent_twice_is_one_and_another_body_is_refused_by_the_field_that_differs_i1(
    till: Till, changed: dict[str, Any], field: str
):
    first, again = till.sells("O", key="k"), till.sells("O", key="k")
    before = till.shop.counts()
    assert (again.status_code, again.json) == (
        first.status_code,
        first.json,
    ) and first.status_code == 201
    for key, code in (
        ("k", "idempotency_key_reused"),
        (None, "order_reused"),
        ("another", "order_reused"),
    ):
        answer = till.sells("O", key=key, **changed)
        refusal(answer, 409, code, field)
        assert [error["field"] for error in answer.json["errors"]] == [
            "Idempotency-Key" if key == "k" else "order_no",
            field,
        ]
    assert till.shop.counts() == before


def test_another_order_under_the_same_key_is_refused_by_its_number_i1(till: Till):
    till.sells("O", key="k")
    till.sells("P")
    for number in ("P", "Q"):
        refusal(till.sells(number, key="k"), 409, "idempotency_key_reused", "order_no")


def test_a_batch_of_events_keeps_the_good_ones_and_names_the_bad_by_place(till: Till):
    good = {
        "event_id": "E1",
        "type": "contact.confirmed",
        "occurred_at": "2025-03-01T02:00:00Z",
        "guide_code": "Wang",
        "customer_id": "c1",
    }
    answer = till.call(
        "POST",
        "/events",
        {
            "events": [
                good,
                {**good, "event_id": "E2", "guide_code": "nobody"},
                7,
                {**good, "event_id": "E3", "type": "x"},
                {**good, "occurred_at": "2025-03-02"},
                {**good, "event_id": "E4", "occurred_at": "never"},
                good,
            ]
        },
    ).json
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [(r["index"], r["field"]) for r in answer["refused"]] == [
        (1, "guide_code"),
        (2, "body"),
        (3, "type"),
        (4, "event_id"),
        (5, "occurred_at"),
    ]


def test_more_than_a_thousand_events_are_malformed(till: Till):
    assert till.call("POST", "/events", {"events": [{}] * 1_001}).status_code == 400
