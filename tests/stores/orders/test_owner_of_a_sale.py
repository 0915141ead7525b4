"""Whose sale an order is (D1, CONTRACT 2): the server decides, from what it knows of the moment of
payment (M8)."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.faults import InvalidInput
from stores.base.actors import COMMAND_LINE
from stores.facts.visits import SourcePoint
from stores.network import policies
from tests.stores.orders.shop import HERE, NOWHERE, Shop, day

HOUR = 1 / 24


def owner(shown: dict) -> tuple[str | None, str | None, str]:
    return shown["store_code"], shown["dealer_code"], shown["owner_basis"]


def test_the_named_entry_owns_whatever_its_time_and_whatever_came_later(shop: Shop):
    entry = shop.visits("c1", day(0), near="S2")
    shop.visits("c1", day(29), near="S1")
    assert owner(shop.sells("c1", day(29.01), entry_id=entry.entry_id)) == ("S2", "D2", "entry")


def test_else_the_last_visit_of_the_day_before_owns(shop: Shop):
    shop.visits("c1", day(0), near="S1")
    shop.visits("c1", day(0.5), near="S3")
    assert owner(shop.sells("c1", day(0.75))) == ("S3", "D1", "visit")


@pytest.mark.parametrize("hours, basis", [(23.99, "visit"), (24, "visit"), (24.01, "unattributed")])
def test_a_visit_counts_for_24_hours(shop: Shop, hours: float, basis: str):
    shop.visits("c1", day(0), near="S1")
    assert shop.sells("c1", day(hours * HOUR))["owner_basis"] == basis


def test_a_visit_after_the_payment_does_not_count(shop: Shop):
    shop.visits("c1", day(1), near="S1")
    assert shop.sells("c1", day(0.9))["owner_basis"] == "unattributed"


def test_of_two_visits_at_one_moment_the_later_recorded_counts(shop: Shop):
    shop.visits("c1", day(0), near="S1")
    shop.visits("c1", day(0), near="S3")
    assert shop.sells("c1", day(0.1))["store_code"] == "S3"


def test_else_the_location_decides_as_an_entry_would(shop: Shop):
    assert owner(shop.sells(location=SourcePoint(*HERE["S2"], "wgs84"))) == ("S2", "D2", "location")


def test_the_location_is_converted_by_its_crs_a3(shop: Shop):
    assert shop.sells(location=SourcePoint(30.2717, 120.1597, "gcj02"))["store_code"] == "S3"


def test_the_bindings_at_the_moment_of_payment_take_part_in_the_decision_m8(shop: Shop):
    shop.adds("Zhao", day(0))
    late = shop.sells(at=day(10), location=SourcePoint(*HERE["S1"], "wgs84"))
    early = shop.sells(at=day(-1), location=SourcePoint(*HERE["S1"], "wgs84"))
    assert (late["store_code"], early["store_code"]) == ("S2", "S1")


def test_a_default_store_owns_no_sale(shop: Shop):
    policies.publish(
        {"default_store": "S1", "region_defaults": {"310000": "S1"}, "note": "n"},
        actor=COMMAND_LINE,
        now=shop.network.now,
    )
    assert owner(shop.sells(location=NOWHERE, region_code="310000")) == (None, None, "unattributed")


def test_else_the_store_that_headquarters_file_names(shop: Shop):
    assert owner(shop.sells(store_code="S3")) == ("S3", "D1", "named")


def test_what_was_seen_goes_before_what_the_file_names(shop: Shop):
    shop.visits("c1", day(0), near="S1")
    assert owner(shop.sells(at=day(0.1), store_code="S3")) == ("S1", "D1", "visit")


def test_an_order_that_nobody_owns_is_not_lost(shop: Shop):
    shown = shop.sells()
    assert owner(shown) == (None, None, "unattributed")
    assert shown["transfers"] == [
        {
            "debit_account": "hq/collections",
            "credit_account": "hq/unattributed",
            "amount_minor": 10_000,
            "currency": "CNY",
            "kind": "sale_unattributed",
        }
    ]


def test_a_store_that_belonged_to_nobody_then_owns_nothing(shop: Shop):
    shop.network.open_store("S9", "D1", contract_from="2025-03-10")
    assert owner(shop.sells(at=day(0), store_code="S9")) == (None, None, "unattributed")


# -- spoofing --------------------------------------------------------------------------------------


def test_the_entry_of_another_customer_is_refused_and_nothing_written(shop: Shop):
    entry = shop.visits("victim", day(0), near="S2")
    before = shop.counts()
    with pytest.raises(InvalidInput) as refused:
        shop.records(shop.order("thief", day(0.1), entry_id=entry.entry_id))
    assert (
        refused.value.code == "entry_of_another_customer"
        and refused.value.errors[0].field == "entry_id"
    )
    assert shop.counts() == before


@pytest.mark.parametrize(
    "field, code",
    [
        ("entry_id", "unknown_entry"),
        ("guide_code", "unknown_guide"),
        ("store_code", "unknown_store"),
    ],
)
def test_what_nobody_knows_is_refused_and_nothing_written(shop: Shop, field: str, code: str):
    before = shop.counts()
    with pytest.raises(InvalidInput) as refused:
        shop.records(shop.order(**{field: "nothing"}))
    assert (refused.value.code, refused.value.errors[0].field) == (code, field)
    assert shop.counts() == before


def test_the_wrong_currency_is_refused_and_nothing_written(shop: Shop):
    before = shop.counts()
    with pytest.raises(InvalidInput) as refused:
        shop.records(shop.order(currency="USD"))
    assert (refused.value.code, refused.value.errors[0].field) == ("wrong_currency", "currency")
    assert shop.counts() == before


# -- frozen ----------------------------------------------------------------------------------------


def test_rates_are_frozen_on_the_order_d1(shop: Shop):
    shop.sells(store_code="S1", order_no="before")
    shop.network.load("dealers", {"dealer_code": "D1", "name": "Omar", "platform_fee_bp": "900"})
    shop.sells(store_code="S1", order_no="after")
    assert [shop.row(n).platform_fee_minor for n in ("before", "after")] == [500, 900]
    shop.takes_back("before", (1, 10_000))
    assert [r["amount_minor"] for r in shop.shown("before")["refunds"]] == [10_000]


def test_a_store_sold_in_mid_month_shuffled_or_not_gives_the_same_owners_and_rates_m8(shop: Shop):
    shop.network.now = day(15)
    shop.network.load(
        "stores", {"store_code": "S1", "dealer_code": "D2", "contract_from": "2025-03-10"}
    )
    orders = [shop.order("c1", day(n), store_code="S1", order_no=f"N{n}") for n in range(20)]
    shop.records(*orders[::3], *orders[1::3], *orders[2::3])
    change = dt.datetime(2025, 3, 9, 16, tzinfo=dt.UTC)  # midnight in Shanghai
    for n in range(20):
        found = shop.row(f"N{n}")
        dealer, platform = ("D1", 500) if day(n) < change else ("D2", 500)
        assert (shop.shown(f"N{n}")["dealer_code"], found.platform_fee_minor) == (dealer, platform)


def test_an_order_of_the_past_goes_to_the_dealer_of_then_whenever_it_comes_d12(shop: Shop):
    shop.network.now = day(15)
    shop.network.load(
        "stores", {"store_code": "S1", "dealer_code": "D2", "contract_from": "2025-03-10"}
    )
    assert shop.sells(at=day(20), store_code="S1")["dealer_code"] == "D2"
    assert shop.sells(at=day(1), store_code="S1")["dealer_code"] == "D1"


def test_a_file_in_one_call_equals_its_orders_one_by_one_in_time_m8(shop: Shop):
    def orders(customer: str) -> list:
        return [
            shop.order(customer, day(n), guide_code=g, store_code=s, order_no=f"{customer}-{n}")
            for n, (g, s) in enumerate(
                [
                    (None, "S1"),
                    ("Zhao", "S2"),
                    (None, "S3"),
                    ("Wang", "S1"),
                    (None, None),
                    (None, "S2"),
                ]
            )
        ]

    for each in orders("one"):
        shop.records(each)
    shop.records(*reversed(orders("all")))
    for n in range(6):
        one, all_ = shop.row(f"one-{n}"), shop.row(f"all-{n}")
        for name in (
            "store_id",
            "dealer_id",
            "guide_id",
            "guide_basis",
            "home_store_id",
            "owner_basis",
            "platform_fee_minor",
        ):
            assert getattr(one, name) == getattr(all_, name), (n, name)
    assert shop.bound("one", day(10)) == shop.bound("all", day(10))
