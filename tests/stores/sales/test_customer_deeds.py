"""What visitors, managers and headquarters decide about a customer (A8, A10, A14, B2, B4), through the real path."""
from __future__ import annotations

import datetime as dt

import pytest

import db
from ledger.faults import Conflict, InvalidInput, NotAllowed, NotFound
from stores import customer_deeds, entering, home_proposals
from stores.actors import COMMAND_LINE, Actor
from stores.customer_deed_kinds import customer_deed, customer_deed_note
from stores.customer_deeds import Deed
from stores.erasure import erase_customer
from stores.policies import publish
from stores.policy import Policy
from stores.visits import Arrival, SourcePoint
from tests.stores.sales.shop import HERE, day

KEY = Actor("key:1", frozenset({"customer:write"}))


def does(kind: str, at: dt.datetime, store: str | None = None, guide: str | None = None, actor: Actor = COMMAND_LINE, **more) -> customer_deeds.Done:
    return customer_deeds.do(Deed(kind, "c1", store, guide, **{"note": "because"} | more), actor=actor, now=at)


def refused(code: str, *args, **named) -> None:
    with pytest.raises(Conflict) as refusal:
        does(*args, **named)
    assert refusal.value.code == code


# -- the visitor's own choice -------------------------------------------------------------------------------------------------

def test_a_switch_leads_for_a_day_and_moves_no_home(shop):
    """A4, A10: MANUAL for 24 hours; the binding stays."""
    shop.sells("c1", day(0), entry_id=None, location=SourcePoint(*HERE["S1"], "wgs84"))
    done = does("switched", day(1), "S2", actor=KEY)
    assert done.until == day(2)
    assert [shop.visits("c1", day(n), "S1").decision.rung for n in (1.5, 2.5)] == ["MANUAL", "HOME_PROTECTED"]
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
    refused("store_not_eligible", "pinned", day(0), "S2")


def test_a_declined_offer_is_not_made_again_for_a_day(shop):
    """A8: the refusal is remembered for 24 h."""
    shop.network.open_store("S4", "D2", latitude="31.2664", longitude="121.4737")  # 4 km north of S1
    shop.visits("c1", day(0), "S1")
    beside = SourcePoint(31.2600, 121.4737, "wgs84")

    def offered(at):
        found = entering.enter(Arrival({"customer_id": "c1"}, beside, occurred_at=at), body_hash="-", now=at)
        return found.decision.rung, [c.why for c in found.decision.alternatives]

    assert offered(day(1)) == ("LAST_VISIT", ["nearer"])
    does("refused", day(1), "S4", actor=KEY)
    assert offered(day(1.5)) == ("LAST_VISIT", [])
    assert offered(day(2.1)) == ("LAST_VISIT", ["nearer"])


# -- headquarters ---------------------------------------------------------------------------------------------------------------

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


# -- owner and home ---------------------------------------------------------------------------------------------------------------

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
    of_s3 = Actor("user:8", frozenset({"customer:assign"}), "store", shop.snapshot().by_code["S3"].id)
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))

    def proposed(at):
        with db.read() as connection:
            found = home_proposals.rows(connection, manager, Policy(), at)
            free = [r for r in found if not (r.at_home and r.home_protected_until > at)]
            assert home_proposals.counts(connection, manager, Policy(), at) == (len(found), len(free))
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


def test_a_manager_decides_of_his_own_store_alone(shop):
    """P6."""
    of_s2 = Actor("user:9", frozenset({"customer:assign"}), "store", shop.snapshot().by_code["S2"].id)
    shop.sells("c1", day(0), location=SourcePoint(*HERE["S1"], "wgs84"))
    for kind, named in (("owner_assigned", {"guide": "Zhao"}), ("owner_assigned", {"guide": "Wang"}), ("home_approved", {"store": "S1"})):
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
