"""Which stores may be named at all, and who stands in for them; which guide serves (A2, A11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stores.facts.decision import State
from stores.network.policy import Policy
from stores.routing.decide import decide
from tests.stores.routing.chain import (
    NOON,
    TODAY,
    bound,
    chain,
    contract,
    days,
    guide,
    led,
    link,
    outcome,
    store,
    visit,
)
from tests.stores.routing.three_shops import FAR, NEAR, OTHER


@pytest.mark.parametrize(
    "facts, why",
    [
        ({}, ""),
        ({"status": "paused"}, "paused"),
        ({"status": "closed"}, "closed"),
        ({"cloud_shop": False}, "cloud_shop_off"),
        ({"withdrawn": True}, "coordinates_withdrawn"),
        ({"contracts": ()}, "no_contract"),
        ({"opened_on": TODAY}, ""),
        ({"opened_on": TODAY + days(1)}, "not_open_yet"),
        ({"closed_on": TODAY}, "closed"),
        ({"closed_on": TODAY + days(1)}, ""),
        ({"status": "closed", "closed_on": TODAY + days(1)}, ""),
        ({"status": "paused", "paused_until": TODAY}, "paused"),
        ({"status": "paused", "paused_until": TODAY - days(1)}, ""),
        ({"contracts": (contract(1, valid_to=TODAY),)}, "no_contract"),
        ({"contracts": (contract(1, valid_to=TODAY + days(1)),)}, ""),
        ({"contracts": (contract(1, valid_from=TODAY),)}, ""),
        ({"contracts": (contract(1, valid_from=TODAY + days(1)),)}, "no_contract"),
    ],
)
def test_only_eligible_stores_are_named(facts, why):
    """A2, with the bounds of every date; a pause includes its last day, a contract ends before its
    end day."""
    made = replace(NEAR, **facts)
    assert made.why_not(TODAY) == why
    snapshot = chain(made, OTHER)
    assert led(snapshot, visit())[0] == ("S3" if why else "S1")
    assert led(snapshot, visit(None), State(pinned_store_id=1))[1] == (
        "PICKER" if why else "HQ_PIN"
    )


def test_a_store_stays_eligible_outside_its_opening_hours():
    assert led(chain(store("S1", hours="20:00-21:00")), visit()) == ("S1", "NEAREST")


def test_the_dealer_is_the_one_whose_contract_holds_on_that_day():
    """A2, D12: a store sold on 11 June."""
    sold = replace(
        NEAR, contracts=(contract(1, 1, valid_to=TODAY), contract(1, 2, valid_from=TODAY))
    )
    assert [
        decide(visit(at=at), State(), chain(sold)).dealer_id for at in (NOON - days(1), NOON)
    ] == [1, 2]


PAUSED = replace(NEAR, status="paused", successor_id=3)


@pytest.mark.parametrize(
    "visited, state, policy",
    [
        (visit(), State(pinned_store_id=1), Policy()),
        (visit(), State(manual_store_id=1, manual_at=NOON), Policy()),
        (visit(), bound(1, 10), Policy()),
        (visit(), bound(1, 40), Policy()),
        (visit(param=link(1)), State(), Policy()),
        (visit(), State(param_store_id=1, param_at=NOON), Policy()),
        (visit(None), State(last_store_id=1, last_visit_at=NOON), Policy()),
        (visit(None), State(), Policy(default_store="S1")),
        (visit(None, region_code="310000"), State(), Policy(region_defaults={"310000": "S1"})),
    ],
)
@pytest.mark.parametrize("gone", [PAUSED, replace(NEAR, status="closed", successor_id=3)])
def test_where_a_rung_names_a_paused_or_closed_store_its_successor_serves(
    gone, visited, state, policy
):
    """A11: rungs 1-7, 12, 13."""
    snapshot = chain(gone, FAR, OTHER, policy=policy)
    decision = decide(visited, state, snapshot)
    assert (decision.store_id, decision.notes) == (3, ("successor",))


def test_rungs_that_look_at_the_place_do_not_see_a_paused_store_nor_its_successor():
    assert led(chain(PAUSED, FAR, OTHER), visit()) == ("S2", "NEAREST")


def test_without_a_successor_the_next_rung_answers():
    decision = decide(visit(), bound(1, 10), chain(replace(PAUSED, successor_id=None), FAR))
    assert (decision.store_id, outcome(decision, "HOME_PROTECTED"), outcome(decision, "HOME")) == (
        2,
        "store_paused",
        "store_paused",
    )


def test_successors_of_successors_are_followed_and_a_ring_of_them_is_left():
    ring = chain(
        replace(NEAR, status="closed", successor_id=2),
        replace(FAR, status="closed", successor_id=1),
        OTHER,
    )
    assert led(ring, visit(), bound(1, 10)) == ("S3", "NEAREST")
    line = chain(
        replace(NEAR, status="closed", successor_id=2),
        replace(FAR, status="closed", successor_id=3),
        OTHER,
    )
    assert led(line, visit(), bound(1, 10)) == ("S3", "HOME_PROTECTED")


def test_a_store_that_is_only_switched_off_has_no_successor():
    """A11 speaks of paused and closed stores alone."""
    assert led(
        chain(replace(NEAR, cloud_shop=False, successor_id=3), FAR, OTHER), visit(), bound(1, 10)
    ) == ("S2", "NEAREST")


MEI, WANG = guide("G1", 1), guide("G2", 1)
STAFFED = chain(NEAR, FAR, guides=[MEI, WANG, guide("G3", 2), guide("G4", 1, valid_to=TODAY)])


@pytest.mark.parametrize(
    "state, param, expected",
    [
        (bound(1, 10, owner=1), link(guide_id=2), 1),
        (State(), link(guide_id=2), 2),
        (bound(1, 10, owner=3), link(guide_id=2), 2),
        (State(), None, None),
        (bound(1, 10, owner=4), None, None),
        (bound(1, 10, owner=99), None, None),
        (bound(1, 366, owner=1), None, None),
    ],
)
def test_the_owner_serves_where_he_works_then_the_guide_of_the_link_then_nobody(
    state, param, expected
):
    assert decide(visit(param=param), state, STAFFED).guide_id == expected


def test_the_guide_of_a_remembered_link_serves_where_it_leads():
    state = State(param_guide_id=2, param_at=NOON - days(1))
    assert (led(STAFFED, visit(None), state), decide(visit(None), state, STAFFED).guide_id) == (
        ("S1", "ENTRY_CACHED"),
        2,
    )


def test_a_guides_link_leads_to_where_the_guide_works_on_that_day():
    moved = replace(
        MEI, jobs=(*guide("G1", 1, valid_to=TODAY).jobs, *guide("G1", 2, valid_from=TODAY).jobs)
    )
    snapshot = chain(NEAR, FAR, guides=[moved])
    assert [
        led(snapshot, visit(None, at=at, param=link(guide_id=1))) for at in (NOON - days(1), NOON)
    ] == [("S1", "ENTRY_PARAM"), ("S2", "ENTRY_PARAM")]


def test_the_link_of_a_guide_who_left_is_passed_over():
    decision = decide(visit(param=link(guide_id=4)), State(), STAFFED)
    assert (decision.rung, outcome(decision, "ENTRY_PARAM")) == ("NEAREST", "guide_left")
