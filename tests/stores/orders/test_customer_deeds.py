"""What visitors, managers and headquarters decide about a customer (A8, A10, A14, B2, B4), through
the real path."""

from __future__ import annotations

import datetime as dt

import pytest

import db
from ledger.faults import Conflict, InvalidInput, NotAllowed, NotFound
from stores.base.actors import COMMAND_LINE, Actor
from stores.customer_deeds import deeds as customer_deeds
from stores.customer_deeds import home_proposals
from stores.customer_deeds.deed_effects import Deed
from stores.facts.customer_deed_kinds import customer_deed, customer_deed_note
from stores.facts.customers import customer
from stores.facts.visits import Arrival, SourcePoint
from stores.imports.outcomes import Outcome, Refused
from stores.network import network as networks
from stores.network.guides import guide
from stores.network.policies import publish
from stores.network.policy import Policy
from stores.privacy.erasure import erase_customer
from stores.registers import close_store
from stores.routing import entering
from tests.stores.orders.shop import HERE, day

KEY = Actor("key:1", frozenset({"customer:write"}))


def does(
    kind: str,
    at: dt.datetime,
    store: str | None = None,
    guide: str | None = None,
    actor: Actor = COMMAND_LINE,
    **more,
) -> customer_deeds.Done:
    return customer_deeds.do(
        Deed(kind, "c1", store, guide, **{"note": "because"} | more), actor=actor, now=at
    )


def refused(code: str, *args, **named) -> None:
    with pytest.raises(Conflict) as refusal:
        does(*args, **named)
    assert refusal.value.code == code


# -- the visitor's own choice ----------------------------------------------------------------------


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


# -- headquarters ----------------------------------------------------------------------------------


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


# -- owner and home --------------------------------------------------------------------------------


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
