"""A customer's new home: by a wish, proposed by orders, approved, waiting for a closing (A11, A14, B4)."""

from __future__ import annotations

import datetime as dt

import pytest

import db
from ledger.faults import NotFound
from stores.base.actors import COMMAND_LINE, Actor
from stores.customer_deeds import home_proposals
from stores.facts.visits import SourcePoint
from stores.network import network as networks
from stores.network.policies import publish
from stores.network.policy import Policy
from stores.registers import close_store
from tests.stores.orders.deeds import KEY, does, refused
from tests.stores.orders.shop import HERE, day


def test_a_new_home_by_his_own_wish_once_the_old_one_is_not_protected(shop):
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    refused("binding_protected", "home_requested", day(10), "S2")
    does("home_requested", day(31), "S2", actor=KEY)
    assert shop.bound("c1", day(31))[0] == "S2"
    assert shop.visits("c1", day(32), "S1").decision.rung == "HOME_PROTECTED"


def test_three_orders_elsewhere_propose_a_home_and_only_approval_makes_it(shop):
    """A14."""
    manager = shop.snapshot().by_code["S2"].id
    of_s2 = Actor("user:9", frozenset({"customer:assign"}), "store", manager)
    of_s3 = Actor(
        "user:8", frozenset({"customer:assign"}), "store", shop.snapshot().by_code["S3"].id
    )
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))

    def proposed(at):
        with db.read() as connection:
            found = home_proposals.rows(connection, manager, Policy(), at)
            free = [r for r in found if r.held_until is None]
            assert home_proposals.counts(connection, manager, Policy(), at) == (
                len(found),
                len(free),
            )
            return [(r.customer_text, r.orders) for r in found]

    def buys_there(*days):
        for n in days:
            does("switched", day(n), "S2")
            shop.visits("c1", day(n), "S2")
            assert shop.sells("c1", day(n))["store_code"] == "S2"

    buys_there(32, 33)
    assert proposed(day(34)) == []
    refused("no_proposal", "home_approved", day(34), "S2")
    buys_there(34)
    assert proposed(day(35)) == [("c1", 3)]
    assert proposed(day(135)) == []
    assert shop.bound("c1", day(35))[0] == "S1"  # a proposal changes nothing
    does("home_declined", day(35), "S2", actor=of_s2)
    assert proposed(day(35)) == []
    with pytest.raises(NotFound):
        does("home_approved", day(36), "S2", actor=of_s3)
    buys_there(130, 131, 132)
    does("home_approved", day(133), "S2", actor=of_s2)
    assert shop.bound("c1", day(133))[0] == "S2"


@pytest.mark.parametrize(
    ("snatch", "at", "held_until"),
    [
        ("after_protection", 29, 30),
        ("after_protection", 31, None),
        ("anytime", 29, None),
        ("never", 31, 387),
        ("never", 29, 387),
    ],
)  # validity: from his last order
def test_a_proposal_says_how_long_the_takeover_policy_holds_its_customer_a14_b4(
    shop, snatch, at, held_until
):
    """What is said to be free can be approved, what is not is refused."""
    publish({"snatch_policy": snatch, "note": "-"}, actor=COMMAND_LINE, now=day(0))
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    for n in (20, 21, 22):
        shop.sells("c1", day(n), store_code="S2")
    found, policy = shop.snapshot().by_code["S2"].id, Policy(snatch_policy=snatch)
    with db.read() as connection:
        assert [r.held_until for r in home_proposals.rows(connection, found, policy, day(at))] == [
            day(held_until) if held_until else None
        ]
        assert home_proposals.counts(connection, found, policy, day(at)) == (
            1,
            0 if held_until else 1,
        )
    if held_until:
        refused("binding_protected", "home_approved", day(at), "S2")
    else:
        does("home_approved", day(at), "S2")
        assert shop.bound("c1", day(at))[0] == "S2"


def test_a_policy_published_later_takes_no_customer_back_b4(shop, monkeypatch):
    """A1: an order that has nothing to do with it must not move the owner by folding his past
    anew."""
    monkeypatch.setattr(shop.network, "now", day(0))
    publish(
        {"snatch_policy": "anytime", "protection_days": 5, "note": "-"},
        actor=COMMAND_LINE,
        now=day(0),
    )
    shop.adds("Wang", day(0))
    shop.visits("c1", day(1), link="Zhao")
    shop.sells("c1", day(1))
    assert shop.bound("c1", day(1))[1] == "Zhao"
    before = shop.state("c1")
    publish({"snatch_policy": "never", "note": "-"}, actor=COMMAND_LINE, now=day(2))
    publish(
        {"snatch_policy": "anytime", "note": "pushed out"},
        actor=COMMAND_LINE,
        now=day(2),
        effective_at=day(3),
    )
    publish(
        {"snatch_policy": "never", "protection_days": 30, "validity_days": 100, "note": "-"},
        actor=COMMAND_LINE,
        now=day(2.5),
    )
    monkeypatch.setattr(shop.network, "now", day(10))
    shop.sells(
        "c1", day(10), store_code="S3", location=SourcePoint(*HERE["S3"], "wgs84"), guide_code="Mei"
    )
    after = shop.state("c1")
    assert shop.bound("c1", day(10))[1] == "Zhao"
    assert after.owner_protected_until == before.owner_protected_until == day(6)
    assert [c.snatch_policy for _, c in shop.snapshot().conditions] == [
        "after_protection",
        "anytime",
        "never",
        "never",
    ]
    networks.forget()
    assert [c.snatch_policy for _, c in shop.snapshot().conditions] == [
        "after_protection",
        "anytime",
        "never",
        "never",
    ]
    shop.visits("c1", day(40), link="Li")
    shop.sells("c1", day(40))
    assert shop.bound("c1", day(40))[1] == "Zhao", "never"


def test_an_order_that_was_taken_back_whole_proposes_nothing(shop):
    """A14: three orders that stand."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    bought = [shop.sells("c1", day(32 + n), store_code="S2")["order_no"] for n in range(3)]
    store = shop.snapshot().by_code["S2"].id

    def proposed():
        with db.read() as connection:
            return [r.orders for r in home_proposals.rows(connection, store, Policy(), day(40))]

    assert proposed() == [3]
    shop.takes_back(bought[0], (1, 4_000), at=day(36))
    assert proposed() == [3]
    shop.takes_back(bought[0], (1, 6_000), at=day(37))
    assert proposed() == []
    refused("no_proposal", "home_approved", day(40), "S2")


def test_a_home_that_waited_for_a_closing_goes_on_where_that_store_closed_too_a11(shop):
    """B3: Mei's S3 becomes home when S1 closes; it closed some days before, with nobody at home and
    nothing written down, and S2 follows it."""
    network = shop.network
    shop.sells(
        "c1", network.now - dt.timedelta(hours=1), location=SourcePoint(*HERE["S1"], "wgs84")
    )
    shop.adds("Mei", network.now, "c1")
    assert (
        shop.bound("c1", network.now) == ("S1", "Mei")
        and shop.state("c1").next_home_store_id is not None
    )
    network.open_store("S1", "D1", closed_on="2025-06-05")
    network.open_store("S3", "D1", closed_on="2025-06-03", successor_store_code="S2")
    network.days_pass(6)
    assert close_store.close_due(network.now) == 2
    assert shop.bound("c1", network.now) == ("S2", "Mei")
