"""Refunds: cumulative, never above the order, back to exactly nothing (D5, E6)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import db
from ledger.accounts import account
from ledger.faults import Conflict, InvalidInput, NotFound
from ledger.journals import transfer
from stores.orders.refunding import RefundReused, record_refunds
from tests.stores.orders.shop import Shop, day


def balances() -> dict[str, int]:
    """What stands on each account, credits less debits; all of them sum to nothing."""
    found: dict[str, int] = {}
    with db.read() as connection:
        names = {r.id: f"{r.owner}/{r.purpose}" for r in connection.execute(select(account))}
        for side, sign in ((transfer.c.debit_account_id, -1), (transfer.c.credit_account_id, 1)):
            for i, amount in connection.execute(
                select(side, func.sum(transfer.c.amount_minor)).group_by(side)
            ):
                found[names[i]] = found.get(names[i], 0) + sign * int(amount)
    assert sum(found.values()) == 0
    return found


def kinds(shown: list[dict]) -> dict[str, int]:
    return {t["kind"]: t["amount_minor"] for t in shown}


def test_e6_order_split(shop: Shop):
    shown = shop.sells(amounts=[29_900], store_code="S1")
    assert kinds(shown["transfers"]) == {"sale": 29_900, "platform_fee": 1_495, "channel_fee": 179}
    assert balances()["dealer:D1/earnings"] == 29_900 - 1_495 - 179
    shop.takes_back(shown["order_no"], (1, 10_000))
    assert balances()["hq/platform_fees"] == 1_495 - 500


def test_e6_three_equal_parts_of_a_fee_of_one_yuan_reverse_33_34_33(shop: Shop):
    number = shop.sells(amounts=[2_000], store_code="S2")["order_no"]  # 5 % = 100
    parts = []
    for n, part in enumerate((667, 666, 667)):
        before = balances()["hq/platform_fees"]
        shop.takes_back(number, (1, part), at=day(n + 1))
        parts.append(before - balances()["hq/platform_fees"])
    assert parts == [33, 34, 33]


def test_a_full_refund_leaves_nothing_d5(shop: Shop):
    number = shop.sells(amounts=[12_345, 678, 9], store_code="S1")["order_no"]
    shop.takes_back(number, (None, 13_032))
    assert set(balances().values()) == {0}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(0, 10**6) | st.sampled_from([1, 3, 7, 99]), min_size=1, max_size=5),
    st.data(),
)
def test_any_partial_refunds_and_then_the_rest_leave_nothing_d5(
    shop: Shop, amounts: list[int], data: st.DataObject
):
    """D5: whatever the parts, by line or spread; earnings and fees go back to where they were."""
    store = data.draw(st.sampled_from(["S1", "S2", None]))
    before = balances()
    number = shop.sells(amounts=amounts, store_code=store)["order_no"]
    left = dict(enumerate(amounts, 1))
    for n in range(data.draw(st.integers(0, 4))):
        line = data.draw(st.sampled_from(sorted(left)))
        part = data.draw(st.integers(0, left[line]))
        if part:
            shop.takes_back(number, (line, part), at=day(n + 1))
            left[line] -= part
            assert all(
                balances().get(name, 0) >= before.get(name, 0)
                for name in ("hq/platform_fees", "channel/fees")
            )
    if sum(left.values()):
        shop.takes_back(number, (None, sum(left.values())), at=day(9))
    now = balances()
    assert {
        name: now[name] - before.get(name, 0) for name in now if now[name] != before.get(name, 0)
    } == {}


def test_spread_parts_of_the_lines_are_proportional_and_exact(shop: Shop):
    from stores.facts.refunds import refund_line

    number = shop.sells(amounts=[100, 200, 700], store_code="S1")["order_no"]
    shop.takes_back(number, (None, 333))
    assert [r.amount_minor for r in shop.network.rows(refund_line, "line_no")] == [33, 67, 233]


@pytest.mark.parametrize(
    "lines, kind, code",
    [
        ([(1, 10_001)], Conflict, "refund_above_order"),
        ([(None, 10_001)], Conflict, "refund_above_order"),
        ([(1, 6_000), (None, 5_000)], Conflict, "refund_above_order"),
        ([(2, 1)], InvalidInput, "unknown_line"),
    ],
)
def test_more_than_is_left_or_of_another_line_is_refused_and_nothing_written(
    shop: Shop, lines: list, kind: type, code: str
):
    number = shop.sells(store_code="S1")["order_no"]
    before = shop.counts()
    with pytest.raises(kind) as refused:
        shop.takes_back(number, *lines)
    assert refused.value.code == code and refused.value.errors and refused.value.errors[0].field
    assert shop.counts() == before


def test_a_second_refund_is_held_against_what_the_first_left(shop: Shop):
    number = shop.sells(amounts=[6_000, 4_000], store_code="S1")["order_no"]
    shop.takes_back(number, (1, 5_000))
    with pytest.raises(Conflict):
        shop.takes_back(number, (1, 1_001))
    shop.takes_back(number, (1, 1_000), (2, 4_000))
    with pytest.raises(Conflict):
        shop.takes_back(number, (None, 1))


def test_a_refund_before_its_order_was_paid_is_refused(shop: Shop):
    number = shop.sells(at=day(5), store_code="S1")["order_no"]
    before = shop.counts()
    with pytest.raises(InvalidInput) as refused:
        shop.takes_back(number, (1, 1), at=day(4))
    assert refused.value.code == "refund_before_order" and shop.counts() == before


def test_a_refund_of_no_order_is_refused(shop: Shop):
    before = shop.counts()
    with pytest.raises(NotFound) as refused:
        shop.takes_back("none", (1, 1))
    assert refused.value.code == "unknown_order" and shop.counts() == before


def test_the_same_refund_twice_counts_once_and_with_another_body_not_at_all(shop: Shop):
    number = shop.sells(store_code="S1")["order_no"]
    shop.takes_back(number, (1, 500), number="R")
    before = shop.counts()
    assert shop.takes_back(number, (1, 500), number="R").unchanged == 1
    with pytest.raises(RefundReused):
        shop.takes_back(number, (1, 501), number="R")
    assert shop.counts() == before


def test_the_same_refund_number_of_another_order_is_another_body(shop: Shop):
    a, b = (shop.sells(store_code="S1")["order_no"] for _ in range(2))
    shop.takes_back(a, (1, 500), number="R")
    with pytest.raises(RefundReused):
        shop.takes_back(b, (1, 500), number="R")


def test_refunds_of_one_call_come_in_time_order_whatever_their_place(shop: Shop):
    number = shop.sells(amounts=[2_000], store_code="S2")["order_no"]
    calls = [
        shop.refund(number, (1, part), at=day(n), number=f"R{n}")
        for n, part in ((3, 667), (1, 667), (2, 666))
    ]
    record_refunds(calls, actor="test", now=shop.network.now)
    assert balances()["hq/platform_fees"] == 0
    from stores.facts.refunds import refund

    assert [r.refund_no for r in shop.network.rows(refund)] == ["R1", "R2", "R3"]


def test_the_later_refunds_of_a_sold_store_stay_with_the_old_dealer_d12(shop: Shop):
    number = shop.sells(at=day(0), store_code="S1")["order_no"]
    shop.network.now = day(15)
    shop.network.load(
        "stores", {"store_code": "S1", "dealer_code": "D2", "contract_from": "2025-03-10"}
    )
    shop.takes_back(number, (1, 10_000), at=day(14))
    assert "dealer:D2/earnings" not in balances() and balances()["dealer:D1/earnings"] == 0


def test_the_refunds_day_is_the_brands_d12(shop: Shop):
    number = shop.sells(store_code="S1")["order_no"]
    shop.takes_back(number, (1, 1), at=dt.datetime(2025, 3, 31, 16, tzinfo=dt.UTC))
    with db.read() as connection:
        days = (
            connection.execute(select(transfer.c.business_day).where(transfer.c.kind == "refund"))
            .scalars()
            .all()
        )
    assert days == [dt.date(2025, 4, 1)]
