"""What visitors, managers and headquarters decide about a customer (A8, A10, A14, B2, B4), through
the real path."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.faults import Conflict, InvalidInput, NotAllowed, NotFound
from stores.base.actors import COMMAND_LINE, Actor
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds.deeds import Deed
from stores.facts.customer_deed_kinds import customer_deed, customer_deed_note
from stores.facts.customers import customer
from stores.facts.visits import Arrival, SourcePoint
from stores.imports.outcomes import Outcome, Refused
from stores.network.guides import guide
from stores.network.policies import publish
from stores.privacy.erasure import erase_customer
from stores.routing import entering
from tests.stores.orders.deeds import KEY, does, refused
from tests.stores.orders.shop import HERE, day


def test_a_switch_leads_for_a_day_and_moves_no_home(shop):
    """A4, A10: MANUAL for 24 hours; the binding stays."""
    shop.sells("c1", day(0), entry_id=None, location=SourcePoint(*HERE["S1"], "wgs84"))
    done = does("switched", day(1), "S2", actor=KEY)
    assert done.until == day(2)
    assert [shop.visits("c1", day(n), "S1").decision.rung for n in (1.5, 2.5)] == [
        "MANUAL",
        "HOME_PROTECTED",
    ]
    assert shop.bound("c1", day(1.5))[0] == "S1"
    does("switched", day(3), "S2")
    does("switch_ended", day(3))
    assert shop.visits("c1", day(3.1), "S1").decision.rung == "HOME_PROTECTED"


def test_where_switching_is_off_nobody_switches(shop):
    """A10: home_locked, and a customer flagged no_switch."""
    shop.visits("c1", day(0), "S1")
    does("no_switch", day(0))
    refused("no_switch", "switched", day(0), "S2")
    does("may_switch", day(0))
    assert does("switched", day(0), "S2").store_code == "S2"
    publish({"preset": "home_locked", "note": "locked"}, actor=COMMAND_LINE, now=day(0))
    refused("switching_off", "switched", day(0), "S2")


def test_a_switch_to_a_store_out_of_service_is_refused(shop):
    shop.visits("c1", day(0), "S1")
    shop.network.open_store("S2", "D2", status="paused", paused_until="2030-01-01")
    refused("store_not_eligible", "switched", day(0), "S2")
    publish({"rungs": ["HOME", "NEAREST"], "note": "-"}, actor=COMMAND_LINE, now=day(0))
    refused("switching_off", "switched", day(0), "S3")  # no rung would follow the choice
    refused("store_not_eligible", "pinned", day(0), "S2")


def test_a_declined_offer_is_not_made_again_for_a_day(shop):
    """A8: the refusal is remembered for 24 h."""
    shop.network.open_store(
        "S4", "D2", latitude="31.2664", longitude="121.4737"
    )  # 4 km north of S1
    shop.visits("c1", day(0), "S1")
    beside = SourcePoint(31.2600, 121.4737, "wgs84")

    def offered(at):
        found = entering.enter(
            Arrival({"customer_id": "c1"}, beside, occurred_at=at), body_hash="-", now=at
        )
        return found.decision.rung, [c.why for c in found.decision.alternatives]

    assert offered(day(1)) == ("LAST_VISIT", ["nearer"])
    does("refused", day(1), "S4", actor=KEY)
    assert offered(day(1.5)) == ("LAST_VISIT", [])
    assert offered(day(2.1)) == ("LAST_VISIT", ["nearer"])


def test_a_pin_goes_before_everything_until_it_is_taken_away(shop):
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    does("pinned", day(1), "S3")
    assert shop.visits("c1", day(1), "S1").decision.rung == "HQ_PIN"
    does("unpinned", day(2))
    assert shop.visits("c1", day(2), "S1").decision.rung == "HOME_PROTECTED"


def test_a_pin_is_headquarters_alone_and_says_why(shop):
    shop.visits("c1", day(0), "S1")
    with pytest.raises(NotAllowed):
        does("pinned", day(0), "S3", actor=KEY)
    with pytest.raises(InvalidInput) as refusal:
        does("pinned", day(0), None, note="")
    assert {e.field for e in refusal.value.errors} == {"store_code", "note"}
    for unknown in ({"store": "S9"}, {"guide": "G9"}):
        with pytest.raises(NotFound):
            does("switched" if "store" in unknown else "owner_requested", day(0), **unknown)
    with pytest.raises(NotFound):
        customer_deeds.do(Deed("switched", "nobody", "S1"), actor=COMMAND_LINE, now=day(0))
    assert shop.network.count(customer_deed) == 0


def test_a_manager_gives_a_customer_of_the_pool_to_a_guide(shop):
    """B2: manual assignment; then protected, and nobody else's to give (B4)."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    assert shop.bound("c1", day(0.5)) == ("S1", None)
    done = does("owner_assigned", day(1), guide="Wang")
    assert (shop.bound("c1", day(1)), done.until) == (("S1", "Wang"), day(31))
    refused("has_owner", "owner_assigned", day(2), guide="Li")


