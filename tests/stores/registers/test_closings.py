"""Closing a store (A11, H4): its customers go to the successor with their clocks, and come back
when it is undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

import db
from ledger.audit import audit_log
from ledger.faults import Conflict, InvalidInput, NotAllowed, NotFound
from stores.base.actors import COMMAND_LINE, Actor
from stores.customers import following, notices
from stores.customers.course import timeline
from stores.customers.event_intake import EventIn, record_events
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_state
from stores.network import closings, network
from stores.network.binding_rules import Closing, Rules
from stores.network.closings import store_closing
from stores.network.guides import guide
from stores.network.scope import find_scope
from stores.network.stores import store
from stores.registers import close_store
from tests.stores.customers.test_bindings import WANG, A, B, C, adds, buys, day, deletes, held

HOUR = dt.timedelta(hours=1)
CLOSES = Closing(1, A, B, day(5))


def rules(*several: Closing) -> Rules:
    stores: dict[int, tuple[Closing, ...]] = {}
    for each in several:
        stores[each.store_id] = (*stores.get(each.store_id, ()), each)
    return Rules(closings=stores)


# -- the fold --------------------------------------------------------------------------------------


def test_the_home_goes_to_the_successor_and_keeps_its_clocks_a11():
    homes = [b for b in timeline([buys(0, A)], rules(CLOSES)) if b.kind == "home"]
    assert [(b.store_id, b.started_at, b.ended_at, b.reason, b.end_reason) for b in homes] == [
        (A, day(0), day(5), "first_order", "store_closed"),
        (B, day(5), day(365), "store_closed", "validity_over"),
    ]
    assert homes[0].protected_until == homes[1].protected_until == day(30)


def test_without_a_successor_it_is_released_and_the_next_order_binds_anew_a11():
    alone = rules(Closing(1, A, None, day(5)))
    assert held(buys(0, A), at=6, rules=alone) == (None, None)
    assert held(buys(0, A), buys(8, C), at=9, rules=alone) == (C, None)


def test_the_owner_stays_the_owner_a11():
    assert held(adds(0, WANG), at=6, rules=rules(CLOSES)) == (B, WANG)


def test_what_ended_before_or_elsewhere_is_not_moved():
    assert held(buys(0, C), at=6, rules=rules(CLOSES)) == (C, None)
    assert held(adds(0, WANG), deletes(2, WANG), at=6, rules=rules(CLOSES)) == (None, None)


def test_successors_follow_one_another_and_never_in_a_circle():
    assert held(buys(0, A), at=9, rules=rules(CLOSES, Closing(2, B, C, day(7)))) == (C, None)
    assert held(buys(0, A), at=9, rules=rules(CLOSES, Closing(2, B, C, day(5)))) == (C, None)
    assert held(buys(0, A), at=9, rules=rules(CLOSES, Closing(2, B, A, day(5)))) == (None, None)


def test_a_guide_who_still_stands_at_the_closed_store_binds_to_the_successor():
    assert held(adds(6, WANG), at=7, rules=rules(CLOSES)) == (B, WANG)


def test_undone_the_home_comes_back_unless_somebody_changed_it_h4():
    undone = Closing(1, A, B, day(5), day(6), day(6))
    assert held(buys(0, A), at=5.5, rules=rules(undone)) == (B, None)
    assert held(buys(0, A), at=7, rules=rules(undone)) == (A, None)
    alone = Closing(1, A, None, day(5), day(6), day(6))
    assert held(buys(0, A), at=7, rules=rules(alone)) == (A, None)
    assert held(buys(0, A), buys(5.5, C), at=7, rules=rules(alone)) == (C, None)
    twice = rules(undone, Closing(2, A, C, day(8)))
    assert held(buys(0, A), at=9, rules=twice) == (C, None)


def test_a_store_that_opens_again_later_does_not_take_its_customers_back():
    assert held(buys(0, A), at=9, rules=rules(Closing(1, A, B, day(5), day(6)))) == (B, None)


def test_late_facts_give_the_same_answer_as_punctual_ones():
    facts = [buys(0, A), adds(3, WANG), buys(6, C), buys(50, B)]
    assert timeline(facts, rules(CLOSES)) == timeline(facts[::-1], rules(CLOSES))


# -- the deed --------------------------------------------------------------------------------------


@pytest.fixture
def shop(network):
    """S1 of D1 with two friends of Mei, S2 of D2, S3 of D1."""
    for code, dealer in (("S1", "D1"), ("S2", "D2"), ("S3", "D1")):
        network.open_store(code, dealer)
    network.load("guides", {"guide_code": "G1", "name": "Mei", "store_code": "S1", "role": "guide"})
    befriend(network, "wx-1", "wx-2")
    return network


def befriend(shop: Any, *customers: str) -> None:
    record_events(
        [
            EventIn(f"E-{who}", "contact.confirmed", shop.now, "G1", who, source="qr")
            for who in customers
        ],
        actor="test",
        now=shop.now,
    )


def homes(shop: Any) -> dict[str, str | None]:
    with db.read() as connection:
        s = customer_state.c
        return {
            r[0]: r[1]
            for r in connection.execute(
                select(customer.c.customer_id, store.c.store_code)
                .join(customer_state, s.customer_id == customer.c.id)
                .outerjoin(
                    store, (store.c.id == s.home_store_id) & (s.home_valid_until > shop.now + HOUR)
                )
            )
        }


def close(shop: Any, successor: str | None = "S2", hours: float = 1, **more: Any) -> int:
    return close_store.close_store(
        "S1", successor, actor=COMMAND_LINE, now=shop.now + hours * HOUR, **more
    )


def reader(kind: str, code: str, name: str = "user:7") -> Actor:
    with db.read() as connection:
        return Actor(name, frozenset(), kind, find_scope(connection, kind, code))


def told(shop: Any, kind: str, code: str) -> list[tuple[str, str, int]]:
    actor = reader(kind, code)
    with db.read() as connection:
        return [
            (n.kind, n.store_code, n.about["customers"])
            for n in notices.unread(connection, actor, shop.today)
        ]


def test_closing_moves_the_customers_in_one_audited_deed_h4(shop):
    assert close(shop) == 2
    assert homes(shop) == {"wx-1": "S2", "wx-2": "S2"}
    assert {row.status for row in shop.rows(store) if row.store_code == "S1"} == {"closed"}
    line = next(row for row in shop.rows(audit_log) if row.action == "close_store")
    assert (line.object_id, line.detail["successor_code"], line.detail["customers"]) == (
        "S1",
        "S2",
        2,
    )
    history = [
        (b.store_id, b.reason)
        for b in shop.rows(binding)
        if b.kind == "home" and b.superseded_at is None
    ]
    assert len(history) == 4 and {reason for _, reason in history} == {"friend_add", "store_closed"}


def test_closing_again_changes_nothing(shop):
    close(shop)
    version = shop.version()
    assert close(shop) == 0
    assert shop.version() == version and shop.count(store_closing) == 1


def test_both_dealers_and_the_guides_are_told_h4(shop):
    close(shop)
    for kind, code in (
        ("dealer", "D1"),
        ("dealer", "D2"),
        ("store", "S1"),
        ("store", "S2"),
        ("guide", "G1"),
    ):
        assert told(shop, kind, code) == [("store_closed", "S1", 2)], code
    assert told(shop, "store", "S3") == []


def test_a_notice_is_marked_by_each_person_for_himself(shop):
    close(shop)
    omar, mine = reader("dealer", "D1"), shop.rows(notices.notice)
    own = next(n.id for n in mine if n.scope_kind == "dealer" and n.scope_id == omar.scope_id)
    for _ in range(2):
        notices.mark_read(own, omar, shop.now)
    assert told(shop, "dealer", "D1") == []
    assert told(shop, "dealer", "D2") != []
    with pytest.raises(NotFound):
        notices.mark_read(own, reader("dealer", "D2"), shop.now)
    with db.read() as connection:
        assert notices.unread(
            connection, Actor("user:8", frozenset(), "dealer", omar.scope_id), shop.today
        )


def test_within_a_day_it_is_undone_h4(shop):
    close(shop)
    assert close_store.undo_closing("S1", actor=COMMAND_LINE, now=shop.now + 20 * HOUR) == 2
    assert homes(shop) == {"wx-1": "S1", "wx-2": "S1"}
    row = next(row for row in shop.rows(store) if row.store_code == "S1")
    assert (row.status, row.closed_on, row.successor_store_id) == ("active", None, None)
    assert told(shop, "dealer", "D2")[0] == ("closing_undone", "S1", 2)
    with pytest.raises(Conflict):
        close_store.undo_closing("S1", actor=COMMAND_LINE, now=shop.now + 21 * HOUR)


def test_after_a_day_it_is_not(shop):
    close(shop)
    with pytest.raises(Conflict, match="24 hours"):
        close_store.undo_closing("S1", actor=COMMAND_LINE, now=shop.now + 26 * HOUR)
    assert homes(shop) == {"wx-1": "S2", "wx-2": "S2"}


def test_a_file_that_closes_a_store_moves_its_customers_too_a11(shop):
    shop.load(
        "stores",
        {
            "store_code": "S1",
            "name": "S1",
            "dealer_code": "D1",
            "latitude": "31.2304",
            "longitude": "121.4737",
            "crs": "wgs84",
            "status": "closed",
            "successor_store_code": "S3",
        },
    )
    assert homes(shop) == {"wx-1": "S3", "wx-2": "S3"}
    assert shop.count(store_closing) == 1


def test_a_file_that_closes_a_store_tells_both_dealers_too_a11(shop):
    shop.open_store("S1", "D1", status="closed", successor_store_code="S2")
    for kind, code in (("dealer", "D1"), ("dealer", "D2"), ("store", "S1"), ("store", "S2")):
        assert told(shop, kind, code) == [("store_closed", "S1", 2)], code


@pytest.mark.parametrize("status", ["active", "closed"])
@pytest.mark.parametrize(("successor", "home"), [("S2", "S2"), ("", None)])
def test_a_store_closes_on_its_day_and_not_before_a11(shop, status, successor, home):
    """A2: `closed_on` is judged by the day. Until then it serves and keeps its customers; on the
    day the worker moves them, once."""
    shop.open_store(
        "S1", "D1", status=status, closed_on="2025-06-04", successor_store_code=successor
    )
    assert close_store.close_due(shop.now) == 0 and shop.count(store_closing) == 0
    assert homes(shop) == {"wx-1": "S1", "wx-2": "S1"} and told(shop, "dealer", "D1") == []
    shop.now = dt.datetime(2025, 6, 3, 15, 59, tzinfo=dt.UTC)
    assert close_store.close_due(shop.now) == 0
    shop.now += 2 * dt.timedelta(minutes=1)  # the fourth in Shanghai
    version = shop.version()
    assert close_store.close_due(shop.now) == 1 and shop.version() == version + 1
    assert homes(shop) == {"wx-1": home, "wx-2": home}
    assert told(shop, "dealer", "D1") == [("store_closed", "S1", 2)]
    assert (
        next(row for row in shop.rows(audit_log) if row.action == "close_store").detail["customers"]
        == 2
    )
    assert close_store.close_due(shop.now + HOUR) == 0 and shop.version() == version + 1
    assert close_store.undo_closing("S1", actor=COMMAND_LINE, now=shop.now + HOUR) == 2
    shop.now += 2 * HOUR
    assert homes(shop) == {"wx-1": "S1", "wx-2": "S1"} and close_store.close_due(shop.now) == 0


def test_stores_that_close_one_after_the_other_pass_their_customers_on_a11(shop):
    """S2 follows S1 and has closed itself by then, with nobody at home and nothing written down; S3
    follows S2."""
    shop.open_store("S2", "D2", closed_on="2025-06-02", successor_store_code="S3")
    shop.open_store("S1", "D1", closed_on="2025-06-03", successor_store_code="S2")
    shop.days_pass(4)
    with pytest.raises(InvalidInput, match="closed itself"):
        close(shop, "S2")
    assert close_store.close_due(shop.now) == 2
    assert homes(shop) == {"wx-1": "S3", "wx-2": "S3"}


def test_a_store_that_never_opened_can_be_closed(shop):
    shop.open_store("S4", "D1", opened_on="2025-12-01")
    assert close_store.close_store("S4", "S1", actor=COMMAND_LINE, now=shop.now) == 0
    assert shop.count(store_closing) == 1


def test_facts_after_the_closing_are_folded_with_it(shop):
    close(shop)
    network.forget()
    shop.now += 2 * HOUR
    befriend(shop, "wx-3")
    assert homes(shop)["wx-3"] == "S2"
    assert homes(shop)["wx-1"] == "S2"


@pytest.mark.parametrize(
    ("successor", "reason"),
    [("S9", "unknown"), ("S1", "the store itself"), ("S4", "closed itself")],
)
def test_a_successor_must_be_able_to_follow(shop, successor, reason):
    shop.open_store("S4", "D1", status="closed")
    with pytest.raises(InvalidInput, match=reason):
        close(shop, successor)
    assert homes(shop) == {"wx-1": "S1", "wx-2": "S1"}
    assert shop.count(store_closing) == 0


def test_a_store_that_changed_meanwhile_is_looked_at_again(shop):
    with db.read() as connection:
        seen = close_store.version_of(connection, find_scope(connection, "store", "S1"))
    shop.open_store("S1", "D2")
    with pytest.raises(Conflict, match="meanwhile"):
        close(shop, seen_version=seen)
    assert close(shop, None) == 2
    assert set(homes(shop).values()) == {None}


def test_a_fact_that_was_under_way_is_put_right_by_the_worker(shop):
    """An order planned before the closing may be written after it and bring the former home back;
    the next round moves it."""
    close(shop)
    with db.transaction() as connection:
        connection.execute(
            customer_state.update().values(home_store_id=find_scope(connection, "store", "S1"))
        )
    later = shop.now + 2 * HOUR
    assert following.follow_late(later) == 2
    assert homes(shop) == {"wx-1": "S2", "wx-2": "S2"}
    assert following.follow_late(later) == 0


def test_it_needs_the_permission(shop):
    with pytest.raises(NotAllowed):
        close_store.close_store("S1", None, actor=Actor("user:1", frozenset()), now=shop.now)


def test_what_a_closing_would_touch_is_counted_before(shop):
    with db.read() as connection:
        found = close_store.effect(connection, find_scope(connection, "store", "S1"), shop.now)
    assert (
        found.customers,
        found.protected,
        found.waiting,
        found.open_orders,
        found.already_closed,
    ) == (2, 2, 0, 0, False)


def test_the_past_is_rebuilt_without_the_closing(shop):
    before = shop.version()
    close(shop)
    with db.read() as connection:
        assert closings.load(connection, before) == {}
        assert len(closings.load(connection)) == 1
    assert shop.count(guide) == 1
