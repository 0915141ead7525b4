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
    bound,
    chain,
    days,
    led,
    link,
    north,
    others,
    outcome,
    square,
    store,
    visit,
)
from tests.stores.routing.three_shops import FAR, NEAR, OTHER, SHOPS

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


def test_the_trace_names_every_rung_up_to_the_one_that_matched():
    decision = decide(visit(), State(), SHOPS)
    assert [step.rung for step in decision.steps] == list(NAMES[:11])
    assert [step.outcome for step in decision.steps if step.outcome == "matched"] == ["matched"]


def test_at_most_five_candidates_of_a_rung_are_kept_the_winner_first():
    snapshot = chain(*(north(10 * n, f"S{n}") for n in range(1, 20)))
    last = decide(visit(), State(), snapshot).steps[-1]
    assert [c.store_id for c in last.candidates] == [1, 2, 3, 4, 5]
    assert [c.why for c in last.candidates] == ["winner"] + ["ambiguous"] * 4
