"""Referrals, sales, vesting and movements as values (C2, C4, C5, C11, D5, M5, M6, M25)."""

from __future__ import annotations

import pytest

from incentives.facts import Line
from tests.incentives.cast import (
    facts,
    judged,
    only_referrals,
    order,
    referral,
    refund,
    told,
)
from tests.incentives.world import E4_BANDS, at, rate_plan

FIRST = order(1, "06-20", 5_000)


@pytest.mark.parametrize(
    "given_referral, expected",
    [
        (referral("06-01", FIRST), ("converted_referral", 1_000)),
        (referral("05-21 12:00", FIRST), ("converted_referral", 1_000)),
        (referral("05-21 11:59", FIRST), ("invite_expired", 0)),
        (referral("06-01", order(1, "06-20", 4_999)), ("below_minimum", 0)),
        (
            referral("06-01", order(1, "06-20", 5_000, refunds=[refund("06-21", (1, 1))])),
            ("refunded", 0),
        ),
        (
            referral("06-01", order(1, "06-20", 6_000, refunds=[refund("06-21", (1, 1_000))])),
            ("converted_referral", 1_000),
        ),
        (referral("06-01", None), ("no_order_yet", 0)),
        (referral("06-01", FIRST, employee=True), ("employee", 0)),
        (referral("06-01", FIRST, known_before=True), ("not_new", 0)),
        (referral("06-01", FIRST, rival=True), ("invited_before", 0)),
        (referral("06-01", FIRST, inviter_customer_id=7), ("self_referral", 0)),
        (referral("06-01", FIRST, inviter_customer_id=8), ("converted_referral", 1_000)),
    ],
)
def test_a_referral_pays_for_a_new_customers_first_order_of_enough_net_c2(given_referral, expected):
    assert told(judged(facts(referrals=[given_referral]), only_referrals())) == [expected]


def test_a_referral_stands_in_the_month_of_the_first_order_or_of_the_invitation_while_there_is_none():
    july = referral("06-20", order(1, "07-02", 5_000))
    assert told(judged(facts(referrals=[july]), only_referrals())) == []
    assert told(judged(facts(referrals=[july], period="2025-07"), only_referrals())) == [
        ("converted_referral", 1_000)
    ]
    assert told(judged(facts(referrals=[referral("06-20", None)]), only_referrals())) == [
        ("no_order_yet", 0)
    ]


@pytest.mark.parametrize(
    "states, vests",
    [
        ({}, "07-05"),
        ({"received_at": at("06-25")}, "07-02"),
        ({"shipped_at": at("06-21")}, "07-08"),
        ({"shipped_at": at("06-21"), "delivery": "express"}, "07-08"),
        ({"shipped_at": at("06-21"), "delivery": "pickup"}, "06-30"),
        ({"shipped_at": at("06-21"), "delivery": "local"}, "06-30"),
        ({"shipped_at": at("06-21"), "received_at": at("06-23")}, "06-30"),
        ({"shipped_at": at("06-21"), "received_at": at("07-20")}, "07-08"),
    ],
)
def test_a_sale_vests_after_receipt_or_fifteen_days_without_any_c11(states, vests):
    [line] = judged(facts(orders=[order(1, "06-20", 10_000, **states)]), rate_plan()).lines
    assert line.vests_at == at(vests)
    [line] = judged(
        facts(referrals=[referral("06-01", order(1, "06-20", 10_000, **states))]), only_referrals()
    ).lines
    assert line.vests_at == at(vests)


@pytest.mark.parametrize(
    "more, reason",
    [
        ({"employee": True}, "own_purchase"),
        ({"dealer_id": None, "store_id": None}, "unattributed"),
        ({"dealer_id": 101}, "cross_dealer"),
        ({"guide_dealer_id": None}, "cross_dealer"),
    ],
)
def test_why_a_sale_earns_no_commission_b5_e7(more, reason):
    assert told(judged(facts(orders=[order(1, "06-20", 10_000, **more)]), rate_plan())) == [
        (reason, 0)
    ]


@pytest.mark.parametrize(
    "line, body, expected",
    [
        (Line(1, None, None, 10_000, 0, 0), {}, 300),
        (
            Line(1, "A", "tea", 10_000, 0, 0),
            {"rates": {"sku": {"A": 500}, "category": {"tea": 200}}},
            500,
        ),
        (
            Line(1, "B", "tea", 10_000, 0, 0),
            {"rates": {"sku": {"A": 500}, "category": {"tea": 200}}},
            200,
        ),
        (Line(1, "A", None, 10_000, 0, 0), {"rates": {"sku": {"A": 0}}}, 0),
        (Line(1, None, None, 10_000, 2_000, 0), {}, 240),
        (Line(1, None, None, 10_000, 2_000, 0), {"deduct_subsidy": False}, 300),
        (Line(1, None, None, 10_000, 0, 1_000), {}, 270),
        (Line(1, None, None, 10_000, 0, 1_000), {"deduct_tax": False}, 300),
        (Line(1, None, None, 10_000, 8_000, 8_000), {}, 0),
        (Line(1, None, None, 0, 0, 0), {}, 0),
    ],
)
def test_the_base_and_the_rate_of_a_line_c4(line, body, expected):
    assert [
        amount
        for _, amount in told(
            judged(facts(orders=[order(1, "06-20", lines=(line,))]), rate_plan(**body))
        )
    ] == [expected]