def test_a_customers_wish_for_another_guide_waits_for_the_protection(shop):
    """B4: after_protection by default; never and anytime as the policy says."""
    shop.adds("Wang", day(0))
    refused("binding_protected", "owner_requested", day(20), guide="Li")
    does("owner_requested", day(31), guide="Li", actor=KEY)
    assert shop.bound("c1", day(31))[1] == "Li"
    refused("already", "owner_requested", day(70), guide="Li")
    publish({"snatch_policy": "never", "note": "-"}, actor=COMMAND_LINE, now=day(70))
    refused("binding_protected", "owner_requested", day(70), guide="Wang")


def test_who_is_leaving_is_given_nobody(shop):
    """B9: neither by a manager nor at the customer's own wish."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    shop.network.load(
        "guides",
        {"guide_code": "Wang", "name": "Wang", "store_code": "S1", "left_on": "2025-03-20"},
    )
    refused("guide_leaving", "owner_assigned", day(1), guide="Wang")
    refused("guide_leaving", "owner_requested", day(1), guide="Wang")
    does("owner_assigned", day(1), guide="Li")


def test_a_guide_is_not_their_own_guide_b5(shop):
    """Known by a number before or after the facts; a binding to a colleague stays. Rewards are the
    business of the register of customers."""
    row = {"guide_code": "Wang", "name": "Wang", "store_code": "S1"}
    for who in ("me", "also me"):
        shop.visits(who, day(0), "S1")
    shop.visits("nobody yet", day(0))
    shop.adds("Wang", day(0), "me")
    shop.adds("Li", day(0), "also me")
    assert shop.bound("me", day(1)) == ("S1", "Wang")
    named = shop.network.load("guides", {**row, "own_customer_id": "me"})
    assert (
        named == Outcome(changed=1)
        and "not marked as an employee" in named.warnings.in_order()[0].reason
    )
    assert shop.network.load("guides", {**row, "own_customer_id": "me"}).warnings.total == 0
    assert shop.bound("me", day(1)) == (None, None)
    shop.network.load("customers", {"customer_id": "also me", "employee": "yes"})
    named = shop.network.load("guides", {**row, "own_customer_id": "also me"})
    assert named == Outcome(changed=1) and named.warnings.total == 0
    assert (shop.bound("me", day(1)), shop.bound("also me", day(1))) == (
        ("S1", "Wang"),
        ("S1", "Li"),
    )
    with pytest.raises(Conflict) as refusal:
        customer_deeds.do(
            Deed("owner_requested", "also me", None, "Wang", note="-"),
            actor=COMMAND_LINE,
            now=day(50),
        )
    assert refusal.value.code == "own_guide"
    assert shop.network.load("guides", {**row, "own_customer_id": "nobody yet"}) == Outcome(
        changed=1
    )
    shop.visits("nobody yet", day(0), link="Wang")
    shop.sells("nobody yet", day(1))
    assert shop.bound("nobody yet", day(2)) == ("S1", None)
    assert {r.employee for r in shop.network.rows(customer) if r.customer_id != "also me"} == {
        False
    }
    with pytest.raises(Refused, match="no known customer"):
        shop.network.load("guides", {**row, "own_customer_id": "unheard of"})


def test_an_erased_customer_is_no_guides_number_any_more_p5(shop):
    row = {"guide_code": "Wang", "name": "Wang", "store_code": "S1"}
    shop.visits("me", day(0), "S1")
    shop.network.load("guides", {**row, "own_customer_id": "me"})
    erase_customer("me", actor=COMMAND_LINE, now=day(1))
    assert {r.own_customer_id for r in shop.network.rows(guide)} == {None}
    with pytest.raises(Refused, match="no known customer"):
        shop.network.load("guides", {**row, "own_customer_id": "me"})


def test_whom_a_leaver_still_adds_is_in_the_pool_of_his_store_b9(shop):
    """Judged by when it was known, not by when the fact came in; to stay after all begins now.
    Whoever deletes the leaver again is nobody's (B3)."""
    network, hour = shop.network, dt.timedelta(hours=1)
    row = {"guide_code": "Wang", "name": "Wang", "store_code": "S1"}
    before, after = network.now - hour, network.now + hour
    network.load("guides", {**row, "left_on": "2025-06-30"})
    network.days_pass(1)
    for who, at in (("c1", after), ("c2", before), ("c4", after)):
        shop.adds("Wang", at, who)
    shop.visits("c3", after, link="Wang")
    shop.sells("c3", after + hour)
    shop.hears(shop.event("contact.deleted_by_customer", after + hour, "Wang", "c4"))
    everybody = {who: shop.bound(who, network.now) for who in ("c1", "c2", "c3", "c4")}
    assert everybody == {
        "c1": ("S1", None),
        "c2": ("S1", "Wang"),
        "c3": ("S1", None),
        "c4": (None, None),
    }
    network.load("guides", {**row, "left_on": ""})
    network.days_pass(1)
    shop.sells("c1", network.now - hour)
    shop.adds("Wang", network.now - hour, "c5")
    assert {who: shop.bound(who, network.now) for who in everybody} == everybody
    assert shop.bound("c5", network.now) == ("S1", "Wang")


