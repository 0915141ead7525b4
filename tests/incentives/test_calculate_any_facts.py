"""Properties of the calculation: any facts, any plan, any moment (M5, M6, M25)."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from incentives.calculate import calculate
from tests.incentives.cast import (
    LATER,
    OTHER,
    contact,
    facts,
    only_adds,
    only_referrals,
    order,
    person,
    referral,
    refund,
    version,
)
from tests.incentives.world import E4_BANDS, at, rate_plan

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
