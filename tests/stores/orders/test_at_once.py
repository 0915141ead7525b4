"""Many at once (M12, M21): one effect each, no deadlock, no sale above what was paid."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.faults import Conflict
from stores.customers.event_intake import record_events
from stores.facts.customers import customer
from stores.facts.orders import sales_order
from stores.facts.refunds import refund
from stores.orders.writing import OrderReused
from tests.stores.orders.shop import Shop, day

MANY = 50


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds from one thread each, all let go together; what each returned or raised."""
    gate, found = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n: int) -> None:
        gate.wait()
        try:
            found[n] = deeds[n]()
        except Exception as error:  # noqa: BLE001 - it is what we look at
            found[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(deeds))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


@pytest.mark.parametrize("known", [False, True])
def test_the_same_order_fifty_times_at_once_is_one(shop: Shop, known: bool):
    if known:
        shop.adds("Wang", day(-1))
    order = shop.order(store_code="S1")
    found = at_once(*[lambda: shop.records(order).new] * MANY)
    assert Counter(found) == {1: 1, 0: MANY - 1}
    assert shop.network.count(sales_order) == shop.network.count(customer) == 1


def test_the_same_number_with_other_contents_at_once_is_one_and_the_rest_refused(shop: Shop):
    order = shop.order(store_code="S1")
    found = at_once(
        *[lambda n=n: shop.records(replace(order, channel=f"k{n}")).new for n in range(MANY)]
    )
    assert found.count(1) == 1 and sum(isinstance(each, OrderReused) for each in found) == MANY - 1
    assert shop.network.count(sales_order) == 1


def test_many_orders_of_one_new_customer_at_once_make_one_customer_and_one_first_order(shop: Shop):
    orders = [
        shop.order("new", day(n / 100), store_code="S1", order_no=f"N{n:02}") for n in range(MANY)
    ]
    assert at_once(*[lambda each=each: shop.records(each).new for each in orders]) == [1] * MANY
    assert shop.network.count(customer) == 1
    assert shop.bound("new", day(1))[0] == "S1" and shop.state("new").home_valid_until == day(
        (MANY - 1) / 100 + 365
    )


def test_files_and_events_about_the_same_new_people_in_opposite_orders_do_not_lock_each_other_out(
    shop: Shop,
):
    names = [f"p{n:02}" for n in range(40)]

    def file(order: list[str], mark: str) -> Callable[[], int]:
        orders = [shop.order(name, store_code="S1", order_no=f"{mark}-{name}") for name in order]
        return lambda: shop.records(*orders).new

    def events(order: list[str], mark: str) -> Callable[[], int]:
        made = [
            shop.event(
                "contact.confirmed",
                day(0),
                "Wang",
                name,
                event_id=f"{mark}-{name}",
                external_userid=f"w-{name}",
            )
            for name in order
        ]
        return lambda: record_events(made, actor="t", now=shop.network.now).accepted

    found = at_once(
        file(names, "a"),
        file(names[::-1], "b"),
        events(names, "c"),
        events(names[::-1], "d"),
        file(names[::2] + names[1::2], "e"),
    )
    assert found == [40] * 5
    assert shop.network.count(customer) == 40


def test_refunds_of_one_order_at_once_never_exceed_it_d5(shop: Shop):
    number = shop.sells(amounts=[10_000], store_code="S1")["order_no"]
    calls = [lambda n=n: shop.takes_back(number, (1, 900), number=f"R{n}").new for n in range(MANY)]
    found = at_once(*calls)
    assert found.count(1) == 11 and sum(isinstance(each, Conflict) for each in found) == MANY - 11
    assert sum(r.total_minor for r in shop.network.rows(refund)) == 9_900


def test_the_same_refund_fifty_times_at_once_is_one(shop: Shop):
    number = shop.sells(store_code="S1")["order_no"]
    found = at_once(*[lambda: shop.takes_back(number, (1, 900), number="R").new] * MANY)
    assert Counter(found) == {1: 1, 0: MANY - 1}


def test_the_same_event_fifty_times_at_once_is_one_e8(shop: Shop):
    event = shop.event("contact.confirmed", day(0), "Wang")
    found = at_once(*[lambda: shop.hears(event)] * MANY)
    assert sum(t.accepted for t in found) == 1 and sum(t.duplicates for t in found) == MANY - 1


def test_adds_by_two_guides_at_once_make_one_owner_b1(shop: Shop):
    found = at_once(
        *[lambda n=n: shop.adds(("Wang", "Zhao")[n % 2], day(n / 10)) for n in range(20)]
    )
    assert found == [None] * 20
    assert shop.bound("c1", day(5)) == ("S1", "Wang")


def test_visits_orders_and_events_of_one_customer_at_once_all_count_m12(shop: Shop):
    deeds: list[Callable[[], Any]] = []
    for n in range(12):
        order = shop.order("c1", day(1 + n / 100), store_code="S1", order_no=f"N{n:02}")
        deeds += [
            lambda order=order: shop.records(order).new,
            lambda n=n: shop.visits("c1", day(n / 100), near="S1").entry_id is not None,
            lambda n=n: shop.adds("Wang", day(n / 100)),
        ]
    assert [each for each in at_once(*deeds) if isinstance(each, Exception)] == []
    assert shop.bound("c1", day(2)) == ("S1", "Wang")
