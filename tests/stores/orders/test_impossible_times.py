"""No fact lies more than 24 hours ahead of its receipt or before 2000; one that an older version
took waits for its time (N5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from stores.base.actors import COMMAND_LINE
from stores.base.possible_times import ImpossibleTime
from stores.customers import event_intake, following, rebinding
from stores.facts.binding_history import binding
from stores.facts.visits import Arrival, SourcePoint
from stores.orders import refunding, states, writing
from stores.orders.states import record_state
from stores.routing import entering, entering_bulk
from stores.routing.entering_bulk import PastArrival
from stores.routing.entry_param_signing import sign_param
from tests.stores.orders.shop import HERE, NOWHERE, Shop, day

FAR = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
OF_2062 = dt.datetime(2062, 3, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


def tries(shop: Shop, at: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    """Every way to tell a fact of the moment `at`, each as a call."""
    return {
        "entry": lambda: entering.enter(
            Arrival({"customer_id": "c7"}, region_code="310000", occurred_at=at),
            body_hash="-",
            now=now,
        ),
        "arrivals": lambda: entering_bulk.record_arrivals(
            [
                PastArrival(
                    entering.new_entry_id(now), Arrival({"customer_id": "c8"}, occurred_at=at), now
                )
            ],
            now=now,
        ),
        "order": lambda: writing.record_orders([shop.order("c7", at)], actor="test", now=now),
        "orders": lambda: writing.record_orders(
            [shop.order(f"c{n}", at) for n in range(writing.FEW + 1)], actor="test", now=now
        ),
        "refund": lambda: refunding.record_refunds(
            [shop.refund("sold", (1, 1), at=at)], actor="test", now=now
        ),
        "state": lambda: record_state("sold", "shipped", at, actor="test", now=now),
        "parameter": lambda: sign_param(store_code="S1", issued_at=at, actor=COMMAND_LINE, now=now),
    }


@pytest.mark.parametrize(
    "at",
    [
        FAR,
        day(0) + dt.timedelta(hours=24) + SECOND,
        dt.datetime(1999, 12, 31, 15, 59, 59, tzinfo=dt.UTC),
        dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
        dt.datetime(1899, 12, 30, tzinfo=dt.UTC),
    ],
)
def test_what_cannot_have_happened_is_taken_by_no_door(shop: Shop, at: dt.datetime):
    shop.sells(order_no="sold", store_code="S1")
    before = shop.counts()
    for name, told in tries(shop, at, day(0)).items():
        with pytest.raises(ImpossibleTime) as refused:
            told()
        assert refused.value.errors[0].field in (
            "occurred_at",
            "paid_at",
            "refunded_at",
            "at",
            "issued_at",
        ), name
    heard = event_intake.record_events(
        [
            shop.event("contact.confirmed", at, "Wang"),
            shop.event("contact.confirmed", day(-1), "Wang"),
        ],
        actor="test",
        now=day(0),
    )
    assert (heard.accepted, [(r.index, r.field, r.code) for r in heard.refused]) == (
        1,
        [(0, "occurred_at", "impossible_time")],
    )
    after = shop.counts()
    assert {name for name in after if after[name] != before[name]} <= {
        "event",
        "event_key",
        "intake",
        "intake_open",
        "binding",
        "changed_customer",
        "customer",
        "customer_identity",
        "customer_state",
    }  # of the good event


def test_what_lies_a_day_ahead_is_taken_for_clocks_differ(shop: Shop):
    shop.sells(order_no="sold", store_code="S1")
    for told in tries(shop, day(0) + dt.timedelta(hours=24), day(0)).values():
        told()


def test_the_first_moment_of_2000_is_the_brands(shop: Shop):
    """In Shanghai the year began eight hours earlier; a file says 2000-01-01 and means it."""
    assert shop.sells(at=dt.datetime(1999, 12, 31, 16, tzinfo=dt.UTC))["total_minor"] == 10_000


def test_a_known_order_of_an_impossible_time_sent_again_is_still_known(shop: Shop):
    order = shop.order("c1", FAR)
    with as_before():
        writing.record_orders([order], actor="test", now=day(0))
    assert writing.record_orders([order], actor="test", now=day(0)).unchanged == 1


# -- what stands in old installations --------------------------------------------------------------


@contextmanager
def as_before() -> Iterator[None]:
    """The doors as they were when any time was taken."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (entering, entering_bulk, refunding, states, writing):
            patch.setattr(module, "refuse_impossible", lambda *_: None)
        patch.setattr(event_intake, "why_refused", lambda *_: None)
        yield


