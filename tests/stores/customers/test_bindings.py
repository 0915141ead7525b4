"""Bindings as a fold over facts (B1-B5, B9-B11): the same facts give the same answer, whenever and
however often they come."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stores.customers.bindings import Binding, BindingFact, Held, in_force
from stores.customers.course import Course, timeline
from stores.network.binding_rules import Conditions, Rules

START = dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)
WANG, ZHAO, LI = 1, 2, 3
A, B, C = 10, 20, 30
WORKS = {WANG: A, ZHAO: B, LI: A}
RULES = Rules()


def day(n: float) -> dt.datetime:
    return START + dt.timedelta(days=n)


def adds(n: float, guide: int, no: str = "") -> BindingFact:
    return BindingFact(
        day(n), "confirmed", int(n * 10), no or f"E{n}", guide_id=guide, guide_store_id=WORKS[guide]
    )


def deletes(n: float, guide: int) -> BindingFact:
    return BindingFact(
        day(n), "deleted", int(n * 10), f"E{n}", guide_id=guide, guide_store_id=WORKS[guide]
    )


def moves_to(n: float, guide: int, giver: int | None = None) -> BindingFact:
    return BindingFact(
        day(n),
        "transferred",
        int(n * 10),
        f"E{n}",
        guide_id=guide,
        guide_store_id=WORKS[guide],
        from_guide_id=giver,
    )


def buys(
    n: float, store: int | None, link: int | None = None, credited: int | None = None
) -> BindingFact:
    return BindingFact(
        day(n),
        "order",
        int(n * 10),
        f"O{n}",
        guide_id=link,
        guide_store_id=WORKS[link] if link else None,
        store_id=store,
        credited_guide_id=credited or link,
    )


def leaves(fact: BindingFact, n: float) -> BindingFact:
    """The same fact, of a guide who keeps customers until day n."""
    return replace(fact, guide_until=day(n))


def held(*facts: BindingFact, at: float, rules: Rules = RULES) -> tuple[int | None, int | None]:
    """Home store and owner guide on a day."""
    known = timeline(facts, rules)
    home, owner = in_force(known, "home", day(at)), in_force(known, "owner", day(at))
    return home.store_id if home else None, owner.guide_id if owner else None


def test_the_first_confirmed_friend_add_binds_guide_and_store_b2():
    assert held(adds(0, WANG), adds(1, ZHAO), at=2) == (A, WANG)


def test_who_is_leaving_takes_nobody_new_b9():
    """Whom he still adds is his store's; a colleague may have him. Neither his link nor a transfer
    takes anybody; his own stay with him."""

    def leaving(fact: BindingFact) -> BindingFact:
        return replace(fact, guide_leaving=True, guide_until=day(20))

    assert held(leaving(adds(0, WANG)), at=1) == (A, None)
    assert held(leaving(adds(0, WANG)), adds(1, LI), at=2) == (A, LI)
    assert held(buys(0, B), leaving(adds(1, WANG)), at=2) == (B, None), "a home that is there stays"
    assert held(leaving(buys(0, A, link=WANG)), at=1) == (A, None)
    assert held(adds(0, LI), leaving(buys(40, A, link=WANG)), at=41) == (A, LI)
    assert held(adds(0, LI), leaving(moves_to(1, WANG, LI)), at=2) == (A, LI)
    assert held(leaves(adds(0, WANG), 20), leaving(buys(1, A, link=WANG)), at=19) == (A, WANG)


def test_nobody_owns_themselves_b5():
    """A binding to another guide that is there stays until it ends."""
    himself = BindingFact(day(-1000), "is_guide", WANG, str(WANG), guide_id=WANG)
    assigned = BindingFact(day(1), "assigned", 1, "1", guide_id=WANG, guide_store_id=A)
    wished = replace(assigned, kind="wished")
    for fact in (adds(1, WANG), buys(1, None, link=WANG), moves_to(1, WANG), assigned, wished):
        assert held(fact, at=2)[1] == WANG, "anybody else is theirs"
        assert held(himself, fact, at=2) == (None, None)
    assert held(himself, adds(1, WANG), adds(2, LI), at=3) == (A, LI)
    assert held(himself, adds(0, ZHAO), buys(40, A, link=WANG), at=41) == (B, ZHAO)


def test_a_friend_add_by_somebody_not_employed_binds_nobody_b2():
    assert held(replace(adds(0, WANG), guide_store_id=None), at=1) == (None, None)


def test_the_first_paid_order_by_a_guides_link_binds_b2():
    assert held(buys(0, B, link=WANG), at=1) == (A, WANG)


def test_without_an_owner_the_store_of_the_first_order_is_home_b2():
    assert held(buys(0, B), buys(1, C), at=2) == (B, None)


def test_inside_the_protection_an_order_by_another_link_does_not_take_over_e9():
    assert held(adds(0, WANG), buys(19, B, link=ZHAO), at=20) == (A, WANG)


def test_after_the_protection_it_does_with_its_reason_e9():
    known = timeline([adds(0, WANG), buys(19, B, link=ZHAO), buys(35, B, link=ZHAO)], RULES)
    owner = in_force(known, "owner", day(36))
    assert owner is not None and (owner.guide_id, owner.reason) == (ZHAO, "snatch_after_protection")


def test_an_order_with_the_owner_renews_his_protection_b3():
    facts = adds(0, WANG), buys(20, A, credited=WANG), buys(35, B, link=ZHAO)
    assert held(*facts, at=36) == (A, WANG)
    assert held(*facts, buys(51, B, link=ZHAO), at=52)[1] == ZHAO


def test_never_and_anytime_are_snatch_policies_b4():
    facts = adds(0, WANG), buys(200, B, link=ZHAO)
    assert held(*facts, at=201, rules=Rules(Conditions(snatch_policy="never")))[1] == WANG
    assert (
        held(
            adds(0, WANG),
            buys(1, B, link=ZHAO),
            at=2,
            rules=Rules(Conditions(snatch_policy="anytime")),
        )[1]
        == ZHAO
    )


def test_each_fact_is_judged_by_the_policy_it_was_recorded_under_b4():
    """A takeover stands whatever is published afterwards, and so do the clocks that were given."""
    under = (
        replace(adds(0, WANG), conditions=Conditions(60)),
        replace(buys(40, B, link=ZHAO), conditions=Conditions(7, 100, "anytime")),
    )
    for later in (Conditions(), Conditions(snatch_policy="never"), Conditions(300, 500)):
        known = timeline([*under, buys(41, C)], Rules(later))
        owner, home = in_force(known, "owner", day(41)), in_force(known, "home", day(41))
        assert (owner.guide_id, owner.reason, owner.protected_until) == (
            ZHAO,
            "snatch_anytime",
            day(47),
        )
        assert (home.store_id, home.protected_until) == (A, day(60))


def test_a_new_owner_of_another_store_moves_an_unprotected_home_at_once_b3():
    assert held(adds(0, WANG), moves_to(31, ZHAO), at=31) == (B, ZHAO)


def test_a_protected_home_makes_the_new_owners_store_wait_b3():
    facts = adds(0, WANG), moves_to(10, ZHAO)
    assert held(*facts, at=29.9) == (A, ZHAO)
    assert held(*facts, at=30) == (B, ZHAO)


def test_the_move_that_waited_says_why_b3():
    moved = [b for b in timeline([adds(0, WANG), moves_to(10, ZHAO)], RULES) if b.kind == "home"]
    assert [(b.store_id, b.started_at, b.reason, b.end_reason) for b in moved] == [
        (A, day(0), "friend_add", "owner_of_another_store"),
        (B, day(30), "home_protected", "validity_over"),
    ]


def test_an_order_at_the_home_store_makes_the_move_wait_longer_b3():
    facts = adds(0, WANG), moves_to(10, ZHAO), buys(25, A)
    assert held(*facts, at=54.9) == (A, ZHAO)
    assert held(*facts, at=55) == (B, ZHAO)


def test_the_move_does_not_come_when_the_owner_is_gone_by_then_b3():
    assert held(adds(0, WANG), leaves(moves_to(10, ZHAO), 20), at=31) == (A, None)


def test_a_waiting_move_is_forgotten_when_the_customer_comes_back_to_a_guide_of_his_store_b3():
    assert held(adds(0, WANG), moves_to(10, ZHAO), moves_to(15, LI), at=40) == (A, LI)


def test_a_binding_lapses_a_year_after_the_last_order_b3():
    facts = adds(0, WANG), buys(100, A, credited=WANG)
    assert held(*facts, at=464.9) == (A, WANG)
    assert held(*facts, at=465) == (None, None)


def chats(n: float) -> BindingFact:
    return BindingFact(day(n), "chatted", int(n * 10), f"E{n}")


def test_a_two_way_chat_keeps_both_bindings_as_an_order_does_and_protects_nothing_b3():
    assert held(adds(0, WANG), chats(300), at=664.9) == (A, WANG)
    assert held(adds(0, WANG), chats(300), at=665) == (None, None)
    assert held(adds(0, WANG), chats(370), at=371) == (None, None), (
        "what has lapsed is not brought back"
    )
    assert held(adds(0, WANG), chats(25), buys(31, B, link=ZHAO), at=32) == (B, ZHAO)
    assert held(adds(0, WANG), chats(2), deletes(3, WANG), at=4) == (None, None), (
        "a chat is no order"
    )


def test_after_the_lapse_the_next_one_binds_b3():
    assert held(adds(0, WANG), adds(400, ZHAO), at=401) == (B, ZHAO)


def test_a_friend_add_without_any_order_ends_when_the_customer_deletes_the_guide_b3():
    assert held(adds(0, WANG), deletes(3, WANG), at=4) == (None, None)
    assert held(adds(0, WANG), buys(1, C), deletes(3, WANG), at=4) == (A, WANG)
    assert held(adds(0, WANG), deletes(3, ZHAO), at=4) == (A, WANG)


def test_a_re_add_by_another_guide_after_the_deletion_binds_to_him_e8():
    assert held(adds(0, WANG), deletes(3, WANG), adds(5, ZHAO), at=6) == (B, ZHAO)


def test_the_further_states_of_one_transfer_change_nothing_b11():
    requested = timeline([adds(0, WANG), moves_to(40, ZHAO)], RULES)
    assert (
        timeline([adds(0, WANG), moves_to(40, ZHAO), moves_to(41, ZHAO), moves_to(42, ZHAO)], RULES)
        == requested
    )


def test_handing_over_a_follower_leaves_the_owner_b11():
    assert held(adds(0, WANG), adds(1, ZHAO), moves_to(5, LI, giver=ZHAO), at=6) == (A, WANG)
    assert held(adds(0, WANG), moves_to(5, LI, giver=WANG), at=6) == (A, LI)


def test_a_leavers_customers_go_to_the_store_after_his_last_day_b9():
    facts = (leaves(adds(0, WANG), 121),)
    assert held(*facts, at=120.9) == (A, WANG)
    assert held(*facts, at=121) == (A, None)
    assert held(*facts, moves_to(123, LI, giver=WANG), at=124) == (A, LI)


def test_at_most_one_home_and_one_owner_hold_at_any_moment_b1():
    known = timeline(
        [adds(0, WANG), moves_to(10, ZHAO), buys(50, A, link=WANG), deletes(60, WANG), buys(90, C)],
        RULES,
    )
    for kind in ("home", "owner"):
        of_kind = [b for b in known if b.kind == kind]
        assert all(
            b.ended_at is not None and b.ended_at <= c.started_at for b, c in pairwise(of_kind)
        )


# -- any order, any number of times (M6, B2) -------------------------------------------------------

guides, stores = st.sampled_from([WANG, ZHAO, LI]), st.sampled_from([A, B, C])
days = st.integers(0, 150) | st.sampled_from([0, 30, 30, 60])  # ties are likely


conditions = st.builds(
    Conditions,
    st.sampled_from([0, 7, 30]),
    st.sampled_from([10, 90, 365]),
    st.sampled_from(["after_protection", "never", "anytime"]),
)


@st.composite
def a_fact(draw: st.DrawFn) -> BindingFact:
    n = draw(days)
    fact = draw(
        st.one_of(
            st.builds(adds, st.just(n), guides),
            st.builds(deletes, st.just(n), guides),
            st.builds(moves_to, st.just(n), guides, st.none() | guides),
            st.just(chats(n)),
            st.builds(buys, st.just(n), st.none() | stores, st.none() | guides, st.none() | guides),
        )
    )
    number = draw(st.integers(0, 10**6))
    return replace(
        fact,
        source_id=number,
        source_no=f"{fact.kind}-{number}",
        guide_until=draw(st.none() | days.map(lambda d: day(n + d + 1))),
        conditions=draw(st.none() | conditions),
    )


histories = st.lists(a_fact(), max_size=12, unique_by=lambda f: f.source_no)
rules = st.builds(Rules, conditions)


@given(histories, rules, st.randoms(use_true_random=False))
def test_every_order_of_arrival_and_every_repetition_gives_the_same_timeline(history, rule, random):
    shuffled = [*history, *random.sample(history, len(history) // 2)]
    random.shuffle(shuffled)
    assert timeline(shuffled, rule) == timeline(history, rule)


@given(histories, rules)
def test_intervals_of_a_kind_do_not_overlap_and_all_end(history, rule):
    for kind in ("home", "owner"):
        mine = [b for b in timeline(history, rule) if b.kind == kind]
        assert all(
            b.ended_at is not None and b.started_at <= b.ended_at <= b.valid_until for b in mine
        )
        assert all(a.ended_at <= b.started_at for a, b in pairwise(mine))


@given(histories, rules, st.integers(-1, 600))
def test_facts_of_later_do_not_change_what_held_before(history, rule, n):
    place = (day(n), "order", "~")
    before = [f for f in history if f.place < place]
    assert Course(history, rule).held_at(place) == Course(before, rule).held_at(place)


@given(histories, rules, st.integers(-1, 900))
def test_the_walk_and_the_timeline_say_the_same_of_a_moment(history, rule, n):
    moment = day(n + 0.5)  # no fact of ours lies there
    known = timeline([f for f in history if f.at <= moment], rule)
    assert _simple(Course(history, rule).held_at((moment, "", ""))) == _simple(
        Held(in_force(known, "home", moment), in_force(known, "owner", moment))
    )


def _simple(found: Held) -> list[tuple[int | None, int | None, dt.datetime] | None]:
    def one(b: Binding | None) -> tuple[int | None, int | None, dt.datetime] | None:
        return None if b is None else (b.store_id, b.guide_id, b.started_at)

    return [one(found.home), one(found.owner)]
