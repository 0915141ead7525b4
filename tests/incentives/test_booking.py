"""Booking computes the total and posts the difference (DESIGN 4): nothing twice, nothing lost,
whatever comes late or in disorder (M3-M5)."""

from __future__ import annotations

import pytest
from sqlalchemy import event as sqlalchemy_event

import db
from incentives import booking
from incentives.posting import due_months
from incentives.scopes import reward_due, reward_mark, reward_scope
from ledger.journals import journal, transfer
from stores.facts.changes import changed_customer
from tests.incentives.world import at


def test_a_sale_is_pending_until_its_freeze_is_over_c11(world):
    world.sells("A", "06-01", 10_000)
    world.books("06-02")
    assert world.balance("G1") == (300, 0)
    world.state("A", "received", "06-03")
    world.books("06-09")
    assert world.balance("G1") == (300, 0)
    world.books("06-10")
    assert world.balance("G1") == (0, 300)


def test_booking_twice_books_nothing_more_m3(world):
    world.sells("A", "06-01", 10_000)
    assert world.books("06-20").journals == 1
    before = world.network.count(transfer)
    assert world.books("06-20") == booking.Booked()
    booking_again(world, "06-20")
    assert world.network.count(transfer) == before


def booking_again(world, when):
    with db.transaction() as connection:
        due_months.mark(connection, world.guides.values(), ["2025-06"])
    world.books(when)


