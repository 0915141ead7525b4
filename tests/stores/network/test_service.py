"""Who serves a visitor in the store (A15), and how many a store or guide takes a day (M15)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import db
from stores.base.actors import COMMAND_LINE
from stores.customers import guide_loads
from stores.facts.decision import State
from stores.facts.entries import entry
from stores.network.policies import publish
from stores.network.policy import Policy
from stores.network.records import GuideRecord, Job
from stores.routing.decide import decide
from stores.routing.room import day_load, forget_old
from tests.stores.routing.chain import (
    NOON,
    TODAY,
    bound,
    chain,
    guide,
    led,
    link,
    north,
    others,
    outcome,
    visit,
)
from tests.stores.routing.entrances import (
    NOW,
    answer,
    arrival,
    at_once,
    beside,
    enter,
    open_chain,
    replayed,
    stored,
)

HERE_AND_THERE = (north(100, "S1"), north(900, "S2", dealer=2))
TEAM = (guide("G1", 1), guide("G2", 1), guide("G3", 2))


def serving(snapshot, state=None, **more):
    served = decide(visit(**({"loads": {}} | more)), state or State(), snapshot).served
    return served.guide_id, served.why


# -- A15: owner, link, fewest today, service account -----------------------------------------------


def test_the_owner_goes_first_then_the_guide_of_the_link():
    snapshot = chain(*HERE_AND_THERE, guides=TEAM)
    assert serving(snapshot, bound(1, 1, owner=2), param=link(guide_id=1)) == (2, "owner")
    assert serving(snapshot, State(), param=link(guide_id=1)) == (1, "entry_param")
    assert serving(snapshot, bound(1, 1, owner=3)) == (
        1,
        "fewest_assigned",
    )  # his owner works in another store


@pytest.mark.parametrize(
    ("loads", "chosen"), [({}, 1), ({1: 1}, 2), ({1: 5, 2: 5}, 1), ({1: 2, 2: 1}, 2)]
)
def test_of_the_guides_on_duty_the_one_with_fewest_today(loads, chosen):
    """A15; of equals the smaller code."""
    assert serving(chain(*HERE_AND_THERE, guides=TEAM), loads=loads) == (chosen, "fewest_assigned")


def test_who_is_about_to_leave_gets_nobody_new():
    """B9: `leaving` takes no new customers; his own stay with him."""
    team = (guide("G1", 1, valid_to=TODAY + dt.timedelta(days=9)), guide("G2", 1))
    assert serving(chain(*HERE_AND_THERE, guides=team)) == (2, "fewest_assigned")
    assert serving(chain(*HERE_AND_THERE, guides=team[:1])) == (None, "")
    assert serving(chain(*HERE_AND_THERE, guides=team), bound(1, 1, owner=1)) == (1, "owner")


def test_a_leavers_link_leads_to_his_shop_and_to_his_colleagues():
    """B9: no new customers, by his own link neither; whoever moves on to another store of the
    dealer still serves (B10)."""
    last = TODAY + dt.timedelta(days=9)
    mover = GuideRecord(3, "G3", (Job(1, "guide", None, last), Job(2, "guide", last, None)))
    shops = chain(*HERE_AND_THERE, guides=(guide("G1", 1, valid_to=last), guide("G2", 1), mover))
    assert led(shops, visit(param=link(guide_id=1))) == ("S1", "ENTRY_PARAM")
    assert serving(shops, param=link(guide_id=1)) == (2, "fewest_assigned")
    assert serving(shops, bound(1, 1, owner=1), param=link(guide_id=1)) == (1, "owner")
    assert serving(shops, param=link(guide_id=3)) == (3, "entry_param")
    gone = GuideRecord(
        4, "G4", (Job(1, "guide", None, last), Job(2, "guide", last, last + dt.timedelta(days=9)))
    )
    assert [each.is_leaving(TODAY) for each in (shops.guides[1], shops.guides[2], mover, gone)] == [
        True,
        False,
        False,
        True,
    ]
    assert not shops.guides[1].is_leaving(last), "he has left"


def test_who_was_served_within_a_day_keeps_his_guide():
    snapshot, seen = chain(*HERE_AND_THERE, guides=TEAM), NOON - dt.timedelta(hours=3)
    back = State(last_store_id=1, last_visit_at=seen, last_guide_id=2)
    assert serving(snapshot, back, loads={2: 50}) == (2, "last_served")
    assert serving(
        snapshot, replace(back, last_visit_at=NOON - dt.timedelta(hours=25)), loads={2: 50}
    ) == (1, "fewest_assigned")


def test_without_guides_on_duty_the_service_account_serves():
    assert serving(chain(*HERE_AND_THERE)) == (None, "")
    assert serving(chain(*HERE_AND_THERE, guides=TEAM, policy=Policy(duty_guides=False))) == (
        None,
        "",
    )


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_turns_are_fair(team_of):
    """A15 as a property: visitors given one after the other differ by at most one between the
    guides of a store."""
    team = tuple(guide(f"G{n}", 1) for n in range(1, 6))
    loads = Counter(dict.fromkeys(range(1, 6), 0))
    for _ in team_of:
        loads[serving(chain(HERE_AND_THERE[0], guides=team), loads=loads)[0]] += 1
    assert max(loads.values()) - min(loads.values()) <= 1


# -- M15: capacity ---------------------------------------------------------------------------------


def test_a_full_store_is_passed_by_to_the_next_and_said_so():
    snapshot = chain(
        north(100, "S1"), north(600, "S2"), north(700, "S3"), policy=Policy(ambiguity_m=0)
    )
    decision = decide(visit(), State(), snapshot, full=frozenset({1}))
    assert (snapshot.by_id[decision.store_id].code, decision.rung) == ("S2", "NEAREST")
    assert "overflow" in decision.notes
    assert any(
        c.store_id == 1 and c.why == "full" for step in decision.steps for c in step.candidates
    )


def test_equals_of_the_next_store_are_found_behind_a_full_one():
    """A6 holds among those that have room: S3 is within 200 m of S2, not of the full S1."""
    snapshot = chain(north(100, "S1"), north(250, "S2"), north(400, "S3"))
    decision = decide(visit(), State(), snapshot, full=frozenset({1}))
    assert (decision.store_id, others(snapshot, decision)) == (2, [("S3", "ambiguous")])


def test_who_is_named_to_a_store_is_never_turned_away():
    """M15: codes, homes and choices go in though the store is full."""
    snapshot = chain(*HERE_AND_THERE)
    for state, more in (
        (bound(1, 1), {}),
        (State(), {"param": link(1)}),
        (State(manual_store_id=1, manual_at=NOON), {}),
    ):
        assert decide(visit(**more), state, snapshot, full=frozenset({1})).store_id == 1


def test_when_all_are_full_defaults_and_the_list_follow():
    snapshot = chain(*HERE_AND_THERE, policy=Policy(default_store="S2"))
    decision = decide(visit(), State(), snapshot, full=frozenset({1, 2}))
    assert decision.rung == "PICKER"
    assert (outcome(decision, "NEAREST"), outcome(decision, "DEFAULT")) == ("full", "full")


@given(st.sets(st.integers(1, 8)), st.integers(0, 500))
def test_a_full_store_is_never_chosen_and_the_nearest_with_room_always(full, ambiguity):
    snapshot = chain(
        *(north(150 * n, f"S{n}") for n in range(1, 9)), policy=Policy(ambiguity_m=ambiguity)
    )
    decision = decide(visit(), State(), snapshot, full=frozenset(full))
    free = [n for n in range(1, 9) if n not in full]
    assert decision.store_id == (free[0] if free else None)


@pytest.fixture
def shops(network):
    open_chain(network)
    network.load(
        "guides",
        *(
            {"guide_code": f"G{n}", "name": f"Guide {n}", "store_code": "S3", "role": "guide"}
            for n in (1, 2, 3)
        ),
    )
    return network


def test_ten_places_and_fifty_visitors_at_once(shops):
    """M15: cap 10, 50 threads: 10 and 40 overflow, and each decision is replayed the same."""
    shops.load(
        "stores",
        {
            "store_code": "S3",
            "name": "Shop 3",
            "dealer_code": "D2",
            "latitude": "31.2304",
            "longitude": "121.5367",
            "crs": "wgs84",
            "daily_capacity": "10",
        },
    )
    assert not [
        each
        for each in at_once([lambda n=n: enter(arrival(f"c{n}", beside(3))) for n in range(50)])
        if isinstance(each, Exception)
    ]
    with db.read() as connection:
        led = [
            (r.store_id, r.entry_id)
            for r in connection.execute(select(entry.c.store_id, entry.c.entry_id))
        ]
        taken = {r.thing_id: r.n for r in connection.execute(select(day_load))}
    counts = Counter(store for store, _ in led)
    assert (counts[3], sum(counts.values()) - counts[3], taken) == (10, 40, {3: 10})
    assert all(replayed(entry_id)["same"] for _, entry_id in led)
    assert any("overflow" in answer(entry_id)["notes"] for store, entry_id in led if store != 3)
    assert forget_old(TODAY + dt.timedelta(days=30)) == 1


def test_when_the_only_store_is_full_the_list_follows_and_is_replayed(shops):
    """M15, A16: what was full is remembered of a list too."""
    shops.load(
        "stores",
        *(
            {
                "store_code": f"S{n}",
                "name": f"Shop {n}",
                "dealer_code": "D2",
                "latitude": "31.2304",
                "longitude": "121.5367",
                "crs": "wgs84",
                "status": "closed",
                "daily_capacity": "",
            }
            for n in range(1, 13)
            if n != 3
        ),
    )
    shops.load(
        "stores",
        {
            "store_code": "S3",
            "name": "Shop 3",
            "dealer_code": "D2",
            "latitude": "31.2304",
            "longitude": "121.5367",
            "crs": "wgs84",
            "daily_capacity": "0",
        },
    )
    entry_id = enter(arrival("c1", beside(3))).entry_id
    assert (stored(entry_id).rung, answer(entry_id)["notes"], replayed(entry_id)["same"]) == (
        "PICKER",
        ["overflow"],
        True,
    )


def test_a_guide_takes_so_many_a_day_and_then_the_store_itself_serves(shops):
    publish({"guide_daily_capacity": 2, "note": "two each"}, actor=COMMAND_LINE, now=NOW)
    for n in range(9):
        enter(arrival(f"c{n}", beside(3)))
    with db.read() as connection:
        given_to = Counter(connection.execute(select(entry.c.guide_id)).scalars())
    assert given_to == {1: 2, 2: 2, 3: 2, None: 3}


def test_arrivals_are_shared_out_among_the_guides_on_duty(shops):
    """A15 through the real path, with the process's memory dropped in the middle as after a
    restart."""
    for n in range(6):
        enter(arrival(f"c{n}", beside(3)))
        if n == 2:
            guide_loads.forget()
    ids = [e.entry_id for e in shops.rows(entry, "id")]
    assert Counter(stored(each).guide_code for each in ids) == {"G1": 2, "G2": 2, "G3": 2}
    assert all(replayed(each)["same"] for each in ids)
    assert (
        stored(enter(arrival("c0", beside(3)), NOW + dt.timedelta(hours=1)).entry_id).guide_code
        == stored(ids[0]).guide_code
    )
