"""A10: who may switch to which store, above all inside isolated areas."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.facts.decision import State
from stores.network.policy import Policy
from stores.routing.decide import decide
from tests.stores.routing.chain import HERE, NOON, chain, led, north, others, outcome, square, visit

CAMPUS = square("I1", "isolated", shop=1, half_m=2_000)
NEAR, FAR, AWAY = north(100, "S1"), north(900, "S2", dealer=2), north(5_000, "S3", dealer=3)
CHOSE_FAR = State(manual_store_id=2, manual_at=NOON - dt.timedelta(hours=1))


def test_inside_an_isolated_area_another_store_is_no_choice():
    """A10: the area's store serves who stands there, whatever he chose before."""
    closed_off = chain(NEAR, FAR, areas=[CAMPUS])
    assert led(chain(NEAR, FAR), visit(), CHOSE_FAR) == ("S2", "MANUAL")
    assert led(closed_off, visit(), CHOSE_FAR) == ("S1", "NEAREST")
    assert outcome(decide(visit(), CHOSE_FAR, closed_off), "MANUAL") == "outside_isolated_area"


def test_outside_the_area_or_without_a_place_the_choice_holds():
    closed_off = chain(NEAR, FAR, areas=[CAMPUS])
    away = type(HERE)(HERE.latitude + 0.1, HERE.longitude)
    assert led(closed_off, visit(away), CHOSE_FAR)[1] == "MANUAL"
    assert led(closed_off, visit(None), CHOSE_FAR)[1] == "MANUAL"


def test_a_dealers_isolated_area_lets_choose_among_his_stores():
    snapshot = chain(NEAR, FAR, AWAY, areas=[square("I1", "isolated", dealer=2, half_m=2_000)])
    assert led(snapshot, visit(), CHOSE_FAR) == ("S2", "MANUAL")
    chose_third = State(manual_store_id=3, manual_at=NOON)
    assert outcome(decide(visit(), chose_third, snapshot), "MANUAL") == "outside_isolated_area"


def test_offers_inside_an_isolated_area_are_its_stores_alone():
    """A7, A8, A10: what cannot be chosen is not offered."""
    equal = chain(
        NEAR,
        north(150, "S2", dealer=2),
        north(160, "S4"),
        areas=[square("I1", "isolated", dealer=1, half_m=2_000)],
    )
    assert others(equal, decide(visit(), State(), equal)) == [("S4", "ambiguous")]


def test_the_list_inside_an_isolated_area_shows_its_stores_alone_while_one_serves():
    """A10, A4: what is listed can be chosen; a list is never empty."""
    alone, area = (
        Policy(rungs=("PICKER",)),
        square("I1", "isolated", dealer=2, half_m=2_000, region_codes=["310115"]),
    )
    for where in (visit(), visit(None, region_code="310115")):
        here = chain(NEAR, FAR, AWAY, areas=[area], policy=alone)
        assert others(here, decide(where, State(), here)) == [("S2", "isolated_area")]
        shut = chain(
            NEAR, north(900, "S2", dealer=2, cloud_shop=False), AWAY, areas=[area], policy=alone
        )
        assert {code for code, _ in others(shut, decide(where, State(), shut))} == {"S1", "S3"}


@pytest.mark.parametrize("days", [-1, 1])
def test_an_isolated_area_binds_only_while_it_is_valid(days):
    day = NOON.date() + dt.timedelta(days=days)
    snapshot = chain(NEAR, FAR, areas=[square("I1", "isolated", shop=1, valid_from=day)])
    assert led(snapshot, visit(), CHOSE_FAR)[0] == ("S1" if days < 0 else "S2")


@given(st.integers(1, 3), st.integers(-3_000, 3_000), st.sampled_from([1, 2, 3]))
def test_nobody_is_ever_switched_out_of_an_isolated_area(chosen, metres, dealer):
    """A10 as a property: a choice inside is one of the area's stores, and so is every offer."""
    snapshot = chain(NEAR, FAR, AWAY, areas=[square("I1", "isolated", dealer=dealer, half_m=2_000)])
    point = type(HERE)(HERE.latitude + metres / 111_000, HERE.longitude)
    decision = decide(visit(point), State(manual_store_id=chosen, manual_at=NOON), snapshot)
    if abs(metres) < 1_990:
        assert decision.rung != "MANUAL" or decision.store_id == dealer
        assert {c.store_id for c in decision.alternatives} <= {dealer}
