"""Referrals, sales, vesting and movements as values (C2, C4, C5, C11, D5, M5, M6, M25)."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentives.calculate import calculate
from incentives.facts import Line
from tests.incentives.cast import (
    LATER,
    OTHER,
    contact,
    facts,
    judged,
    only_adds,
    only_referrals,
    order,
    person,
    referral,
    refund,
    told,
    version,
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


# -- any facts at all ------------------------------------------------------------------------------

MOMENTS = st.integers(0, 29 * 24).map(lambda hours: at("06-01 00:00") + dt.timedelta(hours=hours))
AMOUNTS = st.sampled_from([0, 1, 50, 99, 333, 10_000, 1_999_999])


@st.composite
def some_orders(draw):  # type: ignore[no-untyped-def]
    found = []
    for n in range(draw(st.integers(0, 6))):
        when = draw(MOMENTS)
        text = when.astimezone(dt.timezone(dt.timedelta(hours=8))).strftime("%Y-%m-%d %H:%M")
        amounts = draw(st.lists(AMOUNTS, min_size=1, max_size=3))
        left, refunds = list(amounts), []
        for _ in range(draw(st.integers(0, 2))):
            line = draw(st.integers(0, len(amounts) - 1))
            part = draw(st.integers(0, left[line]))
            left[line] -= part
            later = when + dt.timedelta(hours=draw(st.integers(0, 900)))
            refunds.append(replace(refund("06-01", (line + 1, part)), at=later, day=later.date()))
        shipped = (
            when + dt.timedelta(hours=draw(st.integers(0, 400))) if draw(st.booleans()) else None
        )
        found.append(
            order(
                n,
                text,
                *amounts,
                refunds=refunds,
                shipped_at=shipped,
                employee=draw(st.integers(0, 9)) == 0,
                freight_minor=min(50, sum(amounts)),
            )
        )
    return found


@st.composite
def some_people(draw):  # type: ignore[no-untyped-def]
    people = []
    for n in range(draw(st.integers(0, 4))):
        history = [
            contact(
                draw(st.sampled_from(["confirmed", "confirmed", "deleted", "transferred"])),
                f"06-{draw(st.integers(1, 30)):02} {draw(st.integers(0, 23)):02}:00",
                draw(st.sampled_from([1, OTHER])),
                f"p{n}e{k}",
                draw(st.sampled_from(["qr", None, "other"])),
            )
            for k in range(draw(st.integers(0, 5)))
        ]
        people.append(person(*history, customer=n, employee=draw(st.integers(0, 9)) == 0))
    return people


BODIES = [
    rate_plan(
        bands,
        per=per,
        mode=mode,
        payer=payer,
        caps=caps,
        components=only_adds(caps={"guide_day": 2})["components"] + only_referrals()["components"],
    )
    for bands, per, mode, payer, caps in itertools.product(
        ([(None, 333)], [(10_000, 300), (2_000_000, 450), (None, 100)]),
        ("order", "period", "cumulative"),
        ("marginal", "retroactive"),
        ((10_000, 0), (6_667, 3_333)),
        ({}, {"order_minor": 500, "guide_month_minor": 60_000}),
    )
]
FACTS = st.builds(
    lambda people, orders, earlier, invited: facts(
        people=people,
        orders=orders,
        earlier=[
            replace(
                o,
                order_id=o.order_id + 100,
                order_no=f"X{o.order_no}",
                paid_at=o.paid_at - dt.timedelta(days=31),
                day=o.day - dt.timedelta(days=31),
            )
            for o in earlier
        ],
        referrals=[referral("06-01", o, f"r{o.order_id}", o.order_id) for o in invited],
    ),
    some_people(),
    some_orders(),
    some_orders(),
    some_orders(),
)


@given(FACTS, st.sampled_from(BODIES), st.integers(0, 10**6), st.integers(0, 90))
def test_the_order_and_repetition_of_facts_change_nothing_m6(given_facts, body, seed, days):
    rng, as_of = random.Random(seed), at("06-01") + dt.timedelta(days=days)

    def mixed(values):  # type: ignore[no-untyped-def]
        found = [*values, *rng.choices(values, k=2)] if values else []
        rng.shuffle(found)
        return tuple(found)

    shuffled = replace(
        given_facts,
        people=tuple(replace(p, contacts=mixed(p.contacts)) for p in mixed(given_facts.people)),
        referrals=mixed(given_facts.referrals),
        orders=tuple(
            replace(
                o,
                lines=tuple(rng.sample(o.lines, len(o.lines))),
                refunds=tuple(rng.sample(o.refunds, len(o.refunds))),
            )
            for o in mixed(given_facts.orders)
        ),
        earlier=mixed(given_facts.earlier),
    )
    assert calculate(shuffled, [version(body)], as_of) == calculate(
        given_facts, [version(body)], as_of
    )


@given(FACTS, st.sampled_from(BODIES), st.lists(st.integers(0, 120 * 24), min_size=1, max_size=4))
@settings(max_examples=150)
def test_movements_up_to_any_moment_are_the_lines_of_that_moment_m5(given_facts, body, hours):
    """What is earned is the sum of all lines, what has vested the sum of the vested lines, for both
    payers together; no dealer's part is ever left behind when everything is undone."""
    for hour in hours:
        as_of = at("07-01 00:00") + dt.timedelta(
            hours=hour
        )  # after the month: all its facts have happened
        result = calculate(given_facts, [version(body)], as_of)
        done = [m for m in result.movements if m.at <= as_of]
        for name in {line.component for line in result.lines} | {m.component for m in done}:
            lines = [line for line in result.lines if line.component == name]
            earned, vested = (
                sum(m.amount_minor for m in done if m.component == name and m.kind == kind)
                for kind in ("earned", "vest")
            )
            assert earned == sum(line.amount_minor for line in lines)
            assert vested == sum(line.amount_minor for line in lines if line.state == "vested")
    for body_payer in {(m.dealer_id, m.store_id, m.component) for m in result.movements}:
        both = [
            sum(
                m.amount_minor
                for m in result.movements
                if (m.dealer_id, m.store_id, m.component) == body_payer and m.kind == kind
            )
            for kind in ("earned", "vest")
        ]
        assert both[0] == both[1]


ARROWS = {("pending", "vested"), ("pending", "voided"), ("vested", "clawed_back")} | {
    (s, s) for s in ("pending", "vested", "voided", "clawed_back")
}


@given(FACTS, st.sampled_from(BODIES))
@settings(max_examples=100)
def test_time_moves_states_along_known_arrows_only_m25(given_facts, body):
    before: dict[str, str] = {}
    for days in range(30, 120, 3):
        result = calculate(
            given_facts, [version(body)], at("06-01 00:00") + dt.timedelta(days=days)
        )
        after = {line.line_id: line.state for line in result.lines}
        assert len(after) == len(result.lines)
        assert all((before.get(key, state), state) in ARROWS for key, state in after.items())
        assert not any(
            line.amount_minor for line in result.lines if line.state in ("voided", "clawed_back")
        )
        before = after


def test_a_busy_month_is_counted_in_less_than_a_second():
    orders = [
        order(
            n,
            f"06-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}",
            10_000,
            refunds=[refund("06-30", (1, 100))] if n % 20 == 0 else (),
        )
        for n in range(2_000)
    ]
    began = dt.datetime.now(dt.UTC)
    calculate(facts(orders=orders), [version(rate_plan(E4_BANDS, per="period"))], LATER)
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=5)