def test_a_chat_that_was_answered_keeps_the_bindings_b3(shop):
    """One message without an answer does not, nor does a guide's day that names no customer."""
    shop.adds("Wang", day(0))
    lapses = shop.state("c1").owner_valid_until
    for payload in ({"chats": 1, "messages": 4}, {"chats": 1, "messages": 1, "replies": 0}):
        assert shop.hears(shop.event("chat.day", day(30), "Wang", payload=payload)).accepted == 1
    assert (
        shop.hears(
            shop.event("chat.day", day(30), "Wang", None, payload={"chats": 9, "replies": 9})
        ).accepted
        == 1
    )
    assert shop.state("c1").owner_valid_until == lapses
    assert (
        shop.hears(
            shop.event(
                "chat.day", day(40), "Wang", payload={"chats": 1, "messages": 3, "replies": 2}
            )
        ).accepted
        == 1
    )
    state = shop.state("c1")
    assert state.owner_valid_until - lapses == state.home_valid_until - lapses == day(40) - day(0)
    assert state.owner_protected_until == day(30)


def test_a_manager_decides_of_his_own_store_alone(shop):
    """P6."""
    of_s2 = Actor(
        "user:9", frozenset({"customer:assign"}), "store", shop.snapshot().by_code["S2"].id
    )
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    for kind, named in (
        ("owner_assigned", {"guide": "Zhao"}),
        ("owner_assigned", {"guide": "Wang"}),
        ("home_approved", {"store": "S1"}),
    ):
        with pytest.raises(NotFound):
            does(kind, day(1), actor=of_s2, **named)
    with pytest.raises(NotAllowed):
        does("switched", day(1), "S2", actor=of_s2)


def test_deeds_survive_a_new_fold_and_why_is_erased_with_the_customer(shop):
    """B4, M20: a late fact folds deeds anew; the words go with the identifiers, the deed stays."""
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    does("owner_assigned", day(1), guide="Wang", note="knows her well")
    shop.sells("c1", day(3), location=SourcePoint(*HERE["S1"], "wgs84"))
    assert shop.bound("c1", day(4)) == ("S1", "Wang")
    erase_customer("c1", actor=COMMAND_LINE, now=day(5))
    assert (shop.network.count(customer_deed), shop.network.count(customer_deed_note)) == (1, 0)