@contextmanager
def acting_at_once() -> Iterator[None]:
    """Bindings as they were folded then: all facts count whatever their time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebinding, "known_by", lambda facts, now: facts)
        yield


def bound_by_wang(shop: Shop) -> None:
    shop.adds("Wang", day(0))
    assert shop.bound("c1", day(2)) == ("S1", "Wang")


def test_a_stored_order_of_2062_moves_no_protected_customer_now_and_counts_from_then(shop: Shop):
    bound_by_wang(shop)
    with as_before():
        writing.record_orders(
            [shop.order(at=OF_2062, guide_code="Zhao", store_code="S2")], actor="test", now=day(2)
        )
    following.follow_ahead(day(2), since=day(2))
    assert shop.bound("c1", day(3)) == ("S1", "Wang")
    assert shop.state().home_valid_until == day(365)  # not prolonged either
    following.follow_ahead(OF_2062 + HOUR, since=day(3))
    assert shop.bound("c1", OF_2062 + HOUR)[0] == "S2"


def test_a_stored_friend_add_of_2099_owns_nobody_now_and_counts_from_then(shop: Shop):
    with as_before():
        shop_hears(shop, shop.event("contact.confirmed", FAR, "Zhao"), day(0))
    assert shop.bound("c1", day(1)) == (None, None)
    shop.adds("Wang", day(1))
    assert shop.bound("c1", day(2)) == ("S1", "Wang")
    following.follow_ahead(FAR + HOUR, since=day(2))
    assert shop.bound("c1", FAR + HOUR) == ("S2", "Zhao")


def test_what_a_fact_of_the_future_did_already_is_taken_back(shop: Shop):
    """Once, by the job: the first one after an upgrade."""
    with as_before(), acting_at_once():
        shop_hears(shop, shop.event("contact.confirmed", FAR, "Zhao"), day(0))
    assert shop.state().owner_guide_id is not None
    assert following.follow_ahead(day(1), since=day(1)) == 1
    assert shop.state().owner_guide_id is None
    assert not [b for b in shop.network.rows(binding) if b.superseded_at is None]


def test_an_order_that_is_credited_now_knows_nothing_of_an_add_to_come(shop: Shop):
    with as_before():
        shop_hears(shop, shop.event("contact.confirmed", FAR, "Zhao"), day(0))
    assert shop.sells(at=day(1), store_code="S1")["guide_code"] is None


@pytest.mark.parametrize("told_by", ["entry", "arrivals"])
def test_a_stored_visit_of_2099_does_not_stop_the_last_visit(shop: Shop, told_by: str):
    with as_before():
        shop.visits("c1", day(0), "S1")
        if told_by == "entry":
            entering.enter(
                Arrival({"customer_id": "c1"}, SourcePoint(*HERE["S2"], "wgs84"), occurred_at=FAR),
                body_hash="-",
                now=day(0),
            )
        else:
            entering_bulk.record_arrivals(
                [
                    PastArrival(
                        entering.new_entry_id(day(0)),
                        Arrival(
                            {"customer_id": "c1"},
                            SourcePoint(*HERE["S2"], "wgs84"),
                            occurred_at=FAR,
                        ),
                        day(0),
                    )
                ],
                now=day(0),
            )
    assert shop.state().last_visit_at == FAR
    shop.visits("c1", day(1), "S3")
    assert shop.state().last_visit_at == day(1)
    recorded = shop.visits("c1", day(2))
    assert recorded.decision is not None and recorded.decision.rung == "LAST_VISIT"


def test_a_stored_touch_of_2099_is_not_the_last_parameter(shop: Shop):
    with as_before():
        entering.enter(
            Arrival(
                {"customer_id": "c1"}, NOWHERE, entry_param=shop.link("Zhao", FAR), occurred_at=FAR
            ),
            body_hash="-",
            now=day(0),
        )
    shop.visits("c1", day(1), link="Wang")
    assert shop.state().param_at == day(1)


def shop_hears(shop: Shop, told: event_intake.EventIn, now: dt.datetime) -> None:
    assert event_intake.record_events([told], actor="test", now=now).accepted == 1
