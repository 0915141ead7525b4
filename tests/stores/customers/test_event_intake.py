"""Taking in events (CONTRACT 2, B2, B11): once each, in any order; a bad one is refused by its
place and the rest kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stores.customers.event_intake import AnyRefused, EventIn, record_events
from stores.facts.binding_history import binding
from stores.facts.customers import customer, customer_identity, customer_merge
from stores.facts.events import event
from tests.network import Network
from tests.stores.orders.shop import Shop, day


@pytest.fixture
def shop(network: Network) -> Shop:
    return Shop(network)


def test_the_same_event_three_times_is_one_e8(shop: Shop):
    added = shop.event("contact.confirmed", day(0), "Wang")
    assert [
        (t.accepted, t.duplicates)
        for t in (shop.hears(added), shop.hears(added), shop.hears(added, added))
    ] == [(1, 0), (0, 1), (0, 2)]
    assert shop.network.count(event) == 1


def test_an_event_known_with_another_content_is_refused_by_its_place_and_the_rest_kept(shop: Shop):
    added = shop.event("contact.confirmed", day(0), "Wang", event_id="E")
    shop.hears(added)
    taken = shop.hears(
        shop.event("customer.registered", day(1), None, "c9"), replace(added, guide_code="Zhao")
    )
    assert (taken.accepted, [(r.index, r.field, r.code) for r in taken.refused]) == (
        1,
        [(1, "event_id", "event_id_reused")],
    )


def test_one_id_with_two_contents_in_one_call_is_refused_once(shop: Shop):
    first = shop.event("contact.confirmed", day(0), "Wang", event_id="E")
    taken = shop.hears(first, replace(first, customer_id="c2"))
    assert (taken.accepted, [r.code for r in taken.refused]) == (1, ["event_id_reused"])


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"type": "contact.lost"}, "type"),
        ({"guide_code": "nobody"}, "guide_code"),
        ({"guide_code": None}, "guide_code"),
        ({"customer_id": None}, "customer_id"),
        ({"payload": {"x": 1}}, "payload"),
        ({"type": "chat.day", "payload": {"chats": -1}}, "payload"),
        ({"type": "chat.day", "payload": {}}, "payload"),
        ({"type": "contact.transferred", "payload": {"state": "lost"}}, "payload"),
        (
            {"type": "contact.transferred", "payload": {"from_guide_code": "nobody"}},
            "payload.from_guide_code",
        ),
        ({"type": "contact.transferred", "payload": {"from_guide_code": "Wang"}}, "payload"),
        ({"type": "referral.invited", "payload": {"inviter_customer_id": "c1"}}, "payload"),
        ({"type": "referral.invited", "payload": {"inviter_customer_id": 7}}, "payload"),
    ],
)
def test_a_bad_event_says_which_field_and_why(shop: Shop, wrong: dict, field: str):
    good = shop.event("contact.confirmed", day(0), "Wang", event_id="bad")
    taken = shop.hears(replace(good, **wrong), shop.event("contact.confirmed", day(0), "Wang"))
    assert (taken.accepted, taken.refused[0].index, taken.refused[0].field) == (1, 0, field)
    assert len(taken.refused[0].reason) > 10 and shop.network.count(event) == 1


def test_all_or_nothing_writes_nothing(shop: Shop):
    before = shop.counts()
    with pytest.raises(AnyRefused):
        record_events(
            [
                shop.event("contact.confirmed", day(0), "Wang"),
                shop.event("contact.confirmed", day(0), "nobody"),
            ],
            actor="t",
            now=shop.network.now,
            all_or_nothing=True,
        )
    assert shop.counts() == before


def test_a_half_add_binds_nobody_b2(shop: Shop):
    shop.hears(shop.event("contact.added", day(0), "Wang"))
    assert shop.bound("c1", day(1)) == (None, None)


def test_events_in_any_order_give_the_same_bindings(shop: Shop):
    def story(who: str) -> list[EventIn]:
        return [
            shop.event("contact.confirmed", day(0), "Wang", who),
            shop.event("contact.confirmed", day(1), "Zhao", who),
            shop.event("contact.deleted_by_customer", day(3), "Wang", who),
            shop.event("contact.confirmed", day(5), "Mei", who),
            shop.event(
                "contact.transferred",
                day(50),
                "Li",
                who,
                payload={"from_guide_code": "Mei", "state": "requested"},
            ),
            shop.event(
                "contact.transferred",
                day(51),
                "Li",
                who,
                payload={"from_guide_code": "Mei", "state": "done"},
            ),
        ]

    shop.hears(*story("forth"))
    for each in reversed(story("back")):
        shop.hears(each)
    for n in (0.5, 2, 4, 6, 49, 50, 52):
        assert shop.bound("forth", day(n)) == shop.bound("back", day(n))
    assert shop.bound("back", day(52)) == ("S1", "Li")


def test_two_adds_of_one_second_bind_to_the_same_guide_whichever_came_first(shop: Shop):
    for who, turn in (("a", 1), ("b", -1)):
        shop.hears(
            *[
                shop.event("contact.confirmed", day(0), g, who, event_id=f"{who}-{g}")
                for g in ("Wang", "Zhao")
            ][:1][::turn]
        )
        shop.hears(shop.event("contact.confirmed", day(0), "Zhao", who, event_id=f"{who}-Zhao"))
    shop.hears(shop.event("contact.confirmed", day(0), "Zhao", "d", event_id="d-Zhao"))
    shop.hears(shop.event("contact.confirmed", day(0), "Wang", "d", event_id="d-Wang"))
    assert shop.bound("a", day(1)) == shop.bound("d", day(1)) == ("S1", "Wang")


def test_a_refused_transfer_moves_nobody_b11(shop: Shop):
    shop.adds("Wang", day(0))
    shop.hears(
        shop.event(
            "contact.transferred",
            day(40),
            "Zhao",
            payload={"from_guide_code": "Wang", "state": "refused"},
        )
    )
    assert shop.bound("c1", day(41)) == ("S1", "Wang")


def test_a_new_owners_home_waits_for_the_protection_and_then_moves_by_the_clock_b3(shop: Shop):
    shop.adds("Wang", day(0))
    shop.hears(
        shop.event(
            "contact.transferred",
            day(10),
            "Zhao",
            payload={"from_guide_code": "Wang", "state": "done"},
        )
    )
    assert shop.bound("c1", day(29)) == ("S1", "Zhao")
    assert shop.bound("c1", day(30)) == ("S2", "Zhao")
    assert shop.visits("c1", day(20), near="S3").decision.rung == "HOME_PROTECTED"
    with_home = shop.visits("c1", day(31), near="S1").decision
    assert (with_home.rung, shop.snapshot().by_id[with_home.store_id].code) == (
        "HOME_PROTECTED",
        "S2",
    )


def test_the_homes_that_waited_are_written_down_once(shop: Shop):
    from stores.customers.rebinding import move_waiting_homes

    shop.adds("Wang", day(0))
    shop.hears(
        shop.event(
            "contact.transferred",
            day(10),
            "Zhao",
            payload={"from_guide_code": "Wang", "state": "done"},
        )
    )
    assert [move_waiting_homes(day(n)) for n in (29, 30, 31)] == [0, 1, 0]
    assert shop.bound("c1", day(31)) == ("S2", "Zhao")


def test_what_was_known_before_is_superseded_not_lost_b4(shop: Shop):
    shop.adds("Wang", day(0))
    shop.hears(shop.event("contact.deleted_by_customer", day(3), "Wang"))
    rows = shop.network.rows(binding)
    assert [(r.kind, r.end_reason, r.superseded_at is None) for r in rows] == [
        ("home", "validity_over", False),
        ("owner", "validity_over", False),
        ("home", "deleted_by_customer", True),
        ("owner", "deleted_by_customer", True),
    ]


def test_folding_again_writes_nothing(shop: Shop):
    import db
    from stores.customers import binding_facts, rebinding

    shop.adds("Wang", day(0))
    shop.sells(at=day(1), store_code="S1")
    before = shop.counts()
    snapshot = shop.snapshot()
    with db.transaction() as connection:
        who = shop.network.rows(customer)[0].id
        rebinding.rewrite(
            connection,
            binding_facts.facts_of(connection, [who], snapshot),
            binding_facts.rules_of(snapshot),
            shop.network.now,
        )
    assert shop.counts() == before


# -- who is who ------------------------------------------------------------------------------------


def test_identities_named_together_belong_together(shop: Shop):
    shop.hears(shop.event("contact.confirmed", day(0), "Wang", "c1", external_userid="wm1"))
    shop.hears(
        shop.event("contact.deleted_by_customer", day(1), "Wang", None, external_userid="wm1")
    )
    assert shop.network.count(customer) == 1 and shop.bound("c1", day(2)) == (None, None)


def test_somebody_known_by_his_contact_only_is_found_again_when_he_is_named(shop: Shop):
    shop.hears(shop.event("contact.confirmed", day(0), "Wang", None, external_userid="wm1"))
    shop.hears(shop.event("customer.registered", day(1), None, "c1", external_userid="wm1"))
    assert shop.sells("c1", day(2))["guide_code"] == "Wang" and shop.network.count(customer) == 1


def test_two_customers_who_turn_out_to_be_one_are_noted_m19(shop: Shop):
    shop.hears(shop.event("contact.confirmed", day(0), "Wang", None, external_userid="wm1"))
    shop.hears(shop.event("contact.confirmed", day(0), "Zhao", "c1"))
    shop.hears(
        shop.event("customer.registered", day(1), None, "c1", external_userid="wm1"),
        shop.event("customer.registered", day(2), None, "c1", external_userid="wm1"),
    )
    merges = shop.network.rows(customer_merge)
    assert len(merges) == 1 and merges[0].kept_id < merges[0].merged_id


def test_a_thousand_events_of_five_hundred_new_people_in_one_call(shop: Shop):
    taken = shop.hears(
        *(
            shop.event(
                "contact.confirmed",
                day(n / 1000),
                ("Wang", "Zhao")[n % 2],
                f"c{n % 500}",
                external_userid=f"w{n % 500}",
            )
            for n in range(1_000)
        )
    )
    assert (
        taken.accepted,
        shop.network.count(customer),
        shop.network.count(customer_identity),
    ) == (1_000, 500, 1_000)
