"""Which guide an order credits (B6), whose score it counts for (B12), and what a refund takes back
of it (B13)."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.stores.orders.shop import Shop, day


def credits(shown: dict) -> dict[str, tuple[str, int]]:
    return {
        c["kind"]: (
            c.get("store_code") or c.get("guide_code") or c.get("branch_code"),
            c["amount_minor"],
        )
        for c in shown["credits"]
    }


def basis(shown: dict) -> tuple[str | None, str]:
    return shown["guide_code"], shown["guide_basis"]


def test_the_assisting_guide_goes_first_then_touch_then_owner_then_nobody_b6(shop: Shop):
    shop.adds("Wang", day(0))
    shop.visits("c1", day(1), link="Zhao")
    assert basis(shop.sells(at=day(2), guide_code="Mei")) == ("Mei", "assisted")
    assert basis(shop.sells(at=day(2))) == ("Zhao", "touch")
    assert basis(shop.sells(at=day(9))) == ("Wang", "owner")
    assert basis(shop.sells("stranger", day(9))) == (None, "none")


@pytest.mark.parametrize("days, expected", [(7, ("Zhao", "touch")), (7.01, (None, "none"))])
def test_a_touch_counts_for_seven_days_b6(shop: Shop, days: float, expected: tuple):
    shop.visits("c1", day(0), link="Zhao")
    assert basis(shop.sells(at=day(days))) == expected


def test_the_last_touch_wins_b6(shop: Shop):
    shop.visits("c1", day(0), link="Zhao")
    shop.visits("c1", day(1), link="Mei")
    assert basis(shop.sells(at=day(2))) == ("Mei", "touch")


def test_a_guide_who_has_left_is_credited_nothing_and_the_next_basis_counts_b9(shop: Shop):
    shop.network.load(
        "guides",
        {"guide_code": "Zhao", "name": "Zhao", "store_code": "S2", "left_on": "2025-03-01"},
    )
    shop.adds("Wang", day(0))
    shop.visits("c1", day(0.1), link="Zhao")
    assert basis(shop.sells(at=day(2))) == ("Wang", "owner")
    assert basis(shop.sells(at=day(2), guide_code="Zhao")) == ("Wang", "owner")


def test_shop_home_guide_and_branch_each_get_the_whole_order_b12_e7(shop: Shop):
    """E7: home store S1 of Omar's, owner Li; the customer buys in S2 of Olga's with no touch
    there."""
    shop.adds("Li", day(0))
    shown = shop.sells("c1", day(45), [30_000], store_code="S2")
    assert (shown["store_code"], shown["dealer_code"]) == ("S2", "D2")
    assert credits(shown) == {
        "shop": ("S2", 30_000),
        "home": ("S1", 30_000),
        "guide": ("Li", 30_000),
        "branch": ("B2", 30_000),
    }
    stores = [c["amount_minor"] for c in shown["credits"] if c["kind"] in ("shop", "home")]
    assert sum(stores) == 60_000 and shown["total_minor"] == 30_000


def test_an_order_at_the_home_store_counts_once_for_it_b12(shop: Shop):
    shop.adds("Wang", day(0))
    assert credits(shop.sells(at=day(1), store_code="S1")) == {
        "shop": ("S1", 10_000),
        "guide": ("Wang", 10_000),
        "branch": ("B1", 10_000),
    }


def test_the_home_is_the_one_before_the_order_b12(shop: Shop):
    assert "home" not in credits(shop.sells(at=day(0), store_code="S1"))
    assert credits(shop.sells(at=day(1), store_code="S3"))["home"] == ("S1", 10_000)


def test_an_order_nobody_owns_still_counts_for_home_and_guide_b12(shop: Shop):
    shop.adds("Wang", day(0))
    assert credits(shop.sells(at=day(1))) == {"home": ("S1", 10_000), "guide": ("Wang", 10_000)}


def test_a_refund_takes_every_credit_back_in_proportion_on_its_own_day_b13(shop: Shop):
    shop.adds("Li", day(0))
    number = shop.sells(at=day(1), amounts=[20_000, 10_000], store_code="S2")["order_no"]
    shop.takes_back(number, (1, 5_000), at=day(3), number="R")
    from stores.facts.credits import order_credit

    rows = [r for r in shop.network.rows(order_credit) if r.refund_id is not None]
    assert {(r.kind, r.amount_minor, r.business_day) for r in rows} == {
        (k, -5_000, dt.date(2025, 3, 4)) for k in ("shop", "home", "guide", "branch")
    }
    shop.takes_back(number, (None, 25_000), at=day(4))
    assert sum(r.amount_minor for r in shop.network.rows(order_credit)) == 0


# -- the worked examples of owners -----------------------------------------------------------------


def test_e9_takeover(shop: Shop):
    shop.adds("Wang", day(0))
    shop.visits("c1", day(19), link="Zhao")
    assert basis(shop.sells(at=day(19.1))) == ("Zhao", "touch")
    assert shop.bound("c1", day(20))[1] == "Wang"
    shop.visits("c1", day(35), link="Zhao")
    shop.sells(at=day(35.1))
    assert shop.bound("c1", day(36))[1] == "Zhao"
    from stores.facts.binding_history import binding

    now = [r for r in shop.network.rows(binding) if r.kind == "owner" and r.superseded_at is None]
    assert [r.reason for r in now] == ["friend_add", "snatch_after_protection"]


def test_e9_told_backwards_ends_the_same(shop: Shop):
    shop.visits("c1", day(19), link="Zhao")
    shop.visits("c1", day(35), link="Zhao")
    shop.sells(at=day(35.1))
    shop.sells(at=day(19.1))
    shop.adds("Wang", day(0))
    assert shop.bound("c1", day(20))[1] == "Zhao" and shop.bound("c1", day(36))[1] == "Zhao"
    from stores.facts.binding_history import binding

    now = [
        r
        for r in shop.network.rows(binding, "started_at")
        if r.kind == "owner" and r.superseded_at is None
    ]
    assert [r.reason for r in now] == ["friend_add", "snatch_after_protection"]


def test_e10_a_leavers_last_orders_are_his_and_later_ones_the_new_owners(shop: Shop):
    shop.adds("Wang", day(0))
    shop.network.load(
        "guides",
        {"guide_code": "Wang", "name": "Wang", "store_code": "S1", "left_on": "2025-06-30"},
    )
    june = dt.datetime(2025, 6, 30, 15, 59, tzinfo=dt.UTC)  # 23:59 in Shanghai
    assert basis(shop.sells(at=june)) == ("Wang", "owner")
    assert basis(shop.sells(at=june + dt.timedelta(minutes=2))) == (None, "none")
    shop.hears(
        shop.event(
            "contact.transferred",
            june + dt.timedelta(days=2),
            "Li",
            payload={"from_guide_code": "Wang", "state": "done"},
        )
    )
    assert basis(shop.sells(at=june + dt.timedelta(days=3))) == ("Li", "owner")


def test_the_owner_ends_with_the_last_day_by_the_clock_alone_b9(shop: Shop):
    shop.adds("Wang", day(0))
    shop.network.load(
        "guides",
        {"guide_code": "Wang", "name": "Wang", "store_code": "S1", "left_on": "2025-03-05"},
    )
    last = dt.datetime(2025, 3, 5, 16, tzinfo=dt.UTC)
    assert shop.bound("c1", last - dt.timedelta(seconds=1)) == ("S1", "Wang")
    assert shop.bound("c1", last) == ("S1", None)


def test_a_guide_who_moves_to_another_dealer_leaves_his_customers_with_the_store_b10(shop: Shop):
    shop.network.now = day(0)
    shop.adds("Wang", day(0))
    shop.network.days_pass(10)
    shop.network.load("guides", {"guide_code": "Wang", "name": "Wang", "store_code": "S2"})
    assert shop.bound("c1", day(9)) == ("S1", "Wang")
    assert shop.bound("c1", day(11)) == ("S1", None)


def test_a_guide_who_moves_within_the_dealer_keeps_his_customers_b10(shop: Shop):
    shop.network.now = day(0)
    shop.adds("Wang", day(0))
    shop.network.days_pass(10)
    shop.network.load("guides", {"guide_code": "Wang", "name": "Wang", "store_code": "S3"})
    assert shop.bound("c1", day(11)) == ("S1", "Wang")
