"""Recording orders: once, whole, whatever the size (M8, M9, D2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.faults import InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.facts.customers import customer
from stores.facts.orders import order_line, sales_order
from stores.network import policies
from stores.orders import writing
from stores.orders.inputs import LineIn
from stores.orders.writing import OrderReused
from tests.stores.orders.shop import Shop, day


def test_the_same_order_again_changes_nothing_m9(shop: Shop):
    order = shop.order(store_code="S1")
    shop.records(order)
    before = shop.counts()
    shop.network.load(
        "stores", {"store_code": "S1", "status": "closed", "successor_store_code": "S2"}
    )
    after_closing = shop.counts()
    assert shop.records(order).unchanged == 1
    assert shop.counts() == after_closing and before["sales_order"] == after_closing["sales_order"]


def test_lines_in_another_order_are_the_same_order_m9(shop: Shop):
    order = shop.order(amounts=[1, 2, 3])
    shop.records(order)
    assert shop.records(replace(order, lines=order.lines[::-1])).unchanged == 1


@pytest.mark.parametrize(
    "change",
    [
        {"customer_id": "c2"},
        {"paid_at": day(1)},
        {"guide_code": "Wang"},
        {"channel": "x"},
        {"fulfilment_store_code": "S2"},
        {"freight_minor": 1},
        {"delivery": "pickup"},
        {"lines": (LineIn(1, 2, 10_000),)},
        {"lines": (LineIn(1, 1, 10_001),)},
        {"lines": (LineIn(1, 1, 10_000, sku="A"),)},
    ],
)
def test_a_known_order_with_another_content_is_refused_and_nothing_written_m9(
    shop: Shop, change: dict
):
    order = shop.order()
    shop.records(order)
    before = shop.counts()
    with pytest.raises(OrderReused) as refused:
        shop.records(replace(order, **change), shop.order("new"))
    assert refused.value.errors[0].field == "order_no"
    assert shop.counts() == before


def test_one_bad_order_of_many_writes_none(shop: Shop):
    before = shop.counts()
    with pytest.raises(InvalidInput):
        shop.records(*(shop.order(f"c{n}") for n in range(40)), shop.order(guide_code="nobody"))
    assert shop.counts() == before


def test_an_order_of_nothing_books_and_credits_nothing_but_is_there(shop: Shop):
    shown = shop.sells(amounts=[0], store_code="S1")
    assert (shown["credits"], shown["transfers"], shown["total_minor"]) == ([], [], 0)


def test_amounts_up_to_ten_to_the_fifteenth_are_exact_d2(shop: Shop):
    shown = shop.sells(amounts=[10**15 - 1, 1], store_code="S1")
    assert {t["kind"]: t["amount_minor"] for t in shown["transfers"]} == {
        "sale": 10**15,
        "platform_fee": 5 * 10**13,
        "channel_fee": 6 * 10**12,
    }
    shop.takes_back(shown["order_no"], (1, 10**15 - 1))
    shop.takes_back(shown["order_no"], (2, 1), at=day(6))


def test_five_hundred_lines_share_the_fees_to_the_last_fen_d4(shop: Shop):
    shop.sells(amounts=[n * 7 + 1 for n in range(500)], store_code="S1", order_no="long")
    rows, order = shop.network.rows(order_line, "line_no"), shop.row("long")
    assert len(rows) == 500
    assert sum(r.platform_fee_minor for r in rows) == order.platform_fee_minor
    assert sum(r.channel_fee_minor for r in rows) == order.channel_fee_minor


def test_freight_is_part_of_the_total_and_may_not_exceed_it(shop: Shop):
    assert shop.sells(freight_minor=10_000, order_no="F")["total_minor"] == 10_000
    with pytest.raises(InvalidInput) as refused:
        shop.records(shop.order(freight_minor=10_001))
    assert refused.value.errors[0].field == "freight_minor"


def test_two_orders_of_one_new_customer_in_one_call_make_one_customer(shop: Shop):
    shop.records(
        shop.order("new", day(1), store_code="S2", order_no="second"),
        shop.order("new", day(0), store_code="S1", order_no="first"),
    )
    assert shop.network.count(customer) == 1
    assert (
        shop.row("first").home_store_id is None
        and shop.row("second").home_store_id == shop.row("first").store_id
    )


@pytest.mark.parametrize("few", [0, 100])
def test_many_and_few_orders_take_two_ways_to_one_result(
    shop: Shop, few: int, monkeypatch: pytest.MonkeyPatch
):
    """Planned outside the write or under its locks (M21): the same rows."""
    monkeypatch.setattr(writing, "FEW", few)
    shop.adds("Wang", day(0))
    shop.records(
        *(
            shop.order(
                f"c{n % 3}",
                day(n),
                store_code=f"S{n % 3 + 1}",
                guide_code=("Zhao", None)[n % 2],
                order_no=f"N{n:02}",
            )
            for n in range(12)
        )
    )
    found = [
        (r.order_no, r.guide_basis, r.owner_basis, r.home_store_id is None)
        for r in shop.network.rows(sales_order, "order_no")
    ]
    assert found == [
        (
            f"N{n:02}",
            ("assisted", "owner" if n % 3 == 1 else "none")[n % 2],
            "named",
            n < 3 and n != 1,
        )
        for n in range(12)
    ]


def test_a_policy_published_between_plan_and_write_is_heeded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "FEW", 0)
    prepared, calls = writing._prepared, []

    def slow(*given):
        found = prepared(*given)
        if not calls:
            policies.publish(
                {"protection_days": 3, "note": "n"}, actor=COMMAND_LINE, now=shop.network.now
            )
        calls.append(1)
        return found

    monkeypatch.setattr(writing, "_prepared", slow)
    shop.sells(at=day(0), store_code="S1")
    assert len(calls) == 2 and (shop.state().home_protected_until - day(0)).days == 3


def test_what_happens_to_a_customer_between_plan_and_write_is_heeded_m12(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "FEW", 0)
    prepared, calls = writing._prepared, []

    def slow(*given):
        found = prepared(*given)
        calls.append(1)
        if len(calls) < 3:
            shop.adds(("Wang", "Zhao")[len(calls) - 1], day(-1))
        return found

    monkeypatch.setattr(writing, "_prepared", slow)
    shown = shop.sells(at=day(0), store_code="S1")
    assert (shown["guide_code"], len(calls)) == ("Wang", 2)


def test_a_customer_with_very_many_orders_is_planned_in_linear_time(shop: Shop):
    """A till that names one customer for all who walk in."""
    assert (
        shop.records(
            *(
                shop.order("walk-in", day(n / 100), order_no=f"W{n}", store_code="S1")
                for n in range(2_000)
            )
        ).new
        == 2_000
    )