def test_freight_is_shared_to_the_lines_and_earns_nothing_c4():
    result = judged(
        facts(orders=[order(1, "06-20", 10_000, 20_000, freight_minor=3_000)]), rate_plan()
    )
    assert [line.trace["full_base_minor"] for line in result.lines] == [9_000, 18_000]


def test_three_equal_refunds_take_back_33_34_33_e6():
    refunds = [refund(f"06-{d}", (1, 1_000)) for d in (21, 22, 23)]
    given_facts = facts(orders=[order(1, "06-20", 3_000, refunds=refunds)])
    body = rate_plan([(None, 333)])
    left = [
        judged(given_facts, body, as_of=at(f"06-{d} 13:00")).lines[0].amount_minor
        for d in (20, 21, 22, 23)
    ]
    assert left == [100, 67, 33, 0]


def test_a_line_is_clawed_back_by_its_own_refund_only_m25():
    sold = order(
        1,
        "06-01",
        10_000,
        10_000,
        10_000,
        refunds=[refund("06-02", (1, 10_000)), refund("06-20", (2, 10_000))],
    )
    assert [
        (line.state, line.amount_minor) for line in judged(facts(orders=[sold]), rate_plan()).lines
    ] == [
        ("voided", 0),
        ("clawed_back", 0),
        ("vested", 300),
    ]


def test_caps_of_an_order_and_of_the_month_m6():
    orders = [order(n, f"06-{n:02}", 10_000, 10_000) for n in range(1, 5)]
    body = rate_plan([(None, 1_000)], caps={"order_minor": 1_500, "guide_month_minor": 4_000})
    assert told(judged(facts(orders=orders), body)) == [
        ("sale", 1_000),
        ("sale", 500),
        ("sale", 1_000),
        ("sale", 500),
        ("sale", 1_000),
        ("cap_reached", 0),
        ("cap_reached", 0),
        ("cap_reached", 0),
    ]


def test_a_refund_frees_what_the_cap_held_back_m6():
    orders = [
        order(1, "06-01", 10_000, refunds=[refund("06-09", (1, 10_000))]),
        order(2, "06-02", 10_000),
    ]
    body = rate_plan([(None, 1_000)], caps={"guide_month_minor": 1_500})
    assert told(judged(facts(orders=orders), body, as_of=at("06-05"))) == [
        ("sale", 1_000),
        ("sale", 500),
    ]
    assert told(judged(facts(orders=orders), body)) == [("refunded", 0), ("sale", 1_000)]


def test_tiers_of_the_month_count_in_the_order_of_payment_e4():
    orders = [order(2, "06-20", 2_200_000), order(1, "06-03", 3_000_000)]
    assert [
        line.amount_minor
        for line in judged(facts(orders=orders), rate_plan(E4_BANDS, per="period")).lines
    ] == [100_000, 90_000]
    assert [
        line.amount_minor
        for line in judged(facts(orders=orders), rate_plan(E4_BANDS, per="order")).lines
    ] == [100_000, 68_000]


def test_cumulative_tiers_begin_where_the_months_before_ended():
    earlier = [order(1, "05-03", 3_000_000)]
    result = judged(
        facts(orders=[order(2, "06-03", 3_000_000)], earlier=earlier),
        rate_plan(E4_BANDS, per="cumulative"),
    )
    assert [line.amount_minor for line in result.lines] == [80_000 + 50_000]


def test_without_a_span_tiers_count_over_the_month_c5():
    body = rate_plan(E4_BANDS)
    del body["components"][0]["per"]
    assert [
        line.amount_minor
        for line in judged(
            facts(orders=[order(1, "06-03", 3_000_000), order(2, "06-20", 2_200_000)]), body
        ).lines
    ] == [
        100_000,
        90_000,
    ]


def test_both_payers_together_pay_the_line_c13():
    for hq_bp in (0, 100, 3_333, 5_000, 10_000):
        result = judged(
            facts(orders=[order(1, "06-03", 9_999, 777)]), rate_plan(payer=(10_000 - hq_bp, hq_bp))
        )
        for kind in ("earned", "vest"):
            assert sum(m.amount_minor for m in result.movements if m.kind == kind) == sum(
                line.amount_minor for line in result.lines
            )
        assert {m.dealer_id for m in result.movements} == (
            {100} if hq_bp == 0 else {None} if hq_bp == 10_000 else {None, 100}
        )
