"""A16, A5: what would have changed the answer."""

from __future__ import annotations

import pytest
from hypothesis import given

from stores.facts.decision import State
from stores.network.policy import PRESETS
from stores.routing import explanations
from stores.routing.decide import decide
from stores.routing.what_if import CHANGES, what_ifs
from tests.stores.routing.any_chain import arrivals, chains, states
from tests.stores.routing.chain import NOON, bound, chain, days, link, north, visit

SHOPS = chain(north(100, "S1"), north(3_000, "S2", dealer=2), north(6_000, "S3", dealer=3))


def changes(visit_, state=State(), snapshot=SHOPS, **more):
    return {
        each.change: (each.store_id, each.rung)
        for each in what_ifs(visit_, state, snapshot, decide(visit_, state, snapshot, **more))
    }


def test_a_code_that_decided_is_named_with_what_would_be_without_it():
    assert changes(visit(param=link(2)))["no_param"] == (1, "NEAREST")


def test_a_protected_home_is_named_and_the_presets_that_would_not_have_kept_it():
    found = changes(visit(param=link(3)), bound(2, 5))
    assert (found["no_home"], found["preset_nearest_first"], found["preset_link_first"]) == (
        (3, "ENTRY_PARAM"),
        (1, "NEAREST"),
        (3, "ENTRY_PARAM"),
    )
    assert "preset_home_locked" not in found


def test_what_changes_nothing_is_not_listed():
    found = changes(visit(param=link(1)))
    assert "no_param" not in found
    assert "no_location" not in found  # the code leads there with or without a place


@pytest.mark.parametrize(
    ("state", "change"),
    [
        (State(pinned_store_id=3), "no_pin"),
        (State(manual_store_id=3, manual_at=NOON), "no_choice"),
        (State(last_store_id=3, last_visit_at=NOON - days(1)), "no_last_visit"),
        (State(param_store_id=3, param_at=NOON - days(1)), "no_cached_param"),
        (State(manual_store_id=3, manual_at=NOON, no_switch=True), "switching_on"),
    ],
)
def test_each_memory_that_decides_is_a_change(state, change):
    assert change in changes(visit(), state)


def test_a_full_store_is_a_change():
    assert changes(visit(), full=frozenset({1}))["no_full_stores"] == (1, "NEAREST")


def test_every_change_has_its_words():
    assert set(explanations.WHAT_IFS) == set(CHANGES)
    assert {f"preset_{name}" for name in PRESETS} <= set(CHANGES)


@given(arrivals(), states(), chains())
def test_every_change_named_does_lead_elsewhere(visit_, state, snapshot):
    """As a property over chains, visits and states of every kind."""
    decision = decide(visit_, state, snapshot)
    assert all(
        each.store_id != decision.store_id for each in what_ifs(visit_, state, snapshot, decision)
    )
