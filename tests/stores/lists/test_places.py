"""Rungs that look at the place, ambiguity, hysteresis, travelling (A6-A9, A12, A14) and the worked
examples E1, E2, E3, E7."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from stores.facts.decision import State
from stores.geo.coordinates import Coordinates, distance_m, to_wgs84
from stores.network.policy import PRESETS, Policy
from stores.routing.decide import decide
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

BEIJING = Coordinates(39.9050, 116.4000)
S1 = store("S1", 39.9130, 116.4050, hours="18:00-22:00")
S4, S2, S3 = (
    store("S4", 39.9042, 116.3885, hours="09:00-21:00"),
    store("S2", 39.8960, 116.3930, hours="09:00-21:00"),
    store("S3", 39.9300, 116.4400),
)
BORDER = chain(S1, S2, S3, S4)


def test_e1_at_the_border_the_open_store_wins_among_three_ambiguous():
    decision = decide(visit(BEIJING, accuracy_m=30), State(), BORDER)
    assert (decision.store_id, decision.rung, decision.reason) == (
        4,
        "NEAREST",
        "nearest_by_open_now",
    )
    assert round(decision.distance_m, 1) == 987.4
    assert {code for code, why in others(BORDER, decision) if why == "ambiguous"} == {"S1", "S2"}


def test_e1_distances_are_those_of_the_ellipsoid():
    found = [
        round(distance_m(BEIJING, Coordinates(s.latitude, s.longitude)), 1)
        for s in (S1, S4, S2, S3)
    ]
    assert found == [985.8, 987.4, 1164.9, 4404.6]


def test_e1_without_ambiguity_the_answer_is_the_nearest():
    snapshot = chain(S1, S2, S3, S4, policy=Policy(ambiguity_m=0))
    decision = decide(visit(BEIJING, accuracy_m=30), State(), snapshot)
    assert (decision.store_id, decision.reason, decision.alternatives) == (1, "nearest", ())


@pytest.mark.parametrize(
    "days_ago, expected", [(30, ("S1", "LAST_VISIT")), (30.01, ("S1", "NEAREST"))]
)
def test_e1_with_a_last_visit_of_at_most_30_days_the_store_of_that_visit(days_ago, expected):
    """After 30 days the rung is silent, but the last visited store still goes first among equals
    (A6)."""
    assert (
        led(
            BORDER,
            visit(BEIJING, accuracy_m=30),
            State(last_store_id=1, last_visit_at=NOON - days(days_ago)),
        )
        == expected
    )


@pytest.mark.parametrize(
    "state, visited, expected",
    [
        (bound(1, 10), visit(param=link(2)), ("S1", "HOME_PROTECTED")),
        (bound(1, 40), visit(param=link(2)), ("S2", "ENTRY_PARAM")),
        (bound(1, 40), visit(notes=("entry_param_expired",)), ("S1", "HOME")),
        (State(), visit(), ("S3", "NEAREST")),
        (State(), visit(None, region_code="310115"), ("S4", "REGION")),
        (State(), visit(None), ("S5", "DEFAULT")),
    ],
)
def test_e2_the_ladder(state, visited, expected):
    snapshot = chain(
        north(9_000, "S1"),
        north(8_000, "S2"),
        north(20, "S3"),
        store("S4", 30, 120),
        store("S5", 22, 114),
        policy=Policy(default_store="S5", region_defaults={"310000": "S4"}),
    )
    assert led(snapshot, visited, state) == expected


def test_e3_the_same_store_from_either_datum():
    true, shifted = to_wgs84(39.90105, 116.42079, "wgs84"), to_wgs84(39.90245, 116.42703, "gcj02")
    assert distance_m(true, shifted) < 2
    assert 500 < distance_m(true, Coordinates(39.90245, 116.42703)) < 600
    snapshot = chain(
        store("S1", 39.90105, 116.4170),
        store("S2", 39.90105, 116.4260),
        policy=Policy(ambiguity_m=0),
    )
    assert led(snapshot, visit(true)) == led(snapshot, visit(shifted)) == ("S1", "NEAREST")


def test_e7_a_visitor_far_from_an_unprotected_home_is_led_to_the_local_shop_and_stays_bound():
    """A14: HOME is skipped for this visit and the visitor is told; the state is not touched by
    deciding."""
    snapshot, state = chain(north(150_000, "S1"), north(300, "S2", dealer=2)), bound(1, 40)
    decision = decide(visit(), state, snapshot)
    assert (decision.store_id, decision.dealer_id, decision.rung, decision.notes) == (
        2,
        2,
        "NEAREST",
        ("travel",),
    )
    assert outcome(decision, "HOME") == "travel"
    assert state == bound(1, 40)


@pytest.mark.parametrize(
    "policy, accuracy, fuzzy, second_m, ambiguous",
    [
        ({}, None, False, 298, True),
        ({}, None, False, 303, False),
        ({}, 150.0, False, 303, False),
        ({}, 400.0, False, 490, True),
        ({}, 400.0, False, 510, False),
        ({}, 1e6, False, 3_050, True),
        ({}, 1e6, False, 3_200, False),
        ({}, None, True, 3_050, True),
        ({}, 10.0, True, 3_050, True),
        ({}, None, True, 3_200, False),
        ({"ambiguity_m": 0}, 1e6, True, 101, False),
        ({"ambiguity_m": 5_000}, None, False, 4_000, True),
        ({"fuzzy_accuracy_m": 100}, 1e6, True, 303, False),
    ],
)
def test_how_much_farther_a_store_may_be_and_still_be_as_good(
    policy, accuracy, fuzzy, second_m, ambiguous
):
    """The limit is 0, or max(ambiguity_m, min(accuracy, fuzzy_accuracy_m)); the best stands 100 m
    away."""
    snapshot = chain(north(100, "S1"), north(second_m, "S2", priority=1), policy=Policy(**policy))
    decision = decide(visit(accuracy_m=accuracy, fuzzy=fuzzy), State(), snapshot)
    assert (decision.store_id, others(snapshot, decision)) == (
        (2, [("S1", "ambiguous")]) if ambiguous else (1, [])
    )


def test_ambiguity_is_measured_from_the_best_only_not_in_chains():
    snapshot = chain(north(100, "S1"), north(250, "S2"), north(400, "S3", priority=9))
    assert led(snapshot, visit()) == ("S1", "NEAREST")


PLACE_FIRST = Policy(preset="nearest_first", rungs=PRESETS["nearest_first"])


@pytest.mark.parametrize(
    "first, state, tie",
    [
        ({}, bound(2, 40), "home"),
        ({}, State(last_store_id=2), "last_visit"),
        ({"hours": "20:00-21:00"}, State(), "open_now"),
        ({"priority": -1}, State(), "priority"),
    ],
)
def test_ties_are_broken_by_home_last_visit_opening_hours_priority(first, state, tie):
    """A6; the place is asked before the binding, and the visit is too old for its own rung."""
    snapshot = chain(north(100, "S1", **first), north(200, "S2"), policy=PLACE_FIRST)
    decision = decide(visit(), state, snapshot)
    assert (decision.store_id, decision.reason, others(snapshot, decision)) == (
        2,
        f"nearest_by_{tie}",
        [("S1", "ambiguous")],
    )


def test_a_home_that_lapsed_breaks_no_tie():
    """A6, B3: a year after the last order nobody is at home there any more."""
    snapshot = chain(north(100, "S1"), north(200, "S2"))
    assert decide(visit(), bound(2, 365), snapshot).reason == "nearest"
    assert led(snapshot, visit(), bound(2, 364)) == ("S2", "HOME")


def test_the_tie_breaks_stand_in_their_order():
    home, last, open_, heavy = (north(100 + 10 * n, f"S{n}") for n in range(1, 5))
    closed = {"hours": "20:00-21:00"}
    snapshot = chain(
        replace(home, hours=store("S9", **closed).hours),
        replace(last, hours=store("S9", **closed).hours),
        open_,
        replace(heavy, priority=9, hours=store("S9", **closed).hours),
        policy=PLACE_FIRST,
    )
    assert led(snapshot, visit(), replace(bound(1, 40), last_store_id=2))[0] == "S1"
    assert led(snapshot, visit(), State(last_store_id=2))[0] == "S2"
    assert led(snapshot, visit())[0] == "S3"


@pytest.mark.parametrize(
    "codes, first",
    [(("S10", "S9"), "S10"), (("s1", "S2"), "S2"), (("店1", "S2"), "S2"), (("é1", "z2"), "z2")],
)
def test_stores_on_one_spot_go_by_code_point(codes, first):
    for ambiguity_m in (0, 200):
        assert (
            led(chain(*(store(c) for c in codes), policy=Policy(ambiguity_m=ambiguity_m)), visit())[
                0
            ]
            == first
        )


def test_opening_hours_are_read_in_the_stores_own_zone():
    here, there = (
        north(100, "S1", hours="20:00-23:00"),
        replace(north(150, "S2", hours="20:00-23:00"), zone=ZoneInfo("Pacific/Auckland")),
    )
    for hour, reason in (
        (8, "nearest_by_open_now"),
        (13, "nearest"),
    ):  # 16:00 and 20:00, then 21:00 and 01:00
        at = dt.datetime(2025, 6, 11, hour, 30, tzinfo=dt.UTC)
        assert decide(visit(at=at), State(), chain(here, there)).reason == reason


def test_at_most_five_others_are_offered():
    snapshot = chain(*(north(10 * n, f"S{n}") for n in range(1, 12)))
    assert len(decide(visit(), State(), snapshot).alternatives) == 5


def test_without_a_location_the_rungs_of_the_place_are_passed_over():
    snapshot = chain(
        north(10, "S1", service_radius_m=500),
        areas=[square("A1", "service_area", shop=1), square("T2", "territory", dealer=1)],
    )
    decision = decide(visit(None, postal_code="200000"), State(), snapshot)
    assert [
        outcome(decision, rung) for rung in ("TERRITORY", "SERVICE_AREA", "RADIUS", "NEAREST")
    ] == ["no_location"] * 4
    assert decision.rung == "PICKER"
