"""The ladder of preset `franchise`, rung by rung (A4), and which stores may be named at all (A2,
A11)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from stores.facts.decision import State
from stores.network.policy import PRESETS, Policy, parse
from stores.network.policy import RUNGS as NAMES
from stores.routing.decide import decide
from stores.routing.rungs import RUNGS
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
    north,
    others,
    outcome,
    square,
    store,
    visit,
)

NEAR, FAR, OTHER = north(100, "S1"), north(3_000, "S2"), north(9_000, "S3")
SHOPS = chain(NEAR, FAR, OTHER)
EVERYTHING = State(
    rv=7,
    pinned_store_id=1,
    manual_store_id=2,
    manual_at=NOON - days(0.5),
    home_store_id=3,
    home_protected_until=NOON + days(1),
    home_valid_until=NOON + days(300),
    param_store_id=2,
    param_at=NOON - days(1),
    last_store_id=3,
    last_visit_at=NOON - days(2),
)


def test_every_rung_of_the_list_is_a_function_but_the_picker():
    assert set(RUNGS) == set(NAMES) - {"PICKER"}


@pytest.mark.parametrize(
    "state, rung, code",
    [
        (EVERYTHING, "HQ_PIN", "S1"),
        (replace(EVERYTHING, pinned_store_id=None), "MANUAL", "S2"),
        (replace(EVERYTHING, pinned_store_id=None, manual_store_id=None), "HOME_PROTECTED", "S3"),
    ],
)
def test_the_first_rung_that_matches_wins(state, rung, code):
    """A4, rungs 1-3."""
    assert led(SHOPS, visit(param=link(1)), state) == (code, rung)


def test_the_signed_parameter_of_this_arrival_goes_before_an_unprotected_home():
    """A4, rungs 4 and 5."""
    assert led(SHOPS, visit(param=link(1)), bound(3, 40)) == ("S1", "ENTRY_PARAM")
    assert led(SHOPS, visit(), bound(3, 40)) == ("S3", "HOME")


@pytest.mark.parametrize("hours_ago, wins", [(0, True), (24, True), (24.001, False), (-1, False)])
def test_a_visitors_own_choice_holds_for_24_hours(hours_ago, wins):
    state = State(manual_store_id=2, manual_at=NOON - dt.timedelta(hours=hours_ago))
    assert led(SHOPS, visit(), state) == (("S2", "MANUAL") if wins else ("S1", "NEAREST"))


@pytest.mark.parametrize(
    "snapshot, state",
    [(chain(NEAR, FAR, policy=Policy(switching=False)), State()), (SHOPS, State(no_switch=True))],
)
def test_a_choice_counts_only_where_switching_is_allowed(snapshot, state):
    """A10."""
    asked = replace(state, manual_store_id=2, manual_at=NOON)
    decision = decide(visit(), asked, snapshot)
    assert (decision.rung, outcome(decision, "MANUAL")) == ("NEAREST", "switching_off")


@pytest.mark.parametrize(
    "days_ago, rung", [(29.99, "HOME_PROTECTED"), (30, "HOME"), (364.99, "HOME"), (365, "NEAREST")]
)
def test_protection_ends_after_30_days_and_validity_after_365(days_ago, rung):
    assert led(SHOPS, visit(), bound(3, days_ago))[1] == rung


@pytest.mark.parametrize(
    "days_ago, rung", [(0.1, "ENTRY_CACHED"), (7, "ENTRY_CACHED"), (7.001, "NEAREST")]
)
def test_the_last_signed_parameter_is_remembered_for_7_days(days_ago, rung):
    assert led(SHOPS, visit(), State(param_store_id=2, param_at=NOON - days(days_ago)))[1] == rung


@pytest.mark.parametrize("days_ago, rung", [(30, "LAST_VISIT"), (30.001, "PICKER")])
def test_the_last_visit_counts_for_30_days_without_a_location(days_ago, rung):
    assert (
        led(SHOPS, visit(None), State(last_store_id=2, last_visit_at=NOON - days(days_ago)))[1]
        == rung
    )


def test_a_territory_goes_before_a_delivery_area_before_a_radius_before_the_nearest_store():
    """A4, rungs 8-11, each one taken away in turn."""
    territory, delivery = square("T1", "territory", dealer=3), square("A2", "service_area", shop=2)
    of_dealer, with_radius = (
        north(9_000, "S3", dealer=3),
        north(6_000, "S4", service_radius_m=7_000),
    )
    shops = (NEAR, FAR, of_dealer, with_radius)
    assert led(chain(*shops, areas=[territory, delivery]), visit()) == ("S3", "TERRITORY")
    assert led(chain(*shops, areas=[delivery]), visit()) == ("S2", "SERVICE_AREA")
    assert led(chain(*shops), visit()) == ("S4", "RADIUS")
    assert led(SHOPS, visit()) == ("S1", "NEAREST")


@pytest.mark.parametrize(
    "limit, rung", [(50_000, "PICKER"), (60_000, "NEAREST"), (None, "NEAREST")]
)
def test_the_nearest_store_counts_within_the_limit_of_the_policy(limit, rung):
    assert led(chain(north(50_100, "S1"), policy=Policy(nearest_limit_m=limit)), visit())[1] == rung


def test_no_tie_break_reaches_a_store_beyond_the_limit():
    """A4 rung 11, A6: the home store would win the tie, but lies 50.1 km away."""
    snapshot = chain(north(49_950, "S1"), north(50_100, "S2", priority=9))
    assert led(snapshot, visit()) == ("S1", "NEAREST")


def test_without_a_location_the_region_then_the_brand_then_the_list():
    """A4 rungs 12-14, A9."""
    by_region = Policy(default_store="S3", region_defaults={"310000": "S2"})
    assert led(chain(NEAR, FAR, OTHER, policy=by_region), visit(None, region_code="310000")) == (
        "S2",
        "REGION",
    )
    assert led(chain(NEAR, FAR, OTHER, policy=by_region), visit(None, region_code="110000")) == (
        "S3",
        "DEFAULT",
    )
    assert led(SHOPS, visit(None)) == (None, "PICKER")


@pytest.mark.parametrize(
    "region, code",
    [("310115", "S1"), ("310101", "S2"), ("310000", "S2"), ("3101", None), ("GB-LND", "S3")],
)
def test_a_district_without_a_default_has_that_of_its_city(region, code):
    policy = Policy(region_defaults={"310115": "S1", "310000": "S2", "GB-LND": "S3"})
    assert led(chain(NEAR, FAR, OTHER, policy=policy), visit(None, region_code=region))[0] == code


def test_a_districts_default_that_is_closed_gives_way_to_that_of_its_city():
    policy = Policy(region_defaults={"310115": "S1", "310000": "S2"})
    assert led(
        chain(replace(NEAR, cloud_shop=False), FAR, policy=policy),
        visit(None, region_code="310115"),
    ) == ("S2", "REGION")


# -- the picker ------------------------------------------------------------------------------------


def test_the_picker_lists_the_visitors_region_first_then_priority_then_code():
    snapshot = chain(
        store("S1", region_code="110000"),
        store("S2", region_code="310115"),
        store("S3", priority=5),
        store("S4", region_code="310104"),
    )
    listed = others(snapshot, decide(visit(None, region_code="310115"), State(), snapshot))
    assert listed == [
        ("S2", "same_region"),
        ("S4", "same_region"),
        ("S3", "listed"),
        ("S1", "listed"),
    ]


def test_the_picker_with_a_location_lists_by_distance_the_own_region_first():
    snapshot = chain(
        north(90_000, "S1"), north(60_000, "S2"), north(70_000, "S3", region_code="310115")
    )
    listed = others(snapshot, decide(visit(region_code="310000"), State(), snapshot))
    assert listed == [("S3", "same_region"), ("S2", "nearby"), ("S1", "nearby")]


def test_the_picker_shows_20_stores_that_are_eligible():
    snapshot = chain(
        *(store(f"S{n:02}", status="paused" if n < 5 else "active") for n in range(40))
    )
    decision = decide(visit(None), State(), snapshot)
    assert [code for code, _ in others(snapshot, decision)] == [f"S{n:02}" for n in range(5, 25)]
    assert (decision.store_id, decision.dealer_id, decision.guide_id, decision.distance_m) == (
        None,
        None,
        None,
        None,
    )


def test_a_network_without_a_store_still_answers():
    assert decide(visit(), State(), chain()).reason == "picker_empty_network"


# -- presets (A5) ----------------------------------------------------------------------------------


def test_the_presets_order_the_rungs_as_written():
    place, binding = NAMES[7:11], NAMES[2:7]
    assert PRESETS["franchise"] == NAMES
    assert PRESETS["nearest_first"] == (*NAMES[:2], *place, *binding, *NAMES[11:])
    assert PRESETS["link_first"] == (
        "HQ_PIN",
        "MANUAL",
        "ENTRY_PARAM",
        "HOME_PROTECTED",
        "HOME",
        *NAMES[5:],
    )
    assert PRESETS["home_locked"] == ("HQ_PIN", "HOME_PROTECTED", "HOME", "ENTRY_PARAM", *NAMES[5:])


@pytest.mark.parametrize(
    "preset, code, rung",
    [
        ("franchise", "S3", "HOME_PROTECTED"),
        ("nearest_first", "S1", "NEAREST"),
        ("link_first", "S2", "ENTRY_PARAM"),
        ("home_locked", "S3", "HOME_PROTECTED"),
    ],
)
def test_the_preset_decides_between_home_link_and_place(preset, code, rung):
    snapshot = chain(NEAR, FAR, OTHER, policy=parse({"preset": preset}))
    assert led(snapshot, visit(param=link(2)), bound(3, 10)) == (code, rung)


def test_home_locked_leaves_no_choice_to_the_visitor():
    snapshot = chain(NEAR, FAR, policy=parse({"preset": "home_locked"}))
    assert not snapshot.policy.switching
    assert led(snapshot, visit(), State(manual_store_id=2, manual_at=NOON)) == ("S1", "NEAREST")


def test_rungs_of_the_file_replace_the_list_of_the_preset_and_the_picker_is_always_last():
    snapshot = chain(NEAR, FAR, policy=parse({"rungs": ["PICKER", "ENTRY_PARAM"]}))
    assert snapshot.policy.rungs == ("ENTRY_PARAM", "PICKER")
    assert led(snapshot, visit()) == (None, "PICKER")


# -- which stores may be named (A2) ----------------------------------------------------------------


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


# -- closing (A11) ---------------------------------------------------------------------------------

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


# -- the guide (A15) -------------------------------------------------------------------------------

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


# -- the record (A16) ------------------------------------------------------------------------------


def test_the_trace_names_every_rung_up_to_the_one_that_matched():
    decision = decide(visit(), State(), SHOPS)
    assert [step.rung for step in decision.steps] == list(NAMES[:11])
    assert [step.outcome for step in decision.steps if step.outcome == "matched"] == ["matched"]


def test_at_most_five_candidates_of_a_rung_are_kept_the_winner_first():
    snapshot = chain(*(north(10 * n, f"S{n}") for n in range(1, 20)))
    last = decide(visit(), State(), snapshot).steps[-1]
    assert [c.store_id for c in last.candidates] == [1, 2, 3, 4, 5]
    assert [c.why for c in last.candidates] == ["winner"] + ["ambiguous"] * 4