def test_nothing_due_costs_one_statement_and_writes_nothing(world, database):
    world.sells("A", "06-01", 10_000)
    world.books("06-02")
    statements = []
    listener = lambda *a: statements.append(a[2])  # noqa: E731
    sqlalchemy_event.listen(database.engine, "before_cursor_execute", listener)
    world.books("06-02")
    sqlalchemy_event.remove(database.engine, "before_cursor_execute", listener)
    assert len([s for s in statements if s.startswith("SELECT")]) == 1
    assert not [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_only_the_clock_moves_states_and_the_sum_stays_m5(world):
    world.sells("A", "06-01", 10_000)
    world.adds("06-02", "G1", "friend")
    seen = []
    for day in ("06-03", "06-08", "06-09", "06-15", "06-16", "06-30"):
        world.books(day)
        seen.append(world.balance("G1"))
    assert seen == [(500, 0), (500, 0), (300, 200), (300, 200), (0, 500), (0, 500)]


def test_skipping_ten_days_is_ten_daily_jobs_m5(world):
    world.sells("A", "06-01", 10_000)
    world.sells("B", "06-03", 5_000, guide="G4")
    world.adds("06-05", "G4", "friend")
    for day in range(10, 21):
        world.books(f"06-{day}")
    assert {g: world.balance(g) for g in world.guides} == {
        "G1": (0, 300),
        "G2": (0, 0),
        "G3": (0, 0),
        "G4": (0, 350),
    }
    assert by_day(world) == {
        ("2025-06-12", "reward_vest"): 200,
        ("2025-06-16", "reward_vest"): 300,
        ("2025-06-18", "reward_vest"): 150,
    }


def test_a_job_that_ran_late_books_each_day_as_if_it_had_run_m5(world):
    world.sells("A", "06-01", 10_000)
    world.sells("B", "06-03", 5_000, guide="G4")
    world.adds("06-05", "G4", "friend")
    world.books("06-20")
    assert by_day(world) == {
        ("2025-06-12", "reward_vest"): 200,
        ("2025-06-16", "reward_vest"): 300,
        ("2025-06-18", "reward_vest"): 150,
    }


def by_day(world):
    found = {}
    for r in world.network.rows(transfer):
        if r.kind == "reward_vest":
            found[r.business_day.isoformat(), r.kind] = (
                found.get((r.business_day.isoformat(), r.kind), 0) + r.amount_minor
            )
    return found


def test_a_refund_before_vesting_voids_and_after_vesting_claws_back(world):
    world.sells("A", "06-01", 10_000)
    world.sells("B", "06-01", 20_000)
    world.books("06-02")
    world.refunds("A", "06-10", 10_000)
    world.books("06-20")
    assert world.balance("G1") == (0, 600)
    world.refunds("B", "06-25", 5_000)
    world.books("06-25")
    assert world.balance("G1") == (0, 450)
    world.refunds("B", "06-26", 15_000)
    world.books("06-26")
    assert world.balance("G1") == (0, 0)
    assert world.cost("D1") == 0
    assert world.cost("D1", last="2025-06-24") == 600
    assert [(line["state"], line["reason"]) for line in world.lines("G1", "2025-06", "06-26")] == [
        ("voided", "refunded"),
        ("clawed_back", "refunded"),
    ]


def test_facts_in_any_order_of_arrival_book_the_same_m6(world):
    world.sells("B", "06-10", 20_000)
    world.books("06-30")
    world.state("B", "received", "06-12")
    world.books("06-30")
    world.sells("A", "06-01", 10_000)
    world.books("06-30")
    world.refunds("B", "06-11", 20_000)
    world.books("06-30")
    assert world.balance("G1") == (0, 300)
    assert world.cost("D1") == 300
    assert world.cost("D1", "2025-06-19", "2025-06-19") == 0


def test_a_lost_add_takes_its_reward_back_e8(world):
    world.adds("06-01", "G1", "friend")
    world.books("06-02")
    assert world.balance("G1") == (200, 0)
    world.event("contact.deleted_by_customer", "06-04", "G1", "friend", None)
    world.books("06-30")
    assert world.balance("G1") == (0, 0)
    assert world.reasons("G1", "2025-06", "06-30") == [("lost_before_7d", 0)]


def test_another_guides_late_first_add_takes_the_reward_over_c1(world):
    world.adds("06-05", "G1", "friend")
    world.books("06-20")
    world.adds("06-04", "G2", "friend")
    world.books("06-20")
    assert (world.balance("G1"), world.balance("G2")) == ((0, 0), (0, 200))


def test_two_customers_that_turn_out_to_be_one_are_rewarded_once_m19(world):
    world.adds("06-01", "G1", "phone")
    world.adds("06-02", "G2", "laptop")
    world.books("06-20")
    assert (world.balance("G1"), world.balance("G2")) == ((0, 200), (0, 200))
    merge(world, "phone", "laptop")
    world.books("06-20")
    assert (world.balance("G1"), world.balance("G2")) == ((0, 200), (0, 0))
    assert world.reasons("G2", "2025-06", "06-20") == [("not_first", 0)]


def merge(world, first, second):
    """An event that names an identity of the other one."""
    from stores.customers.event_intake import EventIn, record_events

    record_events(
        [EventIn("m1", "customer.registered", at("06-10"), None, first, external_userid="wm-1")],
        actor="test",
        now=at("06-10"),
    )
    record_events(
        [EventIn("m2", "customer.registered", at("06-10"), None, second, external_userid="wm-1")],
        actor="test",
        now=at("06-10"),
    )


def test_a_leavers_orders_up_to_his_last_day_are_paid_e10_b9(world):
    world.adds("05-10", "G1", "friend")
    world.network.load(
        "guides", {"guide_code": "G1", "name": "G1", "store_code": "S1", "left_on": "2025-06-30"}
    )
    world.sells("A", "06-28", 5_000, guide=None, customer="friend")
    world.state("A", "received", "07-02")
    world.adds("07-01", "G1", "too late")
    world.books("07-08")
    assert world.balance("G1") == (150, 200)
    world.books("07-09")
    assert world.balance("G1") == (0, 350)
    assert world.reasons("G1", "2025-07", "07-09") == [("not_employed", 0)]
    assert by_day(world)["2025-07-09", "reward_vest"] == 150


def test_an_employees_own_purchase_earns_nothing_b5(world):
    world.network.load("customers", {"customer_id": "staff", "employee": "yes"})
    world.sells("A", "06-01", 10_000, customer="staff")
    world.adds("06-01", "G1", "staff")
    world.books("06-30")
    assert world.reasons("G1", "2025-06", "06-30") == [("employee", 0), ("own_purchase", 0)]


def test_what_waits_is_written_down_and_forgotten_when_time_changes_nothing_more(world):
    world.sells("A", "06-01", 10_000)
    world.books("06-02")
    assert [
        (r.guide_id, r.period, r.next_at) for r in world.network.rows(reward_due, "guide_id")
    ] == [(world.guides["G1"], "2025-06", at("06-16"))]
    world.books("06-16")
    assert [world.network.count(t) for t in (reward_due, reward_mark, changed_customer)] == [
        0,
        0,
        0,
    ]
    assert [r.posted_seq for r in world.network.rows(reward_scope)] == [2]
    assert {r.key for r in world.network.rows(journal) if r.kind == "reward"} == {
        f"reward:{world.guides['G1']}:2025-06:sales:{n}" for n in (1, 2)
    }


def test_a_changed_customer_has_only_his_own_months_computed(world):
    for n, guide in enumerate(("G1", "G2", "G3", "G4")):
        world.sells(
            f"A{n}",
            "06-01",
            10_000,
            guide=guide,
            customer=f"c{n}",
            store={"G2": "S2", "G3": "S3"}.get(guide, "S1"),
        )
    assert world.books("06-02").months == 4
    world.refunds("A2", "06-03", 100)
    assert world.books("06-03").months == 1


def test_a_broken_off_booking_keeps_its_marks(world, monkeypatch):
    world.sells("A", "06-01", 10_000)
    with monkeypatch.context() as patch:
        patch.setattr(booking, "book", None)
        with pytest.raises(TypeError):
            world.books("06-02")
    assert due_months.anything_due(at("06-02"))
    world.books("06-02")
    assert world.balance("G1") == (300, 0)


def test_referrals_convert_by_a_first_order_of_enough_net_c2(world):
    for n, (invited, ordered, amount) in enumerate(
        (
            ("06-01", "06-20", 5_000),
            ("06-01", "07-02", 5_000),
            ("06-01", "06-20", 4_999),
            ("06-01", None, 0),
        ),
        1,
    ):
        world.event("referral.invited", invited, "G1", f"i{n}")
        if ordered:
            world.sells(f"O{n}", ordered, amount, guide=None, customer=f"i{n}", store="S3")
    world.books("07-30")
    assert sorted(world.reasons("G1", "2025-06", "07-30")) == [
        ("below_minimum", 0),
        ("converted_referral", 1_000),
        ("no_order_yet", 0),
    ]
    assert world.reasons("G1", "2025-07", "07-30") == [("invite_expired", 0)]
    assert world.balance("G1") == (0, 1_000)
    world.refunds("O1", "07-30", 1)
    world.books("07-30 13:00")
    assert world.balance("G1") == (0, 0)
    assert (world.cost("D1"), world.cost("D2")) == (0, 0)


def test_an_invited_customer_who_was_known_or_invited_before_is_not_new_c2(world):
    world.sells("O1", "05-01", 10_000, guide=None, customer="old")
    world.event("referral.invited", "06-01", "G1", "old")
    world.adds("05-01", "G2", "friend")
    world.event("referral.invited", "06-01", "G1", "friend")
    world.event("referral.invited", "06-02", "G4", "rival")
    world.event("referral.invited", "06-01", "G1", "rival", event_id="z")
    world.event("referral.invited", "06-01", "G1", "me", inviter_customer_id="me2")
    for n, who in enumerate(("old", "friend", "rival", "me")):
        world.sells(f"N{n}", "06-05", 10_000, guide=None, customer=who)
    world.books("07-30")
    assert sorted(world.reasons("G1", "2025-06", "07-30")) == [
        ("converted_referral", 1_000),
        ("converted_referral", 1_000),
        ("not_new", 0),
    ]
    assert world.reasons("G1", "2025-05", "07-30") == [("not_new", 0)]
    assert world.reasons("G4", "2025-06", "07-30") == [("invited_before", 0)]


def test_money_of_days_that_clocks_decide_stands_on_its_day(world):
    world.sells("A", "06-30 23:59", 10_000)
    world.sells("B", "07-01 00:00", 10_000)
    world.books("08-01")
    assert (world.earned("G1", "2025-06", "08-01"), world.earned("G1", "2025-07", "08-01")) == (
        300,
        300,
    )
    assert world.cost("D1", "2025-07-15", "2025-07-15") == 300
    assert world.cost("D1", "2025-07-16", "2025-07-16") == 300
